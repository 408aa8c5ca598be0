"""A failure as lines of plain text, for formats that have nothing better to show it with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .report import ClauseVerdict, FailureReport, KnownFailure, Step

#: Of a longer program only the last steps are laid out; its one line has them all.
LAST_STEPS: Final = 20
#: An answer that agreed shows at most so many of the permitted ones.
_ALTERNATIVES: Final = 3
#: A step shows at most so many of the calls that were made meanwhile.
MOST_CALLS: Final = 20


def failure_text(failure: FailureReport) -> Iterator[str]:
    """Give a failure: the clause, the program, its steps, and what else is known."""
    yield f"{failure.id} {failure.clause}: {failure.title}"
    yield f"Program: {failure.program}"
    if left_out := max(0, len(failure.steps) - LAST_STEPS):
        yield f"({left_out} steps before these agree)"
    for step in failure.steps[left_out:]:
        mark = "   " if step.agrees else ">> "
        yield f"{mark}{step.operation}"
        yield from (f"      permitted: {line}" for line in permitted(step))
        yield from (f"      seen:      {line}" for line in seen(step))
    yield from (f"Wrong: {line}" for line in failure.wrong)
    if failure.cause:
        yield f"Ended by: {failure.cause}"


def known_text(failure: KnownFailure) -> str:
    """Give what was announced in a line: what it is, why it is known, and until when."""
    until = f"until {failure.expires}" if failure.expires else ""
    more = "; ".join(filter(None, (failure.reason, failure.link, until)))
    return f"{failure.subject}: {more}"


def stale_text(failure: KnownFailure) -> str:
    """Say what is out of date about it, and what to do."""
    return f"{failure.place}: {failure.subject} {failure.now}: {failure.advice}"


def programs_each(verdicts: Iterable[ClauseVerdict]) -> str:
    """Say how many programs exercised each clause, of some: so many, or that many and more."""
    known = {one.programs for one in verdicts if one.programs is not None}
    return f"{min(known):,}{'+' if len(known) > 1 else ''}" if known else ""


def permitted(step: Step) -> list[str]:
    """Give the permitted outcomes of a step, a line for each; of one that agreed not all."""
    shown = list(step.permitted)
    if step.agrees and len(shown) > _ALTERNATIVES:
        shown[_ALTERNATIVES:] = [f"{len(shown) - _ALTERNATIVES} more"]
    return [*shown[:1], *(f"or {one}" for one in shown[1:])]


def seen(step: Step) -> list[str]:
    """Give what was seen at a step, and a line for each of the first calls made meanwhile."""
    calls = [f"calls {event}" for event in step.events[:MOST_CALLS]]
    if more := len(step.events) - len(calls):
        calls.append(f"and {more:,} more calls")
    return calls if calls and step.seen == "-" else [step.seen, *calls]
