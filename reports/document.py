"""The report as a JSON document; its contract is ``report.schema.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import sealed
from .members import from_plain
from .members import to_plain as _members
from .report import FORMAT, Report, Schema
from .sealed import Kind, ReportError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["KIND", "ReportError", "dumps", "loads", "read", "to_plain"]

KIND: Final = Kind("report", FORMAT, "report.schema.json", Schema().major)


def to_plain(report: Report) -> dict[str, Any]:
    """Give a report as plain objects: all of its JSON form but the digest."""
    plain = _members(report)
    schema = plain.pop("schema")
    return {"format": FORMAT, "schema": schema, "conclusion": report.conclusion.value, **plain}


def dumps(report: Report) -> str:
    """Write a report as JSON in ASCII, which every reader takes, whatever is in it.

    Raises:
        ReportError: it does not fit the schema; this is a fault of the harness.
    """
    return sealed.seal(to_plain(report), KIND)


def read(path: Path) -> Report:
    """Read a report file.

    Raises:
        ReportError: it is not there, or is no whole report of this major version.
    """
    return _report(sealed.read(path, KIND))


def loads(data: bytes) -> Report:
    """Read a report from the bytes of its file.

    Raises:
        ReportError: they are no whole report of this major version.
    """
    return _report(sealed.unseal(data, KIND))


def _report(plain: dict[str, Any]) -> Report:
    del plain["conclusion"], plain["format"]
    return from_plain(plain, Report)
