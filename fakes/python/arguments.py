"""Faults in what a cleanup routine is called with."""
# ruff: noqa: D102 (the class says what its methods do)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import WaitContext

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Entry


class CleanupWrongCtx(Fake):
    """Cleanup routines are given another context than the one that is freed."""

    clauses = ("CTX-FREE-02",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:  # noqa: ARG002
        super().clean_up(WaitContext(), entry)


class CleanupWrongKey(Fake):
    """Cleanup routines are given NULL for the key."""

    clauses = ("CTX-FREE-02",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        if entry.cleanup is not None:
            entry.cleanup(ctx, None, entry.fd, entry.custom_data)


class CleanupWrongFd(Fake):
    """Cleanup routines are given -1 for the descriptor."""

    clauses = ("CTX-FREE-02",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        if entry.cleanup is not None:
            entry.cleanup(ctx, entry.key, -1, entry.custom_data)


class CleanupKeyForData(Fake):
    """Cleanup routines are given the key for the custom data."""

    clauses = ("CTX-FREE-02",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        if entry.cleanup is not None:
            entry.cleanup(ctx, entry.key, entry.fd, entry.key)


class CleanupAllWithNewestRoutine(Fake):
    """free runs the routine of the newest descriptor for all of them."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        entries = super().entries_to_clean(ctx)
        for entry in entries:
            entry.cleanup = entries[0].cleanup
        return entries


class CleanupAllWithNewestData(Fake):
    """free gives all routines the custom data of the newest descriptor."""

    clauses = ("CTX-FREE-02",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        entries = super().entries_to_clean(ctx)
        for entry in entries:
            entry.custom_data = entries[0].custom_data
        return entries


class CleanupFdsOfReset(Fake):
    """Cleanup routines are given the descriptor that was newest at the last resume."""

    clauses = ("CTX-FREE-02",)

    def __init__(self) -> None:
        super().__init__()
        self.newest: dict[WaitContext, int] = {}

    def reset(self, ctx: WaitContext) -> None:
        super().reset(ctx)
        self.newest.update((ctx, entry.fd) for entry in ctx.entries[:1])

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        entry.fd = self.newest.get(ctx, entry.fd)
        super().clean_up(ctx, entry)
