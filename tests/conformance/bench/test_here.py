"""What a worker costs."""

from __future__ import annotations

from contextlib import closing
from itertools import islice

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.bench.contenders import ContenderError
from waitctx.conformance.bench.here import Both, Here, side_by_side
from waitctx.conformance.engines import random_programs
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.programs import from_text


def test_side_by_side(libcrypto: str) -> None:
    """A library answers here as in a worker, and both take their time."""
    with closing(NativeAdapter.open(libcrypto, "openssl")) as worker:
        made = random_programs.programs(OPENSSL, worker.ics.words, 1, capable=worker.ics.capable)
        both = side_by_side(Here(libcrypto), worker, list(islice(made, 20)), 2)

    assert 0 < both.here
    assert 0 < both.worker


def test_ratio() -> None:
    """What takes the worker longer lets it look slower."""
    assert 0.8 == Both(here=0.4, worker=0.5).ratio


def test_other_answers(libcrypto: str) -> None:
    """What is not answered alike cannot be compared."""
    other = InProcessAdapter.open("waitctx.fakes.python.fds:FdLow8Bits")
    program = from_text("new c0; set c0 k0 263 d0 f0; get c0 k0; free c0")
    with pytest.raises(ContenderError, match="the answers of the two differ"):
        side_by_side(Here(libcrypto), other, [program], 1)


def test_no_library(tmp_path: object) -> None:
    """What cannot be loaded is refused."""
    with pytest.raises(ContenderError):
        Here(f"{tmp_path}/none.so")
