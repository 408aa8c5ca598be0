"""The matrix as a picture for a README: a square for each implementation and group of clauses."""

from __future__ import annotations

from itertools import groupby
from typing import IO, TYPE_CHECKING, Final

from attrs import frozen

from .matrix import sentence
from .report import Conclusion, Verdict
from .templating import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .matrix import Cell, Column, Matrix

#: Pixels: a square, the names of the groups, the names of the implementations, and all around.
_SQUARE: Final = 24
_LEFT: Final = 104
_TOP: Final = 172
_MARGIN: Final = 16
_BLANK: Final = 10
_HEAD: Final = 52
_FOOT: Final = 58
#: Longer names are cut.
_LETTERS: Final = 26


@frozen
class Square:
    """What is known of one implementation and one group of clauses."""

    x: int
    y: int
    kind: str
    """``pass``, ``fail``, ``na`` or ``open``, the worst that is in the group; ``none``."""
    sign: str
    told: str


@frozen
class Label:
    """A name at its place."""

    x: int
    y: int
    text: str


def write(matrix: Matrix, file: IO[str]) -> None:
    """Write a matrix as an SVG picture; it has letters as well as colours."""
    places, right = _places(matrix.columns)
    groups = list(dict.fromkeys(one.group for one in matrix.clauses))
    bottom = _HEAD + _TOP + len(groups) * _SQUARE
    file.write(
        environment()
        .get_template("matrix.svg")
        .render(
            title=matrix.title,
            sentence=sentence(matrix).capitalize(),
            date=matrix.started[:10],
            waitctx=matrix.waitctx,
            width=max(right + _MARGIN, 560),
            height=bottom + _FOOT + _SQUARE,
            top=_HEAD + _TOP,
            bottom=bottom,
            rows=[Label(_LEFT - 8, _y(number) + 16, one) for number, one in enumerate(groups)],
            names=[
                Label(x + _SQUARE // 2 + 4, _HEAD + _TOP - 8, _cut(one.name))
                for x, one in zip(places, matrix.columns, strict=True)
            ],
            squares=list(_squares(matrix, groups, places)),
        )
        + "\n"
    )


def _places(columns: Sequence[Column]) -> tuple[list[int], int]:
    """Give the place of each column, with a blank between groups, and where the last ends."""
    places, x = [], _LEFT
    for _, some in groupby(columns, lambda one: one.group):
        for _ in some:
            places.append(x)
            x += _SQUARE
        x += _BLANK
    return places, x


def _y(row: int) -> int:
    return _HEAD + _TOP + row * _SQUARE


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def _squares(matrix: Matrix, groups: Sequence[str], places: Sequence[int]) -> Iterator[Square]:
    group_of = {one.clause: one.group for one in matrix.clauses}
    for x, column in zip(places, matrix.columns, strict=True):
        for number, group in enumerate(groups):
            some = [one for one in column.cells if group_of[one.clause] == group]
            kind, sign = _worst(some)
            passed = sum(one.verdict is Verdict.PASS for one in some)
            told = f"{column.name}, {group}: {passed} of {len(some)} clauses pass"
            if failed := sum(one.verdict is Verdict.FAIL for one in some):
                told += f", {failed} fail"
            yield Square(x, _y(number), kind, sign, told)
        yield Square(x, _y(len(groups)) + 6, *_END[column.conclusion], column.conclusion.value)


_END: Final = {
    Conclusion.CONFORMS: ("pass", "✓"),
    Conclusion.CONFORMS_BUT: ("pass", "✓"),
    Conclusion.OUT_OF_DATE: ("fail", "✗"),
    Conclusion.DOES_NOT_CONFORM: ("fail", "✗"),
    Conclusion.NOT_CHECKED: ("none", "?"),
}


def _worst(cells: Sequence[Cell]) -> tuple[str, str]:
    """Give how a group stands, and what stands in its square: the number of failures, if any."""
    verdicts = [one.verdict for one in cells]
    if failed := verdicts.count(Verdict.FAIL):
        known = all(one.known for one in cells if one.verdict is Verdict.FAIL)
        return "open" if known else "fail", str(failed)
    if Verdict.PASS in verdicts:
        return "pass", ""
    if Verdict.NOT_APPLICABLE in verdicts:
        return "na", "-"
    return ("open", "?") if verdicts else ("none", "")
