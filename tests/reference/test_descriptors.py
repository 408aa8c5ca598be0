"""Setting, looking up, listing and clearing descriptors: SET, GET, ALL and CLR clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from waitctx.reference import AsyncLibrary, Entry, Ref, UndefinedBehaviourError, WaitContext

if TYPE_CHECKING:
    from .conftest import Driver


class Opaque:
    """A key that equals every other."""

    def __eq__(self, other: object) -> bool:
        """Say yes to anything."""
        return True

    def __hash__(self) -> int:
        """Keep to the rule for equal objects."""
        return 0


def test_a_set_descriptor_is_found(driver: Driver, ctx: WaitContext) -> None:
    """Setting gives 1, and the lookup then gives the descriptor and the data (SET-01, GET-01)."""
    data = object()

    answer = driver.set(ctx, "a", 3, data)

    assert (1, (1, 3, data)) == (answer, driver.get(ctx, "a"))


def test_a_miss_touches_nothing(driver: Driver, ctx: WaitContext) -> None:
    """Looking up an unknown key gives 0 and leaves both cells alone (GET-02)."""
    driver.set(ctx, "a", 3)

    assert (0, driver.untouched, driver.untouched) == driver.get(ctx, "b")


def test_null_cells_are_harmless_on_a_miss(library: AsyncLibrary, ctx: WaitContext) -> None:
    """Looking up an unknown key may be done with NULL cells (GET-03)."""
    assert library.ASYNC_WAIT_CTX_get_fd(ctx, "a", None, None) == 0


def test_null_cells_are_caught_on_a_hit(driver: Driver, ctx: WaitContext) -> None:
    """Storing a hit through a NULL cell is undefined (GET-03)."""
    driver.set(ctx, "a", 3)

    with pytest.raises(UndefinedBehaviourError, match="GET-03"):
        driver.library.ASYNC_WAIT_CTX_get_fd(ctx, "a", Ref(0), None)


def test_descriptors_are_listed_newest_first(driver: Driver, ctx: WaitContext) -> None:
    """All descriptors are listed, the one set last first, whoever set them when (ALL-02)."""
    for key, fd in [("a", 3), ("b", 4), ("c", 5)]:
        driver.set(ctx, key, fd)

    assert [5, 4, 3] == driver.all(ctx)


def test_the_count_is_output_only(driver: Driver, ctx: WaitContext) -> None:
    """A small number in the count beforehand does not limit what is written (ALL-04)."""
    driver.set(ctx, "a", 3)
    driver.set(ctx, "b", 4)
    fds, count = [0, 0], Ref(1)

    driver.library.ASYNC_WAIT_CTX_get_all_fds(ctx, fds, count)

    assert (2, [4, 3]) == (count.value, fds)


def test_a_short_array_is_caught(driver: Driver, ctx: WaitContext) -> None:
    """Listing into an array that is too short is undefined (ALL-04)."""
    driver.set(ctx, "a", 3)

    with pytest.raises(UndefinedBehaviourError, match="ALL-04"):
        driver.library.ASYNC_WAIT_CTX_get_all_fds(ctx, [], Ref(0))


def test_a_null_count_is_caught(library: AsyncLibrary, ctx: WaitContext) -> None:
    """Listing without a count is undefined (ALL-06)."""
    with pytest.raises(UndefinedBehaviourError, match="ALL-06"):
        library.ASYNC_WAIT_CTX_get_all_fds(ctx, None, None)


@pytest.mark.parametrize("fd", [-1, 0, 2**31 - 1, -(2**31)])
def test_any_descriptor_will_do(driver: Driver, ctx: WaitContext, fd: int) -> None:
    """Any int is taken, listed and cleaned up as a descriptor (SET-05)."""
    driver.set(ctx, "a", fd)
    listed = driver.all(ctx)
    driver.library.ASYNC_WAIT_CTX_free(ctx)

    assert ([fd], [(ctx, "a", fd, None)]) == (listed, driver.cleaned)


def test_null_is_a_key(driver: Driver, ctx: WaitContext) -> None:
    """NULL is a key like any other (SET-03)."""
    driver.set(ctx, None, 3)
    driver.set(ctx, "a", 4)

    assert ((1, 3, None), 1, [4]) == (
        driver.get(ctx, None),
        driver.clear(ctx, None),
        driver.all(ctx),
    )


def test_equal_ints_are_one_key(driver: Driver, ctx: WaitContext) -> None:
    """Ints are compared by value, as the addresses they stand for."""
    driver.set(ctx, 10**30, 3)

    assert (1, 3, None) == driver.get(ctx, int("1" + "0" * 30))


def test_equal_objects_are_two_keys(driver: Driver, ctx: WaitContext) -> None:
    """Other keys are compared by identity, and never asked whether they are equal."""
    driver.set(ctx, Opaque(), 3)

    assert [0, 0] == [driver.get(ctx, key)[0] for key in (Opaque(), 3)]


def test_one_descriptor_under_two_keys_is_listed_twice(driver: Driver, ctx: WaitContext) -> None:
    """A descriptor under two keys is two entries, with two cleanups (SET-04)."""
    driver.set(ctx, "a", 3)
    driver.set(ctx, "b", 3)
    listed = driver.all(ctx)
    driver.library.ASYNC_WAIT_CTX_free(ctx)

    assert ([3, 3], 2) == (listed, len(driver.cleaned))


def test_a_duplicate_hides_the_older_entry(driver: Driver, ctx: WaitContext) -> None:
    """A key set twice has two entries; each clear uncovers the next, the third misses (SET-02)."""
    driver.set(ctx, "a", 3)
    driver.set(ctx, "a", 4)
    story = [driver.all(ctx)]
    answers = []
    for _ in range(3):
        answers.append((driver.get(ctx, "a")[0], driver.clear(ctx, "a")))
        story.append(driver.all(ctx))

    assert [[4, 3], [3], [], []] == story
    assert [(1, 1), (1, 1), (0, 0)] == answers


def test_a_duplicate_in_a_later_window(driver: Driver, ctx: WaitContext) -> None:
    """A fresh duplicate is cleared without a trace, the old entry then as deleted (SET-02)."""
    story: list[object] = []

    def look() -> None:
        story.append((driver.get(ctx, "a"), driver.changed(ctx)))

    def later() -> None:
        driver.set(ctx, "a", 12)
        look()
        driver.clear(ctx, "a")
        look()
        driver.clear(ctx, "a")
        look()

    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 11), later)).step()

    miss = (0, driver.untouched, driver.untouched)
    assert [
        ((1, 12, None), ([12], [])),
        ((1, 11, None), ([], [])),
        (miss, ([], [11])),
    ] == story


def test_clearing_twice_misses(driver: Driver, ctx: WaitContext) -> None:
    """Clearing gives 1, clearing again 0, and so does clearing what was never set (CLR-01, 03)."""
    driver.set(ctx, "a", 3)

    assert [1, 0, 0] == [driver.clear(ctx, key) for key in ("a", "a", "b")]


def test_clearing_an_old_entry_hides_it(driver: Driver, ctx: WaitContext) -> None:
    """An old entry once cleared is found neither before nor after the reset (GET-04, CLR-01)."""
    answers = []

    def clear() -> None:
        answers.append((driver.clear(ctx, "a"), driver.clear(ctx, "a"), driver.get(ctx, "a")[0]))

    body = driver.pausing(lambda: driver.set(ctx, "a", 3), clear, clear)
    run = driver.start(ctx, body)
    run.step()
    run.step()

    assert [(1, 0, 0), (0, 0, 0)] == answers


def test_set_after_clear_shows_the_new_entry_only(driver: Driver, ctx: WaitContext) -> None:
    """A descriptor set again after a clear comes with its new data (CLR-04, CLR-05)."""

    def again() -> None:
        driver.clear(ctx, "a")
        driver.set(ctx, "a", 3, "new")

    driver.start(ctx, driver.pausing(lambda: driver.set(ctx, "a", 3, "old"), again)).step()

    assert ((1, 3, "new"), [3]) == (driver.get(ctx, "a"), driver.all(ctx))


def test_clearing_from_the_middle_keeps_the_rest(driver: Driver, ctx: WaitContext) -> None:
    """Clearing one entry leaves its neighbours in their order."""
    for key, fd in [("a", 3), ("b", 4), ("c", 5)]:
        driver.set(ctx, key, fd)

    driver.clear(ctx, "b")

    assert [5, 3] == driver.all(ctx)


def test_set_without_memory_changes_nothing() -> None:
    """Setting gives 0 if there is no memory, and nothing has changed (SET-01)."""

    class Exhausted(AsyncLibrary):
        def new_entry(self, *_: object) -> Entry:
            raise MemoryError

    library = Exhausted()
    ctx, count = library.ASYNC_WAIT_CTX_new(), Ref(0)

    answer = library.ASYNC_WAIT_CTX_set_wait_fd(ctx, "a", 3, None, None)
    library.ASYNC_WAIT_CTX_get_changed_fds(ctx, None, count, None, Ref(0))

    assert (0, 0) == (answer, count.value)


def test_a_null_context_is_caught(library: AsyncLibrary) -> None:
    """The descriptor functions are undefined for a NULL context (SET-09)."""
    with pytest.raises(UndefinedBehaviourError, match="SET-09"):
        library.ASYNC_WAIT_CTX_set_wait_fd(None, "a", 3, None, None)


def test_equal_keys_are_cleared_apart(driver: Driver, ctx: WaitContext) -> None:
    """Of keys that are equal, yet two objects, the one that was given is cleared (SET-03)."""
    older, newer = Opaque(), Opaque()
    driver.set(ctx, older, 3)
    driver.set(ctx, newer, 3)
    driver.clear(ctx, older)

    assert [0, 1] == [driver.get(ctx, key)[0] for key in (older, newer)]
