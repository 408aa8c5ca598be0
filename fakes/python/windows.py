"""Faults in where a window begins and ends."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from waitctx.reference.context import Life, live

from .base import Fake, Remembering

if TYPE_CHECKING:
    from waitctx.reference import Cell, FdArray, Job, WaitContext


class WindowResetAtPause(Fake):
    """Changes are forgotten when the job pauses instead of when it is resumed."""

    clauses = ("FD-CHANGED-07", "FD-CHANGED-02", "FD-CHANGED-03")

    def job_pausing(self, job: Job) -> None:
        self.reset(live(job.ctx))

    def job_resumed(self, job: Job) -> None:
        pass


class WindowResetNever(Fake):
    """Changes are told for ever."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-02", "FD-CHANGED-03", "FD-CHANGED-06")

    def reset(self, ctx: WaitContext) -> None:
        pass


class WindowResetAddsOnly(Fake):
    """Deletions are told for ever."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-03", "FD-CHANGED-06")

    def reset(self, ctx: WaitContext) -> None:
        for entry in ctx.entries:
            entry.fresh = False


class WindowResetDelsOnly(Fake):
    """Additions are told for ever."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-02", "FD-CHANGED-06")

    def reset(self, ctx: WaitContext) -> None:
        ctx.entries = self.standing_entries(ctx)


class WindowResetAtStart(Fake):
    """Changes made before a job are forgotten when it starts."""

    clauses = ("FD-CHANGED-17", "FD-CHANGED-14")

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        if job.value is None:
            self.reset(live(running.ctx))
        return super().dispatch(running, job, ret)


class WindowResetAtFinish(Fake):
    """Changes are forgotten when a job finishes."""

    clauses = ("FD-CHANGED-14", "FD-CHANGED-09")

    def job_ended(self, job: Job) -> None:
        if job.ctx is not None and job.ctx.life is Life.LIVE:
            self.reset(job.ctx)
        super().job_ended(job)


class WindowResetOnBlockedPause(Fake):
    """A blocked pause makes the changes forgotten."""

    clauses = ("FD-CHANGED-13",)

    def ASYNC_pause_job(self) -> int:
        job = self.thread.current
        if job is not None and self.pause_is_blocked():
            self.reset(live(job.ctx))
        return super().ASYNC_pause_job()


class WindowResetOnPauseOutsideJob(Remembering):
    """A pause outside a job makes the changes of all contexts forgotten."""

    clauses = ("FD-CHANGED-13", "JOB-PAUSE-04", "FD-CHANGED-09", "FD-CHANGED-07")

    def ASYNC_pause_job(self) -> int:
        if self.thread.current is None:
            for ctx in self.others(None):
                self.reset(ctx)
        return super().ASYNC_pause_job()


class WindowResetNeedsRead(Fake):
    """Changes that nobody read are told again in the next window."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-02", "FD-CHANGED-03", "FD-CHANGED-05", "FD-CHANGED-06")

    def __init__(self) -> None:
        super().__init__()
        self.read: set[WaitContext] = set()

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        self.read.add(live(ctx))
        return super().ASYNC_WAIT_CTX_get_changed_fds(ctx, addfd, numaddfds, delfd, numdelfds)

    def reset(self, ctx: WaitContext) -> None:
        if ctx in self.read:
            self.read.discard(ctx)
            super().reset(ctx)


class WindowResetOnlyTwice(Fake):
    """From the third resume on changes are told for ever."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-02", "FD-CHANGED-03", "FD-CHANGED-06")
    limit = 2

    def __init__(self) -> None:
        super().__init__()
        self.resets: Counter[WaitContext] = Counter()

    def reset(self, ctx: WaitContext) -> None:
        self.resets[ctx] += 1
        if self.resets[ctx] <= self.limit:
            super().reset(ctx)


class WindowResetLosesOldest(Fake):
    """The oldest of several descriptors is dropped when the job is resumed."""

    clauses = ("CTX-KEEP-02",)

    def reset(self, ctx: WaitContext) -> None:
        super().reset(ctx)
        if len(ctx.entries) > 1:
            ctx.entries.pop()


class WindowReadConsumes(Fake):
    """get_changed_fds forgets the changes once it has written an array."""

    clauses = ("FD-CHANGED-10",)

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        super().ASYNC_WAIT_CTX_get_changed_fds(ctx, addfd, numaddfds, delfd, numdelfds)
        if addfd is not None or delfd is not None:
            self.reset(live(ctx))
        return 1


class AllConsumesChanges(Fake):
    """get_all_fds makes the changes forgotten."""

    clauses = ("FD-CHANGED-02", "FD-CHANGED-03", "FD-CHANGED-04", "FD-CHANGED-05", "FD-CHANGED-10")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)
        self.reset(live(ctx))
        return 1
