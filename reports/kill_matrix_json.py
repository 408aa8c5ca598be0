"""The kill matrix as JSON: everything that is known, for programs."""

from __future__ import annotations

import json
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final

from .kill_matrix import to_plain

if TYPE_CHECKING:
    from .kill_matrix import KillMatrix

_ONE_LINE: Final = partial(json.dumps, ensure_ascii=True, allow_nan=False)


def write(matrix: KillMatrix, file: IO[str]) -> None:
    """Write a matrix as one JSON object in ASCII; `kill_matrix.from_plain` reads it back.

    Every field has a line, and of what there are many, such as fakes, each: so two results can be
    compared line by line.
    """
    lines = (f"{_ONE_LINE(name)}: {_value(value)}" for name, value in to_plain(matrix).items())
    file.write("{\n" + ",\n".join(lines) + "\n}\n")


def _value(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    many = isinstance(value, list | tuple) and any(isinstance(one, dict) for one in value)
    return "[\n" + ",\n".join(_ONE_LINE(one) for one in value) + "\n]" if many else _ONE_LINE(value)
