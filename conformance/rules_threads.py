"""The model's rules for threads: each has a state of its own, and a program walks among them.

Contexts and jobs belong to the thread that made them. To share one between threads is undefined, so
no other thread's operation names it. What is permitted in a thread therefore is what would be if
there were no other, whether they take turns or run at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import evolve

from . import operations as ops
from .operations import Interrupt, Meet, Operation, Race, Symbol, Thread
from .outcomes import Outcome
from .state import Memory, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .expectations import Clauses
    from .outcomes import Profile, Rule

#: Past so many no operation is worth interrupting: each costs more than a microsecond.
MAX_INSTRUCTIONS: Final = 100_000

_JOBS: Final[Clauses] = ("THREAD-JOB-01",)
_POOL: Final[Clauses] = ("THREAD-POOL-01", *_JOBS)
#: What the operations of a thread rest on besides, where there are others.
_APART: Final[dict[type[Operation], Clauses]] = {
    ops.InitThread: _POOL,
    ops.CleanupThread: _POOL,
    ops.Start: _POOL,
    ops.Pause: ("THREAD-BLOCK-01", *_JOBS),
    ops.GetCurrentJob: ("THREAD-CURRENT-01",),
    ops.Resume: _JOBS,
    ops.Return: _JOBS,
    ops.ReadArgs: _JOBS,
    ops.GetWaitCtx: _JOBS,
}
_OTHERWISE: Final[Clauses] = ("THREAD-CTX-01",)


def thread(state: State, op: Thread, _: Profile) -> Iterator[Outcome]:
    """Go on in another thread, where nothing has happened since, or ever."""
    others = dict(state.waiting)
    others[state.thread] = evolve(state, waiting=())
    there = others.pop(op.thread, None) or State(capable=state.capable)
    after = evolve(
        there,
        thread=op.thread,
        waiting=tuple(sorted(others.items(), key=_name)),
        duplicate=state.duplicate,
        racing=state.racing,
    )
    yield Outcome((), after)


def _name(pair: tuple[str, State]) -> str:
    return pair[0]


def race(state: State, _: Race, __: Profile) -> Iterator[Outcome]:
    """Let all threads run at the same time."""
    yield Outcome((), evolve(state, racing=True))


def meet(state: State, _: Meet, __: Profile) -> Iterator[Outcome]:
    """Wait for the others."""
    yield Outcome((), state)


def interrupt(state: State, _: Interrupt, __: Profile) -> Iterator[Outcome]:
    """Interrupt an operation: what is permitted is the same."""
    yield Outcome((), state)


RULES: Final[dict[type[Operation], Rule]] = {
    Thread: thread,
    Race: race,
    Meet: meet,
    Interrupt: interrupt,
}


def apart(state: State, operation: Operation, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Say of what is permitted that the other threads have no part in it."""
    racing = ("THREAD-RACE-01",) if state.racing else ()
    special = (*racing, *_APART.get(type(operation), _OTHERWISE))
    for one in outcomes:
        yield evolve(one, special=(*special, *one.special))


def is_foreign(state: State, operation: Operation) -> bool:
    """Tell whether an operation names what belongs to another thread."""
    return any(
        (kind is Symbol.CONTEXT and other.context(str(value)) is not None)
        or (kind is Symbol.JOB and other.job(str(value)) is not None)
        or (kind in (Symbol.FILE, Symbol.FD) and other.file(value) is not None)
        for _, kind, value in operation.arguments
        for _, other in state.waiting
    )


def defined(state: State, op: Operation, _: Profile) -> bool:
    """Tell whether what happens is defined."""
    match op:
        case Thread():
            return op.thread != state.thread and state.memory is Memory.ENOUGH
        case Race():
            return state == State(capable=state.capable)
        case Meet():
            return state.racing
        case Interrupt():
            return not state.racing and 1 <= op.instructions <= MAX_INSTRUCTIONS
    raise AssertionError(op)
