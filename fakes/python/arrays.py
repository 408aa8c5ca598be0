"""Faults in what get_all_fds and get_changed_fds write to their arrays."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.cells import fill
from waitctx.reference.context import live

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Entry, FdArray, WaitContext


class AllOneShort(Fake):
    """get_all_fds leaves the last element of the array unwritten."""

    clauses = ("FD-ALL-05",)

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        entries = self.standing_entries(live(ctx))
        self.report(entries, None, numfds)
        fill(fd, [entry.fd for entry in entries[:-1]])
        return 1


class AllOneOver(Fake):
    """get_all_fds writes a terminator behind the last descriptor, beyond the count."""

    clauses = ("FD-ALL-05",)

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        entries = self.standing_entries(live(ctx))
        self.report(entries, None, numfds)
        fill(fd, [*(entry.fd for entry in entries), -1])
        return 1


class AllSecondRepeatsFirst(Fake):
    """get_all_fds repeats the first descriptor in the second place."""

    clauses = ("FD-ALL-04",)

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        entries = self.standing_entries(live(ctx))
        entries[1:2] = entries[:1] * len(entries[1:2])
        self.report(entries, fd, numfds)
        return 1


class AllStaleWhileCountIsSame(Fake):
    """get_all_fds gives the earlier list as long as the number of descriptors is the same."""

    clauses = ("FD-ALL-04", "FD-CLEAR-05", "FD-SET-02", "FD-CLEAR-07", "FD-CLEAR-06")

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[WaitContext, list[Entry]] = {}

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        entries = self.standing_entries(live(ctx))
        stale = self.lists.get(live(ctx), [])
        if len(stale) != len(entries):
            self.lists[live(ctx)] = stale = entries
        self.report(stale, fd, numfds)
        return 1


class AllListsClearedOld(Fake):
    """get_all_fds still lists a descriptor of an earlier window after its clear."""

    clauses = ("FD-CLEAR-05", "FD-ALL-02", "FD-ALL-03", "FD-ALL-04")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        self.report(live(ctx).entries, fd, numfds)
        return 1


class AllListsEqualFdsOnce(Fake):
    """get_all_fds lists a descriptor number once though two keys have it."""

    clauses = ("FD-ALL-04", "FD-ALL-02", "FD-SET-03")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        numbers = {entry.fd: entry for entry in self.standing_entries(live(ctx))}
        self.report([*numbers.values()], fd, numfds)
        return 1


class AllListsNewestLast(Fake):
    """get_all_fds lists the newest descriptor behind all others."""

    clauses = ("FD-ALL-06",)
    profile = "openssl"

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        entries = self.standing_entries(live(ctx))
        self.report(entries[1:] + entries[:1], fd, numfds)
        return 1


class ChangedArraysSwapped(Fake):
    """get_changed_fds writes added descriptors to the deleted array and the reverse."""

    clauses = ("FD-CHANGED-04", "FD-CHANGED-05", "FD-CHANGED-16")

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        return super().ASYNC_WAIT_CTX_get_changed_fds(ctx, delfd, numaddfds, addfd, numdelfds)


class ChangedArraysNeedBoth(Fake):
    """get_changed_fds writes no array when one of them is NULL."""

    clauses = ("FD-CHANGED-06", "FD-CHANGED-16")

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        if addfd is None or delfd is None:
            addfd = delfd = None
        return super().ASYNC_WAIT_CTX_get_changed_fds(ctx, addfd, numaddfds, delfd, numdelfds)


class ChangedDeletedUnwritten(Fake):
    """get_changed_fds counts the deleted descriptors but does not write them."""

    clauses = ("FD-CHANGED-16", "FD-CHANGED-05")

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,  # noqa: ARG002
        numdelfds: Cell | None,
    ) -> int:
        return super().ASYNC_WAIT_CTX_get_changed_fds(ctx, addfd, numaddfds, None, numdelfds)
