"""The limit, the walker, and programs from Python on this machine's OpenSSL, side by side.

Nothing here fails because something is slow: ratios are told in the column of extra figures.
"""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.walking import Mode, Order
from waitctx.conformance.bench import contenders
from waitctx.conformance.bench.contenders import Ground, Sample, native
from waitctx.conformance.bench.here import Here, side_by_side
from waitctx.conformance.engines import random_programs
from waitctx.conformance.engines.batches import BATCH
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.cache import graph_of
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.targets import open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 20


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Open the library and explore the standard worlds."""
    with closing(open_target("openssl")) as adapter:
        words = tuple(word for word, one in OPERATIONS.items() if adapter.ics.supports(one))
        graphs = tuple(
            graph_of(one, "openssl", words, capable=adapter.ics.capable)
            for one in standard(OPENSSL)
        )
        yield Ground(adapter, OPENSSL, graphs, 1, adapter.identity.path)


@pytest.mark.parametrize("world", range(len(standard(OPENSSL))))
def test_plain_loop_and_walker(benchmark: BenchmarkFixture, ground: Ground, world: int) -> None:
    """Let both take turns; the walker should be half as quick as the loop at least."""
    adapter, graph = native(ground.adapter), ground.graphs[world]
    assert adapter is not None
    walker = adapter.walker(graph, Order(Mode.RANDOM, 4096, 1))
    turns = benchmark.pedantic(adapter.limit, (walker, 0, ROUNDS), rounds=3)
    benchmark.extra_info["world"] = graph.bounds.name
    benchmark.extra_info["ratio"] = round(median(one.plain / one.walker for one in turns), 3)
    assert ROUNDS == len(turns)


def test_worker(benchmark: BenchmarkFixture, ground: Ground) -> None:
    """Carry out a batch of random programs in this process and in a worker; 0.8 at least is due."""
    adapter = native(ground.adapter)
    assert adapter is not None
    made = random_programs.programs(OPENSSL, adapter.ics.words, 1, capable=adapter.ics.capable)
    programs = list(islice(made, BATCH))
    arguments = (Here(ground.target), adapter, programs, ROUNDS)
    both = benchmark.pedantic(side_by_side, arguments, rounds=1)
    benchmark.extra_info["ratio"] = round(both.ratio, 3)


def _read(ground: Ground) -> Sample:
    return contenders.read_in_python(ground, 60.0)


@pytest.mark.parametrize("how", [contenders.in_batches, _read], ids=["batch", "read in Python"])
def test_programs_from_python(
    benchmark: BenchmarkFixture, ground: Ground, how: Callable[[Ground], Sample]
) -> None:
    """Carry out the same programs, judged in C along the graph and judged in Python."""
    how(ground)
    taken = benchmark.pedantic(how, (ground,), rounds=3)
    benchmark.extra_info["operations a second"] = round(taken.operations / taken.seconds)
    assert sum(len(one) for made in ground.made.values() for one in made) == taken.operations
