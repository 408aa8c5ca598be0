"""The matrix for people: what `waitctx matrix` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from .matrix import sentence
from .report import Conclusion, Verdict
from .terminal import Line
from .text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from .matrix import Matrix

_STYLES: Final = {
    Conclusion.CONFORMS: "green",
    Conclusion.CONFORMS_BUT: "green",
    Conclusion.OUT_OF_DATE: "bold red",
    Conclusion.DOES_NOT_CONFORM: "bold red",
    Conclusion.NOT_CHECKED: "yellow",
}


def full(matrix: Matrix) -> Iterator[RenderableType]:
    """Give a line for each implementation, what flipped, and the conclusion."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Implementation", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Passes", justify="right")
    table.add_column("Because", overflow="fold")
    for one in matrix.columns:
        verdict = Text(one.conclusion.value, _STYLES[one.conclusion])
        passes = str(one.count(Verdict.PASS)) if one.cells else ""
        table.add_row(_text(one.name), verdict, passes, _text(one.because))
    yield table
    yield ""
    yield from _flips(matrix)
    yield from brief(matrix)


def brief(matrix: Matrix) -> Iterator[RenderableType]:
    """Give the conclusion."""
    style = _STYLES[matrix.conclusion]
    yield Line(Text.assemble(printable(matrix.title), ": ", (sentence(matrix), style)))


def _flips(matrix: Matrix) -> Iterator[RenderableType]:
    if not matrix.history:
        return
    flips = matrix.flips()
    since = matrix.history[-2].started
    if flips:
        table = _table("Flipped", "Clause", "Before", "Now", "Also")
        for one in flips:
            table.add_row(*map(_text, (one.column, one.clause, one.before, one.after, one.note)))
        yield table
        yield ""
    else:
        yield Line(f"Nothing flipped since {since}.")
        yield ""


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _text(text: str) -> Text:
    return Text(printable(text))
