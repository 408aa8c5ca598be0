"""``waitctx clauses``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from waitctx.conformance.clauses import load
from waitctx.conformance.cli.clauses import clauses

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """\
DESCRIPTION

The cat sat on the mat.
"""


def run(*arguments: str, page: str | None = None) -> Result:
    """Run the command as in a pipe 80 columns wide."""
    return CliRunner(env={"COLUMNS": "80", "FORCE_COLOR": "1"}).invoke(
        clauses, arguments, input=page
    )


def ids(result: Result) -> list[str]:
    """Give the first column below the header."""
    return [line.split()[0] for line in result.stdout.splitlines()[1:]]


class TestList:
    """The table of clauses."""

    def test_all(self) -> None:
        """Without arguments every clause has one line."""
        assert list(load().clauses) == ids(run())

    def test_looks(self) -> None:
        """The table is plain text, without colour codes even when they are forced."""
        assert (
            "Clause       Title                               Level  Profile  Since\n"
            "CTX-FREE-01  free runs each live cleanup once    must   spec     1.1.0\n"
            "CTX-FREE-02  A cleanup gets its own association  must   spec     1.1.0\n"
            "CTX-FREE-03  Cleanups run newest first           must   openssl  1.1.0\n"
            "CTX-FREE-04  free takes NULL                     must   openssl  1.1.0\n"
            "CTX-FREE-05  A cleanup can ask for the callback  must   openssl  3.0\n"
        ) == run("ctx-free").stdout

    def test_fits_80_columns(self) -> None:
        """No line is longer than a terminal is wide, and none ends in blanks."""
        lines = run().stdout.splitlines()

        assert 80 >= max(map(len, lines))
        assert lines == [line.rstrip() for line in lines]

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["--group", "cap"], ["CAP-01", "CAP-02"]),
            (["--group", "FD-GET", "--profile", "openssl"], ["FD-GET-05"]),
            (["--operation", "cleanup_thread"], ["POOL-05"]),
            (["--level", "may"], ["APP-WAIT-01"]),
            (["--binds", "application", "--since", "3.0", "small"], ["APP-CALLBACK-01"]),
            (["fd-clear-02"], ["FD-CLEAR-02"]),
            (["null*finish"], ["JOB-FINISH-03"]),
        ],
    )
    def test_filters(self, arguments: list[str], expected: list[str]) -> None:
        """Filters narrow the list down, together if there are several."""
        assert expected == ids(run(*arguments))

    def test_json(self) -> None:
        """JSON has every field of the clauses selected."""
        (clause,) = json.loads(run("--json", "fd-clear-02").stdout)

        assert load()["FD-CLEAR-02"].to_json() == clause | {
            name: tuple(clause[name]) for name in ("sentences", "operations", "keys", "readings")
        }

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["no such words"],
                "waitctx: no clause is like that; waitctx clauses lists them all\n",
            ),
            (
                ["--group", "FD", "x"],
                "waitctx: no group is called FD; there are CTX, FD-SET, FD-GET,",
            ),
            (
                ["--operation", "shut"],
                "waitctx: no operation is called shut; there are new, free,",
            ),
            (["--sentences", "x"], "waitctx: --sentences and --page stand alone; only --json"),
            (["--sentences", "--page", "x"], "waitctx: --sentences and --page stand alone"),
        ],
    )
    def test_refusals(self, arguments: list[str], message: str) -> None:
        """What cannot be listed ends with exit code 2 and one line that says why."""
        result = run(*arguments)

        assert (2, "") == (result.exit_code, result.stdout)
        assert result.stderr.startswith(message)
        assert 1 == result.stderr.count("\n")

    def test_help_teaches(self) -> None:
        """The help shows commands to copy."""
        assert "waitctx clauses --group FD-GET --profile openssl" in run("--help").stdout


class TestSentences:
    """The table of sentences."""

    def test_all(self) -> None:
        """Every sentence is listed, in the order of the page."""
        numbers = load().sentences.keys()

        assert list(numbers) == [number for number in ids(run("--sentences")) if number in numbers]

    def test_where_it_went(self) -> None:
        """A sentence shows its clauses, or the reason for none."""
        rows = json.loads(run("--sentences", "--json").stdout)
        went = {row["number"]: row["clauses"] or row["reason"] for row in rows}

        assert ["FD-CLEAR-02", "FD-CLEAR-03", "FILE-CLEAR-01"] == went["D7.9"]
        assert "informative" == went["D1.1"]


class TestPage:
    """Comparing a page."""

    def test_unlike(self) -> None:
        """A page with other sentences ends with exit code 1 and a line for each."""
        result = run("--page", "-", page=PAGE)

        assert 1 == result.exit_code
        assert (
            "Sentence  Is       Fingerprint   Text\n"
            "D1.1      differs  6d67a445d1e5  The cat sat on the mat.\n"
            "S1.1      missing  4f1376818453  The header to include.\n"
        ) == "".join(result.stdout.splitlines(keepends=True)[:3])
        assert result.stdout.endswith("\n1 sentences, 95 unlike the 95 known\n")

    def test_json(self) -> None:
        """In JSON, a sentence that is not known has number, fingerprint and text."""
        report = json.loads(run("--json", "--page", "-", page=PAGE).stdout)

        assert (1, 95) == (report["sentences"], len(report["differences"]))
        assert {
            "number": "D1.1",
            "kind": "differs",
            "fingerprint": "6d67a445d1e5",
            "text": "The cat sat on the mat.",
        } == report["differences"][0]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "no heading of a manual page in it"),
            (b"\x7fELF\xff\xfe", "not a text in UTF-8"),
            (b"just some text", "no heading of a manual page in it"),
        ],
    )
    def test_unreadable(self, tmp_path: Path, content: bytes, message: str) -> None:
        """A file that is no page ends with exit code 2 and one line."""
        page = tmp_path / "ein Blatt é.txt"
        page.write_bytes(content)
        result = run("--page", str(page))

        assert (2, 1) == (result.exit_code, result.stderr.count("\n"))
        assert f"{page}: {message}" in result.stderr

    @pytest.mark.parametrize(
        ("name", "message"), [("", "Is a directory"), ("none", "No such file or directory")]
    )
    def test_absent(self, tmp_path: Path, name: str, message: str) -> None:
        """So does a directory, or nothing at all."""
        result = run("--page", str(tmp_path / name))

        assert (2, f"waitctx: {tmp_path / name}: {message}\n") == (result.exit_code, result.stderr)
