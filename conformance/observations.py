"""Observations: what an implementation answered to one operation, and what it did meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

#: A single answer: a number, a symbol or word, or the elements of an array.
Value = int | str | tuple[int | str, ...]

UNTOUCHED: Final = "untouched"
#: The answer of an operation that the implementation did not survive; its value is the cause.
DIED: Final = "died"
#: The cause of death of an operation that comes after one which the program did not survive.
STUCK: Final = "the program cannot go on here"
#: What begins the cause of death of one that made no progress.
HANG: Final = "hang"
#: How a cause ends if that was after the program's last operation.
WHILE_CLEANING: Final = "while what the program left was freed"
#: What an operation did wrong with its memory, in words (see `heap`); seldom there.
HEAP: Final = "heap"
#: How many bytes an operation asked for and was denied; there if it was.
DENIED: Final = "denied"


class ObservationError(ValueError):
    """A written observation has another shape than `Observation.to_json` gives."""


@frozen(cache_hash=True)
class Event:
    """A call that the implementation made: of a cleanup routine, or of a callback."""

    routine: str
    """Which one: ``f0``, ``b1``."""
    arguments: tuple[Value, ...]
    """A cleanup gets (context, key, fd, data), a callback (argument,), all as symbols."""

    def __str__(self) -> str:
        """Give the call as one would write it."""
        return f"{self.routine}({', '.join(map(str, self.arguments))})"


@frozen(cache_hash=True)
class Observation:
    """The answers by name, in order, and the events in the order in which they happened."""

    answers: tuple[tuple[str, Value], ...] = ()
    events: tuple[Event, ...] = ()

    @classmethod
    def of(cls, answers: Mapping[str, Value], events: Sequence[Event] = ()) -> Observation:
        """Make one from a mapping."""
        return cls(tuple(answers.items()), tuple(events))

    def get(self, name: str) -> Value | None:
        """Give one answer; None when the operation had no such answer."""
        return next((value for key, value in self.answers if key == name), None)

    def __str__(self) -> str:
        """Give it as one line: ``rc=1 fd=7 data=d0 | f0(c0, k0, 7, d0)``."""
        answers = " ".join(f"{name}={show(value)}" for name, value in self.answers)
        events = ", ".join(map(str, self.events))
        return " | ".join(part for part in (answers, events) if part) or "-"

    def to_json(self) -> dict[str, object]:
        """Write it as a plain object."""
        plain: dict[str, object] = dict(self.answers)
        if self.events:
            plain["events"] = [[one.routine, *one.arguments] for one in self.events]
        return plain

    @classmethod
    def from_json(cls, value: object) -> Observation:
        """Read it from a plain object.

        Raises:
            ObservationError: it has another shape.
        """
        if not isinstance(value, Mapping):
            msg = "an observation is an object"
            raise ObservationError(msg)
        answers = {name: _value(one) for name, one in value.items() if name != "events"}
        events = value.get("events", [])
        if not isinstance(events, list):
            msg = "events is a list"
            raise ObservationError(msg)
        return cls.of(answers, [_event(one) for one in events])


def show(value: Value) -> str:
    """Write an answer for people: arrays as ``[7 8]``."""
    return f"[{' '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)


def _value(value: object) -> Value:
    if isinstance(value, list):
        return tuple(_scalar(one) for one in value)
    return _scalar(value)


def _scalar(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        msg = f"an answer is a number, a word or a list of these, not {value!r:.60}"
        raise ObservationError(msg)
    return value


def _event(value: object) -> Event:
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        msg = "an event is a list that starts with the routine's name"
        raise ObservationError(msg)
    return Event(value[0], tuple(_value(one) for one in value[1:]))


def died(cause: str, denied: int | None = None) -> Observation:
    """Make the observation of an operation during which the implementation crashed or hung."""
    return Observation.of({DIED: cause} if denied is None else {DIED: cause, DENIED: denied})
