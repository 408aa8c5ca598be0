"""``waitctx known-failures``, and what ``waitctx check`` makes of the file."""

from __future__ import annotations

import json
import re
import signal
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import Run

KNOWN = """\
# What we know of it.

# Upstream has a patch.
[[failure]]
clause = "FD-GET-03"
cause = "wrong data"  # always
reason = "data is forgotten"
link = "https://example.org/issues/1"
expires = 2999-12-31
"""
#: Runs that are short, and do not depend on the clock.
QUICK = ("--programs", 15)
FEW = (*QUICK, "--engine", "random")


@pytest.fixture
def known(folder: Path) -> Path:
    """Give a file that lists what `NoData` does wrong."""
    (folder / "k.toml").write_text(KNOWN)
    return folder / "k.toml"


@pytest.mark.usefixtures("known")
class TestCheck:
    """Announced failures do not count, as long as they are up to date."""

    @pytest.mark.slow
    def test_conforms_but(self, run: Run, folder: Path) -> None:
        """A check whose only failures are listed ends with 0, and says so in every report."""
        kinds = ("json", "html", "xml", "md", "sarif", "svg")
        reports = [part for kind in kinds for part in ("--report", f"r.{kind}")]
        result = run(*("check", "faulty:NoData", *FEW, "--known-failures", "k.toml", *reports))
        plain = json.loads((folder / "r.json").read_text())
        (result_of_it,) = json.loads((folder / "r.sarif").read_text())["runs"][0]["results"]

        assert (0, "") == (result.exit_code, result.stderr)
        assert result.stdout.splitlines()[-1].startswith(
            "faulty:NoData conforms to profile spec but for 1 known failure: "
        )
        assert "\nF1 " not in result.stdout
        assert "conforms but for known failures" == plain["conclusion"]
        assert [("FD-GET-03", "fails as listed", ["F1"], False)] == [
            (one["clause"], one["status"], one["failures"], one["stale"])
            for one in plain["known_failures"]
        ]
        assert "data is forgotten" in result_of_it["suppressions"][0]["justification"]
        assert 'failures="0"' in (folder / "r.xml").read_text().splitlines()[1]
        for kind in kinds[1:5]:
            assert "data is forgotten" in (folder / f"r.{kind}").read_text()
        assert "conforms but for 1 known" in (folder / "r.svg").read_text()

    def test_passes(self, run: Run) -> None:
        """What is listed and passes fails the check, which names the lines."""
        result = run("check", "reference", *FEW, "-q", "--known-failures", "k.toml")
        first, last = result.stdout.splitlines()

        assert 1 == result.exit_code
        assert first.startswith("k.toml:4: FD-GET-03 passes (")
        assert first.endswith(" checks): delete lines 4-9")
        assert "reference has known failures that are out of date: k.toml:4" == last

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("wrong data", "hang", 'fails otherwise: it fails with "wrong data": mend that, or'),
            ("2999", "2001", "has expired: mend it, or set another date in line 9"),
        ],
    )
    def test_otherwise(self, run: Run, known: Path, old: str, new: str, expected: str) -> None:
        """So does what fails otherwise, and what has expired."""
        known.write_text(KNOWN.replace(old, new))
        result = run("check", "faulty:NoData", *FEW, "-q", "--known-failures", known)
        failure, stale, last = result.stdout.splitlines()

        assert 1 == result.exit_code
        assert "FD-GET-03: new c0; set c0 k0 1 d0 null; get c0 k0" == failure
        assert f"{known}:4: FD-GET-03 {expected}" in stale
        assert "faulty:NoData does not conform to profile spec: FD-GET-03" == last

    @pytest.mark.slow
    def test_stops_at_news(self, run: Run) -> None:
        """With -x a failure that is listed is no reason to stop."""
        options = (*FEW, "--engine", "scenarios", "-x", "--known-failures", "k.toml")
        result = run("check", "faulty:NoData", *options)

        assert 0 == result.exit_code
        assert re.search(r"(?m)^random +15 ", result.stdout)

    @pytest.mark.slow
    def test_program(self, run: Run, known: Path) -> None:
        """A program that is listed is run alone, whatever engines there are."""
        known.write_text(
            "[[failure]]\nprogram = 'new c0; set c0 k0 1 d0 null; get c0 k0'\n"
            "cause = 'wrong data'\nreason = 'x'\n"
        )
        options = (*QUICK, "--engine", "random", "-q", "--known-failures", known)
        faulty, sound = run("check", "faulty:NoData", *options), run("check", "reference", *options)

        assert 0 == faulty.exit_code
        assert 1 == sound.exit_code
        assert "get c0 k0 passes (run alone): delete lines 1-4\n" in sound.stdout

    def test_unsound(self, run: Run, known: Path) -> None:
        """A file that is not sound is refused at once, in one line."""
        known.write_text(KNOWN.replace("FD-GET-03", "FD-GOT-03"))
        result = run("check", "faulty:NoData", "--known-failures", "k.toml")

        assert 2 == result.exit_code
        assert "" == result.stdout
        assert result.stderr.startswith("waitctx: k.toml:5: no clause is called FD-GOT-03; did you")
        assert 1 == result.stderr.count("\n")


