"""What one expectation makes of an observation, and which clause it puts the blame on."""

from __future__ import annotations

import pytest

from waitctx.conformance.expectations import (
    CALLBACKS,
    CLEANUPS,
    NO_CALLBACK,
    Answers,
    Calls,
    Expectation,
    Listing,
    all_clauses,
)
from waitctx.conformance.observations import UNTOUCHED, Event, Observation, Value


def blamed(expectation: Expectation, seen: Observation) -> tuple[str, ...]:
    """Give the clauses of the mismatch; none when there is no mismatch."""
    mismatch = expectation.mismatch(seen)
    return () if mismatch is None else mismatch.clauses


class TestAnswers:
    """One answer of several."""

    EITHER = Answers("rc", (0, 1), ("A", "B"))

    @pytest.mark.parametrize(
        ("seen", "text"),
        [
            ({"rc": 2}, "2"),
            ({"rc": "untouched"}, "untouched"),
            ({"rc": (0,)}, "[0]"),
            ({}, "no answer"),
        ],
    )
    def test_other_values(self, seen: dict[str, Value], text: str) -> None:
        """Any other value is a mismatch, as is none at all; the general clause goes first then."""
        mismatch = self.EITHER.mismatch(Observation.of(seen))

        assert mismatch is not None
        assert ("rc", "0 or 1", text, ("B", "A")) == (
            mismatch.answer,
            mismatch.wanted,
            mismatch.seen,
            mismatch.clauses,
        )

    @pytest.mark.parametrize("value", [0, 1])
    def test_values(self, value: int) -> None:
        """Each of the values will do."""
        assert () == blamed(self.EITHER, Observation.of({"rc": value}))

    @pytest.mark.parametrize("seen", [{"fd": 7}, {"fd": UNTOUCHED}, {}])
    def test_anything(self, seen: dict[str, Value]) -> None:
        """Where no values are given, anything will do."""
        anything = Answers("fd", ())

        assert () == blamed(anything, Observation.of(seen))
        assert {"fd": "anything"} == anything.wanted


def listing(*fds: int, given: bool = True, ordered: bool = True) -> Listing:
    """Expect some fds."""
    return Listing(
        "count",
        "fds",
        fds,
        given=given,
        ordered=ordered,
        of_count=("COUNT",),
        of_length=("LENGTH",),
        of_content=("CONTENT",),
        of_excess=("EXCESS",),
        of_lack=("LACK",),
        of_order=("ORDER",),
    )


