"""Faults in what becomes of custom data."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import Ref
from waitctx.reference.cells import pointee
from waitctx.reference.context import live, same_key

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Cleanup, Entry, Job, WaitContext


class DataDropped(Fake):
    """Custom data are not stored."""

    clauses = ("FD-GET-03", "CTX-FREE-02")

    def new_entry(
        self,
        key: object,
        fd: int,
        custom_data: object,  # noqa: ARG002
        cleanup: Cleanup | None,
    ) -> Entry:
        return super().new_entry(key, fd, None, cleanup)


class DataLow32Bits(Fake):
    """Custom data keep only their low 32 bits."""

    clauses = ("FD-GET-03", "CTX-FREE-02")

    def new_entry(
        self, key: object, fd: int, custom_data: object, cleanup: Cleanup | None
    ) -> Entry:
        low = custom_data & 0xFFFF_FFFF if isinstance(custom_data, int) else custom_data
        return super().new_entry(key, fd, low, cleanup)


class DataOfNewest(Fake):
    """get_fd gives the custom data that were set last, whatever the key."""

    clauses = ("FD-GET-03", "FD-SET-03")

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        if found:
            newest = self.standing_entries(live(ctx))[0]
            pointee(custom_data, "GET-03").value = newest.custom_data
        return found


class DataUnwrittenWhenNull(Fake):
    """get_fd does not write custom data that are NULL."""

    clauses = ("FD-GET-03",)

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        data = Ref()
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
        if data.value is not None:
            pointee(custom_data, "GET-03").value = data.value
        return found


class DataKeptFromCleared(Fake):
    """A key set again after a clear gets its earlier custom data."""

    clauses = ("FD-CLEAR-07", "FD-GET-03", "CTX-FREE-02")

    def __init__(self) -> None:
        super().__init__()
        self.cleared: list[Entry] = []

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        entry = self.find_entry(live(ctx), key)
        self.cleared += [] if entry is None else [entry]
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, key)

    def new_entry(
        self, key: object, fd: int, custom_data: object, cleanup: Cleanup | None
    ) -> Entry:
        for earlier in self.cleared:
            if same_key(earlier.key, key):
                custom_data = earlier.custom_data
        return super().new_entry(key, fd, custom_data, cleanup)


class DataLostAtPause(Fake):
    """Custom data are lost when the job pauses."""

    clauses = ("CTX-KEEP-02", "FD-GET-03", "CTX-FREE-02")

    def job_pausing(self, job: Job) -> None:
        for entry in live(job.ctx).entries:
            entry.custom_data = None
