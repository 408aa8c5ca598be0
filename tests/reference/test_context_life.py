"""A context from creation to free: NEW-01, NEW-06, FREE-01 to FREE-06."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from waitctx.reference import AsyncLibrary, Ref, UndefinedBehaviourError, WaitContext

if TYPE_CHECKING:
    from .conftest import Driver


def test_a_new_context_is_empty(driver: Driver, ctx: WaitContext) -> None:
    """A new context has no descriptors, no changes and status 0 (NEW-01)."""
    status = driver.library.ASYNC_WAIT_CTX_get_status(ctx)

    assert ([], ([], []), 0) == (driver.all(ctx), driver.changed(ctx), status)


def test_contexts_are_told_apart(driver: Driver) -> None:
    """Contexts are opaque: no two are equal, whatever they hold, and each can be a key."""
    one, other = driver.context(), driver.context()

    assert one != other
    assert 2 == len({one, other})


def test_new_without_memory_gives_null() -> None:
    """A context for which there is no memory is NULL (NEW-01)."""

    class Exhausted(AsyncLibrary):
        def new_context(self) -> WaitContext:
            raise MemoryError

    assert Exhausted().ASYNC_WAIT_CTX_new() is None


def test_freeing_null_does_nothing(library: AsyncLibrary) -> None:
    """Freeing NULL is allowed (FREE-03)."""
    library.ASYNC_WAIT_CTX_free(None)


def test_cleanups_run_last_set_first(driver: Driver, ctx: WaitContext) -> None:
    """Free runs each cleanup routine once, with its four arguments, last set first (FREE-01)."""
    driver.set(ctx, "a", 3, "one")
    driver.set(ctx, "b", 4, "two")
    driver.set(ctx, "a", 5, None)

    driver.library.ASYNC_WAIT_CTX_free(ctx)

    assert [(ctx, "a", 5, None), (ctx, "b", 4, "two"), (ctx, "a", 3, "one")] == driver.cleaned


def test_an_entry_without_cleanup_is_skipped(driver: Driver, ctx: WaitContext) -> None:
    """A NULL cleanup routine is not run (SET-07)."""
    driver.library.ASYNC_WAIT_CTX_set_wait_fd(ctx, "a", 3, None, None)
    driver.set(ctx, "b", 4)

    driver.library.ASYNC_WAIT_CTX_free(ctx)

    assert [(ctx, "b", 4, None)] == driver.cleaned


def test_cleared_entries_are_not_cleaned(driver: Driver, ctx: WaitContext) -> None:
    """A cleared entry is cleaned neither when cleared, nor at the reset, nor at free (CLR-02)."""
    driver.set(ctx, "reset", 3)
    driver.set(ctx, "doomed", 4)
    body = driver.pausing(
        lambda: None,
        lambda: driver.clear(ctx, "reset"),
        lambda: driver.clear(ctx, "doomed"),
    )
    run = driver.start(ctx, body)
    run.step()
    run.step()
    driver.set(ctx, "fresh", 5)
    driver.clear(ctx, "fresh")

    driver.library.ASYNC_WAIT_CTX_free(ctx)

    assert driver.cleaned == []


def test_a_cleanup_may_use_callback_and_status(driver: Driver, ctx: WaitContext) -> None:
    """A cleanup routine may set and get the callback and the status (FREE-06)."""
    library = driver.library
    answers = []

    def cleanup(dying: WaitContext, *_: object) -> None:
        answers.append(library.ASYNC_WAIT_CTX_set_status(dying, 2))
        answers.append(library.ASYNC_WAIT_CTX_get_status(dying))
        answers.append(library.ASYNC_WAIT_CTX_set_callback(dying, int, None))
        answers.append(library.ASYNC_WAIT_CTX_get_callback(dying, Ref(), Ref()))

    library.ASYNC_WAIT_CTX_set_wait_fd(ctx, "a", 3, None, cleanup)
    library.ASYNC_WAIT_CTX_free(ctx)

    assert [1, 2, 1, 1] == answers


def test_a_cleanup_may_not_use_the_entries(driver: Driver, ctx: WaitContext) -> None:
    """A cleanup routine that looks at the entries is caught (FREE-06)."""
    library = driver.library

    def cleanup(dying: WaitContext, *_: object) -> None:
        driver.clear(dying, "a")

    library.ASYNC_WAIT_CTX_set_wait_fd(ctx, "a", 3, None, cleanup)

    with pytest.raises(UndefinedBehaviourError, match="FREE-06"):
        library.ASYNC_WAIT_CTX_free(ctx)


@pytest.mark.parametrize("function", ["free", "get_status"])
def test_a_freed_context_is_caught(library: AsyncLibrary, ctx: WaitContext, function: str) -> None:
    """Using a context after free, or freeing it again, is undefined (FREE-04)."""
    library.ASYNC_WAIT_CTX_free(ctx)

    with pytest.raises(UndefinedBehaviourError, match="FREE-04"):
        getattr(library, f"ASYNC_WAIT_CTX_{function}")(ctx)


def test_a_job_may_free_its_own_context(driver: Driver, ctx: WaitContext) -> None:
    """A job that frees its context and returns without a pause finishes normally (FREE-05)."""
    driver.set(ctx, "a", 3)

    run = driver.start(ctx, driver.pausing(lambda: driver.library.ASYNC_WAIT_CTX_free(ctx)))

    assert (AsyncLibrary.ASYNC_FINISH, 1) == (run.code, len(driver.cleaned))


def test_resuming_on_a_freed_context_is_caught(driver: Driver, ctx: WaitContext) -> None:
    """Resuming a job whose context was freed while it paused is undefined (FREE-04)."""
    run = driver.start(ctx, driver.pausing(lambda: None, lambda: None))
    driver.library.ASYNC_WAIT_CTX_free(ctx)

    with pytest.raises(UndefinedBehaviourError, match="FREE-04"):
        run.step()
