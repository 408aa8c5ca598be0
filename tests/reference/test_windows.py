"""What counts as changed, and since when: CHG-01 to CHG-09, and the invariants I1 to I6."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from waitctx.reference import AsyncLibrary, Ref, UndefinedBehaviourError, WaitContext

if TYPE_CHECKING:
    from .conftest import Driver

NOTHING: tuple[list[int], list[int]] = ([], [])


def nothing() -> None:
    """Do nothing: a job's step between two pauses."""


def test_changes_count_from_creation(driver: Driver, ctx: WaitContext) -> None:
    """Without any pause everything set is an addition, and nothing is ever a deletion (I4)."""
    driver.set(ctx, "a", 3)
    driver.set(ctx, "b", 4)
    driver.clear(ctx, "a")

    assert ([4], []) == driver.changed(ctx)


def test_each_array_may_be_null(driver: Driver, ctx: WaitContext) -> None:
    """Either array can be NULL while the other is filled; both counts are stored (CHG-01)."""
    get_changed = driver.library.ASYNC_WAIT_CTX_get_changed_fds

    def churn() -> None:
        driver.clear(ctx, "old")
        driver.set(ctx, "new", 4)

    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "old", 3), churn)).step()
    added, deleted = [0], [0]
    counts = [Ref(0) for _ in range(4)]
    answers = (
        get_changed(ctx, added, counts[0], None, counts[1]),
        get_changed(ctx, None, counts[2], deleted, counts[3]),
    )

    assert ((1, 1), [4], [3]) == (answers, added, deleted)
    assert [1, 1, 1, 1] == [count.value for count in counts]


def test_a_null_count_is_caught(library: AsyncLibrary, ctx: WaitContext) -> None:
    """A NULL count is undefined (CHG-09)."""
    with pytest.raises(UndefinedBehaviourError, match="CHG-09"):
        library.ASYNC_WAIT_CTX_get_changed_fds(ctx, None, Ref(0), None, None)


def test_reading_consumes_nothing(driver: Driver, ctx: WaitContext) -> None:
    """The same changes are reported until something changes (CHG-02)."""
    driver.set(ctx, "a", 3)

    assert ([3], []) == driver.changed(ctx) == driver.changed(ctx)


def test_changes_before_a_pause_are_reported_after_it(driver: Driver, ctx: WaitContext) -> None:
    """What a job did before it paused is reported while it is paused (CHG-03 a)."""
    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3), nothing))

    assert ([3], []) == driver.changed(ctx)


def test_changes_while_paused_are_lost_at_the_resume(driver: Driver, ctx: WaitContext) -> None:
    """What the application sets while a job is paused is shown, then forgotten (CHG-03 b)."""
    run = driver.start(ctx, driver.pausing(nothing, nothing, nothing))
    driver.set(ctx, "a", 13)
    while_paused = driver.changed(ctx)
    run.step()

    assert (([13], []), NOTHING, [13]) == (while_paused, driver.changed(ctx), driver.all(ctx))


def test_the_window_begins_within_the_resumed_job(driver: Driver, ctx: WaitContext) -> None:
    """As soon as a pause returns nothing is reported, read or not (CHG-03 c)."""
    seen = []
    body = driver.pausing(lambda: driver.set(ctx, "a", 3), lambda: seen.append(driver.changed(ctx)))
    driver.start(ctx, body).step()

    assert [NOTHING] == seen


def test_a_finish_without_a_pause_resets_nothing(driver: Driver, ctx: WaitContext) -> None:
    """Changes of a job that never paused add to those of the next (CHG-03 d, NEW-05)."""
    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3)))
    after_finish = driver.changed(ctx)
    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "b", 4), nothing))

    assert (([3], []), ([4, 3], [])) == (after_finish, driver.changed(ctx))


def test_a_finish_shows_changes_since_the_resume(driver: Driver, ctx: WaitContext) -> None:
    """After FINISH the changes are those since the last resume (CHG-03 e)."""

    def churn() -> None:
        driver.clear(ctx, "a")
        driver.set(ctx, "b", 4)

    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3), churn)).step()

    assert ([4], [3]) == driver.changed(ctx)


