"""Faults in what a context keeps from one job to the next."""
# ruff: noqa: D102 (the class says what its methods do)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import ASYNC_NO_JOBS
from waitctx.reference.context import live

from .base import Fake, Reusing

if TYPE_CHECKING:
    from waitctx.reference import Cell, Entry, Job, WaitContext


class ReuseLosesFdsAtFinish(Fake):
    """All descriptors are dropped when a job finishes."""

    clauses = ("CTX-KEEP-01",)

    def job_ended(self, job: Job) -> None:
        if job.ctx is not None:
            job.ctx.entries = []
        super().job_ended(job)


class ReuseLosesFdsAtNextStart(Reusing):
    """All descriptors are dropped when the next job starts."""

    clauses = ("CTX-KEEP-01", "CTX-REUSE-01", "FD-CHANGED-14", "FD-CHANGED-17")

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        if job.value is None and running.ctx in self.used:
            live(running.ctx).entries = []
        return super().dispatch(running, job, ret)


class ReuseLosesStatusAtNextStart(Reusing):
    """The status is lost when the next job starts."""

    clauses = ("CTX-KEEP-01", "CTX-REUSE-01")

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        if job.value is None and running.ctx in self.used:
            live(running.ctx).status = 0
        return super().dispatch(running, job, ret)


class ReuseRefused(Reusing):
    """A context that has had a job cannot have another one."""

    clauses = ("CTX-REUSE-01",)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        if job.value is None and running.ctx in self.used:
            self.release_job(running)
            return ASYNC_NO_JOBS
        return super().dispatch(running, job, ret)


class SetInSecondJobLost(Reusing):
    """set_wait_fd in the second job of a context answers 1 but stores nothing."""

    clauses = ("CTX-REUSE-01", "FD-SET-02")

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if self.thread.current is None or ctx not in self.used:
            super().add_entry(ctx, entry)
