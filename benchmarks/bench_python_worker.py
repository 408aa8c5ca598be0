"""What a worker costs a Python object: it should be 0.8 times as quick at least."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.bench.here import side_by_side
from waitctx.conformance.engines import random_programs
from waitctx.conformance.engines.batches import BATCH
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

REFERENCE, ROUNDS = "waitctx.reference:AsyncLibrary", 5


def test_worker(benchmark: BenchmarkFixture) -> None:
    """Carry out a batch of random programs on the reference, in this process and in a worker."""
    made = random_programs.programs(OPENSSL, list(OPERATIONS), 1, capable=True)
    programs = list(islice(made, BATCH))
    here = InProcessAdapter.open(REFERENCE)
    with closing(PythonAdapter.open(REFERENCE)) as worker:
        arguments = (here, worker, programs, ROUNDS)
        both = benchmark.pedantic(side_by_side, arguments, rounds=1)
    benchmark.extra_info["ratio"] = round(both.ratio, 3)
