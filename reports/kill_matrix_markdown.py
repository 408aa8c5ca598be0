"""The kill matrix as Markdown: tables that stand alone, or are filled into a page."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from .kill_matrix import KINDS, Conclusion, tallies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .kill_matrix import KillMatrix, Row, Trial

_CONCLUSIONS = {
    Conclusion.PASSES: "The self-test passes.",
    Conclusion.DOES_NOT_PASS: "**The self-test does not pass.**",
    Conclusion.INCOMPLETE: "**The self-test was not run to its end.**",
}


def write(matrix: KillMatrix, file: IO[str]) -> None:
    """Write a matrix as a page of its own."""
    parts = [
        "# Kill matrix",
        _CONCLUSIONS[matrix.conclusion],
        *_bullets("Complaints", map(str, matrix.complaints)),
        *_bullets("Could not be run", matrix.errors),
        *_bullets("Notes", matrix.notes),
        "## Figures",
        figures(matrix),
        "## Faults by family and group",
        groups(matrix),
        "## Faults",
        rows(matrix.engines, matrix.faults),
        "## Conforming variants",
        others(matrix.of_kind("variant")),
        "## Equivalent",
        others(matrix.of_kind("equivalent")),
        "## Clauses",
        clauses(matrix),
    ]
    file.write("\n\n".join(parts) + "\n")


def figures(matrix: KillMatrix) -> str:
    """Give the totals."""
    killed = sum(one.killed for one in matrix.faults)
    cells = [
        *((f"Fakes of kind {kind}", str(len(matrix.of_kind(kind)))) for kind in KINDS),
        ("Faults killed", f"{killed} of {len(matrix.faults)}"),
        *(
            (f"Killed by {engine}", str(sum(one.killed_by(engine) for one in matrix.faults)))
            for engine in matrix.engines
        ),
        ("Variants that fail", str(sum(one.killed for one in matrix.of_kind("variant")))),
        ("Clauses with a fault", f"{_declared(matrix)} of {len(matrix.covers)}"),
        ("Clauses that a fault was told for", f"{_blamed(matrix)} of {len(matrix.covers)}"),
        ("Seconds for each fake and engine, at most", f"{matrix.budget:g}"),
        ("Seconds in all", f"{matrix.seconds:.0f}, compiling {matrix.compiling:.0f}"),
        ("Fakes at a time", str(matrix.jobs)),
        ("waitctx", matrix.waitctx),
    ]
    return table(("Figure", "Value"), cells)


def groups(matrix: KillMatrix) -> str:
    """Give the number of faults that were told, by family, group and engine."""
    head = ("Family", "Group", "Faults", *(one.capitalize() for one in matrix.engines), "Killed")
    return table(
        head,
        (
            (one.family, one.group, *map(str, (one.faults, *one.by_engine, one.killed)))
            for one in tallies(matrix)
        ),
        numbers_from=2,
    )


def rows(engines: Sequence[str], some: Iterable[Row]) -> str:
    """Give what each engine made of some fakes, and the shortest program for each."""
    head = ("Fake", "Says", *(one.capitalize() for one in engines), "Shortest program")
    return table(head, (_cells(one, engines) for one in some))


def _cells(row: Row, engines: Sequence[str]) -> Iterator[str]:
    yield _code(row.fake.label)
    yield _escape(row.fake.says)
    trials = {one.engine: one for one in row.trials}
    for engine in engines:
        yield _trial(trials[engine]) if engine in trials else "not run"
    yield _code(row.shortest.program) if row.shortest else "none"


def _trial(one: Trial) -> str:
    programs = f"{one.programs:,} programs, {one.seconds:.2f} s"
    return f"{one.clause}: {programs}, {one.length} long" if one.killed else f"survived {programs}"


def others(some: Iterable[Row]) -> str:
    """Give fakes that have to pass, with the reason where one cannot be told apart."""
    return table(
        ("Fake", "Says", "Reason", "Passes"),
        (
            (
                _code(one.fake.label),
                _escape(one.fake.says),
                _escape(one.fake.reason),
                "no" if one.killed else "not run" if one.error else "yes",
            )
            for one in some
        ),
    )


def clauses(matrix: KillMatrix) -> str:
    """Give for each clause the fault that proves that its check can fail."""
    return table(
        ("Clause", "Title", "Faults", "Told for it", "Proved by", "Program"),
        (
            (
                one.clause,
                _escape(one.title),
                str(one.declared),
                str(one.blamed),
                _code(one.fake) if one.fake else "none",
                _code(one.program) if one.program else "none",
            )
            for one in matrix.covers
        ),
    )


def table(head: Sequence[str], lines: Iterable[Iterable[str]], numbers_from: int = 99) -> str:
    """Lay out a table; columns from a place on are numbers, and flush right."""
    rule = ("---:" if place >= numbers_from else "---" for place in range(len(head)))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def _bullets(title: str, lines: Iterable[str]) -> Iterator[str]:
    text = "\n".join(f"- {_escape(one)}" for one in lines)
    if text:
        yield f"## {title}"
        yield text


def _declared(matrix: KillMatrix) -> int:
    return sum(one.declared > 0 for one in matrix.covers)


def _blamed(matrix: KillMatrix) -> int:
    return sum(one.blamed > 0 for one in matrix.covers)


def _code(text: str) -> str:
    """Set a text in the letters of programs; a table's bar is escaped even there."""
    return f"`{_one_line(text).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


def _escape(text: str) -> str:
    """Keep a text from being read as anything but text."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>#&~|" else one for one in _one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
