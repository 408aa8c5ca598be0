"""The kill matrix as one HTML page that needs nothing else: no scripts, light and dark."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from .kill_matrix import tallies
from .templating import environment

if TYPE_CHECKING:
    from .kill_matrix import KillMatrix


def write(matrix: KillMatrix, file: IO[str]) -> None:
    """Write a matrix as a page; whatever a text holds, it is shown and never obeyed."""
    template = environment().get_template("kill_matrix.html")
    file.write(template.render(matrix=matrix, tallies=tallies(matrix)) + "\n")
