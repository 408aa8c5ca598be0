"""The file that names the implementations of a matrix: read, bounded and checked."""

from __future__ import annotations

import json
import math
import sys
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: Larger files are refused unread; the schema bounds the number of targets.
MAX_BYTES: Final = 2**20
_HINT: Final = "waitctx matrix --help shows a file as it should be."


class MatrixFileError(Exception):
    """A file is no sound matrix file; the text says where, and what is wrong."""


@frozen
class Target:
    """An implementation that is to be checked: a column."""

    name: str
    target: str
    """As `waitctx check` takes it, seen from the folder of the file."""
    profile: str = "spec"
    group: str = ""
    notes: str = ""
    known_failures: str = ""
    """A file of known failures, seen from the same folder; empty for none."""


@frozen
class MatrixFile:
    """What a matrix file asks for."""

    folder: Path
    targets: tuple[Target, ...]
    title: str = ""
    budget: float | None = None
    """Seconds for each target; None where the file does not say."""
    seed: int | None = None

    def chosen(self, patterns: Iterable[str]) -> tuple[Target, ...]:
        """Give the targets of these names or groups, wildcards allowed; without any, all.

        Raises:
            MatrixFileError: a pattern fits none.
        """
        wanted = tuple(patterns)
        for one in wanted:
            if not any(_fits(target, one) for target in self.targets):
                names = ", ".join(target.name for target in self.targets)
                raise MatrixFileError(f"no target fits {one}: there are {names}.")
        fit = (t for t in self.targets if not wanted or any(_fits(t, one) for one in wanted))
        return tuple(fit)


def _fits(target: Target, pattern: str) -> bool:
    return any(
        fnmatchcase(one.lower(), pattern.lower()) for one in (target.name, target.group) if one
    )


def read(path: Path) -> MatrixFile:
    """Read a matrix file.

    Raises:
        MatrixFileError: it is not there, or not a sound one.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise MatrixFileError(f"{path} cannot be read: {error.strerror}. {_HINT}") from error
    if len(data) > MAX_BYTES:
        raise MatrixFileError(f"{path} has more than 1 MiB: no matrix file is that large.")
    try:
        plain = tomllib.loads(data.decode(), parse_float=_finite)
    except (ValueError, RecursionError) as error:
        # Of its lines the parser's message may quote anything.
        raise MatrixFileError(f"{path} is no TOML: {error!s:.200}. {_HINT}") from error
    _validate(plain, path)
    targets = tuple(_targets(plain))
    _check_names(targets, path)
    return MatrixFile(
        path.absolute().parent,
        targets,
        plain.get("title", ""),
        plain.get("budget"),
        plain.get("seed"),
    )


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number to work with")
    return number


def _targets(plain: dict[str, Any]) -> Iterator[Target]:
    for one in plain["target"]:
        yield Target(**{"profile": plain.get("profile", "spec"), **one})


def _check_names(targets: Iterable[Target], path: Path) -> None:
    known: set[str] = set()
    for one in targets:
        if one.name in known:
            raise MatrixFileError(f"{path}: two targets are called {one.name}; rename one.")
        known.add(one.name)


@cache
def _validator() -> Draft202012Validator:
    text = resources.files(__package__).joinpath("matrix_file.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def _validate(plain: dict[str, Any], path: Path) -> None:
    error = best_match(_validator().iter_errors(plain))
    if error is not None:
        where = error.json_path.removeprefix("$").removeprefix(".") or "the file"
        raise MatrixFileError(f"{path}: {where:.200}: {error.message:.200}. {_HINT}")
