"""How long an implementation is waited for that was seen to hang."""

from __future__ import annotations

from waitctx.conformance.adapters.hangs import Hangs
from waitctx.conformance.observations import Observation, died
from waitctx.conformance.programs import from_text

PROGRAM = from_text("new c0; clear c0 k0; get c0 k0")
NEW = Observation.of({"ctx": "new"})
IN_CLEAR = (NEW, died("hang"))
IN_GET = (NEW, Observation.of({"rc": 0}), died("hang"))


def test_all_the_time_at_first() -> None:
    """Before anything has hung each operation gets all its time, and nothing is doubted."""
    hangs = Hangs(2.0)

    assert 2.0 == hangs.deadline
    assert not hangs.doubts([PROGRAM], [IN_CLEAR], "hang")


def test_less_time_later() -> None:
    """The more often something has hung, the less time there is."""
    hangs = Hangs(2.0)
    seen = []
    for _ in range(6):
        hangs.note([PROGRAM], [IN_CLEAR], "hang")
        seen.append(hangs.deadline)

    assert sorted(seen, reverse=True) == seen
    assert 2.0 > seen[0] > seen[-1] > 0


def test_other_places_are_doubted() -> None:
    """A hang that is told early counts at once only where one was seen before."""
    hangs = Hangs(2.0)
    hangs.note([PROGRAM], [IN_CLEAR], "hang")

    assert not hangs.doubts([PROGRAM], [IN_CLEAR], "hang")
    assert hangs.doubts([PROGRAM], [IN_GET], "hang")
    assert hangs.doubts([PROGRAM], [IN_CLEAR], "hang while what the program left was freed")


def test_cleaning() -> None:
    """A hang after the program is the same whichever operation came last."""
    hangs = Hangs(2.0)
    cause = "hang while what the program left was freed"
    hangs.note([PROGRAM], [IN_CLEAR], cause)

    assert not hangs.doubts([PROGRAM], [IN_GET], cause)
    assert hangs.doubts([PROGRAM], [IN_GET], "hang")


def test_other_ends() -> None:
    """What did not hang changes nothing, and is never doubted."""
    hangs = Hangs(2.0)
    hangs.note([PROGRAM], [(NEW, died("SIGSEGV"))], "SIGSEGV")
    hangs.note([], [], "")

    assert 2.0 == hangs.deadline
    hangs.note([PROGRAM], [IN_CLEAR], "hang")
    assert not hangs.doubts([PROGRAM], [(NEW, died("SIGSEGV"))], "SIGSEGV")
