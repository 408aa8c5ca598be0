"""What all commands share: how they print, and how they end when they cannot answer."""

from __future__ import annotations

import os
import sys
import termios
import traceback
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click
from rich.console import Console

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.connection import DriverError
from waitctx.reports.files import UnwritableError
from waitctx.reports.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

#: Exit codes, everywhere: a 1 is always about the implementation, a 2 never.
CONFORMS, DOES_NOT_CONFORM, NOT_CHECKED = 0, 1, 2


class Refusal(click.ClickException):
    """What was asked for cannot be answered: one line, and exit code 2."""

    exit_code = NOT_CHECKED

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line to standard error."""
        click.echo(f"waitctx: {printable(self.message)}", file=file, err=True)


def show(*parts: RenderableType, widest: int = 120) -> None:
    """Print text and tables, plain where it is not a terminal, with no blanks at line ends."""
    console = Console(
        markup=False, emoji=False, highlight=False, force_terminal=sys.stdout.isatty()
    )
    console.width = min(console.width, widest)
    with console.capture() as captured:
        for part in parts:  # one by one: rich would join texts, and break lines meant to be whole
            console.print(part, crop=False)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


@contextmanager
def keeping_terminal() -> Iterator[None]:
    """Leave the terminal as it was: an implementation can find it, and change how it works."""
    terminal = next(filter(os.isatty, range(3)), None)
    before = None if terminal is None else termios.tcgetattr(terminal)
    try:
        yield
    finally:
        if terminal is not None and before is not None and termios.tcgetattr(terminal) != before:
            termios.tcsetattr(terminal, termios.TCSANOW, before)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn every exception into one line and exit code 2; WAITCTX_DEBUG=1 adds the traceback."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, SystemExit):
        raise
    except BrokenPipeError:
        # Whoever reads our output has gone; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(NOT_CHECKED) from None
    except BaseException as error:
        if os.environ.get("WAITCTX_DEBUG") == "1":
            traceback.print_exc()
        raise Refusal(_reason(error)) from error


def _reason(error: BaseException) -> str:
    """Say what is wrong, and what to do about it."""
    match error:
        case TargetError():
            return f"{error}. {error.hint}"
        case UnwritableError():
            return f"{error}. Name a file in a folder that you may write to."
        case DriverError():
            return str(error)
        case KeyboardInterrupt() | click.Abort():
            return "interrupted"
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
    return f"{text}. This is a fault in waitctx: set WAITCTX_DEBUG=1 and report what it says."
