"""The kill matrix as one HTML page that needs nothing else: no scripts, light and dark."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from .kill_matrix import tallies

if TYPE_CHECKING:
    from .kill_matrix import KillMatrix


def write(matrix: KillMatrix, file: IO[str]) -> None:
    """Write a matrix as a page; whatever a text holds, it is shown and never obeyed."""
    environment = Environment(
        loader=PackageLoader("waitctx.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("kill_matrix.html")
    file.write(template.render(matrix=matrix, tallies=tallies(matrix)) + "\n")
