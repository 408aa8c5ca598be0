"""Faults that depend on the number of a descriptor."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.context import live

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Cleanup, Entry, FdArray, WaitContext


class ZeroRefused(Fake):
    """set_wait_fd answers 0 for descriptor 0."""

    clauses = ("FD-SET-01",)

    def new_entry(
        self, key: object, fd: int, custom_data: object, cleanup: Cleanup | None
    ) -> Entry:
        if not fd:
            raise MemoryError
        return super().new_entry(key, fd, custom_data, cleanup)


class ZeroGetIsMiss(Fake):
    """get_fd does not find descriptor 0."""

    clauses = ("FD-GET-01", "FD-GET-02", "FD-SET-02")

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        entry = self.find_entry(live(ctx), key)
        if entry is None or not entry.fd:
            return 0
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)


class ZeroNotListed(Fake):
    """get_all_fds leaves descriptor 0 out."""

    clauses = ("FD-ALL-02", "FD-ALL-03", "FD-ALL-04", "FD-SET-02")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        self.report([one for one in self.standing_entries(live(ctx)) if one.fd], fd, numfds)
        return 1


class ZeroNotToldDeleted(Fake):
    """get_changed_fds leaves descriptor 0 out of the deleted."""

    clauses = ("FD-CHANGED-03", "FD-CHANGED-05", "FD-CHANGED-06")

    def doomed_entries(self, ctx: WaitContext) -> list[Entry]:
        return [entry for entry in super().doomed_entries(ctx) if entry.fd]


class ZeroNotCleaned(Fake):
    """free does not run the cleanup of descriptor 0."""

    clauses = ("CTX-FREE-01",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        if entry.fd:
            super().clean_up(ctx, entry)


class FdLow8Bits(Fake):
    """Descriptors keep only their low 8 bits."""

    clauses = ("FD-GET-02", "FD-ALL-04", "FD-CHANGED-04", "FD-CHANGED-05", "CTX-FREE-02")

    def new_entry(
        self, key: object, fd: int, custom_data: object, cleanup: Cleanup | None
    ) -> Entry:
        return super().new_entry(key, fd & 0xFF, custom_data, cleanup)


class LargeFdNotListed(Fake):
    """get_all_fds leaves out descriptors that an fd_set cannot hold, above 1023."""

    clauses = ("FD-ALL-02", "FD-ALL-03", "FD-ALL-04", "FD-SET-02")

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        small = 1024
        self.report([one for one in self.standing_entries(live(ctx)) if one.fd < small], fd, numfds)
        return 1


class NegativeFdRefused(Fake):
    """set_wait_fd answers 0 for a negative descriptor."""

    clauses = ("FD-SET-06",)
    profile = "openssl"

    def new_entry(
        self, key: object, fd: int, custom_data: object, cleanup: Cleanup | None
    ) -> Entry:
        if fd < 0:
            raise MemoryError
        return super().new_entry(key, fd, custom_data, cleanup)


class NegativeFdNotCleaned(Fake):
    """free does not run the cleanup of a negative descriptor."""

    clauses = ("FD-SET-06", "CTX-FREE-01")
    profile = "openssl"

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        if entry.fd >= 0:
            super().clean_up(ctx, entry)


class FdSharedByTwoKeysRefused(Fake):
    """set_wait_fd answers 0 when another key has the same descriptor."""

    clauses = ("FD-SET-03", "FD-SET-01")

    def ASYNC_WAIT_CTX_set_wait_fd(
        self,
        ctx: WaitContext | None,
        key: object,
        fd: int,
        custom_data: object,
        cleanup: Cleanup | None,
    ) -> int:
        if any(entry.fd == fd for entry in self.standing_entries(live(ctx))):
            return 0
        return super().ASYNC_WAIT_CTX_set_wait_fd(ctx, key, fd, custom_data, cleanup)
