"""What does its worst on one path alone: all other clauses keep their verdicts."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.plan import Plan
from waitctx.conformance.reporting import report_of
from waitctx.reports.report import Verdict

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
import os, signal, time
from waitctx.reference import AsyncLibrary

class Thing(AsyncLibrary):
    def ASYNC_WAIT_CTX_set_status(self, ctx, status):
        if status == 2:
            {deed}
        return super().ASYNC_WAIT_CTX_set_status(ctx, status)
"""


def verdicts(target: str) -> dict[str, Verdict]:
    """Check an implementation with scenarios and threads that take turns."""
    plan = Plan(SPEC, engines=("scenarios", "threads"))
    with closing(PythonAdapter.open(target)) as adapter:
        check = Check(adapter, plan, load())
        check.run()
        report = report_of(check, started=datetime.now(timezone.utc), seconds=1.0)
    return {one.clause: one.verdict for one in report.verdicts}


@pytest.fixture(scope="module")
def without() -> dict[str, Verdict]:
    """Give the verdicts on the same implementation without its deed."""
    return verdicts("waitctx.reference:AsyncLibrary")


@pytest.mark.slow
@pytest.mark.parametrize(
    "deed",
    [
        "os.abort()",
        "os._exit(0)",
        "os.kill(-os.getpgid(os.getppid()), signal.SIGTERM)",
        "os.closerange(0, 1000)",
    ],
)
def test_one_path(
    deed: str, without: dict[str, Verdict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clause of that path fails; whatever rests on others is as it is without the deed."""
    (tmp_path / "one_path.py").write_text(MODULE.format(deed=deed), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    seen = verdicts("one_path:Thing")

    assert {"STATUS-SET-01"} == {name for name, one in seen.items() if one is Verdict.FAIL}
    assert {**without, "STATUS-SET-01": Verdict.FAIL} == seen
