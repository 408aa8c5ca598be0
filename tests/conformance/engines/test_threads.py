"""The engines of threads and descriptors: what they make is defined, and the same each time."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.defined import is_defined
from waitctx.conformance.engines import descriptors, threads
from waitctx.conformance.engines.scenarios import fits, load, texts
from waitctx.conformance.model import Model
from waitctx.conformance.operations import OPERATIONS, Interrupt, Meet, Race, Thread
from waitctx.conformance.outcomes import OPENSSL, SPEC
from waitctx.conformance.programs import from_text
from waitctx.conformance.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from waitctx.conformance.outcomes import Profile

WORDS = tuple(OPERATIONS)
SOURCES = (threads.in_turn, threads.races, threads.interrupts, descriptors.programs)


@pytest.mark.slow
@pytest.mark.parametrize("profile", [SPEC, OPENSSL])
@pytest.mark.parametrize("source", SOURCES)
def test_defined(source: Callable[..., object], profile: Profile) -> None:
    """Every program is defined from end to end."""
    made = list(islice(source(profile, WORDS, 0, capable=True), 60))  # type: ignore[call-overload]

    assert made
    assert all(is_defined(one, Model(profile), State()) for one in made)


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_same_seed_same_programs(source: Callable[..., object]) -> None:
    """The same seed gives the same programs, another gives others."""
    one, again, other = (
        list(islice(source(SPEC, WORDS, seed, capable=True), 300))  # type: ignore[call-overload]
        for seed in (1, 1, 2)
    )

    assert one == again
    assert one != other


@pytest.mark.parametrize("profile", [SPEC, OPENSSL])
def test_what_is_written_down_is_run(profile: Profile) -> None:
    """No program of the files is left out for being undefined."""
    programs = [one.program for name in ("threads", "descriptors") for one in load(f"{name}.toml")]
    programs += [from_text(text.replace("{n}", "1")) for text in texts("interrupts.toml").values()]

    assert all(fits(one, profile, WORDS, capable=True) for one in programs)


def test_where_jobs_cannot_run() -> None:
    """Contexts alone still have threads and descriptors."""
    words = ("new", "free", "set", "get", "all", "changed", "clear")

    assert all(list(islice(source(SPEC, words, 0, capable=False), 5)) for source in SOURCES)


def test_kinds() -> None:
    """Turns do not race; races begin so and meet; interrupts are followed by another thread."""
    turns, races, interrupts, _ = (
        list(islice(one(SPEC, WORDS, 0, capable=True), 200)) for one in SOURCES
    )

    assert not any(isinstance(one, Race | Meet | Interrupt) for each in turns for one in each)
    assert all(isinstance(each[0], Race) for each in races)
    assert any(isinstance(one, Meet) for each in races for one in each)
    followers = [
        each[place + 1]
        for each in interrupts
        for place, one in enumerate(each)
        if isinstance(one, Interrupt)
    ]
    assert all(isinstance(one, Thread) for one in followers)
