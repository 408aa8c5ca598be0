"""Faults in what the calls on wait fds return."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.context import live, same_key

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Cleanup, FdArray, WaitContext


class SetWaitFdReturns0(Fake):
    """set_wait_fd stores the descriptor but answers 0."""

    clauses = ("FD-SET-01",)

    def ASYNC_WAIT_CTX_set_wait_fd(
        self,
        ctx: WaitContext | None,
        key: object,
        fd: int,
        custom_data: object,
        cleanup: Cleanup | None,
    ) -> int:
        super().ASYNC_WAIT_CTX_set_wait_fd(ctx, key, fd, custom_data, cleanup)
        return 0


class SetWaitFdReturnsCount(Fake):
    """set_wait_fd answers how many descriptors there are instead of 1."""

    clauses = ("FD-SET-01",)

    def ASYNC_WAIT_CTX_set_wait_fd(
        self,
        ctx: WaitContext | None,
        key: object,
        fd: int,
        custom_data: object,
        cleanup: Cleanup | None,
    ) -> int:
        super().ASYNC_WAIT_CTX_set_wait_fd(ctx, key, fd, custom_data, cleanup)
        return len(self.standing_entries(live(ctx)))


class SetWaitFdReturns0WithoutCleanup(Fake):
    """set_wait_fd answers 0 when no cleanup routine is given, though it stores the descriptor."""

    clauses = ("FD-SET-01",)

    def ASYNC_WAIT_CTX_set_wait_fd(
        self,
        ctx: WaitContext | None,
        key: object,
        fd: int,
        custom_data: object,
        cleanup: Cleanup | None,
    ) -> int:
        super().ASYNC_WAIT_CTX_set_wait_fd(ctx, key, fd, custom_data, cleanup)
        return int(cleanup is not None)


class GetFdReturns0(Fake):
    """get_fd finds and writes the association but answers 0."""

    clauses = ("FD-GET-01",)

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        return 0


class GetFdReturns1OnMiss(Fake):
    """get_fd answers 1 for a key that has no descriptor."""

    clauses = ("FD-GET-04",)

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        return 1


class GetAllFdsReturns0WhenNone(Fake):
    """get_all_fds answers 0 when the context has no descriptor."""

    clauses = ("FD-ALL-01",)

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)
        return int(bool(self.standing_entries(live(ctx))))


class GetAllFdsReturns0WithoutArray(Fake):
    """get_all_fds answers 0 when it is only asked for the count."""

    clauses = ("FD-ALL-01",)

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)
        return int(fd is not None)


class GetChangedFdsReturns0WhenDeleted(Fake):
    """get_changed_fds answers 0 when a deletion is told."""

    clauses = ("FD-CHANGED-01",)

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        super().ASYNC_WAIT_CTX_get_changed_fds(ctx, addfd, numaddfds, delfd, numdelfds)
        return int(not self.doomed_entries(live(ctx)))


class ClearFdReturns0(Fake):
    """clear_fd clears the association but answers 0."""

    clauses = ("FD-CLEAR-01",)

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
        return 0


class ClearFdReturns1OnMiss(Fake):
    """clear_fd answers 1 for a key that has no descriptor."""

    clauses = ("FD-CLEAR-04",)

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
        return 1


class ClearFdReturns1WhenClearedBefore(Fake):
    """clear_fd answers 1 again for a key cleared earlier in the same window."""

    clauses = ("FD-CLEAR-04", "FD-CLEAR-05")

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        before = any(same_key(entry.key, key) for entry in self.doomed_entries(live(ctx)))
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, key) or int(before)


class ClearFdRaisesOnMiss(Fake):
    """clear_fd raises KeyError for a key that has no descriptor, as a dictionary does."""

    clauses = ("FD-CLEAR-04",)

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        if self.find_entry(live(ctx), key) is None:
            raise KeyError(key)
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
