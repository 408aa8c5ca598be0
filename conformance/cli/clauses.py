"""``waitctx clauses``: list what the spec asks for, and compare a page with what is known of it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
from rich.table import Table

from waitctx.conformance.clauses import BINDERS, LEVELS, PROFILES, RELEASES, Catalogue, load
from waitctx.conformance.sentences import (
    Difference,
    PageSentence,
    UnreadablePageError,
    compare,
    split,
)

from .console import Refusal, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@click.command(short_help="List the clauses of the spec.")
@click.argument("pattern", default="")
@click.option("--group", metavar="GROUP", help="Only this group, such as FD-CLEAR.")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="Only what this profile brings: spec what the page says, openssl what is added to it.",
)
@click.option("--level", type=click.Choice(LEVELS), help="Only clauses as strict as this.")
@click.option("--binds", type=click.Choice(BINDERS), help="Only what binds these.")
@click.option("--operation", metavar="OP", help="Only what needs this operation, such as clear.")
@click.option("--since", type=click.Choice(RELEASES), help="Only what came with this release.")
@click.option("--sentences", is_flag=True, help="List the page's sentences and where they went.")
@click.option("--page", metavar="FILE", help="Compare the text of a page (- for standard input).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def clauses(*, sentences: bool, page: str | None, as_json: bool, **filters: str | None) -> None:
    """List the clauses of the spec, all of them or those with PATTERN in id, title or text.

    In PATTERN, case does not matter, and * stands for anything.

    \b
    What the page says about cleanup routines:
        waitctx clauses cleanup
    What OpenSSL's releases do beyond the page when an fd is looked up:
        waitctx clauses --group FD-GET --profile openssl
    Whether another release's page, as plain text, says the same:
        waitctx clauses --page ASYNC_WAIT_CTX_new.txt

    One clause in full: waitctx explain FD-CLEAR-02.

    With --page the exit code is 0 if every sentence is known, 1 if some differ, are new or are
    missing, 2 if the file cannot be read.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    catalogue = load()
    wanted = {name: value for name, value in filters.items() if value}
    if (sentences or page is not None) and (wanted or (sentences and page is not None)):
        raise Refusal("--sentences and --page stand alone; only --json goes with them")
    if page is not None:
        _compare_page(catalogue, page, as_json=as_json)
    elif sentences:
        _list_sentences(catalogue, as_json=as_json)
    else:
        _list_clauses(catalogue, wanted, as_json=as_json)


def _list_clauses(catalogue: Catalogue, wanted: dict[str, str], *, as_json: bool) -> None:
    if group := wanted.get("group"):
        wanted["group"] = _known("group", group.upper(), catalogue.groups)
    if operation := wanted.get("operation"):
        _known("operation", operation, catalogue.operations)
    selected = catalogue.select(**wanted)
    if not selected:
        raise Refusal("no clause is like that; waitctx clauses lists them all")
    if as_json:
        _print_json([clause.to_json() for clause in selected])
    else:
        rows = ((c.id, c.title, c.level, c.profile, c.since) for c in selected)
        _print_table(("Clause", "Title", "Level", "Profile", "Since"), rows)


def _list_sentences(catalogue: Catalogue, *, as_json: bool) -> None:
    known = catalogue.sentences.values()
    if as_json:
        _print_json([sentence.to_json() for sentence in known])
    else:
        rows = ((s.number, s.text, ", ".join(s.clauses) or s.reason) for s in known)
        _print_table(("Sentence", "In our words", "Clauses, or why none"), rows)


def _compare_page(catalogue: Catalogue, path: str, *, as_json: bool) -> None:
    found = _read_page(catalogue, path)
    differences = compare(found, tuple(catalogue.sentences.values()))
    rows = [(d.number, d.kind, *_shown(d)) for d in differences]
    names = ("number", "kind", "fingerprint", "text")
    if as_json:
        listed = [dict(zip(names, row, strict=True)) for row in rows]
        _print_json({"sentences": len(found), "differences": listed})
    else:
        if rows:
            _print_table(("Sentence", "Is", "Fingerprint", "Text"), rows)
        unlike = f"{len(rows) or 'none'} unlike the {len(catalogue.sentences)} known"
        click.echo(f"{len(found)} sentences, {unlike}")
    sys.exit(1 if rows else 0)


def _read_page(catalogue: Catalogue, path: str) -> tuple[PageSentence, ...]:
    try:
        with click.open_file(path, encoding="utf-8") as file:
            return split(file.read(), catalogue.sections)
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refusal(f"{path}: not a text in UTF-8") from error
    except UnreadablePageError as error:
        raise Refusal(f"{path}: {error}") from error


def _shown(difference: Difference) -> tuple[str, str]:
    """Give the fingerprint and the text to show: the page's own, or ours where it has none."""
    sentence = difference.found or difference.known
    return (sentence.fingerprint, sentence.text) if sentence else ("", "")


def _known(kind: str, name: str, names: Iterable[str]) -> str:
    if name not in names:
        raise Refusal(f"no {kind} is called {name}; there are {', '.join(names)}")
    return name


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2))


def _print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns, apart by blanks."""
    table = Table(*header, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    show(table)
