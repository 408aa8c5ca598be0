"""Variants: choices about descriptors that the page leaves, taken otherwise than OpenSSL does."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.cells import pointee
from waitctx.reference.context import live

from .base import Variant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.reference import Cell, Cleanup, Entry, FdArray, WaitContext


class OrderOldestFirst(Variant):
    """Arrays list the oldest descriptor first."""

    def report(self, entries: Sequence[Entry], fds: FdArray | None, count: Cell | None) -> None:
        super().report(entries[::-1], fds, count)


class OrderSorted(Variant):
    """Arrays are sorted by descriptor."""

    def report(self, entries: Sequence[Entry], fds: FdArray | None, count: Cell | None) -> None:
        super().report(sorted(entries, key=lambda entry: entry.fd), fds, count)


class OrderRotating(Variant):
    """Arrays begin with another descriptor at each call."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = 0

    def report(self, entries: Sequence[Entry], fds: FdArray | None, count: Cell | None) -> None:
        self.turn += 1
        first = self.turn % (len(entries) or 1)
        super().report([*entries[first:], *entries[:first]], fds, count)


class CleanupsOldestFirst(Variant):
    """free runs the cleanup of the oldest descriptor first."""

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return super().entries_to_clean(ctx)[::-1]


class CleanupsScrambled(Variant):
    """free runs every other cleanup, and then the rest."""

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        entries = super().entries_to_clean(ctx)
        return entries[::2] + entries[1::2]


class LiveKeyRefused(Variant):
    """A key that is live cannot be set again: set_wait_fd answers 0."""

    def ASYNC_WAIT_CTX_set_wait_fd(
        self,
        ctx: WaitContext | None,
        key: object,
        fd: int,
        custom_data: object,
        cleanup: Cleanup | None,
    ) -> int:
        if self.find_entry(live(ctx), key) is not None:
            return 0
        return super().ASYNC_WAIT_CTX_set_wait_fd(ctx, key, fd, custom_data, cleanup)


class LiveKeyReplacedNeverCleaned(Variant):
    """Setting a live key replaces it as if it had been cleared."""

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        replaced = self.find_entry(ctx, entry.key)
        if replaced is not None:
            self.ASYNC_WAIT_CTX_clear_fd(ctx, entry.key)
            self.replace(ctx, replaced)
        super().add_entry(ctx, entry)

    def replace(self, ctx: WaitContext, entry: Entry) -> None:
        """Do what is due for an entry that is replaced: nothing."""


class LiveKeyReplacedCleanedAtOnce(LiveKeyReplacedNeverCleaned):
    """Setting a live key replaces it and runs its cleanup at once."""

    def replace(self, ctx: WaitContext, entry: Entry) -> None:
        self.clean_up(ctx, entry)


class LiveKeyReplacedCleanedAtFree(LiveKeyReplacedNeverCleaned):
    """Setting a live key replaces it; its cleanup runs when the context is freed."""

    def __init__(self) -> None:
        super().__init__()
        self.owed: list[tuple[WaitContext, Entry]] = []

    def replace(self, ctx: WaitContext, entry: Entry) -> None:
        self.owed.append((ctx, entry))

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        owed = [entry for owner, entry in self.owed if owner is ctx]
        return super().entries_to_clean(ctx) + owed


class FailedGetZeroesOuts(Variant):
    """get_fd writes 0 and NULL when it finds nothing."""

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        pointee(fd, "GET-02").value = 0
        pointee(custom_data, "GET-02").value = None
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
