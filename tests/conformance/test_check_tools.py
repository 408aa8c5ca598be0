"""A whole check with memory checkers and chosen engines: what is skipped is told."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timezone

from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.engines.registry import TOOLS, engines_for
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.plan import Plan
from waitctx.conformance.reporting import report_of
from waitctx.reports.report import Conclusion


def test_skipped() -> None:
    """Where a tool cannot be used the check goes on without it, and the report says why."""
    with closing(PythonAdapter.open("waitctx.reference:AsyncLibrary")) as adapter:
        plan = Plan(SPEC, programs=1, engines=("random",), tools=("asan", "valgrind"))
        check = Check(adapter, plan, load())
        check.run()
        report = report_of(check, started=datetime.now(timezone.utc), seconds=0.0)
    why = "waitctx.reference:AsyncLibrary is a Python object, and this is for shared libraries"

    assert {"asan": why, "valgrind": why} == report.skipped
    assert Conclusion.CONFORMS is report.conclusion
    assert report.command.endswith(" --engine random --tool asan --tool valgrind")


def test_engines_that_do_not_fit() -> None:
    """An engine that was asked for and is not for such an implementation is told, and why."""
    with closing(PythonAdapter.open("waitctx.reference:AsyncLibrary")) as adapter:
        check = Check(adapter, Plan(SPEC, engines=("tour", "memory")), load())
        check.run()
        report = report_of(check, started=datetime.now(timezone.utc), seconds=0.0)
        usual = Check(adapter, Plan(SPEC), load())

    assert {
        "tour": "it walks in C, through shared libraries only",
        "memory": "memory is watched in shared libraries only",
    } == report.skipped
    assert ((), Conclusion.NOT_CHECKED) == (report.engines, report.conclusion)
    assert {} == usual.findings.skipped


def test_only_if_asked_for() -> None:
    """No tool runs that was not asked for; those that were come last, in one order."""
    with closing(PythonAdapter.open("waitctx.reference:AsyncLibrary")) as adapter:
        usual = [one.name for one in engines_for(adapter)]
        both = [one.name for one in engines_for(adapter, (), ("valgrind", "asan"))]

    assert not TOOLS.keys() & set(usual)
    assert [*usual, "asan", "valgrind"] == both
