"""Variants: what a window tells where the page leaves it open; and combinations of variants."""
# ruff: noqa: D102 (the class says what its methods do)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.context import live, same_key

from .base import Variant, Watching
from .variants_fds import (
    CleanupsOldestFirst,
    CleanupsScrambled,
    FailedGetZeroesOuts,
    LiveKeyRefused,
    LiveKeyReplacedCleanedAtFree,
    LiveKeyReplacedCleanedAtOnce,
    OrderOldestFirst,
    OrderRotating,
    OrderSorted,
)
from .variants_notices import (
    NoCallbackIsNull,
    NoCallbackIsNullOnceSet,
    NullCallbackRefused,
    OtherStatusRefused,
    RetScratchedUntilFinish,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from waitctx.reference import Entry, Job, WaitContext


class WhilePausedKept(Variant):
    """A window begins at ASYNC_PAUSE: what changes while paused is told at the next one as well."""

    def __init__(self) -> None:
        super().__init__()
        self.at_pause: dict[WaitContext, list[Entry]] = {}

    def job_pausing(self, job: Job) -> None:
        super().job_pausing(job)
        self.at_pause[live(job.ctx)] = self.standing_entries(live(job.ctx))

    def reset(self, ctx: WaitContext) -> None:
        before, now = self.at_pause.pop(ctx), self.standing_entries(ctx)
        gone = [entry for entry in before if entry not in now]
        for entry in now:
            entry.fresh = entry not in before
        for entry in gone:
            entry.fresh, entry.doomed = False, True
        ctx.entries = now + gone


class WhilePausedKeptByFlag(Variant, Watching):
    """What is set, or cleared and old, while paused keeps its mark for the window after."""

    def __init__(self) -> None:
        super().__init__()
        self.late: set[Entry] = set()

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        if ctx in self.paused:
            self.late.add(entry)

    def doom_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().doom_entry(ctx, entry)
        if ctx in self.paused:
            self.late.add(entry)

    def reset(self, ctx: WaitContext) -> None:
        ctx.entries = [one for one in ctx.entries if not one.doomed or one in self.late]
        for entry in ctx.entries:
            entry.fresh = entry in self.late and not entry.doomed
            self.late.discard(entry)


def untwinned(
    these: list[Entry], those: list[Entry], same: Callable[[Entry, Entry], bool]
) -> list[Entry]:
    """Leave out of the first list one entry for each that is the same in the second."""
    left = list(these)
    for other in those:
        twin = next((one for one in left if same(one, other)), None)
        if twin is not None:
            left.remove(twin)
    return left


class ReaddSameFdUntold(Variant):
    """A descriptor cleared and set again in one window is no change, whatever the key."""

    def same(self, one: Entry, other: Entry) -> bool:
        """Tell whether to delete the one and add the other is no change."""
        return one.fd == other.fd

    def fresh_entries(self, ctx: WaitContext) -> list[Entry]:
        return untwinned(super().fresh_entries(ctx), super().doomed_entries(ctx), self.same)

    def doomed_entries(self, ctx: WaitContext) -> list[Entry]:
        return untwinned(super().doomed_entries(ctx), super().fresh_entries(ctx), self.same)


class ReaddSameKeyUntold(ReaddSameFdUntold):
    """A key cleared and set to the same descriptor in one window is no change."""

    def same(self, one: Entry, other: Entry) -> bool:
        return super().same(one, other) and same_key(one.key, other.key)


class WhilePausedKeptBySnapshotOfFds(WhilePausedKept, ReaddSameFdUntold):
    """Changes are the difference between the descriptors now and at the last pause."""


class MostlyDifferent(
    OrderRotating,
    CleanupsScrambled,
    LiveKeyReplacedCleanedAtOnce,
    NoCallbackIsNull,
    OtherStatusRefused,
    WhilePausedKept,
    ReaddSameKeyUntold,
    FailedGetZeroesOuts,
    RetScratchedUntilFinish,
):
    """Nearly every free choice differs from OpenSSL; live keys are replaced."""


class MostlyDifferentToo(
    OrderSorted,
    CleanupsOldestFirst,
    LiveKeyRefused,
    NoCallbackIsNullOnceSet,
    NullCallbackRefused,
    OtherStatusRefused,
    WhilePausedKeptByFlag,
    ReaddSameFdUntold,
):
    """Nearly every free choice differs from OpenSSL; live keys and NULL callbacks are refused."""


class TidyMap(
    OrderOldestFirst,
    CleanupsOldestFirst,
    LiveKeyReplacedCleanedAtFree,
    WhilePausedKept,
    ReaddSameKeyUntold,
):
    """A plain rewrite: one descriptor per key, oldest first, cleanup of the replaced at free."""
