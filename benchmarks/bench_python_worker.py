"""What a worker costs a Python object: it should take 1.25 times as long at most."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.engines import random_programs
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

BATCH, BATCHES = 200, 5


@pytest.mark.parametrize("kind", [InProcessAdapter, PythonAdapter], ids=["in process", "worker"])
def test_programs(benchmark: BenchmarkFixture, kind: type) -> None:
    """Carry out a thousand random programs on the reference."""
    made = random_programs.programs(OPENSSL, list(OPERATIONS), 1, capable=True)
    batches = [list(islice(made, BATCH)) for _ in range(BATCHES)]
    with closing(kind.open("waitctx.reference:AsyncLibrary")) as adapter:
        seen = benchmark(lambda: [adapter.run(one) for one in batches])
    assert [BATCH] * BATCHES == list(map(len, seen))
