"""Many checks side by side, each in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from waitctx.conformance.matrix import Course, Progress, Settings, matrix_of, run
from waitctx.conformance.matrix_file import Target
from waitctx.reports.report import Conclusion, Verdict

MODULE = '''\
import os, signal, time
from waitctx.reference import AsyncLibrary


class KeptMarks(AsyncLibrary):
    """Looks up the fd and forgets the data."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx, key, fd, data):
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
        if found:
            data.value = None
        return found


os.kill(os.getppid(), 0)
'''

GOOD = Target("good", "reference", group="ours", notes="in Python")
BAD = Target("bad", "mine:KeptMarks")
LOST = Target("lost", "./no.so")


class Quick(Settings):
    """Settings for checks by two engines: that is all that these faults need."""

    def arguments(self, target: Target) -> list[str]:
        """Give what `waitctx check` is told."""
        return ["--engine", "scenarios", "--engine", "random", *super().arguments(target)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings for quick checks in a folder with a faulty implementation."""
    (tmp_path / "mine.py").write_text(MODULE)
    return Quick(tmp_path, programs=0, jobs=2)


def finished(targets: tuple[Target, ...], settings: Settings) -> Progress:
    """Run to the end."""
    last = Progress((), ())
    with closing(run(targets, settings)) as checks:
        for last in checks:
            assert len(last.running) <= settings.jobs
    return last


@pytest.mark.slow
def test_side_by_side(settings: Settings) -> None:
    """Columns stand in the order of the file, each with what its check found."""
    targets = (LOST, BAD, GOOD)
    lost, bad, good = finished(targets, settings).done
    course = Course("", "waitctx matrix m.toml", datetime.now(timezone.utc), 1.0, interrupted=False)
    matrix = matrix_of((lost, bad, good), settings, course)

    assert ("good", "ours", "in Python", Conclusion.CONFORMS) == (
        good.name,
        good.group,
        good.notes,
        good.conclusion,
    )
    assert (Conclusion.DOES_NOT_CONFORM, ["FD-GET-03"]) == (bad.conclusion, bad.failed())
    assert ["FD-GET-03"] == [one.clause for one in bad.failures]
    assert (Conclusion.NOT_CHECKED, ()) == (lost.conclusion, lost.cells)
    assert "./no.so: there is no such file" in lost.reason
    assert Conclusion.DOES_NOT_CONFORM is matrix.conclusion
    assert len(good.cells) == len(matrix.clauses)
    assert [Verdict.FAIL, Verdict.PASS] == list(matrix.verdicts("FD-GET-03"))
    assert all(one.text and one.title for one in matrix.clauses)


def processes() -> set[int]:
    """Give the processes that are a check of a matrix."""
    found = set()
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"matrix_child" in one.read_bytes() and f"{os.getpid()}" in parent(one.parent):
                found.add(int(one.parent.name))
        except OSError:
            continue
    return found


def parent(process: Path) -> str:
    """Give the parent of a process."""
    return (process / "stat").read_text().rpartition(")")[2].split()[1]


@pytest.mark.slow
def test_ends_early(tmp_path: Path) -> None:
    """On demand what runs ends with what it has found, and what did not begin says so."""
    settings = Settings(tmp_path, budget=60, jobs=1)
    second = Target("second", "reference")
    with closing(run((GOOD, second), settings)) as checks:
        told = next(checks)
        while not told.running or told.running[0][1] < 3:
            told = next(checks)
        began = time.monotonic()
        told = checks.send(True)  # noqa: FBT003 - as it is sent
        while len(told.done) < 2:
            told = next(checks)

    assert 15 > time.monotonic() - began
    assert [Conclusion.NOT_CHECKED] * 2 == [one.conclusion for one in told.done]
    assert "not begun: interrupted before" == told.done[1].reason
    assert set() == processes()


@pytest.mark.slow
def test_closing_ends_all(settings: Settings) -> None:
    """A generator that is closed leaves no process behind."""
    checks = run((GOOD, Target("other", "reference")), settings)
    next(checks)

    assert 2 == len(processes())
    checks.close()
    assert set() == processes()


@pytest.mark.slow
def test_dies(settings: Settings) -> None:
    """A check that is killed costs its own column only."""
    with closing(run((GOOD,), settings)) as checks:
        next(checks)
        (pid,) = processes()
        os.kill(pid, signal.SIGKILL)
        for last in checks:
            told = last

    assert "its check was ended by SIGKILL" == told.done[0].reason
