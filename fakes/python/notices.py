"""Faults by which other calls and jobs change the callback and the status, or call the callback."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import ASYNC_STATUS_EAGAIN, ASYNC_STATUS_OK
from waitctx.reference.context import Life, existing, live

from .base import Fake, Remembering

if TYPE_CHECKING:
    from waitctx.reference import Callback, Entry, Job, WaitContext


class CallbackClearedAtPause(Fake):
    """The callback is lost when the job pauses."""

    clauses = ("CTX-KEEP-02",)

    def job_pausing(self, job: Job) -> None:
        live(job.ctx).callback = None


class CallbackClearedAtFinish(Fake):
    """The callback is lost when a job finishes."""

    clauses = ("CTX-KEEP-01",)

    def job_ended(self, job: Job) -> None:
        if job.ctx is not None:
            job.ctx.callback = None
        super().job_ended(job)


class CallbackClearedByFreeOfOther(Remembering):
    """Freeing another context takes the callback away."""

    clauses = ("CTX-NEW-03",)

    def ASYNC_WAIT_CTX_free(self, ctx: WaitContext | None) -> None:
        super().ASYNC_WAIT_CTX_free(ctx)
        for one in self.others(ctx):
            one.callback = None


class CallbackClearedBySetWaitFd(Fake):
    """Setting a descriptor takes the callback away."""

    clauses = ("CB-GET-01",)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        ctx.callback = None


class CallbackSetDropsFds(Fake):
    """Setting a callback drops the descriptors."""

    clauses = ("FD-SET-02", "FD-SET-03", "FD-GET-01", "FD-ALL-04", "CTX-FREE-01")

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        live(ctx).entries = []
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class CallbackInvokedBySetStatus(Fake):
    """set_status(ASYNC_STATUS_OK) calls the callback though nothing was completed."""

    clauses = ("CB-CALL-01",)

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        ctx = existing(ctx)
        if status == ASYNC_STATUS_OK and ctx.callback is not None:
            ctx.callback(ctx.callback_arg)
        return super().ASYNC_WAIT_CTX_set_status(ctx, status)


class CallbackInvokedAtFree(Fake):
    """free calls the callback."""

    clauses = ("CB-CALL-01",)

    def ASYNC_WAIT_CTX_free(self, ctx: WaitContext | None) -> None:
        if ctx is not None and ctx.callback is not None:
            ctx.callback(ctx.callback_arg)
        super().ASYNC_WAIT_CTX_free(ctx)


class CallbackInvokedAtFinish(Fake):
    """The library itself calls the callback when a job finishes."""

    clauses = ("CB-CALL-01",)

    def job_ended(self, job: Job) -> None:
        if job.ctx is not None and job.ctx.life is Life.LIVE and job.ctx.callback is not None:
            job.ctx.callback(job.ctx.callback_arg)
        super().job_ended(job)


class StatusLostAtPause(Fake):
    """The status is lost when the job pauses."""

    clauses = ("CTX-KEEP-02",)

    def job_pausing(self, job: Job) -> None:
        live(job.ctx).status = 0


class StatusEagainLostAtResume(Fake):
    """ASYNC_STATUS_EAGAIN becomes ASYNC_STATUS_OK when the job is resumed."""

    clauses = ("CTX-KEEP-02", "STATUS-GET-01")

    def job_resumed(self, job: Job) -> None:
        super().job_resumed(job)
        if live(job.ctx).status == ASYNC_STATUS_EAGAIN:
            live(job.ctx).status = ASYNC_STATUS_OK


class StatusLostAtFinish(Fake):
    """The status is lost when a job finishes."""

    clauses = ("CTX-KEEP-01",)

    def job_ended(self, job: Job) -> None:
        if job.ctx is not None:
            job.ctx.status = 0
        super().job_ended(job)


class StatusChangedBySetCallback(Fake):
    """set_callback sets the status to ASYNC_STATUS_OK."""

    clauses = ("STATUS-KEEP-01",)

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        existing(ctx).status = ASYNC_STATUS_OK
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class StatusChangedBySetWaitFd(Fake):
    """set_wait_fd sets the status back to ASYNC_STATUS_UNSUPPORTED."""

    clauses = ("STATUS-KEEP-02",)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        ctx.status = 0
