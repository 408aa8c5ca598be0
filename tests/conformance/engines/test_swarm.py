"""The small world that each random program gets."""

from __future__ import annotations

from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.engines.swarm import Swarm, draw_swarm
from waitctx.conformance.operations import LIMITS, OPERATIONS, Symbol, check_symbol
from waitctx.conformance.outcomes import OPENSSL, PROFILES, SPEC, Profile

WORDS = tuple(OPERATIONS)
SWARMS = {
    profile.name: [draw_swarm(Random(number), profile, WORDS) for number in range(300)]
    for profile in PROFILES.values()
}

each_profile = pytest.mark.parametrize("name", list(PROFILES))


@given(st.integers(), st.sampled_from(list(PROFILES.values())))
def test_same_chance(seed: int, profile: Profile) -> None:
    """The same source of chance gives the same world."""
    assert draw_swarm(Random(seed), profile, WORDS) == draw_swarm(Random(seed), profile, WORDS)


@each_profile
def test_symbols(name: str) -> None:
    """Whatever a world holds can be written in a program."""
    kinds = {
        "keys": Symbol.KEY,
        "fds": Symbol.NUMBER,
        "data": Symbol.DATA,
        "cleanups": Symbol.ROUTINE,
        "callbacks": Symbol.CALLBACK,
        "arrays": Symbol.ARRAY,
        "returns": Symbol.NUMBER,
        "statuses": Symbol.NUMBER,
        "blocks": Symbol.BLOCK,
    }
    for swarm in SWARMS[name]:
        for part, kind in kinds.items():
            for value in getattr(swarm, part):
                check_symbol(kind, value)
        assert swarm.contexts <= LIMITS[Symbol.CONTEXT]
        assert swarm.jobs <= LIMITS[Symbol.JOB]


@each_profile
def test_nothing_is_empty(name: str) -> None:
    """There is something to choose from everywhere."""
    assert all(all(attrs.astuple(swarm, recurse=False)[3:]) for swarm in SWARMS[name])
    assert all(any(swarm.weights.values()) for swarm in SWARMS[name])


def test_words() -> None:
    """A world knows the words that it was given and no other."""
    swarm = draw_swarm(Random(0), SPEC, ("new", "free", "set"))

    assert ["new", "free", "set"] == list(swarm.weights)


@each_profile
def test_tastes_differ(name: str) -> None:
    """Every operation is left out of some worlds and liked a lot in others, if it can be."""
    usual = {"new", "free", "start", "pause", "resume", "return"}
    for word in WORDS:
        weights = {swarm.weights[word] for swarm in SWARMS[name]}

        assert 9 in weights
        assert (0 in weights) == (word not in usual)


def test_pinned_values() -> None:
    """What the page does not define is in worlds of profile openssl alone."""

    def beyond(swarm: Swarm) -> bool:
        return min(swarm.fds) < 0 or any(most < first for most, first in swarm.pools)

    assert not any(map(beyond, SWARMS[SPEC.name]))
    assert any(map(beyond, SWARMS[OPENSSL.name]))


def test_sizes_differ() -> None:
    """Some worlds are tiny and some are large, for faults live in both."""
    swarms = SWARMS[OPENSSL.name]

    assert 1 == min(len(swarm.keys) for swarm in swarms)
    assert 64 < max(len(swarm.keys) for swarm in swarms)
    assert {1, 2, 3, 8} == {swarm.contexts for swarm in swarms}
    assert any(0 in swarm.fds for swarm in swarms)
    assert any("null" in swarm.keys for swarm in swarms)
