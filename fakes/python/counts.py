"""Faults in the numbers that get_all_fds and get_changed_fds give."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.cells import pointee
from waitctx.reference.context import live

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Entry, FdArray, WaitContext


class AllCountOneMore(Fake):
    """get_all_fds counts one descriptor too many."""

    clauses = ("FD-ALL-02", "FD-ALL-03", "FD-ALL-05")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)
        pointee(numfds, "ALL-06").value += 1
        return 1


class AllCountOneLess(Fake):
    """get_all_fds counts one descriptor too few when there are several."""

    clauses = ("FD-ALL-02", "FD-ALL-03", "FD-ALL-05")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)
        count = pointee(numfds, "ALL-06")
        count.value -= count.value > 1
        return 1


class AllCountUnwrittenWithoutArray(Fake):
    """get_all_fds leaves the count alone when the array is NULL."""

    clauses = ("FD-ALL-03",)

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        return 1 if fd is None else super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)


class AllCountUnwrittenWhenNone(Fake):
    """get_all_fds leaves the count alone when there is no descriptor."""

    clauses = ("FD-ALL-02", "FD-ALL-03")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        if not self.standing_entries(live(ctx)):
            return 1
        return super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)


class AllCountIsAdded(Fake):
    """get_all_fds, asked for the count alone, counts only the descriptors of this window."""

    clauses = ("FD-ALL-03",)

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        if fd is not None:
            return super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)
        self.report(self.fresh_entries(live(ctx)), fd, numfds)
        return 1


class AllCountWithDeleted(Fake):
    """get_all_fds, asked for the count alone, counts deleted descriptors too."""

    clauses = ("FD-ALL-03", "FD-CLEAR-05")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        if fd is not None:
            return super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)
        self.report(live(ctx).entries, fd, numfds)
        return 1


class ChangedCountsSwapped(Fake):
    """get_changed_fds swaps the numbers of added and deleted descriptors."""

    clauses = ("FD-CHANGED-02", "FD-CHANGED-03", "FD-CHANGED-06", "FD-CHANGED-16")

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        return super().ASYNC_WAIT_CTX_get_changed_fds(ctx, addfd, numdelfds, delfd, numaddfds)


class ChangedDeletedCountIsAdded(Fake):
    """get_changed_fds gives the number of added descriptors for that of the deleted as well."""

    clauses = ("FD-CHANGED-03", "FD-CHANGED-06", "FD-CHANGED-16")

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        super().ASYNC_WAIT_CTX_get_changed_fds(ctx, addfd, numaddfds, delfd, numdelfds)
        pointee(numdelfds, "CHG-09").value = len(self.fresh_entries(live(ctx)))
        return 1


class ChangedCounts0WithoutArrays(Fake):
    """get_changed_fds counts nothing when both arrays are NULL."""

    clauses = ("FD-CHANGED-06",)

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        super().ASYNC_WAIT_CTX_get_changed_fds(ctx, addfd, numaddfds, delfd, numdelfds)
        if addfd is None and delfd is None:
            pointee(numaddfds, "CHG-09").value = pointee(numdelfds, "CHG-09").value = 0
        return 1


class ChangedDeletedAtMost1(Fake):
    """get_changed_fds never tells more than one deletion."""

    clauses = ("FD-CHANGED-03", "FD-CHANGED-05", "FD-CHANGED-06")

    def doomed_entries(self, ctx: WaitContext) -> list[Entry]:
        return super().doomed_entries(ctx)[:1]


class ChangedAddedIsAll(Fake):
    """get_changed_fds tells every descriptor as added."""

    clauses = ("FD-CHANGED-02", "FD-CHANGED-04", "FD-CHANGED-06", "FD-CHANGED-08")

    def fresh_entries(self, ctx: WaitContext) -> list[Entry]:
        return self.standing_entries(ctx)
