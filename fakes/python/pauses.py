"""Faults in the windows of several jobs, and in what is made of changes while a job is paused."""
# ruff: noqa: D102 (the class says what its methods do)

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, ClassVar

from waitctx.reference.context import Life, live

from .base import Fake, Remembering, Reusing, Watching

if TYPE_CHECKING:
    from waitctx.reference import Entry, Job, WaitContext


class WindowResetAllContexts(Remembering):
    """A resume makes the changes of all contexts forgotten."""

    clauses = ("CTX-NEW-03",)

    def job_resumed(self, job: Job) -> None:
        super().job_resumed(job)
        for ctx in self.others(job.ctx):
            self.reset(ctx)


class WindowResumeResetsLastPaused(Fake):
    """A resume resets the context that paused last instead of the job's own."""

    clauses = ("FD-CHANGED-08", "CTX-NEW-03")

    def __init__(self) -> None:
        super().__init__()
        self.last: WaitContext | None = None

    def job_pausing(self, job: Job) -> None:
        self.last = job.ctx

    def job_resumed(self, job: Job) -> None:  # noqa: ARG002
        if self.last and self.last.life is Life.LIVE:
            self.reset(self.last)


class PauseOutsideGoesOnWithPausedJob(Fake):
    """pause_job outside a job goes on with the job that paused last."""

    clauses: ClassVar[tuple[str, ...]] = ("JOB-PAUSE-04",)

    def __init__(self) -> None:
        super().__init__()
        self.last: Job | None = None

    def job_pausing(self, job: Job) -> None:
        self.last = job
        super().job_pausing(job)

    def job_ended(self, job: Job) -> None:
        self.last = None
        super().job_ended(job)

    def ASYNC_pause_job(self) -> int:  # noqa: N802 (it carries the name of the C function)
        if self.ASYNC_get_current_job() is None and self.last is not None:
            self.dispatch(self.last, SimpleNamespace(), SimpleNamespace())
            return 1
        return super().ASYNC_pause_job()


class PauseBlockedGoesOnWithPausedJob(PauseOutsideGoesOnWithPausedJob):
    """pause_job, while pauses are blocked, goes on with the job that paused last."""

    clauses = ("BLOCK-01", "BLOCK-02")

    def job_resumed(self, job: Job) -> None:
        self.last = None
        super().job_resumed(job)

    def ASYNC_pause_job(self) -> int:  # noqa: N802 (it carries the name of the C function)
        current = self.ASYNC_get_current_job()
        if current is None or not self.pause_is_blocked() or self.last is None:
            return Fake.ASYNC_pause_job(self)
        self.dispatch(self.last, SimpleNamespace(), SimpleNamespace())
        self.thread.current = current
        return 1


class WindowResetNotForSecondJob(Reusing):
    """Changes are told for ever from the second job of a context on."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-02", "FD-CHANGED-03", "FD-CHANGED-06", "CTX-REUSE-01")

    def job_resumed(self, job: Job) -> None:
        if live(job.ctx) not in self.used:
            super().job_resumed(job)


class WhilePausedUntold(Watching):
    """What is set while a job of the context is paused is never told as added."""

    clauses = ("FD-CHANGED-12", "FD-CHANGED-02", "FD-CHANGED-06", "FD-CHANGED-09")

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        if ctx in self.paused:
            entry.fresh = False


class WhilePausedToldTwiceMore(Watching):
    """What is set while a job of the context is paused is told in two more windows."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-12", "FD-CHANGED-02", "FD-CHANGED-06")

    def __init__(self) -> None:
        super().__init__()
        self.due: dict[Entry, int] = {}

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        if ctx in self.paused:
            self.due[entry] = 2

    def reset(self, ctx: WaitContext) -> None:
        super().reset(ctx)
        for entry in ctx.entries:
            entry.fresh = self.due.get(entry, 0) > 0
            self.due[entry] = self.due.get(entry, 0) - 1
