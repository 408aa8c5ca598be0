"""Turns what a check found into a report: verdicts, failures in words, and where they come from."""

from __future__ import annotations

import platform
import shlex
from functools import cache
from hashlib import sha256
from importlib import resources
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from attrs import evolve, fields

from waitctx import __version__
from waitctx.reports.report import (
    ClauseVerdict,
    EngineRun,
    FailureReport,
    ImplementationInfo,
    Report,
    Sentence,
    Step,
    Verdict,
    WorldCoverage,
)

from .describe import describe
from .graph.evidence import coverage
from .guarantees import guarantees
from .known_failures import kind_of
from .operations import MEMORY_OPERATIONS, OPERATIONS, Operation
from .plan import Plan
from .programs import Program, to_json, to_text
from .rules_memory import LEFT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from .adapters.base import Adapter, Ics
    from .check import Check
    from .clauses import Catalogue, Clause
    from .engines.walks import World
    from .findings import Findings, Found
    from .judge import Judge
    from .observations import Observation
    from .outcomes import Outcome


def report_of(check: Check, *, started: datetime, seconds: float) -> Report:
    """Give the report of a check, ended or interrupted."""
    findings, plan, catalogue = check.findings, check.plan, check.catalogue
    failures = tuple(
        failure_report(f"F{number}", found, check.judge, catalogue)
        for number, found in enumerate(_reported(findings, plan), start=1)
    )
    died = (one.failure for one in findings.endings.values() if one.failure.cause)
    ends = {one.program[-1].word for one in died}
    return Report(
        waitctx=__version__,
        clauses_sha256=catalogue.fingerprint,
        model_sha256=model_sha256(),
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
        host=host(),
        implementation=implementation_info(check.adapter),
        profile=plan.profile.name,
        seed=plan.seed,
        bounds=plan.bounds,
        command=command_of(check.adapter.identity.target, plan),
        interrupted=findings.interrupted,
        engines=tuple(
            EngineRun(one.name, one.programs, one.operations, round(one.seconds, 3))
            for one in findings.engines
        ),
        operations={
            word: findings.operations[word]
            for word, one in OPERATIONS.items()
            if check.adapter.ics.supports(one)
        },
        states=check.judge.states,
        readings=tuple(sorted(check.judge.readings)),
        unjudged=dict(findings.inconclusive),
        verdicts=tuple(
            clause_verdict(clause, check.judge, failures, lacking(clause, check.adapter.ics), ends)
            for clause in catalogue.binding(plan.profile.name)
        ),
        failures=failures,
        groups=dict(catalogue.groups),
        worlds=tuple(map(world_coverage, findings.worlds)),
        skipped=dict(findings.skipped),
        guarantees=guarantees(findings.worlds),
    )


def _reported(findings: Findings, plan: Plan) -> Iterator[Found]:
    """Give the failure of each clause; where one is announced, those that end otherwise too."""
    yield from findings.found.values()
    announced = {one.clause for one in plan.known.entries}
    for (clause, _), found in findings.endings.items():
        if found is not findings.found[clause] and announced & {clause, ""}:
            yield found


def host() -> dict[str, str]:
    """Tell what kind of machine this is, and not which: reports are passed on."""
    release = "".join(takewhile("0123456789.".__contains__, platform.release())).strip(".")
    libc = " ".join(filter(None, platform.libc_ver()))
    return {
        "python": platform.python_version(),
        "system": " ".join(filter(None, (platform.system(), release, libc and f"with {libc}"))),
        "machine": platform.machine(),
    }


def command_of(target: str, plan: Plan) -> str:
    """Give the command that makes the same check again."""
    options = f"--profile {plan.profile.name} --seed {plan.seed}"
    return " ".join(["waitctx check", shlex.quote(target), options, *_options(plan)])


