"""Where C cannot walk, Python does: the same programs, only slower."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.adapters.walking import Mode, Order
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.engines.batch_walk import BatchWalker
from waitctx.conformance.engines.walking import SHALLOW
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.explore import explore
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC
from waitctx.conformance.plan import Plan
from waitctx.conformance.programs import to_text
from waitctx.conformance.targets import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.findings import Findings
    from waitctx.conformance.graph.graph import Graph

KEYS, *_ = standard(OPENSSL)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Explore the world with two keys."""
    return explore(KEYS, OPENSSL, OPERATIONS, capable=True)


@pytest.fixture
def reference() -> Iterator[PythonAdapter]:
    """Open the reference, in a worker."""
    with closing(PythonAdapter.open(REFERENCE)) as adapter:
        yield adapter


def walked(adapter: PythonAdapter, graph: Graph, order: Order) -> BatchWalker:
    """Walk to the end, and meet nothing."""
    walker = BatchWalker(adapter, graph, order)
    while not walker.over:
        assert walker.go(5.0) is None
    return walker


def check(target: str, depth: int) -> Findings:
    """Run every program of a depth on a Python object."""
    with closing(PythonAdapter.open(target)) as adapter:
        plan = Plan(SPEC, budget=0, depth=depth, engines=("exhaustive",))
        return Check(adapter, plan, load()).run()


@pytest.mark.parametrize("depth", [1, 3, 4])
def test_programs_are_those_of_the_walk_in_c(
    libcrypto: str, reference: PythonAdapter, graph: Graph, depth: int
) -> None:
    """Python runs the programs that C runs, and counts edges and clauses alike."""
    order = Order(Mode.EXHAUSTIVE, depth)
    with closing(NativeAdapter.open(libcrypto, "openssl")) as adapter:
        quick = adapter.walker(graph, order)
        assert quick.go(20.0) is None
    slow = walked(reference, graph, order)

    assert (quick.programs, quick.operations) == (slow.programs, slow.operations)
    assert list(quick.hits) == list(slow.hits)
    assert quick.programs_for == slow.programs_for


def test_parts_make_the_whole(reference: PythonAdapter, graph: Graph) -> None:
    """What one walk runs, two run together that have a part each."""
    whole = walked(reference, graph, Order(Mode.EXHAUSTIVE, 4))
    orders = [Order(Mode.EXHAUSTIVE, 4, part=part, parts=2) for part in (0, 1)]
    parts = [walked(reference, graph, order) for order in orders]

    assert all(part.programs > 0 for part in parts)
    assert whole.programs == sum(part.programs for part in parts)
    assert list(whole.hits) == [
        sum(both) for both in zip(*(one.hits for one in parts), strict=True)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fake", "program"),
    [
        ("arguments:CleanupWrongCtx", "new c0; set c0 k0 1 null f0; free c0"),
        ("lookups:GetFdFdUnwritten", "new c0; set c0 k0 1 null null; get c0 k0"),
    ],
)
def test_a_fault_is_told_by_a_shortest_program(fake: str, program: str) -> None:
    """A fault in Python is told by the shortest program, for shorter ones have shown nothing."""
    found = check(f"waitctx.fakes.python.{fake}", 3).found.values()

    assert [program] == [to_text(one.failure.program) for one in found]


def test_every_world_is_walked() -> None:
    """The reference is walked in every world, and all its answers are the graph's."""
    findings = check(REFERENCE, 2)

    assert [2] * 5 == [one.depth for one in findings.worlds]
    assert (0, []) == (findings.misses, list(findings.found))


@pytest.mark.slow
def test_in_this_process() -> None:
    """An object in this very process is walked too, on one core however many are asked for."""
    with closing(InProcessAdapter.open(REFERENCE)) as adapter:
        plan = Plan(SPEC, budget=0, depth=2, jobs=2, engines=("exhaustive",))
        findings = Check(adapter, plan, load()).run()

    assert [2] * 5 == [one.depth for one in findings.worlds]
    assert (0, []) == (findings.misses, list(findings.found))


@pytest.mark.slow
def test_programs_are_short_if_nobody_says_how_long() -> None:
    """A run that nobody limits ends soon on a Python object too."""
    with closing(PythonAdapter.open(REFERENCE)) as adapter:
        findings = Check(adapter, Plan(SPEC, engines=("exhaustive",)), load()).run()

    assert [SHALLOW] * 5 == [one.depth for one in findings.worlds]
