"""The report as one HTML page, for people."""

from __future__ import annotations

from itertools import groupby
from typing import IO, TYPE_CHECKING, Final

from .page import SIGNS, page_template, write_page

if TYPE_CHECKING:
    from .report import Report


_TEMPLATE: Final = "report.html"


def prepare() -> None:
    """Do now what takes long, so that writing does not."""
    page_template(_TEMPLATE)


def write(report: Report, file: IO[str]) -> None:
    """Write a report as a page that needs nothing else."""
    write_page(
        file,
        _TEMPLATE,
        ("report.css",),
        ("report.js",),
        report=report,
        groups=[(name, list(some)) for name, some in groupby(report.verdicts, lambda v: v.group)],
        sign=SIGNS[report.conclusion],
        most=max(report.operations.values(), default=0),
    )