def _options(plan: Plan) -> Iterator[str]:
    """Write the options that are not as usual."""
    if plan.programs is not None:
        yield f"--programs {plan.programs}"
    elif plan.budget is not None:
        yield f"--budget {plan.budget:g}"
    yield from (f"--engine {name}" for name in plan.engines)
    yield from (f"--tool {name}" for name in plan.tools)
    if plan.depth is not None:
        yield f"--depth {plan.depth}"
    if plan.keys != fields(Plan).keys.default:
        yield f"--keys {plan.keys}"
    if plan.extra_states != fields(Plan).extra_states.default:
        yield f"--extra-states {plan.extra_states}"
    if plan.jobs > 1:
        yield f"--jobs {plan.jobs}"
    if plan.known.name:
        yield f"--known-failures {shlex.quote(plan.known.name)}"


def world_coverage(world: World) -> WorldCoverage:
    """Give what was walked of a world."""
    covered = coverage(world.graph, world.hits)
    return WorldCoverage(
        name=world.graph.bounds.name,
        bounds=str(world.graph.bounds),
        depth=world.depth,
        programs=world.complete,
        states=covered.states,
        states_in_reach=covered.states_in_reach,
        transitions=covered.transitions,
        transitions_in_reach=covered.transitions_in_reach,
        pairs=world.pairs[0],
        pairs_in_reach=world.pairs[1],
        states_told_apart=world.states,
        extra_states=world.extra,
        layers=covered.layers,
    )


#: What states the rules; a change to any of them can change a verdict.
_RULES: Final = (
    *("expectations.py", "judge.py", "model.py", "operations.py", "outcomes.py"),
    *("rules_contexts.py", "rules_fds.py", "rules_jobs.py", "state.py"),
    *("rules_files.py", "rules_memory.py", "rules_threads.py", "blame.py", "heap.py"),
    "corruption.py",
)


@cache
def model_sha256() -> str:
    """Give the digest of the sources that state what is permitted."""
    folder = resources.files(__package__)
    texts = (folder.joinpath(name).read_bytes() for name in _RULES)
    return sha256(b"\0".join(texts)).hexdigest()


