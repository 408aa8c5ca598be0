"""Every part of ``waitctx bench``, each for a moment, on real implementations."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.walking import Mode, Order
from waitctx.conformance.bench import contenders, growth, memory, samples, stateful
from waitctx.conformance.bench.contenders import ContenderError, Ground, native
from waitctx.conformance.clauses import load
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.cache import graph_of
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.state import State
from waitctx.conformance.targets import REFERENCE, open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.adapters.native import NativeAdapter
    from waitctx.conformance.graph.graph import Graph


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Give a small world."""
    bounds = next(one for one in standard(OPENSSL) if one.name == "variants")
    words = tuple(word for word, one in OPERATIONS.items() if one.function in _EVERYWHERE)
    return graph_of(bounds, "openssl", words, capable=True)


#: What every release has.
_EVERYWHERE = frozenset(
    f"ASYNC_{name}"
    for name in (
        *("WAIT_CTX_new", "WAIT_CTX_free", "WAIT_CTX_set_wait_fd", "WAIT_CTX_get_fd"),
        *("WAIT_CTX_get_all_fds", "WAIT_CTX_get_changed_fds", "WAIT_CTX_clear_fd"),
        *("start_job", "pause_job"),
    )
)


@pytest.fixture(scope="module")
def openssl() -> Iterator[NativeAdapter]:
    """Open the OpenSSL of this machine."""
    with closing(open_target("openssl")) as adapter:
        found = native(adapter)
        assert found is not None
        yield found


@pytest.fixture
def ground(openssl: NativeAdapter, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """Give what the contenders work on."""
    monkeypatch.setattr(contenders, "OPERATIONS", 2_000)
    return Ground(openssl, OPENSSL, (graph,), 1, openssl.identity.path)


def test_loop_and_walker_carry_out_the_same(openssl: NativeAdapter, graph: Graph) -> None:
    """Each turn has operations, and takes both of them some time."""
    walker = openssl.walker(graph, Order(Mode.RANDOM, 4096, 1))
    turns = openssl.limit(walker, 0, 3)
    assert [True] * 3 == [one.operations > 0 and 0 < one.plain for one in turns]


def test_the_plain_loop_ends_with_an_implementation_that_dies(graph: Graph) -> None:
    """There is nothing to tell then, and the adapter is as good as new."""
    with closing(open_target("openssl")) as adapter:
        found = native(adapter)
        assert found is not None
        walker = found.walker(graph, Order(Mode.RANDOM, 4096, 1))
        # A table that is none: the process ends before it has walked.
        walker._table = bytes(len(walker._table))
        assert [] == found.limit(walker, 0, 3)


def test_batches_are_carried_out_to_the_end(ground: Ground) -> None:
    """Every operation of the programs is judged along the graph."""
    made = sum(map(len, ground.made["variants"]))
    assert (made, "") == (contenders.in_batches(ground).operations, ground.failed)


def test_batches_are_read_to_the_end(ground: Ground) -> None:
    """The model says the same of the same programs."""
    made = sum(map(len, ground.made["variants"]))
    assert (made, "") == (contenders.read_in_python(ground, 60.0).operations, ground.failed)


def test_hypothesis_is_measured(ground: Ground) -> None:
    """Its machine carries out operations on the same implementation."""
    taken = stateful.by_hypothesis(ground, 0.01)
    assert (True, "") == (taken.operations > 0, ground.failed)


def test_calls_are_measured_in_a_process_of_their_own(ground: Ground) -> None:
    """There calls on contexts are made one by one."""
    assert contenders.by_call(ground, 0.01).operations > 0


def test_calls_of_a_python_object_are_measured(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For it they are the limit."""
    monkeypatch.setattr(contenders, "OPERATIONS", 500)
    with closing(open_target("reference")) as adapter:
        ground = Ground(adapter, OPENSSL, (graph,), 1, REFERENCE)
        assert (None, True) == (native(adapter), contenders.by_call(ground, 0.01).operations > 0)


def test_a_process_that_ends_is_told_of(ground: Ground) -> None:
    """It is no measurement, and no fault of the harness."""
    ground.target = "/dev/null"
    with pytest.raises(ContenderError) as caught:
        contenders.by_call(ground, 0.01)
    assert str(caught.value).startswith("the implementation ended the process: OSError")


def test_samples_are_defined_from_end_to_end(graph: Graph) -> None:
    """No operation of theirs is undefined where it stands, and a seed tells them."""
    made = samples.programs(graph, 500, 1)
    judge = Judge(Model(OPENSSL), load(), State())
    assert made == samples.programs(graph, 500, 1)
    for program in made:
        state = (judge.initial,)
        for one in program:
            state = tuple(each.state for each in judge.model.step(state[0], one))


def test_depth_is_complete(openssl: NativeAdapter, graph: Graph) -> None:
    """Each depth that is told was run to its end."""
    series = growth.with_depth(openssl, graph, 0.5)
    assert [float(n + 1) for n in range(len(series.points))] == [one.at for one in series.points]


def test_more_cores_share_the_programs(openssl: NativeAdapter, graph: Graph) -> None:
    """One and two are measured, each beside the other."""
    series = growth.with_cores(openssl, graph, 1, 0.4, 2)
    assert [1, 2] == [one.at for one in series.points]


def test_memory_in_use_is_seen() -> None:
    """What a block takes meanwhile counts."""
    with memory.watched() as before:
        pass
    with memory.watched() as peak:
        block = bytearray(b"x" * (64 << 20))
        while peak.size < before.size + (32 << 20):
            block[0] ^= 1
    assert len(block) <= peak.size
