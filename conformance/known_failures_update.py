"""Brings a file of known failures up to date with what a check has found."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .known_failures import Status, program_of
from .known_failures_file import Rewriting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from waitctx.reports.report import FailureReport

    from .known_failures import Assessment, Look


def updated(text: str, found: Assessment) -> tuple[str, list[str]]:
    """Give the text of a file as what was found asks for, and what was done to it, line by line."""
    rewriting = Rewriting(text)
    told = [line for look in found.looks for line in _revise(rewriting, look, found)]
    added = defaultdict[str, "list[FailureReport]"](list)
    for failure in _news(found):
        added[failure.clause].append(failure)
    for clause, failures in added.items():
        kinds = _kinds(failures)
        rewriting.add(clause, kinds, program_of(failures[0]))
        told.append(f"added {clause}, {_any(kinds)}; say in its reason why it is known")
    return rewriting.text(), told or [f"up to date, {len(found.looks)} known failures"]


def _news(found: Assessment) -> Iterable[FailureReport]:
    """Give the failures that no entry is about."""
    old = {one.id for look in found.looks for one in look.listed}
    old |= {
        one.id for look in found.looks if look.entry.program is not None for one in look.failing
    }
    clauses = {look.entry.clause for look in found.looks if look.entry.program is None}
    return (one for one in found.failures if one.id not in old and one.clause not in clauses)


def _revise(rewriting: Rewriting, look: Look, found: Assessment) -> Iterable[str]:
    """Change what an entry says, if it has to be, and say so."""
    entry, told = look.entry, f"{look.entry.lines}: {look.entry.subject}"
    match look.status:
        case Status.PASSES:
            rewriting.drop(entry)
            yield f"{told} passes; removed"
            return
        case Status.EXPIRED:
            yield f"{told} has expired; mend it, or set another date"
        case Status.NOT_APPLICABLE | Status.NOT_EXERCISED:
            yield f"{told} {look.status.value} ({look.why}); kept, remove it if it is of no use"
            return
    if entry.program is not None and entry.clause not in (
        "",
        *(one.clause for one in look.failing),
    ):
        yield f"{told} fails at {look.failing[0].clause} now; change clause, or mend that"
        return
    covered = {one.id for other in found.looks if other is not look for one in other.listed}
    kinds = _kinds(one for one in look.failing if one.id not in covered) or entry.causes
    if not set(kinds) <= set(entry.causes):
        kept = [one for one in entry.causes if one in kinds]
        rewriting.set_causes(entry, dict.fromkeys([*kept, *kinds]))
        yield f"{told} fails otherwise; its cause is {_any(kinds)} now"


def _kinds(failures: Iterable[FailureReport]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.kind for one in failures))


def _any(kinds: Iterable[str]) -> str:
    return " or ".join(f'"{one}"' for one in kinds)
