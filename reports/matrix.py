"""The matrix: what was found about many implementations, as plain values, side by side.

A *column* is one implementation, a *cell* the verdict on one clause of it. What a cell rests on
stands with its column: failing programs with their traces, or how many answers agreed. The
published contract of the JSON form is ``matrix.schema.json``; `matrix_document` writes and reads
it.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs looks it up
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from .report import (
    Conclusion,
    FailureReport,
    ImplementationInfo,
    KnownFailure,
    Schema,
    Sentence,
    Verdict,
)
from .text import clean, clean_all, clean_values

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT: Final = "waitctx-matrix"
#: What is known of one outweighs what is known of another, in this order.
WEIGHTS: Final = (
    Conclusion.DOES_NOT_CONFORM,
    Conclusion.OUT_OF_DATE,
    Conclusion.NOT_CHECKED,
    Conclusion.CONFORMS_BUT,
    Conclusion.CONFORMS,
)


def _extra() -> Any:  # noqa: ANN401 - attrs' own attribute type
    """Fields of a later minor version, which are kept when a matrix is written again."""
    return field(factory=dict, kw_only=True, repr=False)


@frozen
class Clause:
    """A clause that some implementation was held to: a row of the matrix."""

    clause: str = field(converter=clean)
    group: str = field(converter=clean)
    title: str = field(converter=clean)
    text: str = field(default="", converter=clean)
    """What it requires."""
    sentences: tuple[Sentence, ...] = ()
    source: str = field(default="", converter=clean)
    extra: Mapping[str, Any] = _extra()


@frozen
class Cell:
    """The verdict on one clause of one implementation."""

    clause: str = field(converter=clean)
    verdict: Verdict
    checked: int
    """How many answers agreed with the clause."""
    reason: str = field(default="", converter=clean)
    """Why it is not applicable or inconclusive."""
    failures: tuple[str, ...] = ()
    """The ids of the failures of the column that show it."""
    known: bool = False
    """Whether it fails, and that was announced."""
    extra: Mapping[str, Any] = _extra()


@frozen
class Column:
    """One implementation, and everything that is known of it."""

    name: str = field(converter=clean)
    """As the matrix file has it; no two columns have the same."""
    target: str = field(converter=clean)
    profile: str = field(converter=clean)
    conclusion: Conclusion
    group: str = field(default="", converter=clean)
    notes: str = field(default="", converter=clean)
    reason: str = field(default="", converter=clean)
    """Why it was not checked, or not to the end."""
    command: str = field(default="", converter=clean)
    """How to check it again, from the folder of the matrix file."""
    seconds: float = 0.0
    operations: int = 0
    """How many operations were judged."""
    implementation: ImplementationInfo | None = None
    """None if it could not be opened."""
    readings: tuple[str, ...] = field(default=(), converter=clean_all)
    cells: tuple[Cell, ...] = ()
    failures: tuple[FailureReport, ...] = ()
    known_failures: tuple[KnownFailure, ...] = ()
    extra: Mapping[str, Any] = _extra()

    def cell(self, clause: str) -> Cell | None:
        """Give the cell of a clause; None if the implementation was not held to it."""
        return next((one for one in self.cells if one.clause == clause), None)

    def count(self, verdict: Verdict) -> int:
        """Tell how many clauses have a verdict."""
        return sum(one.verdict is verdict for one in self.cells)

    def failed(self) -> list[str]:
        """Name the clauses that fail, but for what was announced."""
        return [one.clause for one in self.cells if one.verdict is Verdict.FAIL and not one.known]

    @property
    def because(self) -> str:
        """Say in short why it does not simply conform; empty if it does."""
        known = [one.clause for one in self.cells if one.known]
        stale = [one.place for one in self.known_failures if one.stale]
        parts = {"": self.failed(), "known: ": known, "out of date: ": stale}
        return self.reason or "; ".join(
            f"{name}{', '.join(some)}" for name, some in parts.items() if some
        )


@frozen
class Flip:
    """A cell whose verdict is not what it was in the run before."""

    column: str = field(converter=clean)
    clause: str = field(converter=clean)
    before: str = field(converter=clean)
    after: str = field(converter=clean)
    """A verdict; ``none`` where that run had no such cell."""
    note: str = field(default="", converter=clean)
    """What else had changed: the file, or the rules."""
    extra: Mapping[str, Any] = _extra()


@frozen
class Run:
    """A dated run, in short."""

    started: str = field(converter=clean)
    waitctx: str = field(converter=clean)
    conclusions: Mapping[str, str] = field(factory=dict, converter=clean_values)
    """What was known of each column then."""
    flips: tuple[Flip, ...] = ()
    """What had changed since the run before; nothing for the first."""
    extra: Mapping[str, Any] = _extra()


@frozen
class Matrix:
    """Everything that a run over many implementations found."""

    waitctx: str = field(converter=clean)
    clauses_sha256: str = field(converter=clean)
    model_sha256: str = field(converter=clean)
    started: str = field(converter=clean)
    """When, in ISO 8601 with the offset from UTC."""
    seconds: float
    host: Mapping[str, str] = field(converter=clean_values)
    title: str = field(converter=clean)
    command: str = field(converter=clean)
    """How to run it again."""
    seed: int
    bounds: Mapping[str, int | float | str | bool | None]
    """What each check was limited to, by the name of the option."""
    interrupted: bool
    groups: Mapping[str, str] = field(converter=clean_values)
    """The title of each group of clauses."""
    clauses: tuple[Clause, ...]
    columns: tuple[Column, ...]
    history: tuple[Run, ...] = ()
    """Every dated run that is known, this one the last; empty where no earlier one was given."""
    schema: Schema = field(factory=lambda: Schema(1, 0), kw_only=True)
    extra: Mapping[str, Any] = _extra()

    @property
    def conclusion(self) -> Conclusion:
        """What is known of all together: one that does not conform outweighs all else."""
        found = {one.conclusion for one in self.columns}
        return next((one for one in WEIGHTS if one in found), Conclusion.NOT_CHECKED)

    def of(self, conclusion: Conclusion) -> tuple[Column, ...]:
        """Give the columns of which that is known."""
        return tuple(one for one in self.columns if one.conclusion is conclusion)

    def flips(self) -> tuple[Flip, ...]:
        """Give what changed since the last run before this one."""
        return self.history[-1].flips if self.history else ()

    def verdicts(self, clause: str) -> Iterator[Verdict]:
        """Give the verdicts on a clause of the columns that were held to it."""
        return (cell.verdict for one in self.columns if (cell := one.cell(clause)))


def sentence(matrix: Matrix) -> str:
    """Say in one sentence what is known of all together."""
    counts = {one: len(matrix.of(one)) for one in _WORDS}
    said = [f"{number} {_WORDS[one][number != 1]}" for one, number in counts.items() if number]
    return f"of {len(matrix.columns)}, {', '.join(said) or 'none was checked'}"


_WORDS: Final = {
    Conclusion.CONFORMS: ("conforms", "conform"),
    Conclusion.CONFORMS_BUT: ("conforms but for known failures",) * 2,
    Conclusion.OUT_OF_DATE: ("has known failures that are out of date",) * 2,
    Conclusion.DOES_NOT_CONFORM: ("does not conform", "do not conform"),
    Conclusion.NOT_CHECKED: ("could not be checked",) * 2,
}
