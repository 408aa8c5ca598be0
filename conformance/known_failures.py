"""Known failures: what whoever orders a check has announced, held against what the check found.

An entry that is out of date fails the run as much as a failure that nobody has announced, so a list
of them cannot rot. `known_failures_file` reads and rewrites their file; nothing here does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen

from waitctx.reports.report import ClauseVerdict, FailureReport, KnownFailure, Report, Verdict
from waitctx.reports.text import clean

from .observations import HEAP
from .programs import Program, canonical, from_json, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from .judge import Failure


class Status(Enum):
    """What has become of an announced failure."""

    EXPECTED = "fails as listed"
    PASSES = "passes"
    OTHERWISE = "fails otherwise"
    EXPIRED = "has expired"
    NOT_EXERCISED = "was not exercised"
    NOT_APPLICABLE = "is not applicable"


@frozen
class Entry:
    """A failure that is announced: of a clause, of a program, or of a program at a clause."""

    causes: tuple[str, ...]
    """How it fails, as `kind_of` says it; any of these will do."""
    reason: str
    clause: str = ""
    program: Program | None = None
    link: str = ""
    expires: date | None = None
    """The last day on which it counts."""
    line: int = field(default=0, kw_only=True)
    """Where it begins in its file, counting from 1."""
    last: int = field(default=0, kw_only=True)
    """Its last line."""
    places: dict[str, int] = field(factory=dict, kw_only=True, eq=False, repr=False)
    """The line of each of its keys."""

    @property
    def subject(self) -> str:
        """Say what it is about."""
        return self.clause if self.program is None else to_text(self.program)

    @property
    def lines(self) -> str:
        """Say where it stands in the file."""
        return f"line {self.line}" if self.last <= self.line else f"lines {self.line}-{self.last}"

    def is_about(self, clause: str, program: Program) -> bool:
        """Tell whether a failure at a clause, by a program up to where it failed, is meant."""
        if self.clause not in ("", clause):
            return False
        return self.program is None or (
            canonical(self.program)[: len(program)] == canonical(program)
        )


@frozen
class KnownFailures:
    """Every entry of a file, in its order."""

    name: str = ""
    """The file's, as the user gave it."""
    entries: tuple[Entry, ...] = ()

    def announce(self, failure: Failure) -> bool:
        """Tell whether some entry announces this failure, whatever the date."""
        kind = kind_of(failure)
        return any(
            kind in one.causes and one.is_about(failure.clause, failure.program)
            for one in self.entries
        )


#: Runs a program alone: its failure, None if it has none, or why it cannot be run or judged.
Alone = Callable[[Program], "FailureReport | str | None"]


def kind_of(failure: Failure) -> str:
    """Say in a few words, which are the same in each run, how a program fails.

    How the implementation ended, without address and message (``SIGSEGV``, ``hang``, ``exit 3``);
    the fault with memory (``used after free``); or which answers are wrong (``wrong fd, data``).
    """
    return ending_of(failure) or "wrong " + ", ".join(
        dict.fromkeys(one.answer for one in failure.mismatches)
    )


def ending_of(failure: Failure) -> str:
    """Say the same of endings and faults with memory alone; nothing of answers that are wrong."""
    first = failure.mismatches[0]
    said = first.seen if first.answer == HEAP else failure.cause
    return clean(_DETAILS.split(said, maxsplit=1)[0]).strip()


#: What follows the kind of a cause: an address, a message, when it was.
_DETAILS: Final = re.compile(r" at 0x|: | while what ")


@frozen
class Assessment:
    """What became of everything that was announced."""

    report: Report
    known: KnownFailures
    looks: tuple[Look, ...]
    """What became of each entry."""
    failures: tuple[FailureReport, ...]
    """Those of the report, and those of programs that were announced and run alone."""

    def told(self, *, partial: bool = False) -> Report:
        """Give the report with what was announced told apart, and what is out of date about it.

        Of a `partial` check nobody is told that a clause should have been exercised.
        """
        partial = partial or self.report.interrupted
        told = tuple(_told(one, self.known.name, partial=partial) for one in self.looks)
        covered = {name for one in told if not one.stale for name in one.failures}
        failures = tuple(evolve(one, known=one.id in covered) for one in self.failures)
        verdicts = tuple(_with_failures(one, failures) for one in self.report.verdicts)
        return evolve(self.report, known_failures=told, failures=failures, verdicts=verdicts)


def assess(report: Report, known: KnownFailures, alone: Alone, today: date) -> Assessment:
    """Hold what was announced against what a check found.

    Programs of entries are run `alone`, whatever the check has run.
    """
    failures = list(report.failures)
    looks = tuple(_look(entry, report, failures, alone).on(today) for entry in known.entries)
    return Assessment(report, known, looks, tuple(failures))


