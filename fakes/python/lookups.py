"""Faults in what get_fd finds and writes."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import Ref
from waitctx.reference.cells import pointee
from waitctx.reference.context import live, same_key

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Entry, Job, WaitContext


class GetFdFdUnwritten(Fake):
    """get_fd answers 1 but does not write the descriptor."""

    clauses = ("FD-GET-02",)

    def ASYNC_WAIT_CTX_get_fd(
        self,
        ctx: WaitContext | None,
        key: object,
        fd: Cell | None,  # noqa: ARG002
        custom_data: Cell | None,
    ) -> int:
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, Ref(), custom_data)


class GetFdFdOfNewest(Fake):
    """get_fd gives the descriptor that was set last, whatever the key."""

    clauses = ("FD-GET-02", "FD-SET-03")

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        if found:
            pointee(fd, "GET-03").value = self.standing_entries(live(ctx))[0].fd
        return found


class GetFdFindsCleared(Fake):
    """get_fd finds an old descriptor until its deletion is no longer told."""

    clauses = ("FD-CLEAR-05", "FD-GET-04")

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        cleared = [one for one in self.doomed_entries(live(ctx)) if same_key(one.key, key)]
        if found or not cleared:
            return found
        pointee(fd, "GET-03").value = cleared[0].fd
        pointee(custom_data, "GET-03").value = cleared[0].custom_data
        return 1


class GetFdOnlyInJob(Fake):
    """get_fd finds nothing unless a job is running."""

    clauses = ("FD-SET-02", "FD-GET-01")

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        if self.thread.current is None:
            return 0
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)


class GetFdOnlyFresh(Fake):
    """get_fd does not find descriptors of earlier windows."""

    clauses = ("CTX-KEEP-02", "FD-GET-01", "FD-SET-02")

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        entry = self.find_entry(live(ctx), key)
        if entry is None or not entry.fresh:
            return 0
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)


class GetFdClearsOutsOnMiss(Fake):
    """get_fd writes -1 and NULL when it finds nothing."""

    clauses = ("FD-GET-05",)
    profile = "openssl"

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        if not found:
            pointee(fd, "GET-02").value = -1
            pointee(custom_data, "GET-02").value = None
        return found


class GetFdWritesReturnValue(Fake):
    """get_fd within a job writes the descriptor to where the job's return value will go, too."""

    clauses = ("FD-GET-06", "JOB-PAUSE-03")
    profile = "openssl"

    def __init__(self) -> None:
        super().__init__()
        self.ret: Cell = Ref()

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        self.ret = ret
        return super().dispatch(running, job, ret)

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        if found and self.thread.current is not None:
            self.ret.value = pointee(fd, "GET-03").value
        return found


class SetOutsideJobLost(Fake):
    """set_wait_fd outside a job answers 1 but stores nothing."""

    clauses = ("FD-SET-02", "FD-GET-01")

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if self.thread.current is not None:
            super().add_entry(ctx, entry)


class SetRunsEarlierCleanup(Fake):
    """set_wait_fd runs the cleanup routine of the association that was set before, of any key."""

    clauses = ("FD-SET-05",)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        for earlier in self.standing_entries(ctx)[:1]:
            self.clean_up(ctx, earlier)
        super().add_entry(ctx, entry)
