"""`waitctx matrix` without a terminal: many checks side by side, each in a process of its own.

What a process leaves is a report like any other, so a column rests on just what `waitctx check`
would say of its target. A process that dies costs its column alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from waitctx import __version__
from waitctx.reports import document
from waitctx.reports.matrix import Cell, Clause, Column, Matrix
from waitctx.reports.report import Conclusion

from .clauses import load
from .reporting import host, model_sha256, sentences_of
from .selftest import cores

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from datetime import datetime

    from waitctx.reports.report import ImplementationInfo, Report

    from .matrix_file import Target

#: Seconds from one look at the processes to the next.
_PERIOD: Final = 0.05
#: A check that is told to end gets so many seconds to write down what it has found.
_GRACE: Final = 15.0
#: A check that takes so much longer than its budget has gone wrong.
_PATIENCE: Final = 600.0
#: Of what a process says last so much is looked at.
_LAST_WORDS: Final = 4_000
_NOT_BEGUN: Final = "not begun: interrupted before"


@frozen
class Settings:
    """How every target is checked."""

    folder: Path
    """Where targets are looked for."""
    budget: float | None = None
    """Seconds for each; 0 for a complete run, however long that takes; None for a standard run."""
    programs: int | None = None
    """How many random programs instead, as `check.Plan` has it."""
    seed: int = 0
    jobs: int = field(factory=cores)
    """How many are checked at a time."""

    def arguments(self, target: Target) -> list[str]:
        """Give what `waitctx check` is told, but for where to write."""
        limit = [] if self.budget is None else ["--budget", f"{self.budget:g}"]
        if self.programs is not None:
            limit = ["--programs", str(self.programs)]
        known = ["--known-failures", target.known_failures] if target.known_failures else []
        seed = ["--seed", str(self.seed)]
        return ["--profile", target.profile, *seed, *limit, *known, "--", target.target]


@frozen
class Progress:
    """How far a matrix has come."""

    done: tuple[Column, ...]
    running: tuple[tuple[str, float], ...]
    """The names of what is being checked, and for how many seconds already."""


@define
class _Running:
    target: Target
    process: subprocess.Popen[bytes]
    report: Path
    said: Path
    begun: float

    def end(self) -> None:
        """Ask it to end with what it has found."""
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()

    def kill(self) -> None:
        """End it at once; its worker ends with it."""
        self.end()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def run(targets: Sequence[Target], settings: Settings) -> Generator[Progress, bool | None, None]:
    """Check targets, so many at a time, and tell again and again how far that has come.

    The last that is told has a column for each target. To end early, send True: what is being
    checked ends with what was found so far. Closing the generator ends all at once.
    """
    waiting = list(targets)
    columns: dict[str, Column] = {}
    running: list[_Running] = []
    with TemporaryDirectory(prefix="waitctx-matrix-") as folder, _ended(running):
        until = float("inf")
        while waiting or running:
            while waiting and len(running) < settings.jobs:
                running.append(_start(waiting.pop(0), settings, Path(folder), len(waiting)))
            for one in [one for one in running if _is_over(one, settings, until)]:
                one.kill()
                running.remove(one)
                columns[one.target.name] = _column(one, settings)
            told = tuple((one.target.name, monotonic() - one.begun) for one in running)
            ordered = tuple(columns[one.name] for one in targets if one.name in columns)
            if (yield Progress(ordered, told)):
                until = min(until, monotonic() + _GRACE)
                columns |= {one.name: _unchecked(one, _NOT_BEGUN) for one in waiting}
                waiting = []
                for one in running:
                    one.end()
            if running:
                sleep(_PERIOD)
        yield Progress(tuple(columns[one.name] for one in targets), ())


@contextmanager
def _ended(running: list[_Running]) -> Iterator[None]:
    """Leave no process behind."""
    try:
        yield
    finally:
        for one in running:
            one.kill()


def _start(target: Target, settings: Settings, folder: Path, number: int) -> _Running:
    report, said = folder / f"{number}.json", folder / f"{number}.txt"
    command = [sys.executable, "-m", "waitctx.conformance.cli.matrix_child", str(os.getpid())]
    command += [str(folder), "--quiet", "--report", str(report), *settings.arguments(target)]
    with said.open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=settings.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for the process with the matrix
        )
    return _Running(target, process, report, said, monotonic())


def _is_over(one: _Running, settings: Settings, until: float) -> bool:
    if one.process.poll() is not None or monotonic() >= until:
        return True
    if settings.programs is not None or settings.budget == 0:
        return False
    return monotonic() - one.begun > (settings.budget or 0.0) + _PATIENCE


def _column(one: _Running, settings: Settings) -> Column:
    try:
        report = document.read(one.report)
    except document.ReportError:
        return _unchecked(one.target, _reason(one), monotonic() - one.begun)
    return column_of(one.target, report, settings)


def _reason(one: _Running) -> str:
    """Give what a check without a report has said last."""
    with one.said.open("rb") as file:
        file.seek(max(0, one.said.stat().st_size - _LAST_WORDS))
        lines = file.read().decode(errors="surrogateescape").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    if said:
        return said[-1].removeprefix("waitctx: ").removeprefix("Error: ")
    code = one.process.returncode
    if code == -signal.SIGTERM:  # it ends itself so before it has come to the check
        return _NOT_BEGUN
    with suppress(ValueError):
        return f"its check was ended by {signal.Signals(-code).name}"
    return f"its check ended with exit code {code}, and said nothing"


def _unchecked(target: Target, reason: str, seconds: float = 0.0) -> Column:
    return Column(
        target.name,
        target.target,
        target.profile,
        Conclusion.NOT_CHECKED,
        target.group,
        target.notes,
        reason,
        seconds=round(seconds, 3),
    )


def column_of(target: Target, report: Report, settings: Settings) -> Column:
    """Give the column that a report makes."""
    reason = ""
    if report.conclusion is Conclusion.NOT_CHECKED:
        reason = "nothing about it could be judged"
    if report.interrupted:
        reason = "interrupted before its end"
    return evolve(
        _unchecked(target, reason, report.seconds),
        conclusion=report.conclusion,
        command=report.command,
        operations=sum(one.operations for one in report.engines),
        implementation=_relative(report.implementation, settings.folder),
        readings=report.readings,
        cells=tuple(
            Cell(one.clause, one.verdict, one.checked, one.reason, one.failures, one.known)
            for one in report.verdicts
        ),
        failures=report.failures,
        known_failures=report.known_failures,
    )


def _relative(info: ImplementationInfo, folder: Path) -> ImplementationInfo:
    """Name the file from the folder of the matrix, where it is inside: that is so everywhere."""
    inside = os.path.relpath(info.path, folder) if info.path else ""
    return info if inside.startswith(os.pardir) else evolve(info, path=inside)


@frozen
class Course:
    """When, and on whose word, a matrix was made."""

    title: str
    command: str
    """How to make it again."""
    started: datetime
    seconds: float
    interrupted: bool


def matrix_of(columns: Sequence[Column], settings: Settings, course: Course) -> Matrix:
    """Put columns side by side; a row is every clause that any of them was held to."""
    catalogue = load()
    held = {cell.clause for one in columns for cell in one.cells}
    rows = [one for name, one in catalogue.clauses.items() if name in held]
    return Matrix(
        waitctx=__version__,
        clauses_sha256=catalogue.fingerprint,
        model_sha256=model_sha256(),
        started=course.started.isoformat(timespec="seconds"),
        seconds=round(course.seconds, 3),
        host=host(),
        title=course.title or "Implementations side by side",
        command=course.command,
        seed=settings.seed,
        bounds={"budget": settings.budget, "programs": settings.programs},
        interrupted=course.interrupted,
        groups=dict(catalogue.groups),
        clauses=tuple(
            Clause(
                one.id,
                one.group,
                one.title,
                one.text,
                sentences_of(one, catalogue),
                one.source,
            )
            for one in rows
        ),
        columns=tuple(columns),
    )
