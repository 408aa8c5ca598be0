"""Faults in what clear_fd takes away, and in what becomes of a key that was cleared."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.context import live

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Entry, WaitContext


class ClearFdRemovesAll(Fake):
    """clear_fd clears the descriptors of all keys."""

    clauses = ("FD-CLEAR-06", "FD-SET-03")

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        cleared = super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
        if cleared:
            for entry in self.standing_entries(live(ctx)):
                super().ASYNC_WAIT_CTX_clear_fd(ctx, entry.key)
        return cleared


class ClearFdRemovesNewest(Fake):
    """clear_fd clears the descriptor set last, whatever the key."""

    clauses = ("FD-CLEAR-05", "FD-CLEAR-06", "FD-GET-03", "FD-SET-03")

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        if self.find_entry(live(ctx), key) is None:
            return 0
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, self.standing_entries(live(ctx))[0].key)


class ClearFdRemovesSameFd(Fake):
    """clear_fd clears all keys that have the same descriptor."""

    clauses = ("FD-CLEAR-06", "FD-SET-03")

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        entry = self.find_entry(live(ctx), key)
        if entry is None:
            return 0
        for one in self.standing_entries(live(ctx)):
            if one.fd == entry.fd:
                super().ASYNC_WAIT_CTX_clear_fd(ctx, one.key)
        return 1


class ClearFdMissClearsNewest(Fake):
    """clear_fd answers 0 for a key that is not there, but clears the descriptor set last."""

    clauses = ("FD-CLEAR-04", "FD-CLEAR-06", "FD-CLEAR-01")

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        if super().ASYNC_WAIT_CTX_clear_fd(ctx, key):
            return 1
        for newest in self.standing_entries(live(ctx))[:1]:
            super().ASYNC_WAIT_CTX_clear_fd(ctx, newest.key)
        return 0


class ClearFdRefusesOld(Fake):
    """clear_fd answers 0, and does nothing, for a descriptor of an earlier window."""

    clauses = ("FD-CLEAR-01", "CTX-KEEP-02")

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        entry = self.find_entry(live(ctx), key)
        if entry is not None and not entry.fresh:
            return 0
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, key)


class ClearFdDoesNothingToOld(Fake):
    """clear_fd answers 1 for a descriptor of an earlier window but leaves it."""

    clauses = ("FD-CLEAR-05", "FD-CHANGED-03", "FD-CHANGED-05", "FD-CHANGED-06")

    def doom_entry(self, ctx: WaitContext, entry: Entry) -> None:
        pass


class ClearedKeyLost(Fake):
    """A key that was cleared in this window can be set again, with answer 1, but is not stored."""

    clauses = ("FD-CLEAR-07", "FD-SET-02", "FD-CHANGED-15")

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if all(one.key != entry.key for one in self.doomed_entries(ctx)):
            super().add_entry(ctx, entry)


class ClearedKeyClearedInVain(Fake):
    """A key set again in the window of its clear is there to stay: clear_fd answers 1 in vain."""

    clauses = ("FD-CLEAR-05", "FD-CLEAR-07")

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:
        if all(one.key != entry.key for one in self.doomed_entries(ctx)):
            super().unlink_entry(ctx, entry)
