"""Every kind of file for a kill matrix, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final

from . import kill_matrix_html, kill_matrix_json, kill_matrix_markdown
from .kill_matrix import KillMatrix
from .writers import by_suffix

if TYPE_CHECKING:
    from pathlib import Path

Writer = Callable[[KillMatrix, IO[str]], None]

WRITERS: Final[dict[str, Writer]] = {
    ".json": kill_matrix_json.write,
    ".md": kill_matrix_markdown.write,
    ".html": kill_matrix_html.write,
}


def writer_for(path: Path) -> Writer:
    """Give the writer of the kind of file that a name asks for.

    Raises:
        UnknownKindError: the suffix stands for none.
    """
    return by_suffix(WRITERS, path)
