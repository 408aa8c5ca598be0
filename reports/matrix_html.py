"""The matrix as one HTML page: implementations across, clauses down, each with its evidence."""

from __future__ import annotations

from itertools import groupby
from typing import IO, TYPE_CHECKING, Final

from attrs import frozen

from .matrix import sentence
from .page import SIGNS, write_page
from .report import Conclusion, Verdict

if TYPE_CHECKING:
    from .matrix import Cell, Clause, Column, Matrix

#: The words in a cell have to be short.
_SHORT: Final = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "FAIL",
    Verdict.INCONCLUSIVE: "open",
    Verdict.NOT_APPLICABLE: "n/a",
}
_TONES: Final = {
    Conclusion.CONFORMS: "pass",
    Conclusion.CONFORMS_BUT: "pass",
    Conclusion.OUT_OF_DATE: "fail",
    Conclusion.DOES_NOT_CONFORM: "fail",
    Conclusion.NOT_CHECKED: "inconclusive",
}


@frozen
class Row:
    """A clause, and what each implementation makes of it."""

    clause: Clause
    cells: tuple[Cell | None, ...]
    """One for each column; None where it was not held to the clause."""

    @property
    def kind(self) -> str:
        """Tell what somebody who filters asks for."""
        some = {cell.verdict for cell in self.cells if cell}
        if Verdict.FAIL in some:
            return "fails somewhere"
        return "passes" if Verdict.PASS in some else "not checked"


def write(matrix: Matrix, file: IO[str]) -> None:
    """Write a matrix as a page that needs nothing else."""
    tables = [{cell.clause: cell for cell in one.cells} for one in matrix.columns]
    rows = [Row(one, tuple(table.get(one.clause) for table in tables)) for one in matrix.clauses]
    write_page(
        file,
        "matrix.html",
        ("report.css", "matrix.css"),
        ("report.js", "matrix.js"),
        matrix=matrix,
        rows=[(name, list(some)) for name, some in groupby(rows, lambda one: one.clause.group)],
        kinds=sorted({one.kind for one in rows}),
        across=[(name, len(list(some))) for name, some in groupby(matrix.columns, _group)],
        sentence=sentence(matrix),
        sign=SIGNS[matrix.conclusion],
        signs=SIGNS,
        tones=_TONES,
        short=_SHORT,
        titles={one.clause: one.title for one in matrix.clauses},
    )


def _group(column: Column) -> str:
    return column.group
