"""Ways to write a program otherwise: each gives another program, and none asks whether it fails."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from attrs import evolve

from . import operations as ops
from .operations import NULLABLE, Symbol, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .operations import Operation
    from .programs import Program

#: From the simplest on; 0 comes last, for it is a special number to faulty code.
_SIMPLE_NUMBERS: Final = (1, 2, 3, 0)
#: What only makes sense if there are several threads.
RACING: Final = (ops.Race, ops.Meet)


def without_free(program: Program, place: int, ctx: str) -> Program:
    """Leave out where a context is freed; the next one of that name gets another."""
    used = {getattr(one, "ctx", "") for one in program}
    other = next((name for name in names(Symbol.CONTEXT) if name not in used), ctx)
    return (*program[:place], *merged(program[place + 1 :], ctx, other))


def threads(program: Program) -> tuple[str, ...]:
    """Give the threads of a program in the order in which it comes to them."""
    named = (one.thread for one in program if isinstance(one, ops.Thread))
    return tuple(dict.fromkeys(("t0", *named)))


def without_thread(program: Program, name: str) -> Program:
    """Leave out what one thread does; with a single thread left there is no need to name it."""
    here, there = "t0", "t0"
    kept: list[Operation] = []
    for operation in program:
        if isinstance(operation, ops.Thread):
            there = operation.thread
        elif there != name or isinstance(operation, RACING):
            if there != here:
                kept.append(ops.Thread(there))
                here = there
            kept.append(operation)
    if len(threads(program)) > 2:  # noqa: PLR2004 - one of two is one
        return tuple(kept)
    return tuple(one for one in kept if not isinstance(one, (ops.Thread, *RACING)))


def with_first_threads(program: Program) -> Program:
    """Name the threads by the order in which the program comes to them."""
    new = {name: f"t{place}" for place, name in enumerate(threads(program))}
    return tuple(
        ops.Thread(new[one.thread]) if isinstance(one, ops.Thread) else one for one in program
    )


def simpler(operation: Operation) -> Iterator[Operation]:
    """Give the operation with one argument simpler, in every such way."""
    for name, kind, value in operation.arguments:
        for other in _simpler_values(kind, value):
            yield evolve(operation, **{name: other})


def simplest(operation: Operation) -> Operation:
    """Give the operation with every argument as simple as it gets."""
    simple = {
        name: next(iter(_simpler_values(kind, value)), value)
        for name, kind, value in operation.arguments
    }
    return evolve(operation, **simple)


def _simpler_values(kind: Symbol, value: str | int) -> tuple[str | int, ...]:
    if kind is Symbol.ARRAY:
        # With an array more is to be seen, and so easier to tell what is wrong.
        return () if value == "array" else ("array",)
    if kind in (Symbol.NUMBER, Symbol.FD):
        return tuple(takewhile(lambda one: one != value, _SIMPLE_NUMBERS))
    if kind in NULLABLE and kind is not Symbol.KEY and value != "null":
        return ("null",)
    return ()


def without_null_key(program: Program) -> Program:
    """Give the NULL key a name."""
    free = {"key": _free_key(program)}
    return tuple(
        evolve(one, **free) if getattr(one, "key", "") == "null" else one for one in program
    )


def merged(program: Program, ctx: str, other: str) -> Program:
    """Do with another context what was done with one."""
    there = {"ctx": other}
    return tuple(evolve(one, **there) if getattr(one, "ctx", "") == ctx else one for one in program)


def sets_again(program: Program, place: int) -> bool:
    """Tell whether an operation sets a key that was set before."""
    operation = program[place]
    return isinstance(operation, ops.SetWaitFd) and any(
        isinstance(one, ops.SetWaitFd) and (one.ctx, one.key) == (operation.ctx, operation.key)
        for one in program[:place]
    )


def parted_at(program: Program, place: int) -> Program:
    """Give the one set a key of its own."""
    own = {"key": _free_key(program)}
    return (*program[:place], evolve(program[place], **own), *program[place + 1 :])


def parted_onwards(program: Program, place: int) -> Program:
    """Give the set, and all that is asked of its key from then on, a key of its own."""
    here, own = program[place], {"key": _free_key(program)}
    assert isinstance(here, ops.SetWaitFd)
    rest = (
        evolve(one, **own)
        if (getattr(one, "ctx", ""), getattr(one, "key", "")) == (here.ctx, here.key)
        else one
        for one in program[place:]
    )
    return (*program[:place], *rest)


def all_parted(program: Program) -> Program:
    """Give every set a key of its own, and what is asked of a key after it the same."""
    used = {getattr(operation, "key", "") for operation in program}
    free = (name for name in names(Symbol.KEY) if name not in used)
    own: dict[tuple[str, str], str] = {}
    parted: list[Operation] = []
    for one in program:
        here = getattr(one, "ctx", ""), getattr(one, "key", "")
        if isinstance(one, ops.SetWaitFd):
            own[here] = next(free, here[1]) if here in own else here[1]
        there = {"key": own.get(here, here[1])}
        parted.append(evolve(one, **there) if there["key"] != here[1] else one)
    return tuple(parted)


def swapped_by_job(program: Program, place: int) -> Program:
    """Let a change of fds change places with the step of a job that it follows."""
    earlier, later = program[place - 1], program[place]
    if isinstance(later, _CHANGES) and isinstance(earlier, _STEPS):
        return (*program[: place - 1], later, earlier, *program[place + 1 :])
    return program


_CHANGES: Final = (ops.SetWaitFd, ops.ClearFd)
_STEPS: Final = (ops.Start, ops.Pause)


def with_one_context(program: Program) -> Program:
    """Do with one context what is done with several, those that are freed on the way included."""
    made = [one for one in program if isinstance(one, ops.New)]
    if len(made) < 2:  # noqa: PLR2004 - one is one
        return program
    last = program[-1]
    kept = (one for one in program if one is last or not isinstance(one, ops.New | ops.Free))
    there = {"ctx": made[0].ctx}
    return (made[0], *(evolve(one, **there) if hasattr(one, "ctx") else one for one in kept))


def _free_key(program: Program) -> str:
    used = {getattr(operation, "key", "") for operation in program}
    return next(name for name in names(Symbol.KEY) if name not in used)
