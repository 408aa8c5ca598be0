"""Faults in what get_changed_fds tells of a window: which descriptors, and in which order."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.cells import fill
from waitctx.reference.context import live, same_key

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Entry, FdArray, WaitContext


class ChangedAddedOneOver(Fake):
    """get_changed_fds writes a terminator behind the added descriptors, beyond the count."""

    clauses = ("FD-CHANGED-16",)

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        fill(addfd, [*(entry.fd for entry in self.fresh_entries(live(ctx))), -1])
        return super().ASYNC_WAIT_CTX_get_changed_fds(ctx, None, numaddfds, delfd, numdelfds)


class ChangedAddedFromOldest(Fake):
    """get_changed_fds fills the added array with the oldest descriptors of the context."""

    clauses = ("FD-CHANGED-04", "FD-CHANGED-07", "FD-CHANGED-08")

    def fresh_entries(self, ctx: WaitContext) -> list[Entry]:
        standing = self.standing_entries(ctx)
        return standing[len(standing) - len(super().fresh_entries(ctx)) :]


class ChangedDeletedRepeatsFirst(Fake):
    """get_changed_fds repeats the first deleted descriptor all over the array."""

    clauses = ("FD-CHANGED-05",)

    def doomed_entries(self, ctx: WaitContext) -> list[Entry]:
        doomed = super().doomed_entries(ctx)
        return doomed[:1] * len(doomed)


class ChangedAddedOldestFirst(Fake):
    """get_changed_fds lists the added descriptors in the order in which they were set."""

    clauses = ("FD-CHANGED-11",)
    profile = "openssl"

    def fresh_entries(self, ctx: WaitContext) -> list[Entry]:
        return super().fresh_entries(ctx)[::-1]


class ChangedDeletedAsCleared(Fake):
    """get_changed_fds lists the deleted descriptors in the order in which they were cleared."""

    clauses = ("FD-CHANGED-11",)
    profile = "openssl"

    def __init__(self) -> None:
        super().__init__()
        self.cleared: list[Entry] = []

    def doom_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().doom_entry(ctx, entry)
        self.cleared.append(entry)

    def doomed_entries(self, ctx: WaitContext) -> list[Entry]:
        return sorted(super().doomed_entries(ctx), key=self.cleared.index)


class WindowSetClearCounted(Fake):
    """A descriptor set and cleared in one window counts as added and deleted, in neither array."""

    clauses = ("FD-CHANGED-09", "FD-CHANGED-06", "FD-CHANGED-16")

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:  # noqa: ARG002
        entry.doomed = True

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        fill(addfd, [one.fd for one in self.fresh_entries(live(ctx)) if not one.doomed])
        fill(delfd, [one.fd for one in self.doomed_entries(live(ctx)) if not one.fresh])
        return super().ASYNC_WAIT_CTX_get_changed_fds(ctx, None, numaddfds, None, numdelfds)


class WindowSetClearTold(Fake):
    """A descriptor set and cleared in one window is told as added and as deleted."""

    clauses = ("FD-CHANGED-09", "FD-CHANGED-06")

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:  # noqa: ARG002
        entry.doomed = True


class WindowSetClearToldDeleted(Fake):
    """A descriptor set and cleared in one window is told as deleted only."""

    clauses = ("FD-CHANGED-09", "FD-CHANGED-06")

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:  # noqa: ARG002
        entry.fresh, entry.doomed = False, True


class WindowOldClearUntold(Fake):
    """The deletion of a descriptor of an earlier window is not told."""

    clauses = ("FD-CHANGED-03", "FD-CHANGED-05", "FD-CHANGED-06")

    def doom_entry(self, ctx: WaitContext, entry: Entry) -> None:
        ctx.entries.remove(entry)


class WindowReaddUntold(Fake):
    """A key cleared and set to another descriptor in one window is not told."""

    clauses = ("FD-CHANGED-02", "FD-CHANGED-03", "FD-CHANGED-04", "FD-CHANGED-05")

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        before = [one for one in self.doomed_entries(ctx) if same_key(one.key, entry.key)]
        super().add_entry(ctx, entry)
        if before:
            ctx.entries.remove(before[0])
            entry.fresh = False


class WindowReaddHidesDeleted(Fake):
    """A key cleared and set again, to the same descriptor or another, is told as added only."""

    clauses = ("FD-CHANGED-03", "FD-CHANGED-05", "FD-CHANGED-06", "FD-CHANGED-15")

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        for one in self.doomed_entries(ctx):
            if same_key(one.key, entry.key):
                ctx.entries.remove(one)


class WindowReaddSameFdToldDeleted(Fake):
    """A key cleared and set to the same descriptor in one window is told as deleted only."""

    clauses = ("FD-CHANGED-15",)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        for one in self.doomed_entries(ctx):
            if same_key(one.key, entry.key) and one.fd == entry.fd:
                entry.fresh = False
