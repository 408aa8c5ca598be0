"""Every kind of file for a matrix, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Final

from . import matrix_document, matrix_html, matrix_markdown, matrix_picture
from .matrix import Matrix

Writer = Callable[[Matrix, IO[str]], None]

WRITERS: Final[dict[str, Writer]] = {
    ".json": matrix_document.write,
    ".html": matrix_html.write,
    ".md": matrix_markdown.write,
    ".svg": matrix_picture.write,
}
