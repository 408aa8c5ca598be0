"""``waitctx compare``: two reports, or two implementations."""

from __future__ import annotations

from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.table import Table
from rich.text import Text

from waitctx.conformance.clauses import load
from waitctx.conformance.distinguish import Distinguisher
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.programs import to_text
from waitctx.conformance.reporting import in_words
from waitctx.conformance.state import State
from waitctx.conformance.targets import open_target
from waitctx.reports import document
from waitctx.reports.comparison import compare as compare_reports
from waitctx.reports.terminal import Line, facts
from waitctx.reports.text import printable

from .console import NOT_CHECKED, Refusal, show
from .options import profile_option
from .progress import drawing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from waitctx.conformance.adapters.base import Adapter, Observations
    from waitctx.conformance.distinguish import Difference, Search
    from waitctx.conformance.outcomes import Profile
    from waitctx.reports.comparison import Comparison

#: Exit codes: a difference is what was looked for.
_SAME, _DIFFERENT = 0, 1


@click.command(short_help="Compare two reports or two implementations.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@profile_option(
    "spec", "For implementations: whose programs are tried, and what each answer is judged by."
)
@click.option(
    "--budget",
    metavar="SECONDS",
    type=click.FloatRange(min=0, max=86_400),
    default=20.0,
    show_default=True,
    help="For implementations: how long to look for a difference.",
)
@click.pass_context
def compare(
    context: click.Context, /, first: str, second: str, profile: str, budget: float
) -> None:
    """Say how B differs from A: two JSON reports, or two targets as waitctx check takes them.

    Of two reports the clauses that flipped come first, then the rest. Of two targets the functions
    that only one offers, and the shortest program that both carry out and answer differently, even
    where both conform.

    \b
    What did the change flip? What does the new build do that the old one did not?
        waitctx compare before.json after.json
        waitctx compare ./libcrypto-1.1.so ./libcrypto-3.so

    The exit code is 0 if no difference was found, 1 if there is one, 2 if they cannot be compared.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    reports = [_is_report(one) for one in (first, second)]
    if all(reports):
        context.exit(_of_reports(Path(first), Path(second)))
    if any(reports):
        raise Refusal("one is a report and the other is not: name two of a kind.")
    with closing(open_target(first)) as one, closing(open_target(second)) as other:
        context.exit(_of_targets(one, other, PROFILES[profile], budget))


def _is_report(text: str) -> bool:
    return text.lower().endswith(".json")


def _of_reports(first: Path, second: Path) -> int:
    try:
        before, after = document.read(first), document.read(second)
    except document.ReportError as error:
        raise Refusal(str(error)) from error
    found = compare_reports(before, after)
    show(*_told(found, f"{first}, {second}"))
    return _SAME if found.same else _DIFFERENT


def _told(found: Comparison, names: str) -> Iterator[RenderableType]:
    if found.flips:
        table = _table("Clause", "Before", "After", "Title and evidence")
        for one in found.flips:
            verdicts = [str(each.value) if each else "none" for each in (one.before, one.after)]
            told = f"{one.title}: {one.evidence}" if one.evidence else one.title
            table.add_row(one.clause, *verdicts, Text(printable(told)))
        yield table
        yield ""
    if found.others or found.notes:
        yield facts({**found.others, **({"Note": found.notes} if found.notes else {})})
        yield ""
    flips = f"{len(found.flips)} clause{'s' * (len(found.flips) != 1)} flipped"
    rest = "the same but for times, host and how much was run"
    yield Line(f"{names}: {rest if found.same else flips}")


def _of_targets(one: Adapter, other: Adapter, profile: Profile, budget: float) -> int:
    with drawing(budget) as draw:

        def listen(programs: int) -> None:
            draw(lambda: f"{programs:,} programs on each")

        search = Distinguisher(one, other, profile, budget, listen=listen).run()
    show(*_found(one, other, search, profile))
    shared = one.ics.functions & other.ics.functions
    if not shared:
        return NOT_CHECKED
    same = one.ics == other.ics and search.difference is None
    return _SAME if same else _DIFFERENT


def _found(
    one: Adapter, other: Adapter, search: Search, profile: Profile
) -> Iterator[RenderableType]:
    told = {"A": _name(one), "B": _name(other)}
    for letter, ours, theirs in (("A", one, other), ("B", other, one)):
        if only := sorted(ours.ics.functions - theirs.ics.functions):
            told[f"Only {letter} has"] = tuple(only)
        if ours.ics.capable and not theirs.ics.capable:
            told[f"Only {letter} runs"] = ("jobs",)
    told["Searched"] = tuple(_searched(search))
    yield facts(told)
    yield ""
    difference = search.difference
    if difference is None:
        yield Line("No program was found that both carry out and answer differently.")
        return
    yield Line(f"Told apart by  {to_text(difference.program)}")
    yield ""
    yield _steps(difference)
    yield ""
    for letter, adapter, seen in (("A", one, difference.first), ("B", other, difference.second)):
        yield Line(f"{letter} {_judged(difference, adapter, seen, profile)}")


def _name(adapter: Adapter) -> tuple[str, ...]:
    return tuple(filter(None, (adapter.identity.target, adapter.identity.version)))


def _searched(search: Search) -> Iterator[str]:
    yield f"{search.programs:,} programs on each"
    if search.difference is None:
        yield f"every program of up to {search.complete} operations of a small alphabet,"
        yield f"up to {search.deep} every one that leads the model to another state,"
        yield "scenarios, and random programs until the time was up"
    elif search.difference.shortest:
        yield "every shorter program of a small alphabet: none tells them apart"
    else:
        yield f"every program of up to {search.complete} operations of a small alphabet"
        yield "so there may be a shorter one"


def _steps(difference: Difference) -> Table:
    table = _table("", "Operation", "A", "B")
    rows = zip_longest(difference.program, difference.first, difference.second)
    for operation, first, second in rows:
        if operation is None:
            break
        differs = first != second
        cells = (
            str(operation),
            *(in_words(seen) if seen else "nothing" for seen in (first, second)),
        )
        mark, style = (">>", "bold") if differs else ("", "")
        table.add_row(mark, *(Text(printable(cell)) for cell in cells), style=style)
    return table


def _judged(difference: Difference, adapter: Adapter, seen: Observations, profile: Profile) -> str:
    judge = Judge(Model(profile), load(), State(capable=adapter.ics.capable))
    judgement = judge.judge_all(difference.program, seen)
    if judgement.failure is not None:
        return f"goes against {judgement.failure.clause} here."
    if judgement.inconclusive:
        return f"cannot be judged here: {judgement.inconclusive}."
    return f"does what profile {profile.name} permits here."


_GAP: Final = (0, 2, 0, 0)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=_GAP)
    for name in names:
        table.add_column(name, overflow="fold")
    return table
