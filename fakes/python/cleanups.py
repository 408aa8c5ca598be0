"""Faults in which cleanup routines are run, and when."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from waitctx.reference import ASYNC_STATUS_ERR
from waitctx.reference.context import Life, live

from .base import Fake
from .variants_fds import LiveKeyReplacedCleanedAtOnce

if TYPE_CHECKING:
    from waitctx.reference import Entry, Job, WaitContext


class CleanupNever(Fake):
    """free runs no cleanup routine."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:  # noqa: ARG002
        return []


class CleanupTwice(Fake):
    """free runs every cleanup routine twice."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return [entry for entry in super().entries_to_clean(ctx) for _ in range(2)]


class ReplacedCleanedTwice(LiveKeyReplacedCleanedAtOnce):
    """Setting a live key replaces it and runs its cleanup at once, twice."""

    kind = "fault"
    clauses = ("FD-SET-04", "FD-SET-05")

    def replace(self, ctx: WaitContext, entry: Entry) -> None:
        super().replace(ctx, entry)
        super().replace(ctx, entry)


class CleanupOnClear(Fake):
    """clear_fd runs the cleanup routine of a descriptor of the current window."""

    clauses = ("FD-CLEAR-02",)

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().unlink_entry(ctx, entry)
        self.clean_up(ctx, entry)


class CleanupOnClearOfOld(Fake):
    """clear_fd runs the cleanup routine of a descriptor of an earlier window."""

    clauses = ("FD-CLEAR-02",)

    def doom_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().doom_entry(ctx, entry)
        self.clean_up(ctx, entry)


class CleanupForDeletedAtFree(Fake):
    """free runs the cleanup of descriptors whose deletion is still told."""

    clauses = ("FD-CLEAR-03", "CTX-FREE-01")

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return ctx.entries


class CleanupAtReset(Fake):
    """The cleanup of a cleared descriptor runs when the next window begins."""

    clauses = ("FD-CLEAR-03",)

    def reset(self, ctx: WaitContext) -> None:
        for entry in self.doomed_entries(ctx):
            self.clean_up(ctx, entry)
        super().reset(ctx)


class CleanupAtFinish(Fake):
    """All cleanup routines run, and the descriptors go, when a job finishes."""

    clauses = ("CTX-KEEP-01", "CTX-FREE-01")

    def job_ended(self, job: Job) -> None:
        if job.ctx is not None and job.ctx.life is Life.LIVE:
            for entry in self.entries_to_clean(job.ctx):
                self.clean_up(job.ctx, entry)
            job.ctx.entries = []
        super().job_ended(job)


class CleanupSkipsNewest(Fake):
    """free does not run the cleanup of the descriptor set last."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return super().entries_to_clean(ctx)[1:]


class CleanupSkipsOldestOfSeveral(Fake):
    """free does not run the cleanup of the first of several descriptors."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        entries = super().entries_to_clean(ctx)
        return entries[:-1] or entries


class CleanupStopsAtNull(Fake):
    """free runs no further cleanup after a descriptor that has none."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return [*takewhile(lambda entry: entry.cleanup, super().entries_to_clean(ctx))]


class CleanupSkipsOld(Fake):
    """free runs the cleanup only for descriptors of the current window."""

    clauses = ("CTX-FREE-01", "CTX-KEEP-02")

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return self.fresh_entries(ctx)


class CleanupSkipsNullData(Fake):
    """free does not run the cleanup when the custom data are NULL."""

    clauses = ("CTX-FREE-01",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        if entry.custom_data is not None:
            super().clean_up(ctx, entry)


class CleanupSkipsWithStatusErr(Fake):
    """free runs no cleanup when the status is ASYNC_STATUS_ERR."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return [] if ctx.status == ASYNC_STATUS_ERR else super().entries_to_clean(ctx)


class CleanupSkipsOneForEachClear(Fake):
    """free skips as many of the oldest descriptors as there were clears in this window."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-06")

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        entries = super().entries_to_clean(ctx)
        return entries[: len(entries) - len(self.doomed_entries(ctx))]


class CleanupsOldBeforeFresh(Fake):
    """free runs the cleanups of earlier windows before those of the current one."""

    clauses = ("CTX-FREE-03",)
    profile = "openssl"

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return sorted(super().entries_to_clean(ctx), key=lambda entry: entry.fresh)


class ClearDropsOtherCleanups(Fake):
    """clear_fd takes the cleanup routines of all other descriptors away as well."""

    clauses = ("FD-CLEAR-06", "CTX-FREE-01")

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        cleared = super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
        for entry in live(ctx).entries if cleared else ():
            entry.cleanup = None
        return cleared
