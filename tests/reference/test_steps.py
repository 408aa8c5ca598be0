"""The steps a subclass can override: each changes one respect of the behaviour and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import AsyncLibrary, Entry, Job, Ref, WaitContext

if TYPE_CHECKING:
    from .conftest import Driver


def nothing() -> None:
    """Do nothing: a job's step between two pauses."""


def test_a_replacing_library(driver: Driver) -> None:
    """What a duplicate does is one step: adding an entry."""

    class Replacing(AsyncLibrary):
        def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
            self.ASYNC_WAIT_CTX_clear_fd(ctx, entry.key)
            super().add_entry(ctx, entry)

    other = type(driver)(Replacing())
    ctx = other.context()
    other.set(ctx, "a", 3)
    other.set(ctx, "a", 4)

    assert [4] == other.all(ctx)


def test_a_library_that_cleans_oldest_first(driver: Driver) -> None:
    """The order of cleanups is one step."""

    class OldestFirst(AsyncLibrary):
        def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
            return super().entries_to_clean(ctx)[::-1]

    other = type(driver)(OldestFirst())
    ctx = other.context()
    other.set(ctx, "a", 3)
    other.set(ctx, "b", 4)
    other.library.ASYNC_WAIT_CTX_free(ctx)

    assert [3, 4] == [fd for _, _, fd, _ in other.cleaned]


def test_a_library_that_resets_at_the_pause(driver: Driver) -> None:
    """When the window begins is one step of the job."""

    class AtPause(AsyncLibrary):
        def job_pausing(self, job: Job) -> None:
            assert job.ctx is not None
            self.reset(job.ctx)

        def job_resumed(self, job: Job) -> None:
            pass

    other = type(driver)(AtPause())
    ctx = other.context()
    other.start(ctx, other.pausing(lambda: other.set(ctx, "a", 3), nothing))

    assert ([], []) == other.changed(ctx)


def test_cells_show_what_they_hold() -> None:
    """A cell holds NULL at first, and shows its value."""
    assert ["Ref(None)", "Ref(3)"] == [repr(Ref()), repr(Ref(3))]
