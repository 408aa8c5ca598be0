"""The model's state: values that are found again by what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.state import Context, Entry, Job, Mark, State

if TYPE_CHECKING:
    from random import Random

OLD = Entry("k0", 7, "d0", "f0", Mark.OLD)
NEW = Entry("k0", 8, "d0", "f0")
GONE = Entry("k1", 9, "null", "null", Mark.DOOMED)
OTHER = Entry("k1", 9, "null", "null", Mark.MAYBE_FRESH)


class TestContext:
    """What a context holds."""

    def test_new_entry(self) -> None:
        """An entry is set in this window, while no job is paused, unless it is said otherwise."""
        assert (Mark.FRESH, False) == (NEW.mark, NEW.late)

    def test_live(self) -> None:
        """What was cleared exists no more, even while it is still to be told."""
        entries = tuple(Entry("k0", fd, "null", "null", mark) for fd, mark in enumerate(Mark))
        live = [Mark.FRESH, Mark.MAYBE_FRESH, Mark.OLD]

        assert live == [one.mark for one in Context(entries).live]

    def test_find(self) -> None:
        """Of several associations of a key the newest that exists is found."""
        context = Context((NEW, GONE, OLD, OTHER))

        assert (NEW, OTHER, None) == tuple(map(context.find, ("k0", "k1", "null")))

    def test_adding(self) -> None:
        """What is added stands in front, and what was told is open again."""
        added = Context((OLD,), told=(1, 0)).adding(NEW)

        assert Context((NEW, OLD)) == added

    def test_replacing(self) -> None:
        """An entry is replaced in its place, or taken out; it alone, though another is equal."""
        twin = evolve(NEW)
        context = Context((twin, NEW, OLD), told=(1, 0))

        assert (GONE, NEW, OLD) == context.replacing(twin, GONE).entries
        assert (twin, GONE, OLD) == context.replacing(NEW, GONE).entries
        assert Context((twin, NEW)) == context.replacing(OLD, None)


class TestState:
    """The whole."""

    def test_initial(self) -> None:
        """At first there is nothing."""
        state = State()

        assert (None, None, None) == (state.context("c0"), state.job("j0"), state.job_of("c0"))

    @given(st.permutations([f"c{index}" for index in range(12)]), st.randoms())
    def test_order_of_events_is_forgotten(self, names: list[str], random: Random) -> None:
        """States are equal, and so is their hash, in whatever order they came about."""
        one = other = State()
        for name in names:
            one = one.with_context(name, Context(status=len(name)))
        random.shuffle(names)
        for name in names:
            other = other.with_context(name, Context())
        for name in reversed(names):
            other = other.with_context(name, Context(status=len(name)))

        assert {one} == {other}
        assert [one.context(name) for name in names] == [other.context(name) for name in names]

    def test_is_left_as_it_was(self) -> None:
        """What is set or taken away shows in the new state alone."""
        before = State().with_context("c0", Context()).with_job("j0", Job("c0", "null"))
        after = before.with_context("c0", None).with_job("j0", None)

        assert State() == after
        assert (Context(), Job("c0", "null")) == (before.context("c0"), before.job("j0"))

    def test_job_of(self) -> None:
        """A context's job is found, whether it runs or is paused."""
        state = (
            State().with_job("j0", Job("c1", "null")).with_job("j1", Job("c0", "a0", paused=True))
        )

        assert (Job("c0", "a0", paused=True), None) == (state.job_of("c0"), state.job_of("c2"))
