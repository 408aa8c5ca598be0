"""Faults that show only after many operations."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from waitctx.reference.context import live

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Entry, WaitContext


class Wearing(Fake):
    """The reference, which counts the sets, lookups and clears of each context."""

    def __init__(self) -> None:
        super().__init__()
        self.wear: Counter[WaitContext] = Counter()

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        self.wear[ctx] += 1
        super().add_entry(ctx, entry)

    def find_entry(self, ctx: WaitContext, key: object) -> Entry | None:
        self.wear[ctx] += 1
        return super().find_entry(ctx, key)

    def worn(self, ctx: WaitContext) -> bool:
        """Tell whether the context has seen a hundred of them."""
        return self.wear[ctx] >= 100  # noqa: PLR2004


class DeepCleanupTwiceAfter100Operations(Wearing):
    """free runs cleanups twice once the context has seen 100 operations."""

    clauses = ("CTX-FREE-01",)

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        return super().entries_to_clean(ctx) * (1 + self.worn(ctx))


class DeepResetStopsAfter100Operations(Wearing):
    """Changes are told for ever once the context has seen 100 operations."""

    clauses = ("FD-CHANGED-08", "FD-CHANGED-02", "FD-CHANGED-03", "FD-CHANGED-06")

    def reset(self, ctx: WaitContext) -> None:
        if not self.worn(ctx):
            super().reset(ctx)


class DeepGetFdMissesAfter100Operations(Wearing):
    """get_fd finds nothing once the context has seen 100 operations."""

    clauses = ("FD-GET-01", "FD-SET-02", "FD-SET-03", "FD-CLEAR-06", "FD-CLEAR-07", "FD-CLEAR-04")

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        if self.worn(live(ctx)):
            return 0
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)


class DeepClearCleansAfter100Operations(Wearing):
    """clear_fd runs the cleanup once the context has seen 100 operations."""

    clauses = ("FD-CLEAR-02",)

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().unlink_entry(ctx, entry)
        if self.worn(ctx):
            self.clean_up(ctx, entry)


class DeepSetLostAfter50Sets(Fake):
    """From the 51st set on set_wait_fd answers 1 but stores nothing."""

    clauses = ("FD-SET-02", "FD-SET-03", "FD-GET-01", "FD-CHANGED-02", "FD-CHANGED-06")

    def __init__(self) -> None:
        super().__init__()
        self.sets = 0

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        self.sets += 1
        if self.sets <= 50:  # noqa: PLR2004
            super().add_entry(ctx, entry)


class Deep20thClearIgnored(Fake):
    """Every twentieth clear_fd answers 1 but does nothing."""

    clauses = ("FD-CLEAR-05", "FD-CHANGED-05", "FD-CLEAR-03", "FD-CHANGED-09")

    def __init__(self) -> None:
        super().__init__()
        self.clears = 0

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:
        self.clears += 1
        if self.clears % 20:
            super().unlink_entry(ctx, entry)


class Deep20thStatusLost(Fake):
    """Every twentieth set_status answers 1 but stores nothing."""

    clauses = ("STATUS-GET-01",)

    def __init__(self) -> None:
        super().__init__()
        self.sets = 0

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        self.sets += 1
        return super().ASYNC_WAIT_CTX_set_status(ctx, status) if self.sets % 20 else 1


class Deep10thPauseIgnored(Fake):
    """The tenth pause of a thread does not happen."""

    clauses = ("JOB-PAUSE-01",)

    def __init__(self) -> None:
        super().__init__()
        self.pauses = 0

    def pause_is_blocked(self) -> bool:
        self.pauses += 1
        return self.pauses == 10 or super().pause_is_blocked()  # noqa: PLR2004
