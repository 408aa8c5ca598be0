"""Every kind of report file, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final, TypeVar

from . import badge, html_report, json_report, junit_report, markdown, sarif
from .report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Writer = Callable[[Report, IO[str]], None]
_Writer = TypeVar("_Writer")

WRITERS: Final[dict[str, Writer]] = {
    ".json": json_report.write,
    ".html": html_report.write,
    ".xml": junit_report.write,
    ".md": markdown.write,
    ".sarif": sarif.write,
    ".svg": badge.write,
}


class UnknownKindError(ValueError):
    """No report of ours has such a name; the text lists the suffixes that there are."""


def writer_for(path: Path) -> Writer:
    """Give the writer of the kind of report that a file's name asks for.

    Raises:
        UnknownKindError: the suffix stands for none.
    """
    return by_suffix(WRITERS, path)


def prepare(writers: Iterable[Writer]) -> None:
    """Get ready to write such reports at once: whoever presses Ctrl-C waits for them."""
    if html_report.write in writers:
        html_report.prepare()


def by_suffix(writers: Mapping[str, _Writer], path: Path) -> _Writer:
    """Choose among writers of other kinds of files in the same way.

    Raises:
        UnknownKindError: the suffix stands for none.
    """
    try:
        return writers[path.suffix.lower()]
    except KeyError:
        known = ", ".join(writers)
        raise UnknownKindError(
            f"{path} does not tell its kind: let the name end in one of {known}"
        ) from None
