"""The ASYNC_WAIT_CTX_* calls.

Names in capitals are the API, and mean what they mean in C. Names in lower case are the steps
they are made of; a subclass that wants to differ in one respect overrides one step.
"""
# ruff: noqa: N802 (the methods carry the names of the C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from .cells import Cell, FdArray, fill, pointee
from .context import Callback, Cleanup, Entry, Life, WaitContext, existing, live, same_key

if TYPE_CHECKING:
    from collections.abc import Sequence


class WaitCalls:
    """Everything that can be done with a context, whether or not a job runs on it (NEW-06)."""

    # -- creation and end --------------------------------------------------------------------

    def ASYNC_WAIT_CTX_new(self) -> WaitContext | None:
        """Give a new, empty context, or NULL if there is no memory for it (NEW-01)."""
        try:
            return self.new_context()
        except MemoryError:
            return None

    def ASYNC_WAIT_CTX_free(self, ctx: WaitContext | None) -> None:
        """Run the cleanup routines and end the context; NULL is left alone (FREE-01, FREE-03).

        A routine may still use the callback and the status of the context, and nothing else
        (FREE-06). If one raises, the rest are not run, the context ends, and the exception
        reaches the caller: C knows no such thing.
        Raises UndefinedBehaviourError if the context is ending already.
        """
        if ctx is None:
            return
        live(ctx).life = Life.ENDING
        try:
            for entry in self.entries_to_clean(ctx):
                self.clean_up(ctx, entry)
        finally:
            ctx.life = Life.ENDED

    # -- descriptors -------------------------------------------------------------------------

    def ASYNC_WAIT_CTX_set_wait_fd(
        self,
        ctx: WaitContext | None,
        key: object,
        fd: int,
        custom_data: object,
        cleanup: Cleanup | None,
    ) -> int:
        """Associate ``fd`` with ``key``; any key, descriptor and data will do (SET-01 to SET-08).

        Gives 1; 0 if there is no memory, and then nothing has changed.
        """
        ctx = live(ctx)
        try:
            entry = self.new_entry(key, fd, custom_data, cleanup)
        except MemoryError:
            return 0
        self.add_entry(ctx, entry)
        return 1

    def ASYNC_WAIT_CTX_get_fd(
        self, ctx: WaitContext | None, key: object, fd: Cell | None, custom_data: Cell | None
    ) -> int:
        """Store the descriptor and the data of ``key`` (GET-01).

        Gives 1; 0 if there is no such association, and then stores nothing (GET-02), so that
        NULL cells do no harm (GET-03).
        """
        entry = self.find_entry(live(ctx), key)
        if entry is None:
            return 0
        pointee(fd, "GET-03").value = entry.fd
        pointee(custom_data, "GET-03").value = entry.custom_data
        return 1

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        """Store how many descriptors there are, and in ``fd`` which, newest first (ALL-01 to 07).

        Gives 1 always.
        """
        self.report(self.standing_entries(live(ctx)), fd, numfds)
        return 1

    def ASYNC_WAIT_CTX_get_changed_fds(
        self,
        ctx: WaitContext | None,
        addfd: FdArray | None,
        numaddfds: Cell | None,
        delfd: FdArray | None,
        numdelfds: Cell | None,
    ) -> int:
        """Store what came and what went since the last reset (CHG-01); reading changes nothing.

        Gives 1 always.
        """
        ctx = live(ctx)
        self.report(self.fresh_entries(ctx), addfd, numaddfds)
        self.report(self.doomed_entries(ctx), delfd, numdelfds)
        return 1

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        """Undo the newest association of ``key``; its cleanup routine never runs (CLR-02).

        Gives 1; 0 if there is none (CLR-01).
        """
        ctx = live(ctx)
        entry = self.find_entry(ctx, key)
        if entry is None:
            return 0
        if entry.fresh:
            self.unlink_entry(ctx, entry)
        else:
            self.doom_entry(ctx, entry)
        return 1

    # -- callback and status -----------------------------------------------------------------

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        """Store the callback and its argument (CB-01); a NULL callback takes it away (CB-03).

        Gives 1; 0 for a NULL context (CB-04). The library itself never calls it (CB-06).
        """
        if ctx is None:
            return 0
        ctx = existing(ctx)
        ctx.callback = callback
        ctx.callback_arg = callback_arg
        return 1

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        """Store the callback and its argument in the cells.

        Gives 1; 0 if no callback is set, and then stores nothing (CB-05).
        """
        ctx = existing(ctx)
        if ctx.callback is None:
            return 0
        pointee(callback, "CB-05").value = ctx.callback
        pointee(callback_arg, "CB-05").value = ctx.callback_arg
        return 1

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        """Store any int as the status, named by the page or not (ST-02). Gives 1 always."""
        existing(ctx).status = status
        return 1

    def ASYNC_WAIT_CTX_get_status(self, ctx: WaitContext | None) -> int:
        """Give the status last set, ASYNC_STATUS_UNSUPPORTED at first (ST-01, ST-03)."""
        return existing(ctx).status

    # -- steps -------------------------------------------------------------------------------

    def new_context(self) -> WaitContext:
        """Make an empty context. An override may raise MemoryError."""
        return WaitContext()

    def new_entry(
        self, key: object, fd: int, custom_data: object, cleanup: Cleanup | None
    ) -> Entry:
        """Make an entry, in no context as yet. An override may raise MemoryError."""
        return Entry(key, fd, custom_data, cleanup)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        """Put the entry in front; one of the same key is not replaced but hidden (SET-02)."""
        ctx.entries.insert(0, entry)

    def find_entry(self, ctx: WaitContext, key: object) -> Entry | None:
        """Find the newest standing entry of the key: what get_fd and clear_fd act on (I5)."""
        matches = (entry for entry in self.standing_entries(ctx) if same_key(entry.key, key))
        return next(matches, None)

    def unlink_entry(self, ctx: WaitContext, entry: Entry) -> None:
        """Clear a fresh entry: it leaves no trace in either list (CHG-04)."""
        ctx.entries.remove(entry)

    def doom_entry(self, ctx: WaitContext, entry: Entry) -> None:  # noqa: ARG002 (for overrides)
        """Clear an old entry: hidden at once, but reported as deleted until the reset (GET-04)."""
        entry.doomed = True

    def standing_entries(self, ctx: WaitContext) -> list[Entry]:
        """List the entries that have not been cleared, newest first."""
        return [entry for entry in ctx.entries if not entry.doomed]

    def fresh_entries(self, ctx: WaitContext) -> list[Entry]:
        """List the entries to be reported as added, newest first."""
        return [entry for entry in ctx.entries if entry.fresh]

    def doomed_entries(self, ctx: WaitContext) -> list[Entry]:
        """List the entries to be reported as deleted: newest first, however cleared (I6)."""
        return [entry for entry in ctx.entries if entry.doomed]

    def report(self, entries: Sequence[Entry], fds: FdArray | None, count: Cell | None) -> None:
        """Store the number of the entries, and in the array, unless NULL, their descriptors."""
        pointee(count, "ALL-06, CHG-09").value = len(entries)
        fill(fds, [entry.fd for entry in entries])

    def reset(self, ctx: WaitContext) -> None:
        """Begin a new window: drop the doomed entries, uncleaned, and age the rest (CHG-03)."""
        ctx.entries = self.standing_entries(ctx)
        for entry in ctx.entries:
            entry.fresh = False

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        """List the entries whose cleanup routines free has to run, in that order (FREE-01, 02)."""
        return self.standing_entries(ctx)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        """Run the entry's cleanup routine, if it has one."""
        if entry.cleanup is not None:
            entry.cleanup(ctx, entry.key, entry.fd, entry.custom_data)
