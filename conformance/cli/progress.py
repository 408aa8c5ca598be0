"""How far a check has come, on a terminal, while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.findings import Findings, Listener

#: Is told what to say should it be time to draw.
Drawing = Callable[[Callable[[], str]], None]
#: Seconds from one look to the next.
_PERIOD: Final = 0.1


@contextmanager
def progress(budget: float | None, *, wanted: bool = True) -> Iterator[Listener]:
    """Give a listener to a check that shows progress on standard error if that is a terminal."""
    with drawing(budget, wanted=wanted) as draw:
        yield lambda findings: draw(lambda: _said(findings))


@contextmanager
def drawing(budget: float | None, *, wanted: bool = True) -> Iterator[Drawing]:
    """Give what draws how much of the time is spent, and beside it a text when one is due.

    Without a budget it draws how much time has gone by.

    It draws when it is told something, so it needs no thread beside the work.
    """
    if not wanted or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[time]}"))
    console = Console(stderr=True)
    bar = Progress(*columns, console=console, auto_refresh=False, transient=True)
    begun = monotonic()
    shown = begun - _PERIOD
    with bar:
        total = None if budget is None else budget or 1.0
        task = bar.add_task("0 programs", total=total, time="")

        def draw(said: Callable[[], str]) -> None:
            nonlocal shown
            now = monotonic()
            if now - shown < _PERIOD:
                return
            shown = now
            spent = now - begun if budget is None else min(now - begun, budget)
            time = f"{spent:.0f} s" if budget is None else f"{spent:.0f} of {budget:g} s"
            bar.update(task, description=said(), completed=spent, time=time)
            bar.refresh()

        yield draw


def _said(findings: Findings) -> str:
    programs = sum(one.programs for one in findings.engines)
    operations = sum(one.operations for one in findings.engines)
    failed = f"{len(findings.found)} failures" if findings.found else "no failure"
    return f"{programs:,} programs, {operations:,} operations, {failed}"
