"""The model's rules for real descriptors: who closes them, and who does not.

The library knows an fd as a number alone. It is opened, written, read and closed by async-aware
code, and what closes it at the end is the cleanup routine, which the library calls. The routines of
a program close the real descriptors that they are called with, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import evolve

from .expectations import Answers, Clauses
from .operations import Close, Descriptors, Drain, Fate, Look, Open, Operation, Wake
from .outcomes import Outcome
from .state import File, Memory, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .outcomes import Profile, Rule

#: What has become of a descriptor, from the most special to the most general.
_FATE: Final[Clauses] = ("FILE-FREE-01", "FILE-CLEAR-01", "FILE-SET-01", "FILE-KEEP-01")


def _becomes(file: File) -> Rule:
    """Give the rule of an operation that leaves a descriptor so, and that nobody else answers."""

    def rule(state: State, op: Open | Close | Wake | Drain, _: Profile) -> Iterator[Outcome]:
        yield Outcome((), state.with_file(op.file, file))

    return rule


def look(state: State, op: Look, _: Profile) -> Iterator[Outcome]:
    """Look at a descriptor: open and as it was left, or closed by the one who was to close it."""
    file = state.file(op.file)
    if file is File.CLOSED:
        yield Outcome((Answers("file", (Fate.CLOSED.value,), _FATE),), state)
        return
    expected = (
        Answers("file", (Fate.OPEN.value,), _FATE),
        Answers("flags", (0,), ("FILE-FLAGS-01",)),
        Answers("readable", (int(file is File.READABLE),), ("FILE-READ-01",)),
    )
    yield Outcome(expected, state)


def descriptors(state: State, _: Descriptors, __: Profile) -> Iterator[Outcome]:
    """Ask what stays open when all was freed and closed: nothing, how often it may be run."""
    answer = Answers("open", (0,), ("FILE-LEAK-01",))
    yield Outcome((answer,), evolve(state, memory=Memory.COUNTED))


RULES: Final[dict[type[Operation], Rule]] = {
    Open: _becomes(File.QUIET),
    Close: _becomes(File.CLOSED),
    Wake: _becomes(File.READABLE),
    Drain: _becomes(File.QUIET),
    Look: look,
    Descriptors: descriptors,
}


def defined(state: State, op: Operation, _: Profile) -> bool:
    """Tell whether what happens is defined.

    A descriptor is not closed while a cleanup routine may still be called with it.
    """
    match op:
        case Open():
            return state.file(op.file) is None and state.memory is Memory.ENOUGH
        case Close():
            return state.at_hand(op.file) and not _is_owed(state, op.file)
        case Wake():
            return state.file(op.file) is File.QUIET
        case Drain():
            return state.file(op.file) is File.READABLE
        case Look():
            return state.file(op.file) is not None
        case Descriptors():
            closed = all(file is File.CLOSED for _, file in state.files)
            return closed and not state.contexts and not state.jobs and state.alone
    raise AssertionError(op)


def _is_owed(state: State, name: str) -> bool:
    return any(
        one.fd == name for _, context in state.contexts for one in (*context.live, *context.ghosts)
    )
