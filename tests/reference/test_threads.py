"""What belongs to a thread: the pool and the pause blocks. JOB-04, JOB-08, JOB-11, JOB-14."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import pytest

from waitctx.reference import AsyncLibrary, Job, JobPool, UndefinedBehaviourError, WaitContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Driver

T = TypeVar("T")
PAUSE, FINISH = AsyncLibrary.ASYNC_PAUSE, AsyncLibrary.ASYNC_FINISH
NO_JOBS = AsyncLibrary.ASYNC_NO_JOBS


def nothing() -> None:
    """Do nothing: a job's step between two pauses."""


def elsewhere(function: Callable[[], T]) -> T:
    """Call the function on another thread."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function).result()


@pytest.mark.parametrize(
    ("max_size", "init_size", "answer"), [(2, 2, 1), (2, 0, 1), (0, 0, 1), (2, 3, 0), (0, 5, 0)]
)
def test_the_first_jobs_may_not_exceed_the_limit(
    library: AsyncLibrary, max_size: int, init_size: int, answer: int
) -> None:
    """More jobs at first than at most are refused, even where 0 means no limit (JOB-04)."""
    assert answer == library.ASYNC_init_thread(max_size, init_size)


@pytest.mark.parametrize("init_size", [0, 2])
def test_a_used_up_pool_has_no_jobs(driver: Driver, ctx: WaitContext, init_size: int) -> None:
    """With the pool used up the answer is NO_JOBS, until a job finishes (JOB-04)."""
    driver.library.ASYNC_init_thread(2, init_size)
    body = driver.pausing(nothing, nothing)
    first, second, third = (driver.start(ctx, body) for _ in range(3))
    refused = third.code, third.job.value, third.ret.value
    codes = [first.code, second.code, first.step(), third.step(), second.step(), third.step()]

    assert (NO_JOBS, None, driver.untouched) == refused
    assert [PAUSE, PAUSE, FINISH, PAUSE, FINISH, FINISH] == codes


def test_a_refused_start_leaves_no_current_job(driver: Driver, ctx: WaitContext) -> None:
    """After NO_JOBS the thread runs no job (JOB-04)."""
    driver.library.ASYNC_init_thread(1, 0)
    for _ in range(2):
        driver.start(ctx, driver.pausing(nothing, nothing))

    assert driver.library.ASYNC_get_current_job() is None


def test_a_limit_of_nought_is_no_limit(driver: Driver, ctx: WaitContext) -> None:
    """A pool of at most 0 jobs, which is also the pool of default, has any number (JOB-04)."""
    runs = [driver.start(ctx, driver.pausing(nothing, nothing)) for _ in range(50)]

    assert {PAUSE} == {run.code for run in runs}


def test_no_memory_for_a_job_is_no_jobs(ctx: WaitContext) -> None:
    """If a job object cannot be made, the pool begins with fewer and the start gives NO_JOBS."""

    class Exhausted(AsyncLibrary):
        def new_job(self, _pool: JobPool) -> Job:
            raise MemoryError

    library = Exhausted()
    cell = type("Cell", (), {"value": None})()

    assert library.ASYNC_init_thread(2, 2) == 1
    assert NO_JOBS == library.ASYNC_start_job(cell, ctx, cell, lambda _args: 1, None, 0)


def test_every_thread_has_its_own_pool(driver: Driver, ctx: WaitContext) -> None:
    """A pool used up on one thread leaves another thread's alone."""
    driver.library.ASYNC_init_thread(1, 1)
    driver.start(ctx, driver.pausing(nothing, nothing))

    def run_there() -> list[int]:
        driver.library.ASYNC_init_thread(2, 0)
        body = driver.pausing(nothing, nothing)
        runs = [driver.start(driver.context(), body) for _ in range(3)]
        return [run.code for run in runs] + [run.step() for run in runs[:2]]

    codes = elsewhere(run_there)

    assert [PAUSE, PAUSE, NO_JOBS, FINISH, FINISH] == codes
    assert driver.start(ctx, driver.pausing(nothing)).code == NO_JOBS


def test_every_library_has_its_own_pool(driver: Driver, ctx: WaitContext) -> None:
    """A fresh instance is a fresh implementation: it knows nothing of another's jobs."""
    driver.library.ASYNC_init_thread(1, 0)
    driver.start(ctx, driver.pausing(nothing, nothing))
    fresh = type(driver)(AsyncLibrary())

    assert fresh.start(fresh.context(), fresh.pausing(nothing)).code == FINISH


def test_resuming_on_another_thread_is_caught(driver: Driver, ctx: WaitContext) -> None:
    """A job resumed on a thread other than its own is undefined, and remains paused (JOB-11)."""
    run = driver.start(ctx, driver.pausing(nothing, nothing))

    with pytest.raises(UndefinedBehaviourError, match="JOB-11"):
        elsewhere(run.step)
    assert run.step() == FINISH


def test_a_context_is_seen_from_any_thread(driver: Driver, ctx: WaitContext) -> None:
    """The entries of a paused job's context may be looked up from a polling thread (GET-05)."""
    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3, "data"), nothing))

    assert (1, 3, "data") == elsewhere(lambda: driver.get(ctx, "a"))


