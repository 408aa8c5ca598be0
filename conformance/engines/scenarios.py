"""The scenario engine: what real engines and event loops do, and what once went wrong.

The programs stand in ``scenarios.toml``, each with where it comes from. They run first, whatever the budget.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from functools import cache
from importlib import resources

from attrs import frozen

from ..model import Model
from ..outcomes import Profile
from ..programs import Program, from_text
from ..shrink import is_defined
from ..state import State

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@frozen
class Scenario:
    """A program that somebody relies on."""

    name: str
    source: str
    """Who does this, or which fault it once showed."""
    program: Program


@cache
def load() -> tuple[Scenario, ...]:
    """Read the scenarios that come with this package."""
    text = resources.files("waitctx.conformance.engines").joinpath("scenarios.toml").read_text("utf-8")
    return tuple(
        Scenario(name, one["source"], from_text(one["program"]))
        for name, one in tomllib.loads(text).items()
    )


def programs(profile: Profile, words: Collection[str], *, capable: bool) -> Iterator[Program]:
    """Give the scenarios that are defined in a profile and need just these operations."""
    initial, model = State(capable=capable), Model(profile)
    for scenario in load():
        supported = all(operation.word in words for operation in scenario.program)
        if supported and is_defined(scenario.program, model, initial):
            yield scenario.program
