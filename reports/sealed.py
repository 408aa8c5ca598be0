"""JSON documents that prove themselves whole: written with a digest, read only if it still holds.

The last member is a digest of every byte before its line, so that ``head -n -2 report.json |
sha256sum`` gives it: a file that was cut short, edited or reformatted is noticed. What the digest
covers must then fit the schema of its kind, which is the contract of the format.
"""

from __future__ import annotations

import json
import re
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Larger files are refused unread.
MAX_BYTES: Final = 64 * 2**20
#: So deep is no document of ours; what is deeper is there to exhaust somebody's stack.
MAX_DEPTH: Final = 50
_FOOTER: Final = re.compile(rb'\n "sha256": "([0-9a-f]{64})"\n\}\n\Z')
#: Of the schemas some refer to others, by the names of their files.
_SCHEMAS: Final = ("report.schema.json", "matrix.schema.json")


class ReportError(Exception):
    """A file is no document that can be trusted; the text says why, and what to do."""


@frozen
class Kind:
    """A kind of document."""

    noun: str
    """What it is called: ``report``."""
    format: str
    """What it says of itself."""
    schema: str
    """The file of its schema."""
    major: int = 1
    """The major version that can be read."""


def seal(plain: Mapping[str, Any], kind: Kind) -> str:
    """Write plain objects as JSON in ASCII, which every reader takes, whatever is in it.

    Raises:
        ReportError: they do not fit the schema; this is a fault of the harness.
    """
    text = json.dumps(plain, indent=1, ensure_ascii=True, allow_nan=False)
    body = text.removesuffix("\n}") + ",\n"
    digest = sha256(body.encode()).hexdigest()
    _validate({**plain, "sha256": digest}, kind)
    return f'{body} "sha256": "{digest}"\n}}\n'


def read(path: Path, kind: Kind) -> dict[str, Any]:
    """Read a file.

    Raises:
        ReportError: it is not there, or holds no whole document of the kind and major version.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be read: {error.strerror}. Name a {kind.noun} in JSON."
        ) from error
    try:
        return unseal(data, kind)
    except ReportError as error:
        raise ReportError(f"{path} {error}") from error


def unseal(data: bytes, kind: Kind) -> dict[str, Any]:
    """Read the bytes of a file: all members but the digest.

    Raises:
        ReportError: they are no whole document of the kind and major version.
    """
    if len(data) > MAX_BYTES:
        raise ReportError(f"has more than {MAX_BYTES // 2**20} MiB: no {kind.noun} is that large")
    plain = _parse(data, kind)
    _check_version(plain, kind)
    _check_digest(data)
    _check_depth(plain, kind)
    _validate(plain, kind)
    del plain["sha256"]
    return plain


def _parse(data: bytes, kind: Kind) -> dict[str, Any]:
    again = f"Name a {kind.noun} in JSON."
    try:
        plain = json.loads(data, parse_constant=_refuse)
    except RecursionError:
        raise ReportError(f"is nested too deeply to be a {kind.noun}") from None
    except ValueError:
        if f'"{kind.format}"'.encode() in data[:200]:
            raise ReportError(_CUT_SHORT) from None
        raise ReportError(f"is no {kind.noun}: it is no JSON. {again}") from None
    if not isinstance(plain, dict) or plain.get("format") != kind.format:
        raise ReportError(f"is no {kind.noun}: it does not say {kind.format}. {again}")
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


def _check_version(plain: Mapping[str, Any], kind: Kind) -> None:
    schema = plain.get("schema")
    major = schema.get("major") if isinstance(schema, dict) else None
    if type(major) is not int or major != kind.major:
        said = f"schema {major!r:.20}" if major is not None else "no schema version"
        raise ReportError(
            f"has {said}; this waitctx reads schema {kind.major}. Read it with the waitctx that "
            "wrote it, or one of that time, or run the check again."
        )


def _check_digest(data: bytes) -> None:
    footer = _FOOTER.search(data)
    if footer is None or sha256(data[: footer.start() + 1]).hexdigest().encode() != footer[1]:
        raise ReportError(_ALTERED)


def _check_depth(plain: object, kind: Kind) -> None:
    level: list[Any] = [plain]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        raise ReportError(f"is nested too deeply to be a {kind.noun}")


@cache
def _validator(schema: str) -> Draft202012Validator:
    folder = resources.files(__package__)
    plain = {name: json.loads(folder.joinpath(name).read_text("utf-8")) for name in _SCHEMAS}
    known = Registry().with_resources(
        (name, Resource.from_contents(one)) for name, one in plain.items()
    )
    return Draft202012Validator(plain[schema], registry=known)


def _validate(plain: Mapping[str, Any], kind: Kind) -> None:
    error = best_match(_validator(kind.schema).iter_errors(plain))
    if error is not None:
        where = error.json_path.removeprefix("$").removeprefix(".") or f"the {kind.noun}"
        raise ReportError(
            f"does not fit {kind.noun} schema {kind.major}: {where:.200}: {error.message:.200}"
        )
