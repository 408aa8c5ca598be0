"""Many checks side by side, each in a process of its own."""

from __future__ import annotations

import os
import signal
from contextlib import closing, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from waitctx.conformance.matrix import Course, Progress, Settings, matrix_of, run
from waitctx.conformance.matrix_file import Target
from waitctx.reports.report import Conclusion, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

MODULE = '''\
from waitctx.reference import AsyncLibrary


class KeptMarks(AsyncLibrary):
    """Looks up the fd and forgets the data."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx, key, fd, data):
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
        if found:
            data.value = None
        return found


class Telling(AsyncLibrary):
    """Lets a file say that programs are being run."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx, key, fd, data):
        open("running", "w").close()
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
'''

GOOD = Target("good", "reference", group="ours", notes="in Python")
BAD = Target("bad", "mine:KeptMarks")
LOST = Target("lost", "./no.so")


class Quick(Settings):
    """Settings for checks by one engine: that is all that these faults need."""

    def arguments(self, target: Target) -> list[str]:
        """Give what `waitctx check` is told."""
        return ["--engine", "random", *super().arguments(target)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings for quick checks in a folder with a faulty implementation."""
    (tmp_path / "mine.py").write_text(MODULE)
    return Quick(tmp_path, programs=15, jobs=2)


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


@pytest.fixture
def processes() -> Callable[[], set[int]]:
    """Tell which children this process has got since the beginning of the test.

    By their parent, which is right from the first: what a process is called changes a moment later.
    """
    before = children()
    return lambda: children() - before


def children() -> set[int]:
    """Give the children of this process."""
    found = set()
    for one in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = one.read_text().rpartition(")")[2].split()[1]
            found |= {int(one.parent.name)} if parent == str(os.getpid()) else set()
    return found


@pytest.mark.slow
def test_ends_early(settings: Settings, processes: Callable[[], set[int]]) -> None:
    """On demand what runs ends with what it has found, and what did not begin says so."""
    settings = evolve(settings, budget=3_600, programs=None, jobs=1)
    targets = (Target("first", "mine:Telling"), Target("second", "reference"))
    with closing(run(targets, settings)) as checks:
        next(checks)
        while not (settings.folder / "running").exists():
            next(checks)
        told = checks.send(True)  # noqa: FBT003 - as it is sent
        while len(told.done) < 2:
            told = next(checks)

    first, other = told.done
    assert "interrupted before its end" == first.reason
    assert len(first.cells)
    assert ("not begun: interrupted before", ()) == (other.reason, other.cells)
    assert [Conclusion.NOT_CHECKED] * 2 == [one.conclusion for one in told.done]
    assert set() == processes()


def test_closing_ends_all(settings: Settings, processes: Callable[[], set[int]]) -> None:
    """A generator that is closed leaves no process behind."""
    with closing(run((GOOD, Target("other", "reference")), settings)) as checks:
        next(checks)
        assert 2 == len(processes())

    assert set() == processes()


def test_dies(settings: Settings, processes: Callable[[], set[int]]) -> None:
    """A check that is killed costs its own column only."""
    with closing(run((GOOD,), settings)) as checks:
        next(checks)
        (pid,) = processes()
        os.kill(pid, signal.SIGKILL)
        for last in checks:
            told = last

    assert "its check was ended by SIGKILL" == told.done[0].reason