def test_a_blocked_pause_is_skipped(driver: Driver, ctx: WaitContext) -> None:
    """A blocked pause gives 1 at once; after the unblock the next one pauses (JOB-08)."""
    library = driver.library
    trail: list[int] = []

    def body(_args: object) -> int:
        library.ASYNC_block_pause()
        trail.append(library.ASYNC_pause_job())
        library.ASYNC_unblock_pause()
        library.ASYNC_pause_job()
        trail.append(2)
        return 1

    run = driver.start(ctx, body)

    assert (PAUSE, [1]) == (run.code, trail)


@pytest.mark.parametrize(
    ("blocks", "unblocks", "code"), [(2, 1, FINISH), (2, 2, PAUSE), (0, 3, PAUSE), (1, 5, PAUSE)]
)
def test_blocks_are_counted(
    driver: Driver, ctx: WaitContext, blocks: int, unblocks: int, code: int
) -> None:
    """As many unblocks as blocks let a job pause again; more of them do nothing (JOB-08)."""
    library = driver.library

    def calls() -> None:
        for _ in range(blocks):
            library.ASYNC_block_pause()
        for _ in range(unblocks):
            library.ASYNC_unblock_pause()

    assert code == driver.start(ctx, driver.pausing(calls, nothing)).code


def test_surplus_unblocks_are_not_saved_up(driver: Driver, ctx: WaitContext) -> None:
    """An unblock too many does not undo a later block (JOB-08)."""
    library = driver.library

    def calls() -> None:
        library.ASYNC_unblock_pause()
        library.ASYNC_block_pause()

    assert driver.start(ctx, driver.pausing(calls, nothing)).code == FINISH


def test_blocks_outside_a_job_do_nothing(driver: Driver, ctx: WaitContext) -> None:
    """A block outside a job does not keep the next job from pausing (JOB-08)."""
    driver.library.ASYNC_block_pause()

    assert driver.start(ctx, driver.pausing(nothing, nothing)).code == PAUSE


def test_a_block_left_behind_stays_with_the_thread(driver: Driver, ctx: WaitContext) -> None:
    """A job that ends blocked keeps the thread's jobs from pausing till one unblocks (JOB-08)."""
    library = driver.library
    pausing = driver.pausing(nothing, nothing)
    driver.start(ctx, driver.pausing(library.ASYNC_block_pause))
    codes = [driver.start(ctx, pausing).code]
    library.ASYNC_unblock_pause()
    codes.append(driver.start(ctx, pausing).code)
    there = elsewhere(lambda: driver.start(driver.context(), pausing).code)
    codes.append(driver.start(ctx, driver.pausing(library.ASYNC_unblock_pause, nothing)).code)

    assert ([FINISH, FINISH, PAUSE], PAUSE) == (codes, there)


def test_a_block_holds_for_the_other_jobs_of_the_thread(driver: Driver, ctx: WaitContext) -> None:
    """The count is the thread's: a block made by one job is undone by another (JOB-08)."""
    library = driver.library
    first = driver.start(ctx, driver.pausing(nothing, library.ASYNC_block_pause, nothing))
    second = driver.start(ctx, driver.pausing(nothing, nothing, nothing))
    codes = [first.step(), second.step()]

    assert [FINISH, FINISH] == codes


def test_cleaning_up_a_thread_begins_anew(driver: Driver, ctx: WaitContext) -> None:
    """Cleanup drops the pool's limit and the blocks; it needs no init and may be repeated."""
    library = driver.library
    library.ASYNC_cleanup_thread()
    library.ASYNC_init_thread(1, 0)
    driver.start(ctx, driver.pausing(library.ASYNC_block_pause))
    library.ASYNC_cleanup_thread()
    library.ASYNC_cleanup_thread()
    pausing = driver.pausing(nothing, nothing)

    assert [PAUSE, PAUSE] == [driver.start(ctx, pausing).code for _ in range(2)]


def test_a_job_is_lost_when_its_thread_is_cleaned_up(driver: Driver, ctx: WaitContext) -> None:
    """Resuming a job that was paused across a cleanup is undefined (JOB-14)."""
    run = driver.start(ctx, driver.pausing(nothing, nothing))
    driver.library.ASYNC_cleanup_thread()

    with pytest.raises(UndefinedBehaviourError, match="JOB-14"):
        run.step()


def test_cleaning_up_within_a_job_is_caught(driver: Driver, ctx: WaitContext) -> None:
    """A job that cleans up its own thread is undefined (JOB-14)."""
    with pytest.raises(UndefinedBehaviourError, match="JOB-14"):
        driver.start(ctx, driver.pausing(driver.library.ASYNC_cleanup_thread))


def test_a_second_pool_takes_over(driver: Driver, ctx: WaitContext) -> None:
    """A job of an earlier pool goes on, and ends in the pool the thread has now (JOB-04)."""
    library = driver.library
    library.ASYNC_init_thread(1, 0)
    old = driver.start(ctx, driver.pausing(nothing, nothing))
    library.ASYNC_init_thread(1, 0)
    codes = [driver.start(ctx, driver.pausing(nothing, nothing)).code, old.step()]
    codes += [driver.start(ctx, driver.pausing(nothing, nothing)).code for _ in range(2)]

    assert [PAUSE, FINISH, PAUSE, NO_JOBS] == codes


def test_jobs_can_pause_here(library: AsyncLibrary) -> None:
    """The platform is capable of jobs."""
    assert library.ASYNC_is_capable() == 1
