"""What a walk has covered, state by state."""

from __future__ import annotations

from waitctx.conformance.graph.bounds import Bounds
from waitctx.conformance.graph.evidence import coverage
from waitctx.conformance.graph.explore import explore
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC

SMALL = Bounds(name="small", words=("new", "free", "set", "get"), contexts=1, entries=1)


def test_layers() -> None:
    """States stand by their distance: nothing seen, then some, then everything tried."""
    graph = explore(SMALL, OPENSSL, OPERATIONS, capable=True)
    nothing = [0] * graph.edges
    first = [0] * graph.edges
    (new,) = graph.steps_at(0)
    first[graph.first_edge[new]] = 5

    # Away, empty, full: one operation leads to the next.
    assert ("1", "1", "1") == coverage(graph, nothing).layers
    assert ("3", "2", "1") == coverage(graph, first).layers
    assert ("3", "3", "3") == coverage(graph, [1] * graph.edges).layers


def test_other_readings() -> None:
    """States of readings that were not taken are out of reach once another was."""
    bounds = Bounds(name="again", words=("new", "set", "get"), entries=2, variants=2)
    graph = explore(bounds, SPEC, OPERATIONS, capable=True)
    hits = [0] * graph.edges
    waiting = [0]
    while waiting:
        for step in graph.steps_at(waiting.pop()):
            edge = graph.first_edge[step]
            if not hits[edge]:
                hits[edge] = 1
                waiting.append(graph.edge_target[edge])
    found = coverage(graph, hits).layers

    assert graph.states == sum(map(len, found))
    assert "0" in "".join(found)
    assert "1" not in "".join(found)
    assert ["".join(sorted(one, reverse=True)) for one in found] == list(found)
