"""A whole check where memory is watched: what is found, how it is told, and what is left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone

import pytest

from waitctx.conformance import replay
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.engines.registry import WATCHING, engines_for
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.plan import Plan
from waitctx.conformance.reporting import report_of
from waitctx.conformance.rules_memory import LEFT
from waitctx.fakes.build import build
from waitctx.reports.report import Report, Verdict

CheckFake = Callable[..., Report]

needs_compiler = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler here")


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> CheckFake:
    """Check a fake in C by engines that watch memory, up to the first failure."""
    folder = str(tmp_path_factory.mktemp("fakes"))

    def check_fake(name: str, *engines: str) -> Report:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WAITCTX_CACHE", folder)
            (path,) = build([name])
        with closing(NativeAdapter.open(str(path), name)) as adapter:
            plan = Plan(SPEC, budget=0, engines=engines, stop_first=True)
            check = Check(adapter, plan, load())
            check.run()
            return report_of(check, started=datetime.now(timezone.utc), seconds=0.0)

    return check_fake


def again(report: Report) -> replay.Outcome:
    """Replay the failure of a report, and give what has become of it."""
    path = report.implementation.path
    with closing(NativeAdapter.open(path, path)) as adapter:
        return replay.replay(report.failures[0], adapter, SPEC).outcome


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize(
    ("fake", "engine", "clause", "program"),
    [
        (
            *("leak-at-clear", "memory", "MEM-LEAK-02"),
            "new c0; set c0 k0 1 null null; clear c0 k0; free c0; leaks",
        ),
        (
            *("free-record-twice-at-clear", "memory", "MEM-FREE-01"),
            "new c0; set c0 k0 1 null null; clear c0 k0",
        ),
        (
            *("free-custom-data", "memory", "MEM-FREE-02"),
            "new c0; set c0 k0 1 d0 null; clear c0 k0",
        ),
        (
            *("use-record-after-clear", "memory", "MEM-USE-01"),
            "new c0; set c0 k0 1 null null; clear c0 k0; all c0 array",
        ),
        ("heap-record-overrun", "memory", "MEM-BOUNDS-01", "new c0; set c0 k0 1 null null"),
        ("short-new-crashes", "allocation", "MEM-SHORT-01", "fail_alloc 1; new c0"),
        (
            *("short-set-wedges-context", "allocation", "MEM-SHORT-04"),
            "new c0; fail_alloc 1; set c0 k0 1 null null; set c0 k1 1 null null",
        ),
        (
            *("short-set-leaks", "allocation", "MEM-SHORT-05"),
            "new c0; fail_alloc 2; set c0 k0 1 null null; free c0; leaks",
        ),
    ],
)
def test_faults(checked: CheckFake, fake: str, engine: str, clause: str, program: str) -> None:
    """A fault of memory fails its own clause alone, with the shortest program."""
    report = checked(fake, engine)
    (failure,) = report.failures

    assert (clause, program, True) == (failure.clause, failure.program, failure.reproduced)
    assert replay.Outcome.SAME is again(report)
    assert [clause] == [one.clause for one in report.verdicts if one.verdict is Verdict.FAIL]
    assert [engine] == [one.name for one in report.engines]


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize("fake", ["base", "keeps-contexts", "log-of-thread", "second-attempt"])
def test_no_fault(checked: CheckFake, fake: str) -> None:
    """What keeps memory for later, or does without, passes every clause about memory."""
    report = checked(fake, "memory", "allocation")

    assert () == report.failures
    assert {Verdict.PASS} == {one.verdict for one in report.verdicts if one.group == "MEM"}


@pytest.mark.slow
def test_objects() -> None:
    """A Python object's memory is only counted, and the report says why no more is done."""
    adapter = PythonAdapter.open("waitctx.reference:AsyncLibrary")
    with closing(adapter):
        check = Check(adapter, Plan(SPEC, programs=0, engines=("scenarios", "random")), load())
        check.run()
    report = report_of(check, started=datetime.now(timezone.utc), seconds=0.0)
    reasons = {one.reason for one in report.verdicts if one.group == "MEM"}
    counted = {one.clause for one in report.verdicts if one.verdict is Verdict.INCONCLUSIVE}

    assert not WATCHING & {one.name for one in engines_for(adapter)}
    assert {"memory is watched in shared libraries only", "no program exercised it"} == reasons
    assert {one for one in counted if one.startswith("MEM")} == set(LEFT)
