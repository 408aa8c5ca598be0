"""What flipped from one dated run of a matrix to the next."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from attrs import evolve

from .matrix import Flip, Matrix, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .matrix import Column


def with_history(matrix: Matrix, earlier: Sequence[Matrix]) -> Matrix:
    """Give a matrix with the runs before it, in the order of their dates, as far as they are known.

    What the earlier ones have of a history of their own is kept, so the last one is enough.
    """
    known = {run.started: run for one in earlier for run in one.history}
    given = {one.started: one for one in earlier if one.started != matrix.started}
    ordered = sorted((*given.values(), matrix), key=lambda one: _when(one.started))
    before: Matrix | None = None
    for one in ordered:
        if before is not None:
            known[one.started] = _run(one, tuple(_flips(before, one)))
        else:
            known.setdefault(one.started, _run(one))
        before = one
    runs = sorted(known.values(), key=lambda one: _when(one.started))
    return evolve(matrix, history=tuple(runs) if len(runs) > 1 else ())


def _run(matrix: Matrix, flips: tuple[Flip, ...] = ()) -> Run:
    conclusions = {one.name: one.conclusion.value for one in matrix.columns}
    return Run(matrix.started, matrix.waitctx, conclusions, flips)


def _when(started: str) -> datetime:
    """Give the time that a text names; what names none comes first."""
    try:
        when = datetime.fromisoformat(started)
    except ValueError:
        return datetime.min.replace(tzinfo=timezone.utc)
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def _flips(before: Matrix, after: Matrix) -> Iterator[Flip]:
    rules = (before.clauses_sha256, before.model_sha256) != (
        after.clauses_sha256,
        after.model_sha256,
    )
    old = {one.name: one for one in before.columns}
    for column in after.columns:
        was = old.get(column.name)
        if was is None or not was.cells or not column.cells:
            continue  # that it came, went, or could not be checked is told by the conclusions
        notes = [
            "the file is another" * (_digest(was) != _digest(column)),
            "the rules are others" * rules,
            f"the profile was {was.profile}" * (was.profile != column.profile),
        ]
        note = ", ".join(filter(None, notes))
        verdicts = [
            {cell.clause: cell.verdict.value for cell in one.cells} for one in (was, column)
        ]
        for clause in dict.fromkeys((*verdicts[0], *verdicts[1])):
            first, then = (some.get(clause, "none") for some in verdicts)
            if first != then:
                yield Flip(column.name, clause, first, then, note)


def _digest(column: Column) -> str:
    return column.implementation.sha256 if column.implementation else ""