@frozen
class Look:
    """What became of an entry."""

    entry: Entry
    status: Status
    failing: Sequence[FailureReport] = ()
    """The failures of what it is about, however they fail."""
    why: str = ""

    @property
    def listed(self) -> tuple[FailureReport, ...]:
        """Give those of the failures that fail as the entry says."""
        return tuple(one for one in self.failing if _is_listed(one, self.entry))

    def on(self, today: date) -> Look:
        """Give the same on a day, when it may have expired."""
        expires = self.entry.expires
        if self.failing and expires is not None and today > expires:
            return evolve(self, status=Status.EXPIRED)
        return self


def _look(entry: Entry, report: Report, failures: list[FailureReport], alone: Alone) -> Look:
    if entry.program is None:
        failing = [one for one in failures if one.clause == entry.clause]
        if not failing:
            return _look_at_verdict(entry, report)
    else:
        result = alone(entry.program)
        if result is None:
            return Look(entry, Status.PASSES, why="run alone")
        if isinstance(result, str):
            return Look(entry, Status.NOT_APPLICABLE, why=result)
        failing = [_added(result, failures)]
    listed = any(_is_listed(one, entry) for one in failing)
    return Look(entry, Status.EXPECTED if listed else Status.OTHERWISE, failing)


def _look_at_verdict(entry: Entry, report: Report) -> Look:
    verdict = next((one for one in report.verdicts if one.clause == entry.clause), None)
    if verdict is None:
        why = f"profile {report.profile} does not ask for it"
        return Look(entry, Status.NOT_APPLICABLE, why=why)
    if verdict.verdict is Verdict.NOT_APPLICABLE:
        return Look(entry, Status.NOT_APPLICABLE, why=verdict.reason)
    if report.interrupted:
        return Look(entry, Status.NOT_EXERCISED, why="the check was interrupted")
    if verdict.verdict is Verdict.PASS:
        return Look(entry, Status.PASSES, why=f"{verdict.checked:,} checks")
    return Look(entry, Status.NOT_EXERCISED, why=verdict.reason)


def _is_listed(failure: FailureReport, entry: Entry) -> bool:
    return failure.kind in entry.causes and entry.is_about(failure.clause, program_of(failure))


def program_of(failure: FailureReport) -> Program:
    """Give the program that failed, up to where it did."""
    return from_json(list(failure.program_json))


def _added(failure: FailureReport, failures: list[FailureReport]) -> FailureReport:
    """Add a failure, unless it is among them: then give that one."""
    program = canonical(program_of(failure))
    for one in failures:
        same = (one.clause, one.kind) == (failure.clause, failure.kind)
        if same and canonical(program_of(one)) == program:
            return one
    failures.append(evolve(failure, id=f"F{len(failures) + 1}"))
    return failures[-1]


def _with_failures(verdict: ClauseVerdict, failures: Iterable[FailureReport]) -> ClauseVerdict:
    blamed = [one for one in failures if one.clause == verdict.clause]
    if not blamed:
        return verdict
    names = tuple(one.id for one in blamed)
    known = all(one.known for one in blamed)
    return evolve(verdict, verdict=Verdict.FAIL, reason="", failures=names, known=known)


def _told(look: Look, name: str, *, partial: bool) -> KnownFailure:
    entry, status = look.entry, look.status
    excused = partial and status is Status.NOT_EXERCISED
    stale = status is not Status.EXPECTED and not excused
    return KnownFailure(
        clause=entry.clause or next((one.clause for one in look.failing), ""),
        reason=entry.reason,
        link=entry.link,
        expires="" if entry.expires is None else entry.expires.isoformat(),
        failures=tuple(one.id for one in look.listed),
        program="" if entry.program is None else to_text(entry.program),
        causes=entry.causes,
        status=status.value,
        why=look.why,
        stale=stale,
        advice=_advice(look) if stale else "",
        place=f"{name}:{entry.line}",
    )


def _advice(look: Look) -> str:
    """Say which line to delete or to change."""
    entry = look.entry
    if look.status is Status.EXPIRED:
        return f"mend it, or set another date in line {entry.places.get('expires', entry.line)}"
    if look.status is not Status.OTHERWISE:
        return f"delete {entry.lines}"
    clauses = dict.fromkeys(one.clause for one in look.failing)
    if entry.clause not in ("", *clauses):
        line = entry.places.get("clause", entry.line)
        return f"it fails at {', '.join(clauses)}: mend that, or change clause in line {line}"
    kinds = " or ".join(f'"{one}"' for one in dict.fromkeys(one.kind for one in look.failing))
    line = entry.places.get("cause", entry.line)
    return f"it fails with {kinds}: mend that, or change cause in line {line}"
