"""The graph and the judge say the same of random programs, answered rightly and wrongly."""

from __future__ import annotations

from random import Random
from struct import pack
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.words import ABSENT, decode
from waitctx.conformance.clauses import load
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.explore import explore
from waitctx.conformance.graph.patterns import ANYTHING, fits
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC, Profile

if TYPE_CHECKING:
    from waitctx.conformance.graph.bounds import Bounds
    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.observations import Observation

WORLDS = [(profile, one) for profile in (OPENSSL, SPEC) for one in standard(profile)]


def read(result: list[int]) -> Observation:
    """Turn one result into the observation that the judge gets."""
    return decode(pack(f"={len(result)}q", *result))[0]


def edge_for(graph: Graph, step: int, result: list[int]) -> int | None:
    """Find the edge that a result takes."""
    return next((e for e in graph.edges_of(step) if fits(graph.pattern(e), result)), None)


def answer(random: Random, graph: Graph, step: int, words: list[int]) -> list[int]:
    """Draw a result that some edge permits, or, now and then, one that is a little off."""
    edge = random.choice(graph.edges_of(step))
    result = [random.choice(words) if one == ANYTHING else one for one in graph.pattern(edge)]
    # Where the driver never has an answer it cannot be off.
    places = [place for place, one in enumerate(result) if place > 0 and one != ABSENT]
    if places and random.random() < 0.05:
        result[random.choice(places)] = random.choice(words)
    return result


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "bounds"), WORLDS, ids=lambda one: one.name)
def test_table_is_the_model(profile: Profile, bounds: Bounds) -> None:
    """Whatever is answered, table and judge permit it or not, and mean the same state after it."""
    graph = explore(bounds, profile, OPERATIONS, capable=True)
    judge = Judge(Model(profile), load())
    random = Random(bounds.name)
    # Heads and pointers fit few places, and the driver writes no negative length but -1.
    common = sorted(one for one in {0, 1, 2, 3, *graph.words} if -1 <= one < 1 << 31)
    refused = 0
    for _ in range(400):
        node, program, seen, wrong = 0, [], [], []
        for _ in range(random.randrange(1, 40)):
            step = random.choice(graph.steps_at(node))
            result = answer(random, graph, step, common)
            edge = edge_for(graph, step, result)
            try:
                observation = read(result)
            except (IndexError, ValueError):  # no library can answer that
                break
            program.append(graph.operation(step))
            seen.append(observation)
            if edge is None:
                refused += 1
                wrong = [tuple(program)]
                break
            node = graph.edge_target[edge]
        failure = judge.judge(tuple(program), seen).failure
        assert wrong == [one.program for one in (failure,) if one], (program, seen)
    assert refused > 10
