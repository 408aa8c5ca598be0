"""Every kind of file for a matrix, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final

from . import matrix_document, matrix_html, matrix_markdown, matrix_picture
from .matrix import Matrix
from .writers import by_suffix

if TYPE_CHECKING:
    from pathlib import Path

Writer = Callable[[Matrix, IO[str]], None]

WRITERS: Final[dict[str, Writer]] = {
    ".json": matrix_document.write,
    ".html": matrix_html.write,
    ".md": matrix_markdown.write,
    ".svg": matrix_picture.write,
}


def writer_for(path: Path) -> Writer:
    """Give the writer of the kind of file that a name asks for.

    Raises:
        UnknownKindError: the suffix stands for none.
    """
    return by_suffix(WRITERS, path)
