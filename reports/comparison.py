"""What changed from one report to another: the clauses that flipped first, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from .report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .report import FailureReport, Report

#: What somebody who compares wants to see first.
_ORDER: Final = (
    (Verdict.PASS, Verdict.FAIL),
    (Verdict.FAIL, Verdict.PASS),
)


@frozen
class Flip:
    """A clause whose verdict is not what it was; None where a report does not have the clause."""

    clause: str
    title: str
    before: Verdict | None
    after: Verdict | None
    evidence: str
    """The program that fails, or the reason."""


@frozen
class Comparison:
    """How two reports differ."""

    flips: tuple[Flip, ...]
    others: Mapping[str, tuple[str, ...]]
    """The rest, line by line, under a name each."""
    notes: tuple[str, ...]
    """Why a difference may be no change of the implementation."""

    @property
    def same(self) -> bool:
        """Whether they differ in nothing but times and host."""
        return not self.flips and not self.others


def compare(before: Report, after: Report) -> Comparison:
    """Compare two reports; times, hosts and how much was done are left out."""
    flips = sorted(_flips(before, after), key=_rank)
    others = {
        "Functions": tuple(_functions(before, after)),
        "Failures": tuple(_failures(before, after)),
        "Readings": tuple(_sets(before.readings, after.readings)),
        "Engines": tuple(_sets(_engines(before), _engines(after))),
    }
    told = {name: lines for name, lines in others.items() if lines}
    return Comparison(tuple(flips), told, tuple(_notes(before, after)))


def _flips(before: Report, after: Report) -> Iterator[Flip]:
    old = {one.clause: one for one in before.verdicts}
    new = {one.clause: one for one in after.verdicts}
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        first, then = (None if one is None else one.verdict for one in (was, now))
        if first is not then:
            known = now or was
            title = known.title if known else ""
            yield Flip(name, title, first, then, _evidence(name, before, after))


def _evidence(clause: str, before: Report, after: Report) -> str:
    for report in (after, before):
        for one in report.failures:
            if one.clause == clause:
                return one.program
    return next((one.reason for one in after.verdicts if one.clause == clause), "")


def _rank(flip: Flip) -> int:
    change = (flip.before, flip.after)
    return _ORDER.index(change) if change in _ORDER else len(_ORDER)


def _functions(before: Report, after: Report) -> Iterator[str]:
    yield from _sets(before.implementation.functions, after.implementation.functions)
    if before.implementation.capable != after.implementation.capable:
        yield f"jobs {'can run now' if after.implementation.capable else 'can no longer run'}"


def _failures(before: Report, after: Report) -> Iterator[str]:
    """Tell of clauses that fail in both reports, but otherwise."""
    for clause in dict.fromkeys(one.clause for one in after.failures):
        old, new = _of(before, clause), _of(after, clause)
        if old and [_way(one) for one in old] != [_way(one) for one in new]:
            yield f"{clause}: was {old[0].program}: {'; '.join(old[0].wrong)}"
            yield f"{clause}: now {new[0].program}: {'; '.join(new[0].wrong)}"


def _of(report: Report, clause: str) -> list[FailureReport]:
    return [one for one in report.failures if one.clause == clause]


def _way(failure: FailureReport) -> tuple[str, tuple[str, ...], str]:
    return failure.program, failure.wrong, failure.cause


def _engines(report: Report) -> tuple[str, ...]:
    return tuple(one.name for one in report.engines)


def _sets(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    yield from (f"- {one}" for one in before if one not in after)
    yield from (f"+ {one}" for one in after if one not in before)


def _notes(before: Report, after: Report) -> Iterator[str]:
    if before.profile != after.profile:
        yield f"the profiles differ: {before.profile}, then {after.profile}"
    if before.clauses_sha256 != after.clauses_sha256 or before.model_sha256 != after.model_sha256:
        yield f"the rules differ: waitctx {before.waitctx}, then {after.waitctx}"
    if before.seed != after.seed or before.bounds != after.bounds:
        yield "seed or bounds differ: other programs were run"
    yield from (
        f"{name} was interrupted"
        for name, one in (("the first", before), ("the second", after))
        if one.interrupted
    )
