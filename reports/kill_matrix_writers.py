"""Every kind of file for a kill matrix, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Final

from . import kill_matrix_html, kill_matrix_json, kill_matrix_markdown
from .kill_matrix import KillMatrix

Writer = Callable[[KillMatrix, IO[str]], None]

WRITERS: Final[dict[str, Writer]] = {
    ".json": kill_matrix_json.write,
    ".md": kill_matrix_markdown.write,
    ".html": kill_matrix_html.write,
}
