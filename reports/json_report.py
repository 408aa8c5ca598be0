"""The report as JSON: everything that is known, for programs."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from .report import to_plain

if TYPE_CHECKING:
    from .report import Report


def write(report: Report, file: IO[str]) -> None:
    """Write a report as one JSON object in ASCII, which every reader takes, whatever is in it."""
    json.dump(to_plain(report), file, indent=1, ensure_ascii=True, allow_nan=False)
    file.write("\n")
