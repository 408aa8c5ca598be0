"""How far a check has come, on a terminal, while it runs."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from waitctx.conformance.findings import Findings, Listener
    from waitctx.conformance.plan import Plan

#: Seconds from one look to the next.
_PERIOD: Final = 0.1


class Drawing(Protocol):
    """Is told how far the work has come."""

    def __call__(self, said: Callable[[], str], done: int = 0) -> None:
        """Take what to say should it be time to draw, and how many steps are done."""


@contextmanager
def progress(plan: Plan, engines: int, *, wanted: bool = True) -> Iterator[Listener]:
    """Give a listener to a check that shows progress on standard error if that is a terminal.

    The bar tells how much of the budget is spent, or without one how many of the engines are done.
    """
    budget, steps = (plan.budget, None) if plan.timed else (None, engines)
    with drawing(budget, steps=steps, wanted=wanted) as draw:
        yield lambda findings: draw(lambda: _said(findings), len(findings.engines) - 1)


@contextmanager
def drawing(
    budget: float | None, *, steps: int | None = None, wanted: bool = True
) -> Iterator[Drawing]:
    """Give what draws how far the work has come, and beside it a text when one is due.

    That is how much of the budget, in seconds, is spent, or how many of the steps are done. With
    neither it draws how much time has gone by.

    It draws when it is told something, so it needs no thread beside the work.
    """
    if not wanted or not sys.stderr.isatty():
        yield lambda _, __=0: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[time]}"))
    console = Console(stderr=True)
    bar = Progress(*columns, console=console, auto_refresh=False, transient=True)
    begun = monotonic()
    shown = begun - _PERIOD
    with bar:
        total = steps if budget is None else budget or 1.0
        task = bar.add_task("0 programs", total=total, time="")

        def draw(said: Callable[[], str], done: int = 0) -> None:
            nonlocal shown
            now = monotonic()
            if now - shown < _PERIOD:
                return
            shown = now
            spent = now - begun if budget is None else min(now - begun, budget)
            time = f"{spent:.0f} s" if budget is None else f"{spent:.0f} of {budget:g} s"
            bar.update(task, description=said(), completed=done if steps else spent, time=time)
            bar.refresh()

        yield draw


def _said(findings: Findings) -> str:
    programs = sum(one.programs for one in findings.engines)
    operations = sum(one.operations for one in findings.engines)
    failed = f"{len(findings.found)} failures" if findings.found else "no failure"
    engine = findings.engines[-1].name if findings.engines else ""
    return f"{engine}: {programs:,} programs, {operations:,} operations, {failed}"
