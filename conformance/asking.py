"""What an implementation tells of its own state after each operation of a program.

The model's state is known; the implementation's is inside it. So the program is carried out again
up to the operation, in a fresh instance, with questions behind it: the operations that only look.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from .observations import DIED, show
from .operations import (
    Free,
    GetAllFds,
    GetCallback,
    GetChangedFds,
    GetCurrentJob,
    GetFd,
    GetStatus,
    New,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .adapters.base import Adapter, Ics, Observations
    from .observations import Observation
    from .operations import Operation
    from .programs import Program

#: Of a longer program only the states after the last operations are asked for.
LAST: Final = 20
#: What does not survive so many questions is asked no more.
_DEATHS: Final = 2


def ask(
    program: Program, observations: Observations, adapter: Adapter, until: float
) -> tuple[str, ...]:
    """Give for each operation what the implementation tells after it; empty where it was not asked.

    Nothing is asked after an operation that it did not survive, nor after the clock (`monotonic`)
    says `until`.
    """
    told = [""] * len(program)
    deaths = 0
    for number in range(max(0, len(program) - LAST), min(len(program), len(observations))):
        if observations[number].get(DIED) is not None:
            break
        if deaths >= _DEATHS or monotonic() >= until:
            break
        done = program[: number + 1]
        asked = tuple(_questions(done, observations, adapter.ics))
        (seen,) = adapter.run([(*done, *asked)])
        told[number] = _told(asked, seen[number + 1 :])
        deaths += seen[-1].get(DIED) is not None
    return tuple(told)


def _questions(program: Program, seen: Observations, ics: Ics) -> Iterator[Operation]:
    for ctx in _contexts(program, seen):
        keys = dict.fromkeys(
            str(getattr(one, "key", "")) for one in program if getattr(one, "ctx", "") == ctx
        )
        asked: list[Operation] = [GetFd(ctx, key) for key in keys if key]
        asked += [GetAllFds(ctx, "array"), GetChangedFds(ctx, "array", "array")]
        asked += [GetCallback(ctx), GetStatus(ctx)]
        yield from (one for one in asked if ics.supports(type(one)))
    if ics.supports(GetCurrentJob):
        yield GetCurrentJob()


def _contexts(program: Program, seen: Observations) -> list[str]:
    """Name the contexts that exist after a program."""
    found: dict[str, None] = {}
    for one, answer in zip(program, seen, strict=False):
        match one:
            case New(ctx) if answer.get("ctx") != "null":
                found[ctx] = None
            case Free(ctx):
                found.pop(ctx, None)
    return list(found)


def _told(asked: Program, seen: Observations) -> str:
    """Write answers in the manner of `describe`, so that the two can be compared."""
    parts: dict[str, list[str]] = {}
    jobs = []
    for question, answer in zip(asked, seen, strict=False):
        if (cause := answer.get(DIED)) is not None:
            jobs.append(f"does not survive {question}: {cause}")
        elif isinstance(question, GetCurrentJob):
            jobs += [f"{answer.get('job')} runs"] if answer.get("job") != "null" else []
        else:
            ctx = str(getattr(question, "ctx", ""))
            parts.setdefault(ctx, []).extend(_words(question, answer))
    contexts = [f"{ctx} {{{', '.join(words)}}}" for ctx, words in parts.items()]
    return "; ".join([*contexts, *jobs]) or "nothing"


def _words(question: Operation, answer: Observation) -> Iterator[str]:
    """Write one answer; what is as in an empty context goes without saying."""
    if answer.get("rc") not in (1, None):
        return
    match question:
        case GetFd(_, key):
            data = answer.get("data")
            yield f"{key}=fd {answer.get('fd')}" + (f" {data}" if data != "null" else "")
        case GetAllFds():
            yield from _listed("all", answer.get("fds"), answer.get("count"))
        case GetChangedFds():
            yield from _listed("added", answer.get("added"), answer.get("numadd"))
            yield from _listed("deleted", answer.get("deleted"), answer.get("numdel"))
        case GetCallback():
            if answer.get("callback") != "null":
                yield f"callback {answer.get('callback')}({answer.get('arg')})"
        case GetStatus():
            if answer.get("status"):
                yield f"status {answer.get('status')}"


def _listed(name: str, fds: object, count: object) -> Iterator[str]:
    listed = fds if isinstance(fds, tuple) else ()
    if listed or count:
        told = f"{name} {show(listed)}"
        yield told if count == len(listed) else f"{told} counted as {count}"