class TestUpdate:
    """The file can be brought up to date."""

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let a whole run be one of one engine: that is quick, and all that these faults need."""
        module = sys.modules["waitctx.conformance.cli.known_failures"]
        monkeypatch.setattr(module, "Plan", partial(Plan, engines=("random",)))

    @pytest.mark.slow
    def test_new(self, run: Run, folder: Path) -> None:
        """Without a file one is written, with reasons to fill in; a check takes it."""
        result = run("known-failures", "update", "new.toml", "faulty:NoData", *QUICK)
        text = (folder / "new.toml").read_text()
        check = run("check", "faulty:NoData", *FEW, "-q", "--known-failures", "new.toml")

        assert (0, "") == (result.exit_code, result.stderr)
        assert (
            'new.toml: added FD-GET-03, "wrong data"; say in its reason why it is known\n'
        ) == result.stdout
        assert (
            "# new c0; set c0 k0 1 d0 null; get c0 k0\n"
            '[[failure]]\nclause = "FD-GET-03"\ncause = "wrong data"\n'
            'reason = "TODO: say why this is known"\n'
        ) == text
        assert 0 == check.exit_code

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ("", "", "up to date, 1 known failures"),
            ("wrong data", "hang", 'lines 4-9: FD-GET-03 fails otherwise; its cause is "wrong'),
        ],
    )
    def test_kept(self, run: Run, known: Path, old: str, new: str, told: str) -> None:
        """What fails as listed stays as it is; what fails otherwise gets its cause alone."""
        known.write_text(KNOWN.replace(old, new) if old else KNOWN)
        result = run("known-failures", "update", known, "faulty:NoData", *QUICK)

        assert 0 == result.exit_code
        assert KNOWN == known.read_text()
        assert f"{known}: {told}" in result.stdout

    def test_removed(self, run: Run, known: Path) -> None:
        """What passes is removed with its comments."""
        result = run("known-failures", "update", known, "reference", *QUICK)

        assert 0 == result.exit_code
        assert "# What we know of it.\n" == known.read_text()
        assert f"{known}: lines 4-9: FD-GET-03 passes; removed\n" == result.stdout

    @pytest.mark.parametrize(
        "options",
        [
            ("--engine", "scenarios"),
            ("-x",),
            ("--stop-first",),
            ("--depth", "3"),
            ("--keys", "2"),
        ],
    )
    def test_partial(self, run: Run, known: Path, options: tuple[str, ...]) -> None:
        """A run that leaves something out is refused: what it does not run has not passed."""
        result = run("known-failures", "update", known, "faulty:NoData", *options)

        assert 2 == result.exit_code
        assert result.stderr.startswith("waitctx: update needs a whole run: ")
        assert 1 == result.stderr.count("\n")
        assert KNOWN == known.read_text()

    def test_interrupted(self, run: Run, known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """After Ctrl-C the file is as it was, and nothing lies beside it."""

        @contextmanager
        def progress(*_: object) -> Iterator[Callable[[object], None]]:
            yield lambda _: signal.raise_signal(signal.SIGINT)

        module = sys.modules["waitctx.conformance.cli.known_failures"]
        monkeypatch.setattr(module, "progress", progress)
        before = sorted(known.parent.iterdir())
        result = run("known-failures", "update", known, "faulty:NoData", *QUICK)

        assert 2 == result.exit_code
        assert f"waitctx: the check was interrupted; {known} is as it was.\n" == result.stderr
        assert KNOWN == known.read_text()
        assert before == sorted(known.parent.iterdir())

    def test_unwritable(self, run: Run, folder: Path) -> None:
        """That a file cannot be written is told before the check begins."""
        result = run("known-failures", "update", folder / "none" / "k.toml", "faulty:NoData")

        assert 2 == result.exit_code
        assert "k.toml cannot be written: No such file or directory. Name a file" in result.stderr
