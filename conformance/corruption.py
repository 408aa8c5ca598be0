"""Failures that come of what an operation did before, which is told already by its own clause.

The C library notices late, if at all, that what it keeps beside blocks was overwritten, and then
ends the process wherever that is, which may be in a later program of the same batch. Or nothing is
noticed, and what stood in the block beside is answered. Where memory is watched no other block is
harmed: the same program goes on past that place, and tells of the misuse. Where it is not, as in a
Python object, another operation in that place dies as well, whichever it is.

An implementation may use up what its process can have, such as descriptors. Then it is chance which
operation has too few, and in which program of a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import evolve

from .adapters.worker import PILES_UP
from .judge import overlaps
from .observations import DIED, HANG, HEAP, WHILE_CLEANING, died
from .operations import GetCurrentJob, Interrupt, IsCapable, Leaks, Race, Thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .adapters.base import Adapter, Observations
    from .findings import Findings, Found
    from .judge import Failure, Judge
    from .operations import Operation
    from .programs import Program

#: Why a program is not held against a clause.
CORRUPTED: Final = "came of memory that was misused, which is told by another clause"
ECHO: Final = "died of what an operation before did, which is told by another clause"
WANT: Final = "came of what others had used up, which is told by another clause"
#: How a process ends whose memory is not as it was: a list of free blocks may have become a ring.
_DEADLY: Final = ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGTRAP", HANG)
#: The clauses of such misuse.
_MISUSE: Final = frozenset({"MEM-FREE-01", "MEM-FREE-02", "MEM-USE-01", "MEM-BOUNDS-01"})
#: Operations that are defined anywhere, and that nothing done before is about.
_PROBES: Final = (IsCapable(), GetCurrentJob())


def set_apart_consequences(findings: Findings, adapter: Adapter, judge: Judge) -> None:
    """Take out failures that are but a consequence of what went wrong before.

    Only where another failure is left, so that nothing is lost.
    """
    _set_apart_misuse(findings, adapter, judge)
    _set_apart_echoes(findings, adapter, judge)
    _set_apart_want(findings)


def _set_apart_misuse(findings: Findings, adapter: Adapter, judge: Judge) -> None:
    """Take out what comes of misused memory if a clause about memory is failed too.

    A program that fails where its memory is watched as well fails for another reason; one that does
    not fail again, of what others have left.
    """
    if not adapter.ics.watchable or adapter.ics.sanitized or not _MISUSE & set(findings.found):
        return
    suspects = [key for key, one in findings.endings.items() if _may_be(one)]
    if not suspects:
        return
    watched = adapter.watched()
    try:
        apart = [key for key in suspects if _misuses(watched, judge, findings.endings[key])]
    finally:
        watched.close()
    findings.take_out(apart, CORRUPTED)


def _set_apart_echoes(findings: Findings, adapter: Adapter, judge: Judge) -> None:
    """Take out what dies where others die as well, and hold that against the operation before."""
    deaths = {key: one for key, one in findings.endings.items() if _is_death(one.failure)}
    if len(deaths) < 2:  # noqa: PLR2004 - what is alone is no echo
        return
    probes = [one for one in _PROBES if adapter.ics.supports(type(one))]
    probes = [one for one in probes if not _dies(adapter, (one,))]
    apart = [key for key, one in deaths.items() if _is_echo(adapter, one.failure.program, probes)]
    if not apart:
        return
    findings.take_out(apart, ECHO)
    shortest = min((deaths[key] for key in apart), key=lambda one: len(one.failure.whole))
    failure = _before(adapter, judge, shortest.failure, probes)
    if failure is not None and not any(
        one.failure.cause and one.failure.clause == failure.clause
        for one in findings.endings.values()
    ):
        findings.keep(evolve(shortest, failure=failure))


def _before(
    adapter: Adapter, judge: Judge, failure: Failure, probes: Sequence[Operation]
) -> Failure | None:
    """Give the failure of the operation after which every other dies."""
    program = failure.program[:-1]
    while _is_echo(adapter, program, probes):
        program = program[:-1]
    seen = (*failure.observations[: len(program) - 1], died(failure.cause))
    return judge.judge_all(program, seen).failure


def _set_apart_want(findings: Findings) -> None:
    """Take out what fails where another program is known to use up what its process can have."""
    wasteful = [
        one.failure
        for one in findings.endings.values()
        if one.reproduced and one.failure.cause in PILES_UP
    ]
    apart = [
        key
        for key, one in findings.endings.items()
        if any(_is_want(one, failure) for failure in wasteful)
    ]
    findings.take_out(apart, WANT)


def _is_want(found: Found, wasteful: Failure) -> bool:
    """Tell whether a failure comes of what is used up by what a shorter program ends with."""
    failure = found.failure
    if not found.reproduced:
        return True
    shorter = len(wasteful.whole) < len(failure.whole)
    used = wasteful.program[-1].word in {one.word for one in failure.whole}
    return failure.cause == wasteful.cause and shorter and used


def _is_death(failure: Failure) -> bool:
    """Tell whether an implementation has died of a program, and who waits for it is not told."""
    unheard = failure.cause.startswith(HANG) or failure.cause.endswith(WHILE_CLEANING)
    return bool(failure.cause) and not unheard and not overlaps(failure.whole)


def _is_echo(adapter: Adapter, program: Program, probes: Sequence[Operation]) -> bool:
    """Tell whether in the place of a program's last operation any other dies as well."""
    before = program[:-1]
    others = [one for one in probes if one.word != program[-1].word]
    return bool(before and others) and all(_dies(adapter, (*before, one)) for one in others)


def _dies(adapter: Adapter, program: Program) -> bool:
    """Tell whether the last operation of a program is the end of the implementation."""
    (seen,) = adapter.run([program])
    cause = str(seen[-1].get(DIED) or "") if len(seen) == len(program) else ""
    return bool(cause) and not cause.endswith(WHILE_CLEANING)


def _may_be(found: Found) -> bool:
    failure = found.failure
    raced = found.reproduced and any(isinstance(one, Race) for one in failure.whole)
    deadly = not failure.cause or failure.cause.startswith(_DEADLY)
    return deadly and not raced and failure.clause not in _MISUSE


def _misuses(watched: Adapter, judge: Judge, found: Found) -> bool:
    """Tell whether a program misuses memory, and does not fail where that is watched."""
    if not found.reproduced:
        return True
    failure = found.failure
    (seen,) = watched.run([failure.whole])
    if any(one.get(DIED) is not None for one in seen):
        return False
    if not failure.cause and judge.judge_all(failure.whole, _forgiven(seen)).failure is not None:
        return False
    return any(_misused(watched, part) for part in _parts(failure.whole))


def _forgiven(seen: Observations) -> Observations:
    """Give what was seen but for the misuse."""
    told = (tuple(each for each in one.answers if each[0] != HEAP) for one in seen)
    return tuple(evolve(one, answers=answers) for one, answers in zip(seen, told, strict=True))


def _misused(watched: Adapter, program: Program) -> bool:
    (seen,) = watched.run([program if isinstance(program[-1], Leaks) else (*program, Leaks())])
    return any(one.get(HEAP) is not None for one in seen)


def _parts(program: Program) -> list[Program]:
    """Give what each thread does as a program of its own: memory is watched in the first only."""
    here = "t0"
    parts: dict[str, list[Operation]] = {}
    for one in program:
        if isinstance(one, Thread):
            here = one.thread
        elif not isinstance(one, Interrupt):
            parts.setdefault(here, []).append(one)
    return [tuple(part) for part in parts.values()]
