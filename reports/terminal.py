"""The report for people: what `waitctx check` and `waitctx judge` print.

Everything is given as rich renderables and printed elsewhere. Much of the text comes from the
implementation under test, so none of it is ever read as markup, and characters that would steer a
terminal are shown as escapes.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final

from attrs import field, frozen
from rich.table import Table
from rich.text import Text

from .plain_text import LAST_STEPS, permitted, programs_each, seen, stale_text
from .report import Conclusion, Verdict
from .text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    from .report import (
        ClauseVerdict,
        EngineRun,
        FailureReport,
        Report,
        Step,
        WorldCoverage,
    )

_STYLES: Final = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
}
_GAP: Final = (0, 2, 0, 0)
#: A reason that more clauses share is not repeated for each.
_FEW: Final = 4


def _text(text: str | Text) -> Text:
    return Text(printable(text)) if isinstance(text, str) else text


@frozen
class Line:
    """A line that is never broken, so that it can be copied and searched for."""

    text: Text = field(converter=_text)

    def __rich_console__(self, console: Console, _: ConsoleOptions) -> Iterator[Segment]:
        """Give it as it is, however wide the console."""
        yield from self.text.render(console, end="\n")


def full(report: Report) -> Iterator[RenderableType]:
    """Give the whole report, the conclusion last."""
    yield facts(_implementation(report))
    yield ""
    yield clause_table(report.verdicts)
    yield from not_passed(report.verdicts)
    yield ""
    yield _engines(report.engines)
    yield from worlds(report.worlds)
    yield from guarantees(report.guarantees)
    yield from _shortcomings(report)
    yield from known_failures(report)
    for one in report.failures:
        if not one.known:
            yield ""
            yield from failure(one)
    yield ""
    yield Line(f"Run again: {report.command}")
    if failed := _failed(report.verdicts):
        yield Line(f"Read more: waitctx explain {' '.join(failed)}")
    yield ""
    yield conclusion_of(report)


def brief(report: Report) -> Iterator[RenderableType]:
    """Give a line for each failure that is news, each entry out of date, and the conclusion."""
    for one in report.failures:
        if not one.known:
            yield Line(f"{one.clause}: {one.program}")
    yield from (Line(stale_text(one)) for one in report.stale)
    yield conclusion_of(report)


def conclusion_of(report: Report) -> Line:
    """Give the last line of a report."""
    target = report.implementation.target
    if report.conclusion is Conclusion.OUT_OF_DATE:
        places = ", ".join(one.place for one in report.stale)
        return _sentence(target, report.conclusion.value, Verdict.FAIL, f": {places}")
    return conclusion(target, report.profile, report.verdicts, interrupted=report.interrupted)


def conclusion(
    target: str, profile: str, verdicts: Sequence[ClauseVerdict], *, interrupted: bool = False
) -> Line:
    """Say in one sentence what is known of an implementation as a whole."""
    counts = ", ".join(_counted(verdicts))
    if failed := _failed(verdicts):
        return _sentence(
            target, "does not conform", Verdict.FAIL, f" to profile {profile}: {', '.join(failed)}"
        )
    if interrupted:
        return _sentence(
            target, "was not checked to the end", Verdict.INCONCLUSIVE, f": so far {counts}"
        )
    if not is_judged(verdicts):
        return _sentence(target, "could not be checked", Verdict.INCONCLUSIVE, f": {counts}")
    known = sum(one.known for one in verdicts)
    but = f" but for {known} known failure{'s' * (known != 1)}" if known else ""
    return _sentence(target, "conforms", Verdict.PASS, f" to profile {profile}{but}: {counts}")


def is_judged(verdicts: Sequence[ClauseVerdict]) -> bool:
    """Tell whether anything was found out at all."""
    return any(one.verdict in (Verdict.PASS, Verdict.FAIL) for one in verdicts)


def clause_table(verdicts: Sequence[ClauseVerdict]) -> Table:
    """Give every clause with its verdict, group by group."""
    table = Table(box=None, pad_edge=False, padding=_GAP)
    table.add_column("Group", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Clauses", overflow="fold")
    table.add_column("Checks", justify="right")
    if any(one.programs is not None for one in verdicts):
        table.add_column("Programs each", justify="right")
    for group, some in groupby(verdicts, lambda one: one.group):
        _add_group(table, group, list(some))
    return table


def not_passed(verdicts: Sequence[ClauseVerdict]) -> Iterator[RenderableType]:
    """Give each clause that did not pass, with the reason; one that many share is given once."""
    table = Table(box=None, pad_edge=False, padding=_GAP)
    table.add_column("Not passed", no_wrap=True)
    table.add_column("Verdict")
    table.add_column("Title and reason", overflow="fold")
    shared = Counter((one.verdict, one.reason) for one in verdicts if one.reason)
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE):
        for one in verdicts:
            if one.verdict is verdict and shared[verdict, one.reason] <= _FEW:
                because = one.reason or f"see {', '.join(one.failures)}"
                what = Text(printable(f"{one.title}: {because}"))
                table.add_row(one.clause, Text(*_label(one)), what)
        for (other, reason), count in shared.items():
            if other is verdict and count > _FEW:
                label = Text(verdict.value, _STYLES[verdict])
                table.add_row(f"{count} clauses", label, Text(printable(f"Each: {reason}")))
    if table.row_count:
        yield ""
        yield table


def facts(facts: Mapping[str, Sequence[str]]) -> Table:
    """Lay facts out in two columns; a name stands at the first of its lines."""
    grid = Table.grid(padding=_GAP)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, lines in facts.items():
        for place, text in enumerate(lines):
            grid.add_row("" if place else name, Text(printable(text)))
    return grid


def failure(one: FailureReport) -> Iterator[RenderableType]:
    """Give a failure: the clause, the program, its steps, and what else is known."""
    yield Text.assemble(
        (one.id, "bold red"), "  ", (one.clause, "bold red"), "  ", (printable(one.title), "bold")
    )
    yield ""
    yield Line(one.program)
    yield ""
    if left_out := max(0, len(one.steps) - LAST_STEPS):
        yield Text(f"    ({left_out} steps before these agree)", "dim")
    yield _steps(one.steps[left_out:])
    yield ""
    yield facts(
        {
            "Wrong": one.wrong,
            "Ended by": (one.cause,) if one.cause else (),
            "Related": (", ".join(one.related),) if one.related else (),
            "Found by": (f"{one.engine}; {one.again}",) if one.engine else (),
        }
    )


def _implementation(report: Report) -> dict[str, Sequence[str]]:
    one = report.implementation
    missing = f", but not {', '.join(one.missing)}" if one.missing else ""
    jobs = "can run" if one.capable else "cannot run"
    offers = f"{len(one.functions)} functions{missing}; jobs {jobs}"
    return {
        "Checked": tuple(filter(None, (one.target, one.version))),
        "Kind": (one.kind,),
        "File": (one.path,) if one.path else (),
        "SHA-256": (one.sha256,) if one.sha256 else (),
        "Offers": (offers,) if one.functions else (),
        "Profile": (f"{report.profile}, seed {report.seed}, waitctx {report.waitctx}",),
        "Readings": report.readings,
    }


def _add_group(table: Table, name: str, verdicts: Sequence[ClauseVerdict]) -> None:
    heads = iter([name])
    labels = {
        _label(one): None for verdict in _STYLES for one in verdicts if one.verdict is verdict
    }
    for label in labels:
        some = [one for one in verdicts if _label(one) == label]
        ids = " ".join(one.clause.removeprefix(f"{name}-") for one in some)
        checks = f"{sum(one.checked for one in some):,}"
        cells = next(heads, ""), Text(*label), ids, checks, programs_each(some)
        table.add_row(*cells[: len(table.columns)])


def _label(one: ClauseVerdict) -> tuple[str, str]:
    """Give a verdict in words, and their style."""
    return _KNOWN if one.known else (one.verdict.value, _STYLES[one.verdict])


_KNOWN: Final = ("known failure", "yellow")


def known_failures(report: Report) -> Iterator[RenderableType]:
    """Give what was announced, and what is out of date about it."""
    if not report.known_failures:
        return
    table = Table(box=None, pad_edge=False, padding=_GAP)
    table.add_column("Known failure", overflow="fold")
    table.add_column("Now", overflow="fold")
    table.add_column("Why it is known", overflow="fold")
    for one in report.known_failures:
        style = "bold red" if one.stale else ""
        until = f"until {one.expires}" if one.expires else ""
        why = _lines(filter(None, (one.reason, one.link, until)))
        now = _lines(filter(None, (one.now, ", ".join(one.failures))))
        table.add_row(Text(printable(one.subject)), now, why, style=style)
    yield ""
    yield table
    for one in report.stale:
        yield Line(stale_text(one))


def _engines(engines: Iterable[EngineRun]) -> Table:
    table = Table(box=None, pad_edge=False, padding=_GAP)
    table.add_column("Engine", no_wrap=True)
    for name in ("Programs", "Operations", "Seconds"):
        table.add_column(name, justify="right")
    for one in engines:
        table.add_row(one.name, f"{one.programs:,}", f"{one.operations:,}", f"{one.seconds:.1f}")
    return table


def worlds(some: Sequence[WorldCoverage]) -> Iterator[RenderableType]:
    """Give what the systematic engines covered."""
    if not some:
        return
    table = Table(box=None, pad_edge=False, padding=_GAP)
    table.add_column("World", no_wrap=True)
    for name in ("Depth", "States", "Transitions", "Pairs of these"):
        table.add_column(name, justify="right")
    for one in some:
        counts = (
            (one.states, one.states_in_reach),
            (one.transitions, one.transitions_in_reach),
            (one.pairs, one.pairs_in_reach),
        )
        cells = (f"{seen:,} of {near:,}" if near else "-" for seen, near in counts)
        table.add_row(one.name, str(one.depth), *cells)
    yield ""
    yield table


def guarantees(some: Sequence[str]) -> Iterator[RenderableType]:
    """Give what cannot be wrong without having shown."""
    if some:
        yield ""
        yield facts({"Guarantees": some})


def _shortcomings(report: Report) -> Iterator[RenderableType]:
    """Say what the harness itself fell short of."""
    some = {
        "Skipped": [f"{name}: {why}" for name, why in report.skipped.items()],
        "Not judged": [f"{number} programs: {why}" for why, number in report.unjudged.items()],
        "Never run": [", ".join(word for word, times in report.operations.items() if not times)],
    }
    if told := {name: lines for name, lines in some.items() if any(lines)}:
        yield ""
        yield facts(told)


def _steps(steps: Iterable[Step]) -> Table:
    table = Table(box=None, pad_edge=False, padding=_GAP)
    table.add_column("", no_wrap=True)
    for name in ("Operation", "Permitted", "Seen"):
        table.add_column(name, overflow="fold")
    for one in steps:
        cells = ([one.operation], permitted(one), seen(one))
        mark = "" if one.agrees else ">>"
        style = "" if one.agrees else "bold red"
        table.add_row(mark, *(_lines(cell) for cell in cells), style=style)
    return table


def _lines(lines: Iterable[str]) -> Text:
    return Text("\n".join(map(printable, lines)))


def _failed(verdicts: Iterable[ClauseVerdict]) -> list[str]:
    return [one.clause for one in verdicts if one.verdict is Verdict.FAIL and not one.known]


def _counted(verdicts: Sequence[ClauseVerdict]) -> Iterator[str]:
    numbers = _numbers(verdicts)
    passed = numbers.pop(Verdict.PASS)
    yield "1 clause passes" if passed == 1 else f"{passed or 'no'} clauses pass"
    numbers[Verdict.FAIL] -= sum(one.known for one in verdicts)  # of these the sentence has told
    yield from (f"{number} {verdict.value}" for verdict, number in numbers.items() if number)


def _numbers(verdicts: Sequence[ClauseVerdict]) -> dict[Verdict, int]:
    return {verdict: sum(one.verdict is verdict for one in verdicts) for verdict in Verdict}


def _sentence(target: str, claim: str, verdict: Verdict, rest: str) -> Line:
    return Line(Text.assemble(printable(target), " ", (claim, _STYLES[verdict]), rest))
