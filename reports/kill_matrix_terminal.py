"""The kill matrix for people: what `waitctx selftest` prints.

As in `terminal`, everything is given as rich renderables, and none of it is read as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from .kill_matrix import MODULE, Conclusion, tallies
from .terminal import Line, facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from .kill_matrix import KillMatrix, Row, Tally

_STYLES: Final = {
    Conclusion.PASSES: "green",
    Conclusion.DOES_NOT_PASS: "bold red",
    Conclusion.INCOMPLETE: "yellow",
}
_GAP: Final = (0, 2, 0, 0)
#: Kinds of fakes that have to pass.
_PASSING: Final = ("variant", "equivalent")
#: So many of the slowest fakes and of the longest programs are told.
_EXTREMES: Final = 3


def full(matrix: KillMatrix) -> Iterator[RenderableType]:
    """Give everything, the conclusion last."""
    yield facts(_settings(matrix))
    yield ""
    yield kill_table(matrix)
    yield ""
    yield facts(_others(matrix))
    yield from _extremes(matrix.rows)
    yield from _listed("Complaints", [str(one) for one in matrix.complaints])
    yield from _listed("Could not be run", matrix.errors)
    yield from _listed("Notes", matrix.notes)
    if matrix.complaints:
        yield from _next_steps(matrix)
    yield ""
    yield conclusion_of(matrix)


def brief(matrix: KillMatrix) -> Iterator[RenderableType]:
    """Give a line for each complaint and each fake that could not be run, and the conclusion."""
    for complaint in matrix.complaints:
        yield Line(str(complaint))
    for error in matrix.errors:
        yield Line(f"could not be run: {error}")
    yield conclusion_of(matrix)


def conclusion_of(matrix: KillMatrix) -> Line:
    """Say in one sentence what is known of the harness as a whole."""
    one = matrix.conclusion
    return Line(Text.assemble("selftest ", (one.value, _STYLES[one]), f": {sentence(matrix)}"))


def sentence(matrix: KillMatrix) -> str:
    """Give the numbers behind the conclusion in one sentence."""
    faults = matrix.faults
    told = sum(one.killed for one in faults)
    parts = [f"{told} of {len(faults)} faults killed"]
    if matrix.complaints:
        parts.insert(0, _count(len(matrix.complaints), "complaint"))
    parts += [_passed(matrix, kind) for kind in _PASSING if matrix.of_kind(kind)]
    ended = "interrupted after" if matrix.interrupted else "in"
    return f"{', '.join(parts)}, {ended} {matrix.seconds:.0f} s"


def kill_table(matrix: KillMatrix) -> Table:
    """Give the number of faults that were told, by family, group and engine."""
    table = Table(box=None, pad_edge=False, padding=_GAP)
    table.add_column("Family", no_wrap=True)
    table.add_column("Group", no_wrap=True)
    for name in ("Faults", *(one.capitalize() for one in matrix.engines), "Killed"):
        table.add_column(name, justify="right")
    before = ""
    for one in tallies(matrix):
        table.add_row("" if one.family == before else one.family, one.group, *_cells(one))
        before = one.family
    return table


def _cells(one: Tally) -> Iterator[Text]:
    yield Text(str(one.faults))
    for number in one.by_engine:
        yield Text(str(number), "" if number == one.faults else "yellow")
    yield Text(str(one.killed), "green" if one.killed == one.faults else "bold red")


def _settings(matrix: KillMatrix) -> dict[str, Sequence[str]]:
    kinds = f"{len(matrix.rows)} fakes, {matrix.jobs} at a time"
    took = f"{matrix.seconds:.1f} s, {matrix.compiling:.1f} s of them for compiling"
    return {
        "Run": (f"{kinds}, {matrix.budget:g} s for each and each engine",),
        "Seed": (f"{matrix.seed}, waitctx {matrix.waitctx}",),
        "Took": (took,),
    }


def _others(matrix: KillMatrix) -> dict[str, Sequence[str]]:
    return {"Controls": [_passed(matrix, kind) for kind in _PASSING if matrix.of_kind(kind)]}


def _passed(matrix: KillMatrix, kind: str) -> str:
    rows = matrix.of_kind(kind)
    passed = sum(not (one.killed or one.error) for one in rows)
    return f"{passed} of {len(rows)} {kind}s pass"


def _extremes(rows: Sequence[Row]) -> Iterator[RenderableType]:
    kills = [(one.shortest.length, one.fake.label) for one in rows if one.shortest is not None]
    slowest = sorted(rows, key=lambda one: -one.seconds)[:_EXTREMES]
    longest = sorted(kills, reverse=True)[:_EXTREMES]
    yield facts(
        {
            "Slowest": [f"{one.fake.label}, {one.seconds:.1f} s" for one in slowest],
            "Longest": [f"{label}, {_count(number, 'operation')}" for number, label in longest],
        }
    )


def _listed(title: str, lines: Sequence[str]) -> Iterator[RenderableType]:
    if lines:
        yield ""
        yield Text(f"{title} ({len(lines)})", "bold")
        for line in lines:
            yield Line(f"  {line}")


def _next_steps(matrix: KillMatrix) -> Iterator[RenderableType]:
    fakes = dict.fromkeys(one.fake for one in matrix.complaints if one.fake)
    clauses = dict.fromkeys(name for one in matrix.complaints for name in one.clause.split(", "))
    yield ""
    if fakes:
        options = f"--budget {matrix.budget:g} --seed {matrix.seed}"
        if matrix.module != MODULE:
            options += f" --fakes {matrix.module}"
        yield Line(f"Run again: waitctx selftest {' '.join(fakes)} {options}")
    yield Line(f"Read more: waitctx explain {' '.join(clauses)}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
