"""Deaths that come of memory misused earlier, which is told already by its own clause.

The C library notices late, if at all, that what it keeps beside blocks was overwritten, and then
ends the process wherever that is. Where memory is watched the same program goes on past that place,
and tells of the misuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .judge import overlaps
from .observations import DIED, HEAP
from .operations import Leaks

if TYPE_CHECKING:
    from .adapters.base import Adapter
    from .findings import Findings
    from .judge import Failure

#: Why a program is not held against a clause.
CORRUPTED: Final = "died of memory that was misused, which is told by another clause"
#: What a process dies of whose memory is not as it was.
_DEADLY: Final = ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGTRAP")
#: The clauses of such misuse.
_MISUSE: Final = frozenset({"MEM-FREE-01", "MEM-FREE-02", "MEM-USE-01", "MEM-BOUNDS-01"})


def set_apart_deaths(findings: Findings, adapter: Adapter) -> None:
    """Take out failures that are but the end of what misused memory.

    Only where a clause about memory is failed too, so that nothing is lost. A program that dies
    where its memory is watched as well dies of something else.
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


def _may_be(failure: Failure) -> bool:
    deadly = failure.cause.startswith(_DEADLY)
    return deadly and failure.clause not in _MISUSE and not overlaps(failure.whole)


def _misuses(watched: Adapter, failure: Failure) -> bool:
    """Tell whether a program misuses memory, and does not die where that is watched."""
    (seen,) = watched.run([(*failure.whole, Leaks())])
    told = any(one.get(HEAP) is not None for one in seen)
    return told and not any(one.get(DIED) is not None for one in seen)
