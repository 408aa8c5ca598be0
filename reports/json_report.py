"""The report as JSON: everything that is known, for programs."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from .document import dumps

if TYPE_CHECKING:
    from .report import Report


def write(report: Report, file: IO[str]) -> None:
    """Write a report as one JSON object that proves itself whole."""
    file.write(dumps(report))
