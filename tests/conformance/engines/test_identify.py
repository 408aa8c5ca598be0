"""A suite finds every fault of an implementation that has no more states than it allows for."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.engines.identify import Machine, NotKnownError
from waitctx.conformance.engines.tours import Tour
from waitctx.conformance.graph.bounds import Bounds
from waitctx.conformance.graph.explore import explore
from waitctx.conformance.graph.graph import START, Graph
from waitctx.conformance.graph.patterns import Words
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC

if TYPE_CHECKING:
    from waitctx.conformance.engines.tours import Route

WORDS = ("new", "free", "set", "get", "changed", "clear")
JOBS = (*WORDS, "start", "pause", "resume", "return")
GRAPHS = [
    explore(Bounds(name="fds", words=WORDS, entries=2), OPENSSL, OPERATIONS, capable=True),
    explore(Bounds(name="jobs", words=JOBS, entries=1), OPENSSL, OPERATIONS, capable=True),
]
graphs = pytest.mark.parametrize("graph", GRAPHS, ids=lambda one: one.bounds.name)


def toured(graph: Graph) -> Tour:
    """Give what a tour of a graph with one answer to each step has shown."""
    tour = Tour(graph)
    for routes in tour.transitions():
        taken = [[graph.first_edge[step] for step in route] for route in routes]
        tour.learn(routes, taken, whole=True)
    return tour


#: An implementation: by state and operation what is answered, and the state that follows.
Table = dict[tuple[int, int], tuple[Words, int]]


def right(machine: Machine, graph: Graph) -> Table:
    """Give the implementation that does what the machine does."""
    return {
        (machine.state[node], graph.step_operation[step]): (
            graph.pattern(graph.first_edge[step]),
            machine.state[machine.target[step]],
        )
        for node in machine.access
        for step in graph.steps_at(node)
    }


def kills(graph: Graph, suite: list[Route], start: int, table: Table) -> bool:
    """Tell whether some program of a suite is answered otherwise than the graph has it."""
    for route in suite:
        state = start
        for step in route:
            answer, state = table.get((state, graph.step_operation[step]), ((), 0))
            if answer != graph.pattern(graph.first_edge[step]):
                return True
    return False


def alike(table: Table, graph: Graph) -> dict[int, list[int]]:
    """Give for each state those with the same operations, for a caller knows what is there."""
    words: dict[int, set[int]] = {}
    for state, operation in table:
        words.setdefault(state, set())
        if graph.operations[operation].word != "set":  # left out at the bounds
            words[state].add(operation)
    return {one: [other for other in words if words[other] == words[one]] for one in words}


@graphs
def test_every_wrong_turn_is_found(graph: Graph) -> None:
    """Wherever one operation leads to the wrong state, some program of the suite shows it."""
    machine = Machine.of(toured(graph))
    suite = [route for batch in machine.suite(0) for route in batch]
    table, start = right(machine, graph), machine.state[START]
    near = alike(table, graph)
    wrong = [
        (key, (answer, other))
        for key, (answer, after) in table.items()
        for other in near[after]
        if other != after
    ]
    sample = Random(graph.bounds.name).sample(wrong, min(300, len(wrong)))

    assert len(wrong) > 20
    assert not kills(graph, suite, start, table)
    assert [] == [
        one for one in sample if not kills(graph, suite, start, {**table, one[0]: one[1]})
    ]


@graphs
def test_one_state_more(graph: Graph) -> None:
    """A copy of a state that is left the wrong way is found if the suite allows for one more."""
    machine = Machine.of(toured(graph))
    suites = [[route for some in machine.suite(extra) for route in some] for extra in (0, 1)]
    table, start = right(machine, graph), machine.state[START]
    near = alike(table, graph)
    faults = []
    for (state, leave), (answer, after) in table.items():
        enter = [key for key, (_, there) in table.items() if there == state]
        wrong = [other for other in near[after] if other != after]
        copy = {(-1, op): value for (one, op), value in table.items() if one == state}
        for key, other in product(enter, wrong):
            there = {key: (table[key][0], -1), (-1, leave): (answer, other)}
            faults.append({**table, **copy, **there})
    sample = Random(graph.bounds.name).sample(faults, min(150, len(faults)))
    alive = [sum(not kills(graph, suite, start, one) for one in sample) for suite in suites]

    assert 0 == alive[1]
    assert alive[0] > 0  # without one more, nothing is promised about these


@graphs
def test_states_are_merged(graph: Graph) -> None:
    """Nodes that nobody can tell apart are one state; each state is told from each other one."""
    machine = Machine.of(toured(graph))

    assert machine.states <= graph.nodes
    assert set(range(machine.states)) == set(machine.state.values())


def test_not_known() -> None:
    """Where something was not tried, or led to different nodes, there is no machine."""
    tour = Tour(GRAPHS[0])
    with pytest.raises(NotKnownError, match="not every operation was tried"):
        Machine.of(tour)
    tour = toured(GRAPHS[0])
    tour.forked = True
    with pytest.raises(NotKnownError):
        Machine.of(tour)


def test_only_growth_tells() -> None:
    """Where only what is left out at the bounds tells states apart there is no machine either."""
    graph = explore(Bounds(name="open", words=WORDS), SPEC, OPERATIONS, capable=True)
    tour = toured(graph)

    with pytest.raises(NotKnownError, match="tells states apart that answers do not"):
        Machine.of(tour)
