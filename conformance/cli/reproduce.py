"""``waitctx reproduce``: a failure as something that others can run."""

from __future__ import annotations

import click

from waitctx.conformance.operations import OperationError
from waitctx.conformance.reproduce import FORMS
from waitctx.conformance.reproduce_c import NoReproducerError

from .console import Refusal
from .replay import choose


@click.command(short_help="Write a failure as C, pytest, text or JSON.")
@click.argument("report", metavar="REPORT[#ID]")
@click.option(
    "--as",
    "form",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="c needs OpenSSL's headers only, pytest needs waitctx.",
)
def reproduce(report: str, form: str) -> None:
    """Write a failure of REPORT as something that runs without the report.

    The ID can be left out where there is one failure only. The C program includes
    <openssl/async.h> and libc, says what it expected and what it got, and ends with 0 if every
    answer is permitted, 1 if one is not, 2 if it cannot tell.

    \b
    For the maintainers of the library, and for our own test suite:
        waitctx reproduce report.json#F1 --as c > f1.c && cc f1.c -lcrypto -o f1 && ./f1
        waitctx reproduce report.json#F1 --as pytest > test_f1.py && pytest test_f1.py
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    chosen = choose(report)
    if len(chosen.failures) != 1:
        known = ", ".join(one.id for one in chosen.failures) or "none"
        raise Refusal(f"name one failure, as in {chosen.path}#F1; its failures: {known}.")
    try:
        text = FORMS[form](chosen.failures[0], chosen.report)
    except (NoReproducerError, OperationError) as error:
        raise Refusal(f"{chosen.path}: {error}.") from error
    click.echo(text, nl=False)