def sentences_of(clause: Clause, catalogue: Catalogue) -> tuple[Sentence, ...]:
    """Give the sentences that a clause rests on."""
    return tuple(
        Sentence(number, catalogue.sections[number[0]].title, catalogue.sentences[number].text)
        for number in clause.sentences
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


def clause_verdict(
    clause: Clause,
    judge: Judge,
    failures: Sequence[FailureReport],
    missing: str = "",
    ends: Collection[str] = (),
) -> ClauseVerdict:
    """Give the verdict on a clause.

    `missing` is what the implementation lacks to be held to it; `ends` are the operations that were
    the end of it.
    """
    blamed = tuple(one.id for one in failures if one.clause == clause.id)
    checked, programs = judge.exercised[clause.id], judge.programs_for[clause.id]
    reason = ""
    if blamed:
        verdict = Verdict.FAIL
    elif missing:
        verdict, reason = Verdict.NOT_APPLICABLE, missing
        checked = programs = 0  # other programs may have it among what they rest on
    elif checked:
        verdict = Verdict.PASS
    else:
        verdict, reason = Verdict.INCONCLUSIVE, _not_shown(ends)
    unexplained = unseen(clause, judge.catalogue, reason)
    return evolve(unexplained, verdict=verdict, checked=checked, failures=blamed, programs=programs)


def unseen(clause: Clause, catalogue: Catalogue, reason: str) -> ClauseVerdict:
    """Give the verdict on a clause of which nothing was seen."""
    return ClauseVerdict(
        clause=clause.id,
        group=clause.group,
        title=clause.title,
        verdict=Verdict.INCONCLUSIVE,
        checked=0,
        reason=reason,
        text=clause.text,
        sentences=sentences_of(clause, catalogue),
        source=clause.source,
        programs=0,
    )


def _not_shown(ends: Collection[str]) -> str:
    """Say why no program has shown anything about a clause."""
    reason = "no program exercised it"
    if ends:
        reason += f": it may be that none got so far, for they ended in {', '.join(sorted(ends))}"
    return reason


def lacking(clause: Clause, ics: Ics) -> str:
    """Say what an implementation lacks to be held to a clause; empty when it lacks nothing."""
    needed = [word for word in clause.operations if word in OPERATIONS]
    functions = [OPERATIONS[word].function for word in needed]
    missing = [one for one in dict.fromkeys(functions) if one not in ics.functions]
    if missing:
        return f"{', '.join(missing)} not offered"
    if ics.sanitized and MEMORY_OPERATIONS.keys() & clause.needs.keys():
        return "built with AddressSanitizer, which watches memory instead"
    counted = ics.counted and clause.id in LEFT
    if not (ics.watchable or counted) and MEMORY_OPERATIONS.keys() & clause.needs.keys():
        return "memory is watched in shared libraries only"
    if clause.incapable:
        return "jobs can run here" if ics.capable else ""
    jobs = not ics.capable and "start" in clause.operations
    unsupported = any(not ics.supports(OPERATIONS[word]) for word in needed)
    return "jobs cannot run here (ASYNC_is_capable is 0)" if jobs or unsupported else ""


def failure_report(name: str, found: Found, judge: Judge, catalogue: Catalogue) -> FailureReport:
    """Give a failure in words, step by step."""
    failure = found.failure
    return FailureReport(
        id=name,
        clause=failure.clause,
        title=catalogue[failure.clause].title,
        related=failure.related,
        wrong=tuple(
            f"{one.answer}: {one.wanted} permitted, {one.seen} seen" for one in failure.mismatches
        ),
        cause=failure.cause,
        program=to_text(failure.whole),
        program_json=tuple(to_json(failure.whole)),
        steps=steps_of(failure.program, failure.observations, judge, found.told),
        engine=found.engine,
        reproduced=found.reproduced,
        kind=kind_of(failure),
        failed=found.failed,
        tries=found.tries,
    )


def steps_of(
    program: Program,
    observations: Sequence[Observation],
    judge: Judge,
    told: Sequence[str] = (),
) -> tuple[Step, ...]:
    """Give every operation with what was permitted and what was seen, in words.

    `told` is what the implementation tells of its own state after each, as far as it was asked.
    """
    steps = []
    permitted = judge.permitted(program, observations)
    answered = (*told, *[""] * len(program))
    for operation, seen, outcomes, tells in zip(
        program, observations, permitted, answered, strict=False
    ):
        agreeing = [one for one in outcomes if not one.mismatches(seen)]
        steps.append(
            Step(
                operation=str(operation),
                permitted=tuple(dict.fromkeys(_describe(operation, one) for one in outcomes)),
                seen=in_words(evolve(seen, events=())),
                events=tuple(map(str, seen.events)),
                agrees=bool(agreeing),
                states=tuple(dict.fromkeys(describe(one.state) for one in agreeing or outcomes)),
                tells=tells,
                saw=seen.to_json(),
            )
        )
    return tuple(steps)


def in_words(seen: Observation) -> str:
    """Write an observation for people, in one line."""
    kept = tuple(one for one in seen.answers if one != _NO_STRAY)
    return str(evolve(seen, answers=kept))


#: That nothing was written beside the outputs goes without saying.
_NO_STRAY: Final = ("stray", 0)


def _describe(operation: Operation, outcome: Outcome) -> str:
    """Write what an outcome asks for, in the order in which observations have it."""
    wanted = {
        name: text
        for name, text in outcome.wanted.items()
        if text != "anything" and (name, text) != ("stray", "0")
    }
    names = [name for name in operation.answers if name in wanted]
    names += [name for name in wanted if name not in operation.answers]
    return " ".join(f"{name}={wanted[name]}" for name in names) or "-"
