"""The matrix as Markdown, short enough for a GitHub step summary."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

from .markdown import code, escape, row, table
from .matrix import sentence
from .report import Conclusion, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .matrix import Matrix

_SIGNS: Final = {
    Conclusion.CONFORMS: "✅",
    Conclusion.CONFORMS_BUT: "✅",
    Conclusion.OUT_OF_DATE: "❌",
    Conclusion.DOES_NOT_CONFORM: "❌",
    Conclusion.NOT_CHECKED: "⚠️",
}
#: GitHub refuses a summary of more than 1 MiB.
_ROOM: Final = 900_000


def write(matrix: Matrix, file: IO[str]) -> None:
    """Write a matrix: a line for each implementation, then what flipped, then what fails."""
    room = _ROOM
    for part in (*_overview(matrix), *_flips(matrix), *_failures(matrix)):
        room -= len(part.encode())
        if room < 0:
            file.write("\nThe rest is left out here; the JSON form has it.\n")
            break
        file.write(part)


def _overview(matrix: Matrix) -> Iterator[str]:
    yield f"## {_SIGNS[matrix.conclusion]} {escape(matrix.title)}: {escape(sentence(matrix))}\n"
    verdicts = (Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE)
    yield table("", "Implementation", "Version", *(one.value for one in verdicts), "Because")
    for one in matrix.columns:
        version = one.implementation.version if one.implementation else ""
        counts = (str(one.count(verdict) or "") for verdict in verdicts)
        sign = _SIGNS[one.conclusion]
        cells = (escape(one.name), escape(version), *counts, escape(one.because))
        yield row((sign, *cells))


def _flips(matrix: Matrix) -> Iterator[str]:
    flips = matrix.flips()
    if flips:
        yield table("Flipped", "Clause", "Before", "Now", "Also")
    for one in flips:
        yield row(map(escape, (one.column, one.clause, one.before, one.after, one.note)))


def _failures(matrix: Matrix) -> Iterator[str]:
    for column in matrix.columns:
        for one in column.failures:
            head = f"{column.name}: {one.clause} {one.title}"
            yield f"\n<details><summary><b>{escape(head)}</b></summary>\n\n{code(one.program)}\n\n"
            yield from (f"- {escape(line)}\n" for line in one.wrong)
            yield f"- ended by {escape(one.cause)}\n" if one.cause else ""
            yield "\n</details>\n"
