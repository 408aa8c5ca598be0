"""The callback and the status: CB and ST clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from waitctx.reference import AsyncLibrary, Callback, Ref, UndefinedBehaviourError, WaitContext

if TYPE_CHECKING:
    from .conftest import Driver


def get_callback(driver: Driver, ctx: WaitContext) -> tuple[int, object, object]:
    """Give the answer of get_callback, and what both cells hold after it."""
    callback, arg = Ref(driver.untouched), Ref(driver.untouched)
    answer = driver.library.ASYNC_WAIT_CTX_get_callback(ctx, callback, arg)
    return answer, callback.value, arg.value


def test_no_callback_at_first(driver: Driver, ctx: WaitContext) -> None:
    """Without a callback the answer is 0 and the cells stay as they were (CB-05)."""
    assert (0, driver.untouched, driver.untouched) == get_callback(driver, ctx)


def test_the_last_callback_is_kept(driver: Driver, ctx: WaitContext) -> None:
    """Setting gives 1 and replaces both the callback and its argument (CB-01, CB-02)."""
    set_callback = driver.library.ASYNC_WAIT_CTX_set_callback

    answers = [set_callback(ctx, int, "one"), set_callback(ctx, abs, "two")]

    assert ([1, 1], (1, abs, "two")) == (answers, get_callback(driver, ctx))


def test_a_null_callback_unregisters(driver: Driver, ctx: WaitContext) -> None:
    """Setting a NULL callback gives 1, and then there is none (CB-03)."""
    driver.library.ASYNC_WAIT_CTX_set_callback(ctx, int, "one")

    answer = driver.library.ASYNC_WAIT_CTX_set_callback(ctx, None, "two")

    assert (1, 0) == (answer, get_callback(driver, ctx)[0])


def test_a_null_context_is_refused(library: AsyncLibrary) -> None:
    """Setting the callback of a NULL context gives 0 (CB-04)."""
    assert library.ASYNC_WAIT_CTX_set_callback(None, int, None) == 0


def test_null_cells_matter_only_when_there_is_a_callback(
    library: AsyncLibrary, ctx: WaitContext
) -> None:
    """NULL cells are harmless while no callback is set, and undefined after (CB-05)."""
    answer = library.ASYNC_WAIT_CTX_get_callback(ctx, None, None)
    library.ASYNC_WAIT_CTX_set_callback(ctx, int, None)

    assert answer == 0
    with pytest.raises(UndefinedBehaviourError, match="CB-05"):
        library.ASYNC_WAIT_CTX_get_callback(ctx, None, None)


def test_the_library_never_calls_the_callback(driver: Driver, ctx: WaitContext) -> None:
    """No pause, resume, finish or free calls the callback (CB-06)."""
    calls: list[object] = []

    def callback(arg: object) -> int:
        calls.append(arg)
        return 1

    known: Callback = callback
    driver.library.ASYNC_WAIT_CTX_set_callback(ctx, known, None)
    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3), lambda: None)).step()
    driver.library.ASYNC_WAIT_CTX_free(ctx)

    assert calls == []


def test_the_status_begins_as_unsupported(library: AsyncLibrary, ctx: WaitContext) -> None:
    """The status of a new context is ASYNC_STATUS_UNSUPPORTED (ST-01)."""
    assert library.ASYNC_STATUS_UNSUPPORTED == library.ASYNC_WAIT_CTX_get_status(ctx)


@pytest.mark.parametrize("status", [0, 1, 2, 3, 4, -1, 1000, -(2**31)])
def test_any_status_is_stored(library: AsyncLibrary, ctx: WaitContext, status: int) -> None:
    """Any int is stored as the status, and reads back (ST-02)."""
    answer = library.ASYNC_WAIT_CTX_set_status(ctx, status)

    assert (1, status) == (answer, library.ASYNC_WAIT_CTX_get_status(ctx))


def test_status_and_callback_survive_a_job(driver: Driver, ctx: WaitContext) -> None:
    """Nothing but its setter changes the status or the callback (ST-03, NEW-05)."""
    library = driver.library
    library.ASYNC_WAIT_CTX_set_status(ctx, library.ASYNC_STATUS_EAGAIN)
    library.ASYNC_WAIT_CTX_set_callback(ctx, int, "arg")

    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3), lambda: None)).step()

    assert (3, (1, int, "arg")) == (
        library.ASYNC_WAIT_CTX_get_status(ctx),
        get_callback(driver, ctx),
    )


def test_the_status_of_a_null_context_is_caught(library: AsyncLibrary) -> None:
    """Getting or setting the status of a NULL context is undefined (ST-05)."""
    with pytest.raises(UndefinedBehaviourError, match="ST-05"):
        library.ASYNC_WAIT_CTX_get_status(None)


def test_the_constants_are_those_of_the_header() -> None:
    """Answers and statuses are 0 to 3 each (CONST-01, JOB-01)."""
    library = AsyncLibrary

    assert (0, 1, 2, 3) == (
        library.ASYNC_ERR,
        library.ASYNC_NO_JOBS,
        library.ASYNC_PAUSE,
        library.ASYNC_FINISH,
    )
    assert (0, 1, 2, 3) == (
        library.ASYNC_STATUS_UNSUPPORTED,
        library.ASYNC_STATUS_ERR,
        library.ASYNC_STATUS_OK,
        library.ASYNC_STATUS_EAGAIN,
    )