class TestListing:
    """A number of fds and their array."""

    @pytest.mark.parametrize(
        ("count", "array", "clause", "answer"),
        [
            (2, (7, 8), "", ""),
            (2, (8, 7), "ORDER", "fds"),
            (3, (7, 8), "COUNT", "count"),
            (1, (8, 7), "COUNT", "count"),
            (UNTOUCHED, (7, 8), "COUNT", "count"),
            (2, (7,), "LENGTH", "fds"),
            (2, (), "LENGTH", "fds"),
            (2, (7, 8, 9), "LENGTH", "fds"),
            (2, (UNTOUCHED, 8), "LENGTH", "fds"),
            (1, (7,), "LACK", "fds"),
            (0, (), "LACK", "fds"),
            (2, (7, 9), "CONTENT", "fds"),
            (2, (7, 7), "CONTENT", "fds"),
            (2, "null", "LACK", "fds"),
            (3, (7, 8, 9), "EXCESS", "fds"),
            (3, (7, 8, 8), "EXCESS", "fds"),
        ],
    )
    def test_array(self, count: Value, array: Value, clause: str, answer: str) -> None:
        """A wrong number, a short array, a lost fd, one too many and the order are told apart."""
        mismatch = listing(7, 8).mismatch(Observation.of({"count": count, "fds": array}))

        assert bool(clause) == (mismatch is not None)
        if mismatch is not None:
            assert ((clause,), answer) == (mismatch.clauses, mismatch.answer)

    def test_any_order(self) -> None:
        """Where the order is free, only the others are faults."""
        free = listing(7, 8, 7, ordered=False)

        assert () == blamed(free, Observation.of({"count": 3, "fds": (7, 7, 8)}))
        assert ("CONTENT",) == blamed(free, Observation.of({"count": 3, "fds": (8, 8, 7)}))
        assert {"count": "3", "fds": "[7 8 7] in any order"} == free.wanted

    def test_seen(self) -> None:
        """What was seen is told in words, also where there was no answer."""
        clauses = dict.fromkeys(("length", "content", "excess", "lack", "order"), ("X",))
        named = {f"of_{name}": value for name, value in clauses.items()}
        listing = Listing("count", "fds", (7,), given=True, ordered=True, of_count=("X",), **named)
        absent, other = (
            listing.mismatch(Observation()),
            listing.mismatch(Observation.of({"count": 1, "fds": (8,)})),
        )

        assert absent is not None
        assert other is not None
        assert ("no answer", "[8]") == (absent.seen, other.seen)

    @pytest.mark.parametrize(
        ("count", "array", "answer"),
        [(2, (7, 8), "fds"), (3, "null", "count"), (UNTOUCHED, "null", "count")],
    )
    def test_number_alone(self, count: Value, array: Value, answer: str) -> None:
        """Without an array the number is all there is."""
        alone = listing(7, 8, given=False)
        mismatch = alone.mismatch(Observation.of({"count": count, "fds": array}))

        assert () == blamed(alone, Observation.of({"count": 2, "fds": "null"}))
        assert mismatch is not None
        assert (("COUNT",), answer) == (mismatch.clauses, mismatch.answer)

    def test_many(self) -> None:
        """Hundreds of fds are compared as few are."""
        fds = tuple(range(300))
        seen = Observation.of({"count": len(fds), "fds": fds[::-1]})

        assert () == blamed(listing(*fds, ordered=False), seen)
        assert ("ORDER",) == blamed(listing(*fds), seen)

    @pytest.mark.parametrize(
        ("seen", "text"), [({"count": 3}, "3"), ({}, "no answer"), ({"rc": 1}, "no answer")]
    )
    def test_number_seen(self, seen: dict[str, Value], text: str) -> None:
        """The mismatch shows what was answered, or says that nothing was."""
        mismatch = listing(7, given=False).mismatch(Observation.of(seen))

        assert mismatch is not None
        assert ("1", text) == (mismatch.wanted, mismatch.seen)

    def test_no_fds_have_no_order(self) -> None:
        """Nothing is said of the order of no fds, or of one."""
        assert {"count": "0", "fds": "[]"} == listing(ordered=False).wanted
        assert {"count": "1", "fds": "[7]"} == listing(7, ordered=False).wanted

    def test_no_answers(self) -> None:
        """An observation of something else is a mismatch, whatever was wanted."""
        assert ("LACK",) == blamed(listing(), Observation.of({"rc": 1}))
        assert ("COUNT",) == blamed(listing(given=False), Observation.of({"rc": 1}))

    @pytest.mark.parametrize(
        ("expected", "clauses"),
        [
            (listing(), ("COUNT", "LENGTH", "CONTENT", "EXCESS")),
            (listing(7), ("COUNT", "LENGTH", "CONTENT", "EXCESS", "LACK")),
            (listing(7, 8), ("COUNT", "LENGTH", "CONTENT", "EXCESS", "LACK", "ORDER")),
            (listing(7, 8, ordered=False), ("COUNT", "LENGTH", "CONTENT", "EXCESS", "LACK")),
            (listing(7, 8, given=False), ("COUNT",)),
        ],
    )
    def test_clauses(self, expected: Listing, clauses: tuple[str, ...]) -> None:
        """It rests on what can be wrong: nothing cannot be lacking, one fd is in no order."""
        assert clauses == expected.clauses


FIRST = Event("f0", ("c0", "k0", 7, "d0"))
SECOND = Event("f1", ("c0", "k1", 8, "null"))
OTHER = Event("f0", ("c0", "k0", 9, "d0"))
CALLED = Event("b0", ("d0",))


def calls(
    *required: Event, optional: tuple[Event, ...] = (), ordered: bool = True, name: str = CLEANUPS
) -> Calls:
    """Expect some calls."""
    return Calls(
        name, ("EXCESS",), ("LACK",), ("ARGUMENTS",), ("ORDER",), required, optional, ordered
    )


