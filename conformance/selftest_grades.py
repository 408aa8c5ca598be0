"""Grades the harness by what became of the fakes: complaints, notes, the cover of clauses."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final

from attrs import frozen

from waitctx import __version__
from waitctx.reports.kill_matrix import Complaint, Cover, KillMatrix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from waitctx.reports.kill_matrix import Fake, Row, Trial

    from .clauses import Catalogue, Clause
    from .selftest import Settings

#: How the cause of an implementation's end begins when it does not answer in time.
_HANG: Final = "hang"


@frozen
class Course:
    """How a self-test went, apart from what became of the fakes."""

    started: datetime
    seconds: float
    compiling: float
    module: str
    """Where the fakes come from."""
    whole: bool
    """Whether every fake of the catalogue was to be run."""
    interrupted: bool = False


def grade(
    rows: Sequence[Row],
    fakes: Sequence[Fake],
    catalogue: Catalogue,
    settings: Settings,
    course: Course,
) -> KillMatrix:
    """Give the kill matrix of these rows, in the order of all the fakes that there are."""
    place = {fake.label: number for number, fake in enumerate(fakes)}
    rows = sorted(rows, key=lambda one: place[one.fake.label])
    found = covers(rows, fakes, catalogue)
    return KillMatrix(
        waitctx=__version__,
        clauses_sha256=catalogue.fingerprint,
        started=course.started.isoformat(timespec="seconds"),
        seconds=round(course.seconds, 3),
        compiling=round(course.compiling, 3),
        host={"python": platform.python_version(), "system": platform.system()},
        module=course.module,
        engines=settings.engines,
        budget=settings.budget,
        seed=settings.seed,
        jobs=settings.jobs,
        whole=course.whole,
        interrupted=course.interrupted,
        rows=tuple(rows),
        covers=found,
        complaints=tuple(_complaints(rows, fakes, catalogue, found, course)),
        notes=tuple(_notes(rows, course)),
    )


def _complaints(
    rows: Sequence[Row],
    fakes: Sequence[Fake],
    catalogue: Catalogue,
    found: Sequence[Cover],
    course: Course,
) -> Iterator[Complaint]:
    """Give everything that is wrong, survivors first."""
    for row in rows:
        yield from _survival(row)
    for row in rows:
        yield from _complaints_of(row)
    if course.whole:  # of a part it may be said of every other clause
        yield from _without_fake(fakes, catalogue)
        yield from () if course.interrupted else _without_proof(found)


def _survival(row: Row) -> Iterator[Complaint]:
    if row.fake.is_fault and row.trials and not row.killed:
        engines = " and ".join(one.engine for one in row.trials)
        yield Complaint(", ".join(row.fake.clauses), row.fake.label, f"survives {engines}")


def _complaints_of(row: Row) -> Iterator[Complaint]:
    """Complain of every clause once, with the shortest program for it."""
    wrong: dict[str, list[Trial]] = {}
    for trial in row.kills:
        if _wrong_with(row.fake, trial):
            wrong.setdefault(trial.clause, []).append(trial)
    for clause, trials in wrong.items():
        shortest = min(trials, key=lambda one: one.length)
        engines = " and ".join(one.engine for one in trials)
        said = f"blamed by {engines}, {_wrong_with(row.fake, shortest)}: {shortest.program}"
        yield Complaint(clause, row.fake.label, said)


def _wrong_with(fake: Fake, trial: Trial) -> str:
    """Say why an implementation should not have been told, or not in this way; empty if it may."""
    match fake.kind:
        case "variant":
            return "but it is a variant"
        case "equivalent":
            return "but it is declared equivalent"
    if trial.clause not in fake.clauses:
        return f"but declares {', '.join(fake.clauses)}"
    if fake.kind == "crash" and not trial.cause:
        return "but ought to have died"
    if fake.kind == "hang" and not trial.cause.startswith(_HANG):
        return "but ought to have hung"
    return ""


def _without_fake(fakes: Sequence[Fake], catalogue: Catalogue) -> Iterator[Complaint]:
    violated = {name for one in fakes if one.is_fault for name in one.clauses}
    for clause in provable(catalogue):
        if clause.id not in violated:
            yield Complaint(clause.id, "", "no fake violates it")


def _without_proof(found: Sequence[Cover]) -> Iterator[Complaint]:
    """Complain of clauses that no fake was told for: nobody knows whether their checks can fail."""
    for cover in found:
        if cover.declared and not cover.blamed:
            said = f"declared by {_some(cover.declared)}, and none was told for it"
            yield Complaint(cover.clause, "", said)


def provable(catalogue: Catalogue) -> tuple[Clause, ...]:
    """Give the clauses that some program can exercise."""
    return tuple(one for one in catalogue.binding("openssl") if one.operations)


def _notes(rows: Sequence[Row], course: Course) -> Iterator[str]:
    """Give what is worth knowing, and no complaint."""
    if not course.whole:
        yield "Only a part was run, so nothing is said of clauses that lack a fake."
    for row in rows:
        for trial in row.trials:
            if trial.inconclusive:
                programs = f"{trial.inconclusive} programs of {trial.engine}"
                yield f"{row.fake.label}: {programs} were not judged to their end."


def _some(number: int) -> str:
    return "1 fake" if number == 1 else f"{number} fakes"


def covers(rows: Sequence[Row], fakes: Sequence[Fake], catalogue: Catalogue) -> tuple[Cover, ...]:
    """Tell of every clause which fake proves that it can fail, by the shortest program."""
    return tuple(_cover(one, rows, fakes) for one in provable(catalogue))


def _cover(clause: Clause, rows: Sequence[Row], fakes: Sequence[Fake]) -> Cover:
    declared = sum(clause.id in one.clauses for one in fakes if one.is_fault)
    told = [
        (trial.length, row.fake.label, trial.program)
        for row in rows
        for trial in row.kills
        if trial.clause == clause.id and row.fake.is_fault
    ]
    _, fake, program = min(told, default=(0, "", ""))
    blamed = len({label for _, label, _ in told})
    return Cover(clause.id, clause.group, clause.title, declared, blamed, fake, program)
