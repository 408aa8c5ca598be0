"""Every kind of report file, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final

from . import badge, html_report, json_report, junit_report, markdown, sarif
from .report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

Writer = Callable[[Report, IO[str]], None]

WRITERS: Final[dict[str, Writer]] = {
    ".json": json_report.write,
    ".html": html_report.write,
    ".xml": junit_report.write,
    ".md": markdown.write,
    ".sarif": sarif.write,
    ".svg": badge.write,
}


def prepare(writers: Iterable[Writer]) -> None:
    """Get ready to write such reports at once: whoever presses Ctrl-C waits for them."""
    if html_report.write in writers:
        html_report.prepare()
