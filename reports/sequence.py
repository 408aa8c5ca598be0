"""A failing program as a sequence diagram: who calls whom, laid out for drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from .plain_text import LAST_STEPS, MOST_CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .report import FailureReport, Step

#: Pixels from lifeline to lifeline, from arrow to arrow, and around it all.
_LANE: Final = 190
_LAST_LANE: Final = 400
_ROW: Final = 25
_MARGIN: Final = 75
_TOP: Final = 46
#: So many letters of a label fit between two lifelines; the rest is told when pointed at.
_LABEL: Final = 58

_APPLICATION: Final = "application"
_IMPLEMENTATION: Final = "implementation"


@frozen
class Lane:
    """A lifeline."""

    name: str
    x: int


@frozen
class Arrow:
    """A call, an answer, or a call back."""

    kind: str
    """``call``, ``answer`` or ``event``; the last that did not agree is ``wrong``, what was to be
    instead ``wanted``."""
    start: int
    end: int
    y: int
    label: str
    text: str
    """The label in full."""

    @property
    def middle(self) -> int:
        """Where the label stands."""
        return (self.start + self.end) // 2


@frozen
class Diagram:
    """All that is to be drawn, in pixels."""

    lanes: tuple[Lane, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def diagram(failure: FailureReport) -> Diagram:
    """Lay out the last steps of a failing program."""
    steps = failure.steps[-LAST_STEPS:]
    jobs = sorted({job for step in failure.steps if (job := _place(step, ""))})
    names = (_APPLICATION, *jobs, _IMPLEMENTATION)
    places = {name: _MARGIN + number * _LANE for number, name in enumerate(names)}
    places[_IMPLEMENTATION] += _LAST_LANE - _LANE
    before = failure.steps[: len(failure.steps) - len(steps)]
    arrows = tuple(_arrows(steps, _side_after(before), places))
    lanes = tuple(Lane(name, x) for name, x in places.items())
    width = places[_IMPLEMENTATION] + _MARGIN
    return Diagram(lanes, arrows, width, _TOP + _ROW * (len(arrows) + 1))


def _side_after(steps: tuple[Step, ...]) -> str:
    side = _APPLICATION
    for step in steps:
        side = _place(step, side)
    return side


def _place(step: Step, before: str) -> str:
    """Tell where the program goes on after a step: in a job, or in the application."""
    inside = step.saw.get("in")
    if inside is None:
        return before
    is_job = isinstance(inside, str) and inside.startswith("j")
    return str(inside) if is_job else _APPLICATION if before else ""


def _arrows(steps: tuple[Step, ...], side: str, places: Mapping[str, int]) -> Iterator[Arrow]:
    there, y = places[_IMPLEMENTATION], _TOP
    for step in steps:
        here, side = places[side], _place(step, side)
        rows = [("call", here, there, step.operation)]
        shown = step.events[:MOST_CALLS]
        rows += [("event", there, places[_APPLICATION], event) for event in shown]
        if step.agrees:
            rows.append(("answer", there, places[side], step.seen))
        else:
            wanted = " or ".join(step.permitted) or "nothing"
            rows.append(("wanted", there, places[side], f"permitted: {wanted}"))
            rows.append(("wrong", there, places[side], f"seen: {step.seen}"))
        for kind, start, end, text in rows:
            if text != "-":
                y += _ROW
                yield Arrow(kind, start, end, y, _shortened(text), text)


def _shortened(text: str) -> str:
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"
