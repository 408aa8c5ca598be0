"""The kill matrix as JSON: everything that is known, for programs."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from .kill_matrix import to_plain

if TYPE_CHECKING:
    from .kill_matrix import KillMatrix


def write(matrix: KillMatrix, file: IO[str]) -> None:
    """Write a matrix as one JSON object in ASCII; `kill_matrix.from_plain` reads it back."""
    json.dump(to_plain(matrix), file, indent=1, ensure_ascii=True, allow_nan=False)
    file.write("\n")
