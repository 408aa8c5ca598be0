"""Faults that begin with the 9th, the 17th, the 33rd or the 65th descriptor."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.context import live

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Entry, FdArray, WaitContext


class AllCappedAt8(Fake):
    """get_all_fds lists at most 8 descriptors."""

    clauses = ("FD-ALL-02", "FD-ALL-03", "FD-ALL-04", "FD-SET-03")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        self.report(self.standing_entries(live(ctx))[:8], fd, numfds)
        return 1


class Many9thLost(Fake):
    """set_wait_fd answers 1 for the ninth descriptor but stores nothing."""

    clauses = ("FD-SET-03", "FD-SET-02")
    room = 8

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if len(ctx.entries) < self.room:
            super().add_entry(ctx, entry)


class ChangedAddedCappedAt16(Fake):
    """get_changed_fds never tells more than 16 additions."""

    clauses = ("FD-CHANGED-02", "FD-CHANGED-04", "FD-CHANGED-06", "FD-SET-03")

    def fresh_entries(self, ctx: WaitContext) -> list[Entry]:
        return super().fresh_entries(ctx)[:16]


class Many17thOverwritesFirst(Fake):
    """The seventeenth descriptor takes the place of the first."""

    clauses = ("FD-SET-03", "FD-SET-02", "FD-CHANGED-15")
    room = 16

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if len(ctx.entries) == self.room:
            ctx.entries.pop()
        super().add_entry(ctx, entry)


class Many33rdNotFound(Fake):
    """get_fd and clear_fd look at the newest 32 descriptors only."""

    clauses = ("FD-SET-03", "FD-GET-01", "FD-CLEAR-01")

    def find_entry(self, ctx: WaitContext, key: object) -> Entry | None:
        entry = super().find_entry(ctx, key)
        return entry if entry in self.standing_entries(ctx)[:32] else None


class Many65thNotCleaned(Fake):
    """The cleanup of the sixty-fifth descriptor does not run."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return super().entries_to_clean(ctx)[:64]


class Many65thNotCleared(Fake):
    """clear_fd answers 1 but clears nothing when there are more than 64 descriptors."""

    clauses = (
        *("FD-CLEAR-05", "FD-CHANGED-02", "FD-CHANGED-05"),
        *("FD-CHANGED-06", "FD-CHANGED-09"),
    )
    room = 64

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        if len(self.standing_entries(live(ctx))) > self.room:
            return int(self.find_entry(live(ctx), key) is not None)
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
