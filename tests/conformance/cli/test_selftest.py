"""``waitctx selftest``."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Run

TINY = ("--fakes", "tiny_fakes", "--budget", "0.5")
FEW = (
    *("--engine", "scenarios", "--engine", "memory"),
    *("--engine", "allocation", "--engine", "random"),
)
UNBORN = "TargetError: tiny_fakes:Unborn cannot be opened: RuntimeError: not today"
PROGRAM = "new c0; set c0 k0 1 d0 null; get c0 k0"

needs_compiler = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler here")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go where the tiny catalogue is."""
    monkeypatch.chdir(Path(__file__).parents[1])


class TestTiny:
    """A catalogue made up to have everything that can be wrong."""

    @pytest.mark.slow
    def test_complaints(self, run: Run) -> None:
        """Each complaint names the fake, the clause and the program, and the exit code is 1."""
        result = run("selftest", *TINY, *FEW, "--family", "python", "-q")

        assert (1, "") == (result.exit_code, result.stderr)
        assert [
            "python/missed FD-GET-03: survives scenarios and random",
            f"python/mislabelled FD-GET-03: {_blamed('but declares FD-GET-02')}",
            f"python/failing FD-GET-03: {_blamed('but it is a variant')}",
            f"python/another FD-GET-03: {_blamed('but it is declared equivalent')}",
            f"python/immortal FD-GET-03: {_blamed('but ought to have died')}",
            f"could not be run: python/unborn: {UNBORN}",
        ] == result.stdout.splitlines()[:-1]
        assert result.stdout.splitlines()[-1].startswith(
            "selftest does not pass: 5 complaints, 3 of 5 faults killed, 1 of 2 variants pass, "
            "1 of 2 equivalents pass, in "
        )

    @pytest.mark.slow
    def test_passes(self, run: Run) -> None:
        """What is as it should be ends with 0, and a matrix."""
        result = run("selftest", *TINY, *FEW, "found", "passing", "--seed", 5)

        assert (0, "") == (result.exit_code, result.stderr)
        assert re.search(r"(?m)^python +FD-GET +1 +1 +0 +0 +1 +1$", result.stdout)
        assert "\nNotes (1)\n  Only a part was run, so nothing " in result.stdout
        assert "\nselftest passes: 1 of 1 faults killed, 1 of 1 variants pass, in" in result.stdout
        assert 80 >= max(map(len, result.stdout.splitlines()))

    def test_not_run(self, run: Run) -> None:
        """What could not be run ends with 2."""
        result = run("selftest", *TINY, "unborn", "-q")

        assert 2 == result.exit_code
        assert "\nselftest was not run to its end: 0 of 1 faults killed, in " in result.stdout

    @pytest.mark.slow
    @needs_compiler
    def test_deaths(self, run: Run) -> None:
        """Libraries that crash and hang are told by how they died."""
        result = run("selftest", *TINY, "--family", "c", "--engine", "scenarios")

        assert (0, "") == (result.exit_code, result.stderr)
        assert "\nall                    2          2       2\n" in result.stdout

    def test_reports(self, run: Run, tmp_path: Path) -> None:
        """The matrix is written in every kind that is asked for."""
        paths = [tmp_path / f"m.{suffix}" for suffix in ("json", "md", "html")]
        options = [text for path in paths for text in ("--report", path)]
        result = run("selftest", *TINY, "found", "--engine", "random", *options)
        plain = json.loads(paths[0].read_text())

        assert 0 == result.exit_code
        assert ("passes", ["random"]) == (plain["conclusion"], plain["engines"])
        assert all(PROGRAM in path.read_text() for path in paths)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["foud"], "no fake is called foud, and none violates it. Did you mean found?"),
            (["--fakes", "nowhere"], "nowhere cannot list its fakes: "),
            (["--report", "m.txt"], "m.txt does not tell its kind: let the name end in one of"),
            (["--budget", "-1"], "-1"),
            (["--jobs", "0"], "0"),
            (["--engine", "x"], "'x' is not one of"),
        ],
    )
    def test_refused(self, run: Run, arguments: list[str], message: str) -> None:
        """What cannot be answered is one line, and exit code 2."""
        result = run("selftest", *TINY, *arguments)

        assert (2, "") == (result.exit_code, result.stdout)
        assert message in result.stderr

    def test_no_compiler(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a C compiler the way out is named."""
        monkeypatch.setenv("PATH", "/nowhere")
        result = run("selftest", *TINY)

        assert (2, 1) == (result.exit_code, result.stderr.count("\n"))
        assert result.stderr.startswith("waitctx: the fakes in C cannot be compiled: ")
        assert "Leave them out with --family python.\n" in result.stderr


def _blamed(why: str) -> str:
    return f"blamed by scenarios and random, {why}: {PROGRAM}"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(sent: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C ends it with what is known so far, in a whole report, and leaves nothing running."""
    path = tmp_path / "m.json"
    command = [sys.executable, "-m", "waitctx", "selftest", "stopping", "found", *TINY[:2]]
    options = ["--budget", "60", "--jobs", "1", "--report", str(path)]
    with subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TINY_SIGNAL": str(int(sent))},
    ) as process:
        said, complaints = process.communicate()

    assert (2, "") == (process.returncode, complaints)
    assert "selftest was not run to its end: 0 of 0 faults killed, interrupted after " in said
    assert json.loads(path.read_text())["interrupted"]
    until = monotonic() + 60
    while (left := _running_in(process.pid)) and monotonic() < until:
        pass
    assert [] == left


def _running_in(group: int) -> list[str]:
    """Give the processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = stat.read_text().rpartition(") ")[2].split()[:3]
            found += [stat.parent.name] if its_group == str(group) and state != "Z" else []
    return found


@pytest.mark.slow
class TestReal:
    """The fakes that come with waitctx."""

    def test_python(self, run: Run) -> None:
        """Faults and a variant in Python get the verdict that they declare."""
        result = run("selftest", "cleanup-on-clear*", "order-sorted", "--family", "python")

        assert (0, "") == (result.exit_code, result.stderr)

    @needs_compiler
    def test_c(self, run: Run) -> None:
        """So do those in C."""
        result = run("selftest", "cleanup-on-clear*", "order-sorted", "--family", "c")

        assert (0, "") == (result.exit_code, result.stderr)


def test_help(run: Run) -> None:
    """The help shows commands to copy, in 80 columns, and says what the exit codes mean."""
    text = run("selftest", "--help").stdout

    assert "waitctx selftest 'window-*' --family c\n" in text
    assert "The exit code is 0 if all is as it should be; 1 if there is a complaint" in text
    assert 80 >= max(map(len, text.splitlines()))
