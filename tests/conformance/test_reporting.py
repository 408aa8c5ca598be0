"""From what a check found to the report of it."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from waitctx import __version__
from waitctx.conformance.adapters.base import Ics
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.findings import Found
from waitctx.conformance.judge import Failure
from waitctx.conformance.observations import Event, Observation
from waitctx.conformance.operations import FUNCTIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC, Profile
from waitctx.conformance.plan import Plan
from waitctx.conformance.programs import from_text
from waitctx.conformance.reporting import failure_report, lacking, report_of, steps_of
from waitctx.reference import AsyncLibrary
from waitctx.reports.report import Conclusion, Report, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable


class NoData(AsyncLibrary):
    """Looks up the fd and forgets the data."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx: Any, key: object, fd: Any, custom_data: Any) -> int:  # noqa: ANN401, N802
        """Give the fd alone."""
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        if found:
            custom_data.value = None
        return found


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Check]:
    """Give a check of a class, which has done the scenarios alone."""

    def check(kind: type, profile: Profile = SPEC) -> Check:
        module = ModuleType("under_test")
        module.__dict__["Kind"] = kind
        monkeypatch.setitem(sys.modules, "under_test", module)
        adapter = InProcessAdapter.open("under_test:Kind")
        done = Check(
            adapter, Plan(profile, programs=0, seed=3, engines=("scenarios", "random")), load()
        )
        done.run()
        return done

    return check


def report(check: Check) -> Report:
    """Give the report of a check."""
    return report_of(check, started=datetime(2020, 2, 2, tzinfo=timezone.utc), seconds=1.23456)


class TestReport:
    """The report as a whole."""

    def test_what_was_done(self, check: Callable[..., Check]) -> None:
        """It says what was checked, how, and how much of it."""
        done = check(AsyncLibrary, OPENSSL)
        found = report(done)

        assert (__version__, load().fingerprint) == (found.waitctx, found.clauses_sha256)
        assert ("2020-02-02T00:00:00+00:00", 1.235) == (found.started, found.seconds)
        assert ("openssl", 3, 0) == (found.profile, found.seed, found.bounds["programs"])
        assert ("under_test:Kind", True) == (
            found.implementation.target,
            found.implementation.capable,
        )
        assert sum(one.operations for one in found.engines) == sum(found.operations.values())

    def test_verdicts(self, check: Callable[..., Check]) -> None:
        """There is one verdict for each clause that binds, in the order of the catalogue."""
        for profile in (SPEC, OPENSSL):
            found = report(check(AsyncLibrary, profile))

            assert [one.id for one in load().binding(profile.name)] == [
                one.clause for one in found.verdicts
            ]
            assert Conclusion.CONFORMS is found.conclusion

    def test_failure(self, check: Callable[..., Check]) -> None:
        """A failure stands in the verdict of its clause, and the other way round."""
        found = report(check(NoData))
        (failure,) = found.failures
        (verdict,) = [one for one in found.verdicts if one.verdict is Verdict.FAIL]

        assert (("F1",), "F1") == (verdict.failures, failure.id)
        assert ("FD-GET-03", "FD-GET-03") == (verdict.clause, failure.clause)
        assert Conclusion.DOES_NOT_CONFORM is found.conclusion
        assert ("data: d0 permitted, null seen",) == failure.wrong

    def test_missing_functions(self, check: Callable[..., Check]) -> None:
        """Clauses about what is not offered are not applicable, and say so."""

        class Release11(AsyncLibrary):
            ASYNC_WAIT_CTX_set_callback: Any = None
            ASYNC_WAIT_CTX_get_callback: Any = None

        verdicts = {one.clause: one for one in report(check(Release11)).verdicts}

        assert (Verdict.NOT_APPLICABLE, "ASYNC_WAIT_CTX_set_callback not offered") == (
            verdicts["CB-SET-01"].verdict,
            verdicts["CB-SET-01"].reason,
        )
        assert Verdict.PASS is verdicts["FD-SET-01"].verdict

    def test_nothing_done(self) -> None:
        """A clause that no program exercised is inconclusive."""
        adapter = InProcessAdapter.open("waitctx.reference:AsyncLibrary")
        verdicts = report(Check(adapter, Plan(SPEC), load())).verdicts

        assert {(Verdict.INCONCLUSIVE, "no program exercised it")} == {
            (one.verdict, one.reason)
            for one in verdicts
            if one.verdict is not Verdict.NOT_APPLICABLE
        }


@pytest.mark.parametrize(
    ("clause", "functions", "capable", "reason"),
    [
        ("FD-SET-01", FUNCTIONS, True, ""),
        ("FD-SET-01", FUNCTIONS, False, ""),
        ("FD-SET-01", (), True, "ASYNC_WAIT_CTX_set_wait_fd not offered"),
        ("JOB-PAUSE-01", FUNCTIONS, False, "jobs cannot run here (ASYNC_is_capable is 0)"),
        ("CAP-01", FUNCTIONS, False, ""),
    ],
)
def test_lacking(clause: str, functions: tuple[str, ...], *, capable: bool, reason: str) -> None:
    """What an implementation lacks is looked for in its conformance statement."""
    assert reason == lacking(load()[clause], Ics(frozenset(functions), capable))


class TestSteps:
    """What was permitted beside what was seen."""

    PROGRAM = from_text("new c0; set c0 k0 7 d0 f0; changed c0 array null; clear c0 k0")
    SEEN = (
        Observation.of({"ctx": "new"}),
        Observation.of({"rc": 1}),
        Observation.of(
            {"rc": 1, "numadd": 1, "numdel": 0, "added": (7,), "deleted": "null", "stray": 0}
        ),
        Observation.of({"rc": 1}, [Event("f0", ("c0", "k0", 7, "d0"))]),
    )

    def test_in_words(self) -> None:
        """Both sides name the answers in the same order; calls stand apart."""
        judge = Check(
            InProcessAdapter.open("waitctx.reference:AsyncLibrary"), Plan(SPEC), load()
        ).judge
        steps = steps_of(self.PROGRAM, self.SEEN, judge)

        assert ("rc=1 numadd=1 numdel=0 added=[7] deleted=null",) == steps[2].permitted
        assert steps[2].permitted == (steps[2].seen,)
        assert ("clear c0 k0", "rc=1", ("f0(c0, k0, 7, d0)",)) == (
            steps[3].operation,
            steps[3].seen,
            steps[3].events,
        )
        assert [True, True, True, False] == [one.agrees for one in steps]

    def test_of_a_failure(self) -> None:
        """A failure's report has its steps and its cause."""
        check = Check(InProcessAdapter.open("waitctx.reference:AsyncLibrary"), Plan(SPEC), load())
        seen = (*self.SEEN[:3], Observation.of({"died": "SIGSEGV"}))
        failure = check.judge.judge(self.PROGRAM, seen).failure
        assert isinstance(failure, Failure)
        found = failure_report(
            "F7", Found(failure, "random", reproduced=False), check.judge, load()
        )

        assert ("F7", "SIGSEGV", "random", False) == (
            found.id,
            found.cause,
            found.engine,
            found.reproduced,
        )
        assert "new c0; set c0 k0 7 d0 f0; changed c0 array null; clear c0 k0" == found.program
        assert "died=SIGSEGV" == found.steps[-1].seen
