"""Faults in the life of a context, and confusion of one with another."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.context import Life

from .base import Fake, Remembering

if TYPE_CHECKING:
    from waitctx.reference import Callback, Entry, WaitContext


class NewGivesLiveContext(Fake):
    """new gives a context that is in use instead of a second one."""

    clauses = ("CTX-NEW-01",)

    def __init__(self) -> None:
        super().__init__()
        self.last: WaitContext | None = None

    def new_context(self) -> WaitContext:
        if self.last is None or self.last.life is not Life.LIVE:
            self.last = super().new_context()
        return self.last


class FreeNullCleansAgain(Remembering):
    """free of NULL runs the cleanup routines of the context that was made last."""

    clauses = ("CTX-FREE-04", "CTX-FREE-01")
    profile = "openssl"

    def ASYNC_WAIT_CTX_free(self, ctx: WaitContext | None) -> None:
        if ctx is None and self.made and self.made[-1].life is Life.LIVE:
            for entry in self.entries_to_clean(self.made[-1]):
                self.clean_up(self.made[-1], entry)
        super().ASYNC_WAIT_CTX_free(ctx)


class NewGivesNullForThird(Fake):
    """new gives NULL for the third context."""

    clauses = ("CTX-NEW-01",)

    def __init__(self) -> None:
        super().__init__()
        self.made = 0

    def new_context(self) -> WaitContext:
        self.made += 1
        if self.made == 3:  # noqa: PLR2004
            raise MemoryError
        return super().new_context()


class NewContextHasFd(Fake):
    """A new context already holds a descriptor, -1, under a key of its own."""

    clauses = ("CTX-NEW-02", "FD-ALL-02", "FD-ALL-03", "FD-CHANGED-04")

    def new_context(self) -> WaitContext:
        ctx = super().new_context()
        ctx.entries.append(self.new_entry(object(), -1, None, None))
        return ctx


class NewContextTellsFdsOfFreed(Fake):
    """A new context tells as deleted what the one freed last held."""

    clauses = ("CTX-NEW-02", "CTX-NEW-03", "FD-CHANGED-03", "FD-CHANGED-05", "FD-CHANGED-06")

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Entry] = []

    def ASYNC_WAIT_CTX_free(self, ctx: WaitContext | None) -> None:
        self.held = [] if ctx is None else self.standing_entries(ctx)
        super().ASYNC_WAIT_CTX_free(ctx)

    def new_context(self) -> WaitContext:
        ctx = super().new_context()
        for entry in self.held:
            entry.fresh, entry.doomed = False, True
        ctx.entries, self.held = self.held, []
        return ctx


class ContextsShareFds(Fake):
    """All contexts share one list of descriptors."""

    clauses = ("CTX-NEW-03", "CTX-NEW-02")

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def new_context(self) -> WaitContext:
        ctx = super().new_context()
        ctx.entries = self.entries
        return ctx

    def reset(self, ctx: WaitContext) -> None:
        super().reset(ctx)
        self.entries[:] = ctx.entries
        ctx.entries = self.entries


class ContextsShareStatus(Fake):
    """All contexts share one status."""

    clauses = ("CTX-NEW-03",)

    def __init__(self) -> None:
        super().__init__()
        self.status = 0

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        self.status = status
        return super().ASYNC_WAIT_CTX_set_status(ctx, status)

    def ASYNC_WAIT_CTX_get_status(self, ctx: WaitContext | None) -> int:  # noqa: ARG002
        return self.status


class ContextsShareCallback(Remembering):
    """A callback is set for all contexts of the moment."""

    clauses = ("CTX-NEW-03",)

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        for one in self.others(ctx):
            one.callback, one.callback_arg = callback, callback_arg
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class FreeEmptiesOthers(Remembering):
    """Freeing a context drops the descriptors of all others."""

    clauses = ("CTX-NEW-03",)

    def ASYNC_WAIT_CTX_free(self, ctx: WaitContext | None) -> None:
        super().ASYNC_WAIT_CTX_free(ctx)
        for one in self.others(ctx):
            one.entries = []
