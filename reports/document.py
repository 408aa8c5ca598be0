"""The report as a JSON document: written whole, and read only if it still is.

The last member is a digest of every byte before its line, so that ``head -n -2 report.json |
sha256sum`` gives it: a file that was cut short, edited or reformatted is noticed. What the digest
covers must then fit ``report.schema.json``, which is the contract of the format.
"""

from __future__ import annotations

import json
import re
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, fields
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override
from cattrs.strategies import configure_union_passthrough
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from .report import FORMAT, Report, Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: Larger files are refused unread.
MAX_BYTES: Final = 64 * 2**20
#: So deep is no report of ours; what is deeper is there to exhaust somebody's stack.
MAX_DEPTH: Final = 50
_FOOTER: Final = re.compile(rb'\n "sha256": "([0-9a-f]{64})"\n\}\n\Z')
_SCHEMA: Final = Schema()


class ReportError(Exception):
    """A file is no report that can be trusted; the text says why, and what to do."""


def to_plain(report: Report) -> dict[str, Any]:
    """Give a report as plain objects: all of its JSON form but the digest."""
    plain = _plain(report)
    schema = plain.pop("schema")
    return {"format": FORMAT, "schema": schema, "conclusion": report.conclusion.value, **plain}


def dumps(report: Report) -> str:
    """Write a report as JSON in ASCII, which every reader takes, whatever is in it.

    Raises:
        ReportError: it does not fit the schema; this is a fault of the harness.
    """
    plain = to_plain(report)
    text = json.dumps(plain, indent=1, ensure_ascii=True, allow_nan=False)
    body = text.removesuffix("\n}") + ",\n"
    digest = sha256(body.encode()).hexdigest()
    _validate({**plain, "sha256": digest})
    return f'{body} "sha256": "{digest}"\n}}\n'


def read(path: Path) -> Report:
    """Read a report file.

    Raises:
        ReportError: it is not there, or is no whole report of this major version.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be read: {error.strerror}. Name a report in JSON."
        ) from error
    try:
        return loads(data)
    except ReportError as error:
        raise ReportError(f"{path} {error}") from error


def loads(data: bytes) -> Report:
    """Read a report from the bytes of its file.

    Raises:
        ReportError: they are no whole report of this major version.
    """
    if len(data) > MAX_BYTES:
        raise ReportError(f"has more than {MAX_BYTES // 2**20} MiB: no report is that large")
    plain = _parse(data)
    _check_version(plain)
    _check_digest(data)
    _check_depth(plain)
    _validate(plain)
    del plain["sha256"], plain["conclusion"], plain["format"]
    return _converter().structure(plain, Report)


def _parse(data: bytes) -> dict[str, Any]:
    try:
        plain = json.loads(data, parse_constant=_refuse)
    except RecursionError:
        raise ReportError("is nested too deeply to be a report") from None
    except ValueError:
        if f'"{FORMAT}"'.encode() in data[:200]:
            raise ReportError(_CUT_SHORT) from None
        raise ReportError("is no report: it is no JSON. Name a report in JSON.") from None
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise ReportError(f"is no report: it does not say {FORMAT}. Name a report in JSON.")
    return plain


def _refuse(name: str) -> None:
    raise ValueError(name)


_CUT_SHORT: Final = (
    "was cut short or altered: it is no JSON any more. Copy or download it again, or run the check "
    "again."
)
_ALTERED: Final = (
    "was altered after it was written: its SHA-256, on the line before the last, is not that of the"
    " lines before it. Use the file as waitctx wrote it; a formatter or an editor changes it too."
)


def _check_version(plain: Mapping[str, Any]) -> None:
    schema = plain.get("schema")
    major = schema.get("major") if isinstance(schema, dict) else None
    if type(major) is not int or major != _SCHEMA.major:
        said = f"schema {major!r:.20}" if major is not None else "no schema version"
        raise ReportError(
            f"has {said}; this waitctx reads schema {_SCHEMA.major}. Read it with the waitctx that "
            "wrote it, or one of that time, or run the check again."
        )


def _check_digest(data: bytes) -> None:
    footer = _FOOTER.search(data)
    if footer is None or sha256(data[: footer.start() + 1]).hexdigest().encode() != footer[1]:
        raise ReportError(_ALTERED)


def _check_depth(plain: object) -> None:
    level: list[Any] = [plain]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        raise ReportError("is nested too deeply to be a report")


@cache
def _validator() -> Draft202012Validator:
    text = resources.files(__package__).joinpath("report.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def _validate(plain: Mapping[str, Any]) -> None:
    error = best_match(_validator().iter_errors(plain))
    if error is not None:
        where = error.json_path.removeprefix("$").removeprefix(".") or "the report"
        raise ReportError(f"does not fit report schema 1: {where:.200}: {error.message:.200}")


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value object or part of one
    return _converter().unstructure(value)


@cache
def _converter() -> Converter:
    """Give the converter, for which a member that is no field goes to ``extra``, and back."""
    converter = Converter()
    configure_union_passthrough(int | float | str | bool | None, converter)
    converter.register_structure_hook_factory(_has_extra, lambda cls: _reader(cls, converter))
    converter.register_unstructure_hook_factory(_has_extra, lambda cls: _writer(cls, converter))
    return converter


def _has_extra(cls: Any) -> bool:  # noqa: ANN401 - as cattrs has it
    return hasattr(cls, "__attrs_attrs__") and hasattr(fields(cls), "extra")


def _reader(cls: type[Any], converter: Converter) -> Callable[[Any, Any], Any]:
    known = {one.name for one in fields(cls)} - {"extra"}
    structure = make_dict_structure_fn(cls, converter, extra=override(omit=True))

    def read(value: dict[str, Any], kind: Any) -> Any:  # noqa: ANN401 - as cattrs has it
        extra = {name: one for name, one in value.items() if name not in known}
        return evolve(structure(value, kind), extra=extra)

    return read


def _writer(cls: type[Any], converter: Converter) -> Callable[[Any], dict[str, Any]]:
    names = [one.name for one in fields(cls) if one.name != "extra"]

    def write(value: Any) -> dict[str, Any]:  # noqa: ANN401 - as cattrs has it
        plain = {name: converter.unstructure(getattr(value, name)) for name in names}
        return plain | dict(value.extra)

    return write
