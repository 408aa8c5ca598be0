"""The walker in C: what it runs, what it brings back, and what it survives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.connection import Connection
from waitctx.conformance.adapters.walking import Mode, Order, Stray, Walker
from waitctx.conformance.adapters.worker import WALK_AT
from waitctx.conformance.clauses import load
from waitctx.conformance.graph.alphabet import first_use
from waitctx.conformance.graph.bounds import Bounds, standard
from waitctx.conformance.graph.evidence import shown
from waitctx.conformance.graph.explore import explore
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.programs import to_text

if TYPE_CHECKING:
    from waitctx.conformance.adapters.native import NativeAdapter
    from waitctx.conformance.graph.graph import Graph

    from .conftest import Open

WORDS = ("new", "free", "set", "get", "all", "clear", "changed")
GRAPH = explore(Bounds(name="small", words=WORDS, keys=2), OPENSSL, OPERATIONS, capable=True)


def count(graph: Graph, depth: int, node: int = 0, used: tuple[int, ...] = (0, 0, 0)) -> int:
    """Count by hand the programs of a length, up to the names of symbols."""
    if depth == 0:
        return 1
    total = 0
    for step in graph.steps_at(node):
        needs = first_use(graph.operation(step))
        if all(need <= have + 1 for need, have in zip(needs, used, strict=True)):
            (target,) = graph.targets(step)
            total += count(graph, depth - 1, target, tuple(map(max, needs, used)))
    return total


@pytest.mark.parametrize("depth", range(1, 6))
def test_every_program_is_run(openssl: NativeAdapter, depth: int) -> None:
    """Exhaustive means each program of the length once."""
    walker = openssl.walker(GRAPH, Order(Mode.EXHAUSTIVE, depth))

    assert walker.go(30.0) is None
    assert (True, 0) == (walker.over, walker.diverged)
    assert count(GRAPH, depth) == walker.programs
    assert depth * walker.programs == walker.operations == sum(walker.hits)


def test_parts_make_the_whole(openssl: NativeAdapter) -> None:
    """Two walkers with a part each run what one runs alone, exhaustively and by chance."""

    def walk(order: Order) -> Walker:
        walker = openssl.walker(GRAPH, order)
        assert walker.go(30.0) is None
        assert walker.over
        return walker

    for depth in (2, 5):
        orders = [Order(Mode.EXHAUSTIVE, depth, part=part, parts=2) for part in (0, 1)]
        assert count(GRAPH, depth) == sum(walk(one).programs for one in orders)

    alone = walk(Order(Mode.RANDOM, 50, seed=7, most=1_000))
    both = [walk(Order(Mode.RANDOM, 50, 7, part, 2, most=500)) for part in (0, 1)]
    together = [sum(one) for one in zip(*(each.hits for each in both), strict=True)]
    assert list(alone.hits) == together


@pytest.mark.slow
@pytest.mark.parametrize("bounds", standard(OPENSSL), ids=lambda one: one.name)
def test_libcrypto_never_leaves_the_graph(openssl: NativeAdapter, bounds: Bounds) -> None:
    """Of a right answer nothing is left for Python to judge, in any world."""
    graph = explore(bounds, OPENSSL, OPERATIONS, capable=True)
    walker = openssl.walker(graph, Order(Mode.RANDOM, 4096, seed=1, most=300))

    assert walker.go(30.0) is None
    assert (300, 0) == (walker.programs, walker.diverged)


def hits(openssl: NativeAdapter, seed: int, slices: int) -> list[int]:
    """Walk 2,000 random programs in so many slices."""
    walker = openssl.walker(GRAPH, Order(Mode.RANDOM, 50, seed, most=2_000))
    for _ in range(slices):
        assert walker.go(0.001) is None
    while not walker.over:
        assert walker.go(30.0) is None
    return list(walker.hits)


def test_same_seed(openssl: NativeAdapter) -> None:
    """The same seed walks the same, however it is sliced; another one otherwise."""
    once = hits(openssl, 1, 0)

    assert once == hits(openssl, 1, 5)
    assert once != hits(openssl, 2, 0)


@pytest.mark.parametrize("fault", ["CRASH", "ABORT", "EXIT"])
def test_death_costs_one_program(faulty: Open, fault: str) -> None:
    """A library that dies is told with its program, and the walk goes on behind it."""
    adapter = faulty(fault)
    words = tuple(one for one in WORDS if adapter.ics.supports(OPERATIONS[one]))
    graph = explore(Bounds(name="small", words=words), OPENSSL, OPERATIONS, capable=True)
    walker = adapter.walker(graph, Order(Mode.EXHAUSTIVE, 4))
    strays: list[Stray] = []
    while not walker.over:
        stray = walker.go(5.0)
        if stray is not None:
            strays.append(stray)

    deaths = Counter(to_text(one.program) for one in strays if one.observations[-1].get("died"))
    assert deaths
    assert {1} == set(deaths.values())
    assert walker.programs > len(strays)
    # Every program begins with new, also those that the library died of.
    assert walker.programs >= walker.programs_for["CTX-NEW-01"] >= walker.programs - len(strays)


def programs_by_hand(
    depth: int, node: int = 0, used: tuple[int, ...] = (0, 0, 0)
) -> Counter[frozenset[str]]:
    """Count by hand the programs of a length by the clauses that they exercise."""
    if depth == 0:
        return Counter({frozenset(): 1})
    found: Counter[frozenset[str]] = Counter()
    what = shown(GRAPH, load())
    for step in GRAPH.steps_at(node):
        needs = first_use(GRAPH.operation(step))
        if all(need <= have + 1 for need, have in zip(needs, used, strict=True)):
            (edge,) = GRAPH.edges_of(step)
            after = tuple(map(max, needs, used))
            rest = programs_by_hand(depth - 1, GRAPH.edge_target[edge], after)
            for clauses, number in rest.items():
                found[clauses.union(what.credits[what.edge_credit[edge]])] += number
    return found


def test_programs_for_each_clause(openssl: NativeAdapter) -> None:
    """Each program counts once for each clause that it exercises, in whatever part it is run."""
    expected: Counter[str] = Counter()
    for clauses, number in programs_by_hand(5).items():
        expected.update(dict.fromkeys(clauses, number))
    for parts in (1, 3):
        found: Counter[str] = Counter()
        for part in range(parts):
            walker = openssl.walker(GRAPH, Order(Mode.EXHAUSTIVE, 5, part=part, parts=parts))
            assert walker.go(30.0) is None
            found += walker.programs_for

        assert expected == found


def test_programs_for_by_chance(openssl: NativeAdapter) -> None:
    """Parts of a walk by chance count together what one walk counts, in however many slices."""
    alone = openssl.walker(GRAPH, Order(Mode.RANDOM, 50, seed=7, most=1_000))
    while not alone.over:
        assert alone.go(0.001) is None
    both = [openssl.walker(GRAPH, Order(Mode.RANDOM, 50, 7, part, 2, 500)) for part in (0, 1)]
    assert [None, None] == [one.go(30.0) for one in both]

    assert 1_000 == alone.programs_for["CTX-NEW-01"] < alone.operations
    assert alone.programs_for == sum((one.programs_for for one in both), Counter())


def test_output_is_forgotten(faulty: Open) -> None:
    """A library that prints a little in each program may do so in any number of them."""
    bounds = Bounds(name="tiny", words=("new", "free"), keys=1)
    graph = explore(bounds, OPENSSL, OPERATIONS, capable=True)
    walker = faulty("NOISE").walker(graph, Order(Mode.RANDOM, 8, most=3000))

    assert walker.go(30.0) is None
    assert (True, 3000) == (walker.over, walker.programs)


def test_memory_of_the_walk(openssl: NativeAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk whose memory was written over is over, and none of it is counted."""
    memory = openssl._connection.memory

    def scribble(*_: object) -> str:
        memory[WALK_AT : WALK_AT + 4096] = b"Z" * 4096
        return "done"

    walker = openssl.walker(GRAPH, Order(Mode.EXHAUSTIVE, 3))
    monkeypatch.setattr(Connection, "ask", scribble)

    stray = walker.go(1.0)
    assert stray is not None
    assert "died=wrote over the memory of the harness" == str(stray.observations[-1])
    assert (True, 0, 0) == (walker.over, walker.programs, sum(walker.hits))
