"""The model's rules for memory: what is left at the end, and what happens when it is short.

While an allocation is to be denied, every operation has more permitted outcomes than usual: it can
be the one to which that happens. Then it tells of the error and leaves everything as it was, or it
does without the memory. One that has no way to tell of an error, such as the end of a job, may lose
what it was to keep: the job's place in the pool, and its memory. Real releases do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import evolve

from .expectations import CLEANUPS, Answers, Calls, all_clauses
from .heap import SOUND
from .operations import Answer, FailAlloc, Leaks, New, Operation, Pause, Start
from .outcomes import Outcome, Profile, Rule
from .rules_jobs import ASYNC_ERR, ASYNC_NO_JOBS
from .state import Memory, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .expectations import Clauses, Expectation

#: No program of any engine makes so many requests.
MAX_NUMBER: Final = 10_000

#: What the answer rests on that nothing is left.
LEFT: Final = ("MEM-LEAK-02", "MEM-LEAK-03", "MEM-LEAK-04", "MEM-LEAK-01")
#: What every operation after one that was denied memory rests on.
UNCHANGED: Final = ("MEM-SHORT-04",)


_SILENT: Final = Calls(CLEANUPS, UNCHANGED)


def fail_alloc(state: State, _: FailAlloc, __: Profile) -> Iterator[Outcome]:
    """Deny an allocation to one of the operations that follow."""
    yield Outcome((), evolve(state, memory=Memory.SHORT))


def leaks(state: State, _: Leaks, __: Profile) -> Iterator[Outcome]:
    """Ask what is left when no context and no job is: nothing, how often it may be run."""
    if state.memory is Memory.LOST:
        yield Outcome((), evolve(state, memory=Memory.COUNTED))
        return
    short = ("MEM-SHORT-05",) if state.memory is Memory.DENIED else ()
    clauses: Clauses = (*short, *LEFT)
    expected = (Answers("blocks", (0,), clauses), Answers("bytes", (0,), clauses), SOUND)
    yield Outcome(expected, evolve(state, memory=Memory.COUNTED))


def while_short(
    state: State, operation: Operation, outcomes: Iterable[Outcome]
) -> Iterator[Outcome]:
    """Give what is permitted while an allocation is to be denied, to this operation or later."""
    usual = tuple(outcomes)
    yield from (evolve(one, denied=False) for one in usual)
    errors = tuple(_errors(operation))
    memory = Memory.DENIED if errors else Memory.LOST
    for expected in errors:
        told = (*expected, _SILENT)
        yield Outcome(told, evolve(state, memory=memory), denied=True)
    special = all_clauses(errors[0])[:1] if errors else UNCHANGED
    for one in usual:
        after = evolve(one.state, memory=memory)
        yield evolve(one, denied=True, state=after, special=special)


def can_tell(operation: Operation) -> bool:
    """Tell whether an operation has a way to tell that it had not the memory."""
    return any(_errors(operation))


def _errors(operation: Operation) -> Iterator[tuple[Expectation, ...]]:
    """Give how an operation tells that it had not the memory; none if it has no way to."""
    beside = (Answers("stray", (0,), ("MEM-SHORT-04",)),) if "stray" in operation.answers else ()
    match operation:
        case New():
            yield (Answers("ctx", ("null",), ("MEM-SHORT-01",)),)
        case Start():
            clauses = ("MEM-SHORT-03",)
            codes = Answers("start_job", (ASYNC_ERR, ASYNC_NO_JOBS), clauses)
            yield (Answers("in", ("none",), clauses), codes, *beside)
        case Pause():
            # Both where the pause would have been, and where there is none.
            yield (Answers("pause_job", (0,), ("MEM-SHORT-02",)),)
        case _ if operation.answers.get("rc") is Answer.NUMBER:
            yield (Answers("rc", (0,), ("MEM-SHORT-02",)), *beside)


RULES: Final[dict[type[Operation], Rule]] = {FailAlloc: fail_alloc, Leaks: leaks}


def defined(state: State, op: Operation, _: Profile) -> bool:
    """Tell whether what happens is defined."""
    match op:
        case FailAlloc():
            enough = state.memory is Memory.ENOUGH
            return enough and state.alone and not state.files and 1 <= op.number <= MAX_NUMBER
        case Leaks():
            return not state.contexts and not state.jobs and state.alone
    raise AssertionError(op)
