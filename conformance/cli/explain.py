"""``waitctx explain``: one clause in full."""

from __future__ import annotations

from typing import Final

import click
from rich.table import Table
from rich.text import Text

from waitctx.conformance.clauses import Catalogue, Clause, UnknownClauseError, load

from .console import Refusal, show

_WIDEST: Final = 100
"""Longer lines of prose are hard to read, however wide the terminal."""

_PROFILES: Final = {
    "spec": "spec: what the page pins down",
    "openssl": "openssl: what its releases do and clients depend on",
}


@click.command(short_help="Explain a clause: wording, source, readings, operations.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def explain(ids: tuple[str, ...]) -> None:
    """Explain the clauses called ID: what is required, where the page says it, how it is read.

    \b
    What a run that failed on FD-CLEAR-02 has violated, and what FD-SET-04 leaves open:
        waitctx explain FD-CLEAR-02
        waitctx explain fd-clear-02 fd-set-04

    The ids are those of reports; waitctx clauses lists them. An unknown one ends with exit code 2
    and names those most like it.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    catalogue = load()
    try:
        clauses = [catalogue[name] for name in ids]
    except UnknownClauseError as error:
        raise Refusal(str(error)) from error
    for place, clause in enumerate(clauses):
        heading = Text.assemble((clause.id, "bold cyan"), "  ", (clause.title, "bold"))
        gap = ("",) if place else ()
        show(*gap, heading, "", clause.text, "", _grid(_facts(clause, catalogue)), widest=_WIDEST)


def _grid(facts: dict[str, list[str]]) -> Table:
    """Lay the facts out in two columns; a name stands at the first of its lines."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, lines in facts.items():
        for place, line in enumerate(lines):
            grid.add_row("" if place else name, line)
    return grid


def _facts(clause: Clause, catalogue: Catalogue) -> dict[str, list[str]]:
    """Give all that is known of a clause by name; what it has nothing of has no lines."""
    return {
        "level": [f"{clause.level}, binds the {clause.binds}"],
        "profile": [_PROFILES[clause.profile]],
        "since": [f"OpenSSL {clause.since}"],
        "page": [_sentence(number, catalogue) for number in clause.sentences],
        "source": [clause.source] if clause.source else [],
        "readings": list(clause.readings) or ["one, as above"],
        "openssl": [clause.openssl] if clause.openssl else [],
        "note": [clause.note] if clause.note else [],
        "operations": [_operation(*need, catalogue) for need in clause.needs.items()],
        "verdict": [f"none. {clause.untestable}"] if clause.untestable else [],
    }


def _sentence(number: str, catalogue: Catalogue) -> str:
    title = catalogue.sections[number[0]].title
    return f"{number} in {title}: {catalogue.sentences[number].text}"


def _operation(word: str, count: int, catalogue: Catalogue) -> str:
    what = catalogue.operations[word]
    often = f" ({count} times)" if count > 1 else ""
    return f"{word}{often}, {what.function}: {what.does}"
