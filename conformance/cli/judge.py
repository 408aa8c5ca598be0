"""``waitctx judge``: verdicts from a trace alone, without the implementation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import click
from attrs import define, field

from waitctx.conformance.adapters.base import Ics
from waitctx.conformance.clauses import Catalogue, load
from waitctx.conformance.findings import Found
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.operations import FUNCTIONS
from waitctx.conformance.outcomes import PROFILES, Profile
from waitctx.conformance.reporting import clause_verdict, failure_report, lacking
from waitctx.conformance.state import State
from waitctx.conformance.traces import TraceError, read_trace
from waitctx.reports import terminal

from .console import CONFORMS, DOES_NOT_CONFORM, NOT_CHECKED, Refusal, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from waitctx.conformance.judge import Failure
    from waitctx.conformance.traces import Entry, Header
    from waitctx.reports.report import ClauseVerdict, FailureReport

#: So many reasons why programs could not be judged are shown.
_REASONS: Final = 10


@define
class Judged:
    """What a trace has shown so far."""

    judge: Judge
    programs: int = 0
    operations: int = 0
    failed: Counter[str] = field(factory=Counter)
    """How many programs fail on each clause."""
    first: dict[str, tuple[int, Failure]] = field(factory=dict)
    """The first failure on each clause, and its line."""
    inconclusive: dict[str, int] = field(factory=dict)
    """Why programs could not be judged to their end, and the first line of each reason."""

    def add(self, entry: Entry) -> None:
        """Judge one more program."""
        judgement = self.judge.judge(entry.program, entry.observations)
        self.programs += 1
        self.operations += judgement.judged
        if judgement.failure is not None:
            clause = judgement.failure.clause
            self.failed[clause] += 1
            self.first.setdefault(clause, (entry.lines[judgement.judged - 1], judgement.failure))
        elif judgement.inconclusive:
            self.inconclusive.setdefault(judgement.inconclusive, entry.lines[judgement.judged])


@click.command(short_help="Judge a trace.")
@click.argument("trace", metavar="TRACE")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    help="Judge by this profile instead of the one that the trace names.",
)
@click.pass_context
def judge(context: click.Context, /, trace: str, profile: str | None) -> None:
    """Give the verdicts that TRACE, as written by waitctx check, is the evidence for.

    The implementation is not needed: a trace holds every program and every answer. TRACE can be
    - for standard input.

    \b
    What a check of a library showed, then whether OpenSSL's clients could use it:
        waitctx check ./libmine.so --trace t.jsonl
        waitctx judge t.jsonl
        waitctx judge t.jsonl --profile openssl

    The exit code is 0 if it conforms, 1 if it does not, 2 if the trace is damaged, cut short, of
    an unknown version, or shows nothing.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    catalogue = load()
    try:
        with click.open_file(trace, encoding="utf-8", errors="surrogateescape") as file:
            header, entries = read_trace(file)
            chosen = PROFILES[profile] if profile else header.profile
            judged = judge_all(entries, header, chosen, catalogue)
    except OSError as error:
        raise Refusal(
            f"{trace}: {error.strerror}. Name a trace, or - for standard input."
        ) from error
    except TraceError as error:
        raise Refusal(f"{trace}:{error.line}: {error}") from error
    failures = [
        failure_report(f"F{number}", Found(failure, "", reproduced=False), judged.judge, catalogue)
        for number, (_, failure) in enumerate(judged.first.values(), start=1)
    ]
    ics = Ics(frozenset(FUNCTIONS), header.capable)
    verdicts = [
        clause_verdict(clause, judged.judge, failures, lacking(clause, ics))
        for clause in catalogue.binding(chosen.name)
    ]
    show(*_rendered(trace, header, chosen, judged, failures, verdicts))
    if judged.failed:
        context.exit(DOES_NOT_CONFORM)
    context.exit(CONFORMS if terminal.is_judged(verdicts) else NOT_CHECKED)


def judge_all(
    entries: Iterable[Entry], header: Header, profile: Profile, catalogue: Catalogue
) -> Judged:
    """Judge every program of a trace, one after the other.

    Raises:
        TraceError: the trace is damaged further down.
    """
    judged = Judged(Judge(Model(profile), catalogue, State(capable=header.capable)))
    for entry in entries:
        judged.add(entry)
    return judged


def _rendered(  # noqa: PLR0913, PLR0917 - all that is known goes into one page
    trace: str,
    header: Header,
    profile: Profile,
    judged: Judged,
    failures: list[FailureReport],
    verdicts: list[ClauseVerdict],
) -> Iterator[RenderableType]:
    lines = [line for line, _ in judged.first.values()]
    for line, one in zip(lines, failures, strict=True):
        more = judged.failed[one.clause] - 1
        also = f" (and {more} more)" if more else ""
        yield terminal.Line(f"{trace}:{line}: {one.clause} {one.title}{also}")
    for reason, line in list(judged.inconclusive.items())[:_REASONS]:
        yield terminal.Line(f"{trace}:{line}: cannot be judged from here on: {reason}")
    if judged.first or judged.inconclusive:
        yield ""
    yield terminal.facts(
        {
            "Trace": (trace,),
            "Of": (header.implementation,),
            "Profile": (profile.name,),
            "Judged": (f"{judged.programs:,} programs, {judged.operations:,} operations",),
            "Readings": sorted(judged.judge.readings),
        }
    )
    yield ""
    yield terminal.clause_table(verdicts)
    yield from terminal.not_passed(verdicts)
    for one in failures:
        yield ""
        yield from terminal.failure(one)
    yield ""
    yield terminal.conclusion(trace, profile.name, verdicts)
