"""A tour takes every transition and every pair of them, whatever the implementation is like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from random import Random

import pytest

from waitctx.conformance.engines.tours import LONGEST, Route, Tour
from waitctx.conformance.graph.bounds import Bounds
from waitctx.conformance.graph.explore import explore
from waitctx.conformance.graph.graph import START, Graph
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC

FDS = ("new", "free", "set", "get", "changed", "clear")
JOBS = ("new", "set", "changed", "start", "pause", "resume", "return")
SURE = explore(Bounds(name="sure", words=FDS, entries=2), OPENSSL, OPERATIONS, capable=True)
OPEN = explore(Bounds(name="open", words=FDS, variants=2), SPEC, OPERATIONS, capable=True)
LATE = explore(Bounds(name="late", words=JOBS, entries=2), SPEC, OPERATIONS, capable=True)

#: Chooses the edge that a step takes, by what went before in the program; None to stray.
Answer = Callable[[int, Route], int | None]


def sometimes(graph: Graph, seed: int, memory: int) -> Answer:
    """Answer steps as it comes; always the same after the same last steps, so many of them."""
    known: dict[tuple[int, ...], int] = {}
    random = Random(seed)

    def answer(step: int, before: Route) -> int:
        edges = graph.edges_of(step)
        key = (step, *before[len(before) - memory :]) if len(edges) > 1 and memory else (step,)
        return known.setdefault(key, random.choice(edges))

    return answer


def walked(graph: Graph, route: Route, answer: Answer) -> list[int]:
    """Carry out one route, as the walker in C does."""
    node, before, edges = START, Route(), list[int]()
    for operation in [graph.step_operation[step] for step in route]:
        step = graph.step_of(node, operation)
        edge = None if step is None else answer(step, before)
        if edge is None:
            break
        assert step is not None
        before.append(step)
        edges.append(edge)
        node = graph.edge_target[edge]
    return edges


def tour(
    graph: Graph, answer: Answer, plans: Callable[[Tour], Iterator[list[Route]]], known: Tour
) -> list[list[int]]:
    """Walk a whole tour; give the edges of each program."""
    programs = []
    for routes in plans(known):
        assert all(len(route) <= LONGEST for route in routes)
        taken = [walked(graph, route, answer) for route in routes]
        known.learn(routes, taken, whole=True)
        programs += taken
    return programs


def steps(graph: Graph, programs: Iterable[Iterable[int]]) -> list[list[int]]:
    """Tell edges' steps, by another way than the tour does."""
    owner = {edge: step for _, step in graph.sources() for edge in graph.edges_of(step)}
    return [[owner[edge] for edge in edges] for edges in programs]


@pytest.mark.parametrize("graph", [SURE, OPEN, LATE], ids=lambda one: one.bounds.name)
@pytest.mark.parametrize("memory", [0, 1, 3])
def test_everything_in_reach(graph: Graph, memory: int) -> None:
    """At every node that was seen each step was taken, and after each step that led there."""
    answer, known = sometimes(graph, 7, memory), Tour(graph)
    programs = tour(graph, answer, Tour.transitions, known)
    programs += tour(graph, answer, Tour.pairs, known)
    taken = {step for some in steps(graph, programs) for step in some}
    nodes = {START} | {graph.edge_target[edge] for edges in programs for edge in edges}
    places, pairs = set(), set()
    for edges, some in zip(programs, steps(graph, programs), strict=True):
        places |= {(s, graph.edge_target[e]) for s, e in zip(some, edges, strict=True)}
        ends = [graph.edge_target[edge] for edge in edges]
        pairs |= set(zip(some, ends, some[1:], strict=False))

    assert {step for node in nodes for step in graph.steps_at(node)} == taken
    assert {(s, node, on) for s, node in places for on in graph.steps_at(node)} == pairs
    assert (len(pairs), len(pairs)) == known.coverage
    assert set(range(graph.steps)) == taken or graph is not SURE


def test_few_programs() -> None:
    """Where answers are sure a program goes on as long as there is something new nearby."""
    answer = sometimes(SURE, 1, 0)
    known = Tour(SURE)
    transitions = tour(SURE, answer, Tour.transitions, known)
    pairs = tour(SURE, answer, Tour.pairs, known)

    assert len(transitions) < SURE.steps / 4
    assert sum(map(len, transitions)) < 3 * SURE.steps
    assert sum(map(len, pairs)) < 3 * known.coverage[1]


def test_dead_ends() -> None:
    """A step that strays is not tried for ever, and what can be reached without it is."""
    bad = next(s for _, s in SURE.sources() if SURE.operation(s).word == "changed")

    def answer(step: int, _: Route) -> int | None:
        return None if step == bad else SURE.first_edge[step]

    known = Tour(SURE)
    tour(SURE, answer, Tour.transitions, known)
    tour(SURE, answer, Tour.pairs, known)

    assert [bad] == [step for step in range(SURE.steps) if not known.tried[step]]
    seen, near = known.coverage
    assert 0 < near - seen < near / 10


def test_cut_short() -> None:
    """What time did not allow is no dead end."""
    known = Tour(SURE)
    routes = next(known.transitions())
    known.learn(routes, [[] for _ in routes], whole=False)

    assert not any(known.dead)
    assert routes == next(known.transitions())
