"""How far a matrix has come, on a terminal, while it is made."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from waitctx.reports.report import Conclusion
from waitctx.reports.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.matrix import Progress as Told

Listener = Callable[["Told"], None]


@contextmanager
def progress(total: int, *, wanted: bool = True) -> Iterator[Listener]:
    """Give a listener that shows progress on standard error if that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def listen(told: Told) -> None:
            failed = sum(one.conclusion is Conclusion.DOES_NOT_CONFORM for one in told.done)
            running = ", ".join(f"{printable(name)} {int(past)} s" for name, past in told.running)
            said = f"{failed} not conforming; {running}" if failed else running
            bar.update(task, completed=len(told.done), description=said)

        yield listen