class TestCalls:
    """Calls of cleanup routines and callbacks."""

    @pytest.mark.parametrize(
        ("expected", "seen", "clause"),
        [
            (calls(), (), ""),
            (calls(), (FIRST,), "EXCESS"),
            (calls(FIRST), (FIRST,), ""),
            (calls(FIRST), (), "LACK"),
            (calls(FIRST), (FIRST, FIRST), "EXCESS"),
            (calls(FIRST), (OTHER,), "ARGUMENTS"),
            (calls(FIRST, SECOND), (FIRST, SECOND), ""),
            (calls(FIRST, SECOND), (SECOND, FIRST), "ORDER"),
            (calls(FIRST, SECOND), (FIRST, FIRST), "ARGUMENTS"),
            (calls(FIRST, SECOND, ordered=False), (SECOND, FIRST), ""),
            (calls(FIRST, optional=(SECOND,), ordered=False), (FIRST,), ""),
            (calls(FIRST, optional=(SECOND,), ordered=False), (SECOND, FIRST), ""),
            (calls(FIRST, optional=(SECOND,), ordered=False), (SECOND,), "ARGUMENTS"),
            (calls(FIRST, optional=(SECOND,), ordered=False), (FIRST, OTHER), "ARGUMENTS"),
            (calls(FIRST, optional=(SECOND,), ordered=False), (FIRST, SECOND, SECOND), "EXCESS"),
            (
                calls(FIRST, SECOND, optional=(OTHER,), ordered=False),
                (FIRST, SECOND, OTHER, FIRST),
                "EXCESS",
            ),
            (calls(optional=(FIRST,)), (), ""),
            (calls(), (CALLED,), ""),
            (calls(FIRST), (CALLED,), "LACK"),
            (calls(name=CALLBACKS), (FIRST,), ""),
            (calls(name=CALLBACKS), (CALLED,), "EXCESS"),
        ],
    )
    def test_faults(self, expected: Calls, seen: tuple[Event, ...], clause: str) -> None:
        """Too many, too few, other arguments and the order are told apart; others do not count."""
        assert ((clause,) if clause else ()) == blamed(expected, Observation(events=seen))

    @pytest.mark.parametrize(
        ("seen", "clause"),
        [
            ((FIRST, FIRST, FIRST), "AGAIN"),
            ((FIRST, SECOND, SECOND), "AGAIN"),
            ((FIRST, SECOND, OTHER), "EXCESS"),
        ],
    )
    def test_again(self, seen: tuple[Event, ...], clause: str) -> None:
        """Too many calls of nothing but what may be called are told apart from strange ones."""
        expected = Calls(
            CLEANUPS, ("EXCESS",), required=(FIRST,), optional=(SECOND,), of_again=("AGAIN",)
        )

        assert (clause,) == blamed(expected, Observation(events=seen))

    def test_any_order(self) -> None:
        """Calls come in any order unless one is asked for."""
        expected = Calls(CLEANUPS, ("EXCESS",), of_order=("ORDER",), required=(FIRST, SECOND))

        assert () == blamed(expected, Observation(events=(SECOND, FIRST)))

    @pytest.mark.parametrize(
        ("seen", "text"),
        [((), "none"), ((OTHER, SECOND), "f0(c0, k0, 9, d0), f1(c0, k1, 8, null)")],
    )
    def test_seen(self, seen: tuple[Event, ...], text: str) -> None:
        """The mismatch shows the calls that were made, or says that none was."""
        mismatch = calls(FIRST).mismatch(Observation(events=seen))

        assert mismatch is not None
        assert text == mismatch.seen

    def test_no_callback(self) -> None:
        """A callback that the library calls by itself is a fault wherever it happens."""
        assert ("CB-CALL-01",) == blamed(NO_CALLBACK, Observation(events=(FIRST, CALLED)))

    @pytest.mark.parametrize(
        ("expected", "text"),
        [
            (calls(), None),
            (calls(FIRST), "f0(c0, k0, 7, d0)"),
            (calls(FIRST, SECOND), "f0(c0, k0, 7, d0), f1(c0, k1, 8, null)"),
            (
                calls(FIRST, SECOND, ordered=False),
                "f0(c0, k0, 7, d0), f1(c0, k1, 8, null) in any order",
            ),
            (calls(FIRST, ordered=False), "f0(c0, k0, 7, d0)"),
            (calls(optional=(FIRST,)), "none, perhaps f0(c0, k0, 7, d0)"),
            (calls(optional=(FIRST,), ordered=False), "none, perhaps f0(c0, k0, 7, d0)"),
        ],
    )
    def test_words(self, expected: Calls, text: str | None) -> None:
        """What is permitted can be said; where nothing is to be called, nothing is said."""
        assert text == expected.wanted.get(CLEANUPS)

    def test_clauses(self) -> None:
        """It rests on the clauses that it can be wrong about."""
        assert ("EXCESS",) == calls().clauses
        assert ("EXCESS", "LACK", "ARGUMENTS") == calls(FIRST).clauses
        assert ("EXCESS", "LACK", "ARGUMENTS", "ORDER") == calls(FIRST, SECOND).clauses


def test_all_clauses() -> None:
    """Of several expectations every clause is told once, in their order."""
    expectations = [
        Answers("a", (1,), ("B", "A")),
        Answers("b", ()),
        Answers("c", (1,), ("A", "C")),
    ]

    assert ("B", "A", "C") == all_clauses(expectations)
