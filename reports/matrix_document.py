"""The matrix as a JSON document; its contract is ``matrix.schema.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import sealed
from .matrix import FORMAT, Matrix
from .members import from_plain, to_plain
from .report import Schema
from .sealed import Kind

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

KIND: Final = Kind("matrix", FORMAT, "matrix.schema.json", Schema().major)


def dumps(matrix: Matrix) -> str:
    """Write a matrix as JSON in ASCII.

    Raises:
        ReportError: it does not fit the schema; this is a fault of the harness.
    """
    plain = to_plain(matrix)
    schema = plain.pop("schema")
    head = {"format": FORMAT, "schema": schema, "conclusion": matrix.conclusion.value}
    return sealed.seal({**head, **plain}, KIND)


def write(matrix: Matrix, file: IO[str]) -> None:
    """Write a matrix as one JSON object that proves itself whole."""
    file.write(dumps(matrix))


def read(path: Path) -> Matrix:
    """Read a matrix file.

    Raises:
        ReportError: it is not there, or is no whole matrix of this major version.
    """
    return _matrix(sealed.read(path, KIND))


def loads(data: bytes) -> Matrix:
    """Read a matrix from the bytes of its file.

    Raises:
        ReportError: they are no whole matrix of this major version.
    """
    return _matrix(sealed.unseal(data, KIND))


def _matrix(plain: dict[str, Any]) -> Matrix:
    del plain["conclusion"], plain["format"]
    return from_plain(plain, Matrix)
