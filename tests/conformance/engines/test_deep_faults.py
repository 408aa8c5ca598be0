"""Faults that show late, or in large worlds, are found by the programs of an ordinary check."""
# ruff: noqa: ANN401, D102, N802 (the classes say what their methods do, with the names of C; what
# they are handed is the library's own)

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.plan import Plan
from waitctx.reference import AsyncLibrary


class ThirdWindowOfTwoJobs(AsyncLibrary):
    """Tells nothing that was added in the third window of a context that has had two jobs."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: Counter[Any] = Counter()
        self.jobs: defaultdict[Any, set[int]] = defaultdict(set)

    def job_resumed(self, job: Any) -> None:
        self.jobs[job.ctx].add(id(job))
        super().job_resumed(job)

    def reset(self, ctx: Any) -> None:
        self.windows[ctx] += 1
        super().reset(ctx)

    def fresh_entries(self, ctx: Any) -> Any:
        if self.windows[ctx] >= 2 and len(self.jobs[ctx]) >= 2:
            return []
        return super().fresh_entries(ctx)


class HundredOperations(AsyncLibrary):
    """From the hundredth operation on a context on, clear says that nothing was there."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: Counter[Any] = Counter()

    def find_entry(self, ctx: Any, key: object) -> Any:
        self.operations[ctx] += 1
        return super().find_entry(ctx, key)

    def add_entry(self, ctx: Any, entry: Any) -> None:
        self.operations[ctx] += 1
        super().add_entry(ctx, entry)

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: Any, key: object) -> int:
        cleared = super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
        return 0 if self.operations[ctx] > 100 else cleared


class ManyKeys(AsyncLibrary):
    """Loses what is set after two hundred keys."""

    def add_entry(self, ctx: Any, entry: Any) -> None:
        if len(self.standing_entries(ctx)) < 200:
            super().add_entry(ctx, entry)


class ManyContexts(AsyncLibrary):
    """Has no room for more than twenty contexts, and puts what comes then into the last."""

    def __init__(self) -> None:
        super().__init__()
        self.contexts: list[Any] = []

    def new_context(self) -> Any:
        self.contexts.append(super().new_context())
        return self.contexts[-1]

    def add_entry(self, ctx: Any, entry: Any) -> None:
        place = self.contexts.index(ctx)
        super().add_entry(self.contexts[min(place, 19)], entry)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [ThirdWindowOfTwoJobs, HundredOperations, ManyKeys, ManyContexts],
    ids=lambda one: one.__name__,
)
def test_found(fault: type[AsyncLibrary]) -> None:
    """No more programs are needed than a check makes within seconds."""
    adapter = InProcessAdapter.open(f"{fault.__module__}:{fault.__name__}")
    plan = Plan(SPEC, budget=20.0, stop_first=True, shrinking=0.1)
    findings = Check(adapter, plan, load()).run()

    assert 1 == len(findings.found)
