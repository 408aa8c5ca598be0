"""Running fakes: what one trial tells, and many in processes of their own."""

from __future__ import annotations

import multiprocessing
import sys
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve

from waitctx.conformance.selftest import Settings, Task, attempt, group_of, run
from waitctx.reports.kill_matrix import Fake

#: What is told is told long before that.
QUICK = Settings(engines=("scenarios", "random"), budget=2.0, jobs=2)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go where the catalogue is, so that its classes can be named."""
    monkeypatch.chdir(Path(__file__).parent)
    monkeypatch.setattr(sys, "path", [*sys.path])


def task(target: str, *clauses: str, kind: str = "fault") -> Task:
    """Give a fake that is ready to be run."""
    return Task(Fake(target, "python", kind, "", clauses), f"tiny_fakes:{target}")


class TestAttempt:
    """One fake, with every engine."""

    def test_fault(self) -> None:
        """Each engine tells the clause, the shortest program and how much it took."""
        row = attempt(task("NoData", "FD-GET-03"), QUICK)
        scenarios, random = row.trials

        assert ("FD-GET", "", True) == (row.group, row.error, row.killed)
        assert ("scenarios", "random") == (scenarios.engine, random.engine)
        assert {"FD-GET-03"} == {one.clause for one in row.trials}
        assert {"new c0; set c0 k0 1 d0 null; get c0 k0"} == {one.program for one in row.trials}
        assert {3} == {one.length for one in row.trials}
        assert 0 < scenarios.programs < scenarios.operations
        assert 0 < scenarios.seconds + random.seconds < row.seconds

    def test_conforming(self) -> None:
        """An engine that tells nothing has used up its budget."""
        row = attempt(task("Conforming", "FD-GET-03"), evolve(QUICK, budget=0.1))

        assert ["", ""] == [one.clause for one in row.trials]
        assert row.trials[1].seconds >= 0.1 / 2
        assert not row.killed

    def test_cannot_be_opened(self) -> None:
        """What cannot be run says why, and stops nobody."""
        row = attempt(task("Unborn", "FD-GET-03"), QUICK)

        assert () == row.trials
        assert (
            "TargetError: tiny_fakes:Unborn cannot be opened: RuntimeError: not today" == row.error
        )

    def test_one_engine(self) -> None:
        """Only the engines that are asked for have a trial."""
        row = attempt(task("NoData", "FD-GET-03"), Settings(engines=("random",), budget=1))

        assert ["random"] == [one.engine for one in row.trials]


def test_group_of_what_declares_nothing() -> None:
    """A variant belongs to no group."""
    assert not group_of(Fake("any", "python", "variant", ""))


class TestRun:
    """Many fakes."""

    @pytest.mark.slow
    def test_all_are_run(self) -> None:
        """Every fake gets its row, whatever becomes of the others."""
        tasks = [task("NoData", "FD-GET-03"), task("Unborn", "FD-GET-03")]
        with closing(run(tasks, QUICK)) as results:
            rows = {row.fake.name: row for row in results}

        assert {"NoData", "Unborn"} == rows.keys()
        assert rows["NoData"].killed
        assert rows["Unborn"].error

    def test_a_lost_process(self) -> None:
        """A fake that ends the process it runs in is an error, and no verdict."""
        (row,) = run([task("Fatal", "FD-GET-03")], QUICK)

        assert "a process in which fakes ran has ended, maybe by its doing" == row.error

    @pytest.mark.slow
    def test_closed_early(self) -> None:
        """Nothing is left running when the results are not wanted any more."""
        before = set(multiprocessing.active_children())
        tasks = [task("NoData", "FD-GET-03"), task("Conforming", "FD-GET-03")]
        results = run(tasks, evolve(QUICK, budget=0.5))
        next(results)
        results.close()

        assert before == set(multiprocessing.active_children())
