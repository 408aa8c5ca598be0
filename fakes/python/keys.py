"""Faults in how keys are compared and found."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.context import live, same_key

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Cleanup, Entry, WaitContext


def under(mask: int, key: object) -> object:
    """Give what is left of a key, an address, under a mask."""
    return key & mask if isinstance(key, int) else key


class KeyLow32Bits(Fake):
    """Keys are compared by their low 32 bits."""

    clauses = ("FD-SET-03", "FD-SET-08", "FD-GET-04", "FD-CLEAR-04", "FD-CLEAR-06")

    def find_entry(self, ctx: WaitContext, key: object) -> Entry | None:
        low = 0xFFFF_FFFF
        found = (
            one for one in self.standing_entries(ctx) if under(low, one.key) == under(low, key)
        )
        return next(found, None)


class KeyLow4BitsIgnored(Fake):
    """Keys are compared without their low 4 bits, as if all were aligned."""

    clauses = ("FD-SET-03", "FD-SET-08", "FD-GET-04", "FD-CLEAR-04", "FD-CLEAR-06", "FD-GET-03")

    def find_entry(self, ctx: WaitContext, key: object) -> Entry | None:
        high = ~0xF
        found = (
            one for one in self.standing_entries(ctx) if under(high, one.key) == under(high, key)
        )
        return next(found, None)


class KeyTopBitIgnored(Fake):
    """Keys are kept without their top bit."""

    clauses = ("FD-SET-03", "FD-SET-08", "FD-GET-01", "FD-CLEAR-01", "FD-SET-02", "CTX-FREE-02")

    def new_entry(
        self, key: object, fd: int, custom_data: object, cleanup: Cleanup | None
    ) -> Entry:
        return super().new_entry(under(2**63 - 1, key), fd, custom_data, cleanup)


class KeyNullRefused(Fake):
    """set_wait_fd answers 0 for a NULL key."""

    clauses = ("FD-SET-07",)

    def new_entry(
        self, key: object, fd: int, custom_data: object, cleanup: Cleanup | None
    ) -> Entry:
        if key is None:
            raise MemoryError
        return super().new_entry(key, fd, custom_data, cleanup)


class KeyNullLost(Fake):
    """set_wait_fd answers 1 for a NULL key but stores nothing."""

    clauses = ("FD-SET-07", "FD-SET-02")

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if entry.key is not None:
            super().add_entry(ctx, entry)


class KeyNullMatchesAny(Fake):
    """A NULL key finds whatever was set last."""

    clauses = ("FD-SET-08", "FD-SET-07", "FD-GET-04", "FD-CLEAR-04", "FD-GET-03")

    def find_entry(self, ctx: WaitContext, key: object) -> Entry | None:
        if key is None:
            return next(iter(self.standing_entries(ctx)), None)
        return super().find_entry(ctx, key)


class GetFdAnyKey(Fake):
    """get_fd answers a key that is not there with the newest association."""

    clauses = ("FD-SET-08", "FD-GET-04")

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        entries = self.standing_entries(live(ctx))
        if entries and self.find_entry(live(ctx), key) is None:
            key = entries[0].key
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)


class GetFdOldestOfDuplicates(Fake):
    """A key that is set twice goes on to find the first of the two."""

    clauses = ("FD-SET-04",)

    def find_entry(self, ctx: WaitContext, key: object) -> Entry | None:
        found = [one for one in self.standing_entries(ctx) if same_key(one.key, key)]
        return found[-1] if found else None


class LiveKeyIgnored(Fake):
    """set_wait_fd answers 1 for a key that is live but keeps the earlier association."""

    clauses = ("FD-SET-04",)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if self.find_entry(ctx, entry.key) is None:
            super().add_entry(ctx, entry)


class ClearFdRemovesAllDuplicates(Fake):
    """clear_fd clears all descriptors set with the key, though get_all_fds listed each."""

    clauses = ("FD-SET-04", "FD-CLEAR-06")

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        cleared = super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
        while super().ASYNC_WAIT_CTX_clear_fd(ctx, key):
            pass
        return cleared


class CleanupDuplicatesOnce(Fake):
    """free runs only one cleanup for a key that was set twice, though get_all_fds listed both."""

    clauses = ("FD-SET-04", "CTX-FREE-01")

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        entries = super().entries_to_clean(ctx)
        return [one for one in entries if self.find_entry(ctx, one.key) is one]
