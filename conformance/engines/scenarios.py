"""The scenario engine: what real engines and event loops do, and what once went wrong.

The programs stand in ``scenarios.toml``, each with where it comes from. They run first, whatever
the budget.

A program there is a text, or a list of texts in which
``{ from = 0, to = 8, each = "set c0 k{n} {n} d{n} f0" }`` stands for its text nine times over, with
0 to 8 for ``{n}``; it counts down where ``to`` is the smaller.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from attrs import frozen

from waitctx.conformance.defined import is_defined
from waitctx.conformance.model import Model
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.programs import Program, from_text
from waitctx.conformance.state import State

if TYPE_CHECKING:
    from waitctx.conformance.outcomes import Profile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


#: A stretch of a program as it is written: a text, or one that is repeated.
Part = str | Mapping[str, Any]


@frozen
class Scenario:
    """A program that somebody relies on."""

    name: str
    source: str
    """Who does this, or which fault it once showed."""
    program: Program


@cache
def texts(file: str) -> Mapping[str, str]:
    """Give the programs of a file as they are written, by name."""
    return {name: expand(one["program"]) for name, one in _tables(file).items()}


@cache
def load(file: str = "scenarios.toml") -> tuple[Scenario, ...]:
    """Read the scenarios that come with this package."""
    tables = _tables(file)
    return tuple(
        Scenario(name, tables[name]["source"], from_text(text))
        for name, text in texts(file).items()
    )


def _tables(file: str) -> dict[str, Any]:
    data = resources.files("waitctx.conformance.engines").joinpath(file)
    return tomllib.loads(data.read_text(encoding="utf-8"))


def expand(program: str | Sequence[Part]) -> str:
    """Write out what is repeated in a program."""
    parts = [program] if isinstance(program, str) else program
    return "; ".join(part if isinstance(part, str) else _repeat(part) for part in parts)


def _repeat(part: Mapping[str, Any]) -> str:
    first, last = part["from"], part["to"]
    numbers = range(first, last + 1) if first <= last else range(first, last - 1, -1)
    return "; ".join(part["each"].format(n=number) for number in numbers)


def programs(
    profile: Profile, words: Collection[str], *, capable: bool, file: str = "scenarios.toml"
) -> Iterator[Program]:
    """Give the scenarios that are defined in a profile and need just these operations.

    The harness's own operations are there whatever the implementation has.
    """
    yield from _fitting(file, profile, tuple(words), capable)


@lru_cache(maxsize=32)
def _fitting(
    file: str,
    profile: Profile,
    words: tuple[str, ...],
    capable: bool,  # noqa: FBT001 - a cached call
) -> tuple[Program, ...]:
    made = (one.program for one in load(file))
    return tuple(one for one in made if fits(one, profile, words, capable=capable))


def fits(program: Program, profile: Profile, words: Collection[str], *, capable: bool) -> bool:
    """Tell whether a program is defined in a profile and needs just these operations."""
    needed = {operation.word for operation in program} & OPERATIONS.keys()
    if not needed.issubset(words):
        return False
    return is_defined(program, Model(profile), State(capable=capable))
