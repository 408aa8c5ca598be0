"""``python -m waitctx.fakes``: list the fakes, or compile those in C."""

from __future__ import annotations

import json

import click

from .build import BuildError, build
from .catalogue import KINDS, load


class NotBuiltError(click.ClickException):
    """Fakes in C could not be compiled."""

    exit_code = 2


@click.group()
def main() -> None:
    """Work with the verified fakes, which `waitctx selftest` grades the harness by.

    \b
    Every variant, as JSON:
        python -m waitctx.fakes list --kind variant
    A faulty library to try the harness on:
        waitctx check $(python -m waitctx.fakes build cleanup-twice)
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)


@main.command("list")
@click.option("--family", type=click.Choice(["python", "c"]), help="Only those of this family.")
@click.option("--kind", type=click.Choice(KINDS), help="Only those of this kind.")
def list_fakes(family: str | None, kind: str | None) -> None:
    """Print the catalogue as a JSON list."""
    some = [
        one.to_json()
        for one in load()
        if one.family == (family or one.family) and one.kind == (kind or one.kind)
    ]
    click.echo(json.dumps(some, indent=1))


@main.command("build")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
def build_fakes(names: tuple[str, ...]) -> None:
    """Compile the fakes in C called NAME; print their paths in that order."""
    try:
        for path in build(names):
            click.echo(path)
    except BuildError as error:
        raise NotBuiltError(str(error)) from error


if __name__ == "__main__":
    main()
