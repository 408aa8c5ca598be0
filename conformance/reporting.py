"""Turns what a check found into a report: verdicts, failures in words, and where they come from."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from .. import __version__
from ..reports.report import (
    ClauseVerdict,
    EngineRun,
    FailureReport,
    ImplementationInfo,
    Report,
    Step,
    Verdict,
)
from .adapters.base import Adapter, Ics
from .check import Check, Found
from .clauses import Catalogue, Clause
from .judge import Judge
from .observations import Observation
from .operations import OPERATIONS
from .outcomes import Outcome
from .programs import Program, to_text


def report_of(check: Check, *, started: datetime, seconds: float) -> Report:
    """Give the report of a check, ended or interrupted."""
    findings, plan, catalogue = check.findings, check.plan, check.catalogue
    failures = tuple(
        _failure(f"F{number}", found, check.judge, catalogue)
        for number, found in enumerate(findings.found.values(), start=1)
    )
    return Report(
        waitctx=__version__,
        clauses_sha256=catalogue.fingerprint,
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
        host={"python": platform.python_version(), "system": platform.platform(), "machine": platform.machine()},
        implementation=implementation_info(check.adapter),
        profile=plan.profile.name,
        seed=plan.seed,
        budget=plan.budget,
        interrupted=findings.interrupted,
        engines=tuple(
            EngineRun(one.name, one.programs, one.operations, round(one.seconds, 3))
            for one in findings.engines
        ),
        operations={word: findings.operations[word] for word in OPERATIONS},
        states=check.judge.states,
        readings=tuple(sorted(check.judge.readings)),
        verdicts=tuple(
            _verdict(clause, check, failures) for clause in catalogue.binding(plan.profile.name)
        ),
        failures=failures,
    )


def implementation_info(adapter: Adapter) -> ImplementationInfo:
    """Give an adapter's implementation as a report names it."""
    identity, ics = adapter.identity, adapter.ics
    return ImplementationInfo(
        target=identity.target,
        kind=identity.kind,
        version=identity.version,
        path=identity.path,
        sha256=identity.sha256,
        functions=tuple(sorted(ics.functions)),
        missing=ics.missing,
        capable=ics.capable,
    )


def _verdict(clause: Clause, check: Check, failures: tuple[FailureReport, ...]) -> ClauseVerdict:
    blamed = tuple(one.id for one in failures if one.clause == clause.id)
    checked = check.judge.exercised[clause.id]
    missing = lacking(clause, check.adapter.ics)
    reason = ""
    if blamed:
        verdict = Verdict.FAIL
    elif missing:
        verdict, reason = Verdict.NOT_APPLICABLE, missing
    elif checked:
        verdict = Verdict.PASS
    else:
        verdict, reason = Verdict.INCONCLUSIVE, "no program exercised it"
    return ClauseVerdict(clause.id, clause.group, clause.title, verdict, checked, reason, blamed)


def lacking(clause: Clause, ics: Ics) -> str:
    """Say what an implementation lacks to be held to a clause; empty when it lacks nothing."""
    functions = [OPERATIONS[word].function for word in clause.operations]
    missing = [one for one in dict.fromkeys(functions) if one not in ics.functions]
    if missing:
        return f"{', '.join(missing)} not offered"
    unsupported = [word for word in clause.operations if not ics.supports(OPERATIONS[word])]
    return "jobs cannot run here (ASYNC_is_capable is 0)" if unsupported else ""


def _failure(name: str, found: Found, judge: Judge, catalogue: Catalogue) -> FailureReport:
    failure = found.failure
    return FailureReport(
        id=name,
        clause=failure.clause,
        title=catalogue[failure.clause].title,
        related=failure.related,
        wrong=tuple(f"{one.answer}: {one.wanted} permitted, {one.seen} seen" for one in failure.mismatches),
        cause=failure.cause,
        program=to_text(failure.program),
        steps=steps_of(failure.program, failure.observations, judge),
        engine=found.engine,
        reproduced=found.reproduced,
    )


def steps_of(program: Program, observations: Sequence[Observation], judge: Judge) -> tuple[Step, ...]:
    """Give every operation with what was permitted and what was seen, in words."""
    steps = []
    permitted = judge.permitted(program, observations)
    for operation, seen, outcomes in zip(program, observations, permitted, strict=False):
        answers = evolve(seen, events=())
        steps.append(
            Step(
                operation=str(operation),
                permitted=tuple(dict.fromkeys(_describe(one) for one in outcomes)),
                seen=str(answers),
                events=tuple(map(str, seen.events)),
                agrees=any(not one.mismatches(seen) for one in outcomes),
            )
        )
    return tuple(steps)


def _describe(outcome: Outcome) -> str:
    return " ".join(f"{name}={text}" for name, text in outcome.wanted.items()) or "-"
