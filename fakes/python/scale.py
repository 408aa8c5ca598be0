"""Faults that begin with the hundredth of something, or where two rare things meet."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.context import live

from .base import Fake, Remembering, Watching

if TYPE_CHECKING:
    from waitctx.reference import Callback, Cell, Entry, FdArray, Job, JobPool, WaitContext


class Many129thLost(Fake):
    """set_wait_fd answers 1 for the 129th descriptor but stores nothing."""

    clauses = ("FD-SET-03", "FD-SET-02")
    room = 128

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if len(self.standing_entries(ctx)) < self.room:
            super().add_entry(ctx, entry)


class Many257thLost(Many129thLost):
    """set_wait_fd answers 1 for the 257th descriptor but stores nothing."""

    room = 256


class Contexts17thSharesFdsOfFirst(Remembering):
    """The seventeenth context has the descriptors of the first, as long as that lives."""

    clauses = ("CTX-NEW-02", "CTX-NEW-03")

    def new_context(self) -> WaitContext:
        ctx = super().new_context()
        if len(self.made) == 17:  # noqa: PLR2004
            ctx.entries = self.made[0].entries
        return ctx


class Contexts65thHasStatus(Remembering):
    """The sixty-fifth context begins with ASYNC_STATUS_EAGAIN."""

    clauses = ("STATUS-DEFAULT-01", "CTX-NEW-03")

    def new_context(self) -> WaitContext:
        ctx = super().new_context()
        if len(self.made) == 65:  # noqa: PLR2004
            ctx.status = 3
        return ctx


class Deep1000thClearIgnored(Fake):
    """The thousandth clear_fd answers 1 but does nothing."""

    clauses = ("FD-CLEAR-05", "FD-CLEAR-03", "FD-CHANGED-05", "FD-CHANGED-09", "FD-SET-04")
    clears = 0

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:
        self.clears += 1
        if self.clears != 1000:  # noqa: PLR2004
            super().unlink_entry(ctx, entry)


class Deep256thWindowGoesOn(Fake):
    """The 256th resume begins no window."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-05", "FD-CHANGED-09", "FD-CHANGED-02")
    resets = 0

    def reset(self, ctx: WaitContext) -> None:
        self.resets += 1
        if self.resets != 256:  # noqa: PLR2004
            super().reset(ctx)


class Deep13thJobWithoutArguments(Fake):
    """The thirteenth job gets NULL for its arguments."""

    clauses = ("JOB-ARGS-01",)
    started = 0

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        self.started += 1
        copy = super().copy_args(args, size)
        return None if self.started == 13 else copy  # noqa: PLR2004


class JobArgsLostPast2048(Fake):
    """Of arguments only the first 2048 bytes are copied."""

    clauses = ("JOB-ARGS-01",)

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        copy = super().copy_args(args, size)
        if copy is not None:
            copy[2048:] = bytes(len(copy[2048:]))
        return copy


class BlockCountsTo4(Fake):
    """A fifth nested block is not counted."""

    clauses = ("BLOCK-02",)
    most = 4

    def ASYNC_block_pause(self) -> None:
        if self.thread.blocks < self.most:
            super().ASYNC_block_pause()


class AllHidesThirdWithCallback(Fake):
    """get_all_fds lists two descriptors at most while a callback is set and the status is OK."""

    clauses = ("FD-ALL-04", "FD-SET-03", "FD-ALL-02", "FD-ALL-03", "FD-CLEAR-06")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        ctx = live(ctx)
        most = 2 if ctx.callback is not None and ctx.status == 2 else None  # noqa: PLR2004
        self.report(self.standing_entries(ctx)[:most], fd, numfds)
        return 1


class CallbackSpoilsTenth(Fake):
    """set_callback overwrites the custom data of the tenth descriptor by its argument."""

    clauses = ("FD-GET-03", "CTX-FREE-02")

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        if ctx is not None and len(ctx.entries) >= 10:  # noqa: PLR2004
            ctx.entries[-10].custom_data = callback_arg
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class StatusLostAfter5Jobs(Fake):
    """get_status answers 0 for a context that has had five jobs."""

    clauses = ("STATUS-GET-01", "CTX-REUSE-01", "CTX-KEEP-01", "CTX-KEEP-02")

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[WaitContext | None, int] = {}

    def job_ended(self, job: Job) -> None:
        self.jobs[job.ctx] = self.jobs.get(job.ctx, 0) + 1
        super().job_ended(job)

    def ASYNC_WAIT_CTX_get_status(self, ctx: WaitContext | None) -> int:
        status = super().ASYNC_WAIT_CTX_get_status(ctx)
        return 0 if self.jobs.get(ctx, 0) >= 5 else status  # noqa: PLR2004


class Status128BecomesNegative(Fake):
    """A status of 128 is stored as -128."""

    clauses = ("STATUS-SET-02",)

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        return super().ASYNC_WAIT_CTX_set_status(ctx, -128 if status == 128 else status)  # noqa: PLR2004


class KeyNullWithFd0Lost(Fake):
    """The NULL key with descriptor 0 is taken for a free place, and not found."""

    clauses = ("FD-SET-07", "FD-GET-01", "FD-SET-02", "FD-CLEAR-01", "FD-CLEAR-04")

    def find_entry(self, ctx: WaitContext, key: object) -> Entry | None:
        entry = super().find_entry(ctx, key)
        return None if entry and entry.key is None and entry.fd == 0 else entry


class WindowThirdOfTwoJobsGoesOn(Watching):
    """The third resume begins no window if the jobs of two contexts have paused."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-05", "FD-CHANGED-02", "FD-CHANGED-09", "CTX-NEW-03")

    def __init__(self) -> None:
        super().__init__()
        self.pauses: dict[WaitContext, int] = {}

    def job_pausing(self, job: Job) -> None:
        super().job_pausing(job)
        self.pauses[live(job.ctx)] = self.pauses.get(live(job.ctx), 0) + 1

    def reset(self, ctx: WaitContext) -> None:
        if self.pauses[ctx] != 3 or len(self.pauses) < 2:  # noqa: PLR2004
            super().reset(ctx)


class PoolGrowsAfter5Jobs(Fake):
    """The pool holds one job more than its maximum once five jobs have finished."""

    clauses = ("POOL-02",)
    ended = 0

    def job_ended(self, job: Job) -> None:
        self.ended += 1
        super().job_ended(job)

    def pool_is_used_up(self, pool: JobPool) -> bool:
        more = int(self.ended >= 5)  # noqa: PLR2004
        return pool.max_size != 0 and pool.size >= pool.max_size + more
