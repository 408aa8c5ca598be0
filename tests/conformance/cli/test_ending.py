"""Whoever ends a command, nothing is left of it but what it has to say."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from waitctx.reports import document
from waitctx.reports.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MATRIX = '[[target]]\nname = "one"\ntarget = "reference"\n'
SLOW = 'import time\nopen("opening", "w").close()\ntime.sleep(60)\n'
#: A guard, a worker and a watcher are between the command and the process that runs programs.
BETWEEN = 3
COMMANDS = {
    "check": ("check", "reference", "--budget", "60", "--report", "r.json", "--trace", "t.jsonl"),
    "check with a page": ("check", "reference", "--budget", "60", "--report", "r.html"),
    "check slow": (
        "check",
        "slow:Thing",
        "--report",
        "r.json",
        "--report",
        "r.html",
        "--trace",
        "t",
    ),
    "compare slow": ("compare", "openssl", "slow:Thing"),
    "known slow": ("known-failures", "update", "known.toml", "slow:Thing"),
    "matrix": ("matrix", "m.toml", "--budget", "60", "--report", "r.json"),
    "selftest": ("selftest", "--family", "python", "--budget", "60", "--report", "r.json"),
}


class Running:
    """A command that runs, and all processes that it has started."""

    def __init__(self, place: Path, command: tuple[str, ...]) -> None:
        """Start it."""
        self.mark = secrets.token_hex(8)
        self.folder, self.temporary = place / "folder", place / "temporary"
        for one in (self.folder, self.temporary):
            one.mkdir()
        (self.folder / "m.toml").write_text(MATRIX)
        (self.folder / "slow.py").write_text(SLOW)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "waitctx", *command],
            cwd=self.folder,
            env={**os.environ, "TMPDIR": str(self.temporary), "TEST_MARK": self.mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def processes(self) -> dict[int, bytes]:
        """Give those that have not ended, with their environment."""
        found = {}
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                environment = path.read_bytes()
                if self.mark.encode() in environment:
                    found[int(path.parent.name)] = environment
        return found

    def is_opening(self) -> bool:
        """Tell whether the target, which takes long, is being opened."""
        return (self.folder / "opening").exists()

    def is_at_work(self) -> bool:
        """Tell whether programs run: in processes forked from a worker, or in those of selftest."""
        spawned = any(b"spawn_main" in _command(pid) for pid in self.processes())
        return spawned or len(self.chain()) == BETWEEN + 1

    def chain(self) -> list[int]:
        """Give the process in which a program runs and those above it, up to the command's own."""
        workers = {pid for pid, one in self.processes().items() if b"WAITCTX_WORKER=" in one}
        longest: list[int] = []
        for last in workers:
            chain = [last]
            while (above := _parent(chain[-1])) in workers:
                chain.append(above)
            longest = max(longest, chain, key=len)
        return longest

    def stop(self, place: int) -> bool:
        """Stop one of the chain, if all of it is there: programs come and go."""
        chain = self.chain()
        if len(chain) <= BETWEEN:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(chain[place], signal.SIGSTOP)
            return True
        return False

    @property
    def left(self) -> set[str]:
        """The files that are there now and were not before."""
        places = (*self.folder.iterdir(), *self.temporary.iterdir())
        return {one.name for one in places} - {"m.toml", "slow.py", "opening"}


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def wait_until(come: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait for something; tell whether it came."""
    until = time.monotonic() + seconds
    while not (came := come()) and time.monotonic() < until:
        time.sleep(0.02)
    return came


@pytest.fixture
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    """Start a command, and wait until implementations run."""
    one = Running(tmp_path, COMMANDS[request.param])
    come = one.is_opening if request.param.endswith(" slow") else one.is_at_work
    with one.process:
        try:
            assert wait_until(come)
            yield one
        finally:
            for pid in one.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


_SLOW = pytest.param("matrix", marks=pytest.mark.slow)


@pytest.mark.slow
@pytest.mark.parametrize("running", ["check", _SLOW, "selftest"], indirect=True)
def test_killed(running: Running) -> None:
    """With ``kill -9`` its workers and children end too, and no file is left."""
    time.sleep(0.3)
    running.process.kill()

    assert wait_until(lambda: not running.processes())
    assert set() == running.left


@pytest.mark.slow
@pytest.mark.parametrize("place", range(BETWEEN + 1))
@pytest.mark.parametrize("running", ["check"], indirect=True)
def test_killed_while_one_is_stopped(running: Running, place: int) -> None:
    """It makes no difference which of its processes an implementation had stopped."""
    assert wait_until(lambda: running.stop(place))
    running.process.kill()

    assert wait_until(lambda: not running.processes())
    assert set() == running.left


@pytest.mark.slow
@pytest.mark.parametrize(
    "running", ["check", "check with a page", _SLOW, "selftest"], indirect=True
)
def test_ctrl_c_twice(running: Running) -> None:
    """Ctrl-C ends a command soon, with a whole report; the second one in a row changes nothing."""
    time.sleep(0.3)
    begun = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    running.process.send_signal(signal.SIGINT)
    _, complaints = running.process.communicate(timeout=120)
    took = time.monotonic() - begun

    assert (2, "") == (running.process.returncode, complaints)
    assert wait_until(lambda: not running.processes())
    assert running.left <= {"r.json", "r.html", "t.jsonl"}
    assert "r.json" in running.left or (running.folder / "r.html").read_text().endswith("</html>\n")
    # Within a second where nothing else keeps the machine busy; its budget is a minute.
    assert 20 > took


@pytest.mark.parametrize("running", ["check"], indirect=True)
def test_sigterm(running: Running) -> None:
    """SIGTERM is like Ctrl-C: the report says that it was interrupted."""
    running.process.terminate()
    running.process.communicate(timeout=120)

    assert document.read(running.folder / "r.json").interrupted


@pytest.mark.parametrize("running", ["check slow"], indirect=True)
def test_ctrl_c_while_opening(running: Running) -> None:
    """Where the target was being opened the report says so of each clause, and judges none."""
    begun = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    said, complaints = running.process.communicate(timeout=60)
    took = time.monotonic() - begun

    assert (2, "") == (running.process.returncode, complaints)
    assert "slow:Thing was not checked to the end" in said
    assert {"r.json", "r.html"} == running.left
    report = document.read(running.folder / "r.json")
    assert report.interrupted
    why = {(one.verdict, one.reason) for one in report.verdicts}
    assert {(Verdict.INCONCLUSIVE, "Ctrl-C came before the implementation was opened")} == why
    assert wait_until(lambda: not running.processes())
    assert 20 > took


@pytest.mark.parametrize("running", ["compare slow", "known slow"], indirect=True)
def test_ctrl_c_without_a_report(running: Running) -> None:
    """Commands that write no report end with a line, and leave no file."""
    running.process.send_signal(signal.SIGINT)
    said, complaints = running.process.communicate(timeout=60)

    assert (2, "", "waitctx: interrupted\n") == (running.process.returncode, said, complaints)
    assert wait_until(lambda: not running.processes())
    assert set() == running.left