def test_a_pause_that_does_not_happen_resets_nothing(driver: Driver, ctx: WaitContext) -> None:
    """Neither a blocked pause nor one outside a job resets the changes (CHG-03 f)."""
    library = driver.library

    def body(_args: object) -> int:
        driver.set(ctx, "a", 3)
        library.ASYNC_block_pause()
        library.ASYNC_pause_job()
        library.ASYNC_unblock_pause()
        return 1

    driver.start(ctx, body)
    library.ASYNC_pause_job()

    assert ([3], []) == driver.changed(ctx)


def test_set_and_clear_in_one_window_leave_no_trace(driver: Driver, ctx: WaitContext) -> None:
    """An entry set and cleared in one window is in no list (CHG-04), nor are others (CHG-06)."""
    lists = []

    def window() -> None:
        driver.set(ctx, "b", 4)
        driver.clear(ctx, "b")
        lists.append((driver.all(ctx), driver.changed(ctx)))
        driver.clear(ctx, "a")
        lists.append((driver.all(ctx), driver.changed(ctx)))

    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3), window)).step()

    assert [([3], NOTHING), ([], ([], [3]))] == lists


def test_clear_and_set_in_one_window_are_both_reported(driver: Driver, ctx: WaitContext) -> None:
    """An old entry cleared and set again is one deletion and one addition (CHG-05)."""

    def churn() -> None:
        driver.clear(ctx, "a")
        driver.set(ctx, "a", 3)

    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3), churn)).step()

    assert ([3], ([3], [3])) == (driver.all(ctx), driver.changed(ctx))


def test_deletions_are_in_list_order(driver: Driver, ctx: WaitContext) -> None:
    """Deletions are reported newest entry first, in whatever order they were cleared (I6)."""

    def set_three() -> None:
        for key, fd in [("a", 3), ("b", 4), ("c", 5)]:
            driver.set(ctx, key, fd)

    def clear_two() -> None:
        driver.clear(ctx, "a")
        driver.clear(ctx, "c")

    driver.start(ctx, driver.pausing(set_three, clear_two)).step()

    assert ([], [5, 3]) == driver.changed(ctx)


def test_a_deletion_is_reported_in_one_window_only(driver: Driver, ctx: WaitContext) -> None:
    """The next resume forgets the deletions, and later ones are reported alone."""
    lists = []

    def set_two() -> None:
        driver.set(ctx, "a", 3)
        driver.set(ctx, "b", 4)

    def clear(key: str) -> None:
        driver.clear(ctx, key)
        lists.append(driver.changed(ctx))

    body = driver.pausing(set_two, lambda: clear("a"), lambda: clear("b"))
    run = driver.start(ctx, body)
    run.step()
    run.step()

    assert [([], [3]), ([], [4])] == lists


def test_a_stable_descriptor_is_added_once(driver: Driver, ctx: WaitContext) -> None:
    """A descriptor set once is added at the first pause, and from then on only listed (WAIT-04)."""
    run = driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3), nothing, nothing))
    lists = [(driver.all(ctx), driver.changed(ctx))]
    while run.step() == AsyncLibrary.ASYNC_PAUSE:
        lists.append((driver.all(ctx), driver.changed(ctx)))

    assert [([3], ([3], [])), ([3], NOTHING)] == lists


def test_resuming_either_job_resets_a_shared_context(driver: Driver, ctx: WaitContext) -> None:
    """With two jobs on one context the resume of either begins the window of both (NEW-04)."""
    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3), nothing))
    second = driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "b", 4), nothing))
    before = driver.changed(ctx)
    second.step()

    assert (([4, 3], []), NOTHING) == (before, driver.changed(ctx))


@pytest.mark.parametrize("seed", range(20))
def test_fresh_entries_come_first(driver: Driver, ctx: WaitContext, seed: int) -> None:
    """Fresh entries precede all others, and none is both fresh and doomed (I1, I2)."""
    rng = random.Random(seed)

    def window() -> None:
        for _ in range(rng.randrange(8)):
            if rng.random() < 0.6:
                driver.set(ctx, rng.randrange(4), rng.randrange(100))
            else:
                driver.clear(ctx, rng.randrange(4))
            fresh = [entry.fresh for entry in ctx.entries]
            assert sorted(fresh, reverse=True) == fresh
            assert not any(entry.fresh and entry.doomed for entry in ctx.entries)

    run = driver.start(ctx, driver.pausing(*[window] * 6))
    while run.code == AsyncLibrary.ASYNC_PAUSE:
        run.step()
