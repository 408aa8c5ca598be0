"""Deaths that come of what an operation did before, which is told already by its own clause.

The C library notices late, if at all, that what it keeps beside blocks was overwritten, and then
ends the process wherever that is. Where memory is watched the same program goes on past that place,
and tells of the misuse. Where it is not, as in a Python object, another operation in that place
dies as well, whichever it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .judge import overlaps
from .observations import DIED, HANG, HEAP, WHILE_CLEANING
from .operations import GetCurrentJob, IsCapable, Leaks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .adapters.base import Adapter
    from .findings import Findings
    from .judge import Failure
    from .operations import Operation
    from .programs import Program

#: Why a program is not held against a clause.
CORRUPTED: Final = "died of memory that was misused, which is told by another clause"
ECHO: Final = "died of what an operation before did, which is told by another clause"
#: What a process dies of whose memory is not as it was.
_DEADLY: Final = ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGTRAP")
#: The clauses of such misuse.
_MISUSE: Final = frozenset({"MEM-FREE-01", "MEM-FREE-02", "MEM-USE-01", "MEM-BOUNDS-01"})
#: Operations that are defined anywhere, and that nothing done before is about.
_PROBES: Final = (IsCapable(), GetCurrentJob())


def set_apart_deaths(findings: Findings, adapter: Adapter) -> None:
    """Take out failures that are but the end of what went wrong before.

    Only where another failure is left, so that nothing is lost.
    """
    _set_apart_misuse(findings, adapter)
    _set_apart_echoes(findings, adapter)


def _set_apart_misuse(findings: Findings, adapter: Adapter) -> None:
    """Take out what dies of misused memory if a clause about memory is failed too.

    A program that dies where its memory is watched as well dies of something else.
    """
    if not adapter.ics.watchable or adapter.ics.sanitized or not _MISUSE & set(findings.found):
        return
    suspects = [key for key, one in findings.endings.items() if _may_be(one.failure)]
    if not suspects:
        return
    watched = adapter.watched()
    try:
        apart = [key for key in suspects if _misuses(watched, findings.endings[key].failure)]
    finally:
        watched.close()
    findings.take_out(apart, CORRUPTED)


def _set_apart_echoes(findings: Findings, adapter: Adapter) -> None:
    """Take out what dies where others die as well that have nothing to do with it."""
    deaths = {key: one.failure for key, one in findings.endings.items() if _is_death(one.failure)}
    if len(deaths) < 2:  # noqa: PLR2004 - what is alone is no echo
        return
    probes = [one for one in _PROBES if adapter.ics.supports(type(one))]
    probes = [one for one in probes if not _dies(adapter, (one,))]
    apart = [key for key, failure in deaths.items() if _is_echo(adapter, failure, probes)]
    if len(apart) == len(deaths):
        apart.remove(min(apart, key=lambda key: len(deaths[key].whole)))
    findings.take_out(apart, ECHO)


def _is_death(failure: Failure) -> bool:
    """Tell whether an implementation has died of a program, and who waits for it is not told."""
    unheard = failure.cause.startswith(HANG) or failure.cause.endswith(WHILE_CLEANING)
    return bool(failure.cause) and not unheard and not overlaps(failure.whole)


def _is_echo(adapter: Adapter, failure: Failure, probes: Sequence[Operation]) -> bool:
    before = failure.program[:-1]
    others = [one for one in probes if one.word != failure.program[-1].word]
    return bool(before and others) and all(_dies(adapter, (*before, one)) for one in others)


def _dies(adapter: Adapter, program: Program) -> bool:
    """Tell whether the last operation of a program is the end of the implementation."""
    (seen,) = adapter.run([program])
    cause = str(seen[-1].get(DIED) or "") if len(seen) == len(program) else ""
    return bool(cause) and not cause.endswith(WHILE_CLEANING)


def _may_be(failure: Failure) -> bool:
    deadly = failure.cause.startswith(_DEADLY)
    return deadly and failure.clause not in _MISUSE and not overlaps(failure.whole)


def _misuses(watched: Adapter, failure: Failure) -> bool:
    """Tell whether a program misuses memory, and does not die where that is watched."""
    (seen,) = watched.run([(*failure.whole, Leaks())])
    told = any(one.get(HEAP) is not None for one in seen)
    return told and not any(one.get(DIED) is not None for one in seen)
