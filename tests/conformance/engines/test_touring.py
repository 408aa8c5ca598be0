"""The tour engine on the real library, on one that answers otherwise, and in the report."""

from __future__ import annotations

from contextlib import closing
from math import inf
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.engines.touring import tours
from waitctx.conformance.engines.tours import Tour
from waitctx.conformance.engines.walks import Walks, World
from waitctx.conformance.graph.bounds import Bounds
from waitctx.conformance.graph.evidence import coverage
from waitctx.conformance.graph.explore import explore
from waitctx.conformance.guarantees import guarantees
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = ("new", "set", "get", "changed", "clear", "start", "pause", "resume", "return")
BOUNDS = Bounds(name="small", words=WORDS, entries=2)
FEW = Bounds(name="few", words=("new", "set", "get", "changed", "clear"), entries=2)


@pytest.fixture(scope="module")
def library(libcrypto: str) -> Iterator[NativeAdapter]:
    """Open the machine's libcrypto."""
    with closing(NativeAdapter.open(libcrypto, "openssl")) as adapter:
        yield adapter


def toured(
    library: NativeAdapter, profile: Profile, bounds: Bounds = BOUNDS, *, steady: bool = True
) -> World:
    """Tour a small world to the end."""
    world = World(explore(bounds, profile, OPERATIONS, capable=True))
    with Walks((library,), (world,), seed=0, steady=steady) as walks:
        assert not any(tours(walks, inf, most_extra=1))
    return world


@pytest.mark.parametrize("steady", [True, False])
def test_real_library(library: NativeAdapter, steady: bool) -> None:  # noqa: FBT001
    """Every state, transition and pair of the world is walked, and its states are told apart."""
    world = toured(library, OPENSSL, steady=steady)
    found = coverage(world.graph, world.hits)
    graph = world.graph
    targets = [graph.edge_target[graph.first_edge[step]] for step in range(graph.steps)]
    pairs = sum(len(graph.steps_at(target)) for target in targets)

    graph = world.graph
    assert (graph.states, graph.transitions) == (found.states_in_reach, found.transitions_in_reach)
    assert (graph.states, graph.transitions) == (found.states, found.transitions)
    assert (pairs, pairs) == world.pairs
    assert 1 == world.extra
    assert 1 < world.states <= world.graph.nodes


def test_open_choices(library: NativeAdapter) -> None:
    """Where the page leaves choices, what is in reach for the readings taken is walked."""
    world = toured(library, SPEC, FEW)
    found = coverage(world.graph, world.hits)

    assert (found.states_in_reach, found.transitions_in_reach) == (found.states, found.transitions)
    assert world.pairs[0] == world.pairs[1] > found.transitions_in_reach
    assert found.states_in_reach < world.graph.states


@pytest.mark.parametrize("steady", [True, False])
def test_no_time_left(library: NativeAdapter, steady: bool) -> None:  # noqa: FBT001
    """When time is up before a walk begins, each of its programs went nowhere."""
    world = World(explore(FEW, OPENSSL, OPERATIONS, capable=True))
    routes = next(Tour(world.graph).transitions())
    with Walks((library,), (world,), seed=0, steady=steady) as walks:
        walk = walks.told(world, routes, until=0.0)
        with pytest.raises(StopIteration) as ended:
            next(walk)
    leg = ended.value.value

    assert not leg.done
    assert [0] * world.graph.edges == leg.hits == world.hits
    assert [[]] * len(routes) == leg.taken()


def test_guarantee(library: NativeAdapter) -> None:
    """What a suite guarantees is said with its numbers."""
    world = toured(library, OPENSSL)
    (sentence,) = guarantees([world])

    assert sentence == (
        "World small (1 context, 1 key, 1 job): whatever is wrong has shown if the implementation "
        f"has at most {world.states + 1} states there; the model's {world.states} states were told "
        "apart after each operation."
    )
