"""The command line: `main` and its commands, one a module."""

from __future__ import annotations

import io
import sys
from typing import Any

import click

from waitctx import __version__

from .bench import bench
from .check import check
from .clauses import clauses
from .compare import compare
from .console import keeping_terminal, refusing
from .explain import explain
from .judge import judge
from .known_failures import known_failures
from .matrix import matrix
from .replay import replay_command
from .reproduce import reproduce
from .selftest import selftest


class Commands(click.Group):
    """A group whose commands never end with a traceback, nor with a 1 that means something else."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run the command that was named."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # Not every terminal knows every letter of a path.
                stream.reconfigure(errors="backslashreplace")
        with refusing(), keeping_terminal():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="waitctx")
def main() -> None:
    """Tell whether an implementation of OpenSSL's ASYNC_WAIT_CTX does what its man page says.

    \b
    Check the OpenSSL of this machine, or a library of your own:
        waitctx check
        waitctx check ./libmine.so
    Find out what a verdict is about:
        waitctx explain FD-CLEAR-02
    Check the evidence without the implementation:
        waitctx check ./libmine.so --trace t.jsonl
        waitctx judge t.jsonl

    Exit codes, everywhere: 0 conforms, 1 does not conform, 2 could not be checked.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)


for _command in (
    check,
    matrix,
    judge,
    compare,
    replay_command,
    reproduce,
    clauses,
    explain,
    known_failures,
    selftest,
    bench,
):
    main.add_command(_command)
