"""What an implementation tells of its own state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.asking import LAST, ask
from waitctx.conformance.observations import Observation, died
from waitctx.conformance.programs import from_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.adapters.base import Adapter

REFERENCE = "waitctx.reference:AsyncLibrary"
COUNTED = "waitctx.fakes.python.counts:AllCountOneMore"


@pytest.fixture(params=["python", "native"])
def adapter(request: pytest.FixtureRequest, libcrypto: str) -> Iterator[Adapter]:
    """Give an implementation of either kind."""
    if request.param == "python":
        yield InProcessAdapter.open(REFERENCE)
        return
    native = NativeAdapter.open(libcrypto, "openssl")
    yield native
    native.close()


def told(adapter: Adapter, text: str) -> list[str]:
    """Run a program, and ask after each operation."""
    program = from_text(text)
    (seen,) = adapter.run([program])
    return list(ask(program, seen, adapter, math.inf))


def test_told(adapter: Adapter) -> None:
    """It is asked for every fd, what changed, callback, status and job, and for nothing else."""
    text = (
        "new c0; set c0 k0 7 d0 f0; set_callback c0 b0 d1; set_status c0 2; start j0 c0 null;"
        "clear c0 k0; pause; resume j0 c0; return 1; free c0"
    )

    held = "c0 {k0=fd 7 d0, all [7], added [7]"
    with_status = "c0 {deleted [7], callback b0(d1), status 2}"
    assert [
        "c0 {}",
        f"{held}}}",
        f"{held}, callback b0(d1)}}",
        f"{held}, callback b0(d1), status 2}}",
        f"{held}, callback b0(d1), status 2}}; j0 runs",
    ] == told(adapter, text)[:5]
    assert "nothing" == told(adapter, text)[-1]
    assert with_status.replace("deleted [7], ", "") in told(adapter, text)[5]


def test_what_is_wrong_shows() -> None:
    """A count that is not that of the array is told."""
    adapter = InProcessAdapter.open(COUNTED)

    assert "c0 {k0=fd 7, all [7] counted as 2, added [7]}" in told(
        adapter, "new c0; set c0 k0 7 null null"
    )


def test_not_asked(adapter: Adapter) -> None:
    """After an operation that it did not survive, or when time is up, nothing is asked."""
    program = from_text("new c0; free c0")
    (seen,) = adapter.run([program])

    assert ("c0 {}", "") == ask(program, (seen[0], died("SIGSEGV")), adapter, math.inf)
    assert ("", "") == ask(program, seen, adapter, 0.0)


def test_no_context(adapter: Adapter) -> None:
    """A context that could not be made is not asked: a NULL context is undefined."""
    program = from_text("new c0; new c1")
    seen = (Observation.of({"ctx": "null"}), Observation.of({"ctx": "new"}))

    assert ("nothing", "c1 {}") == ask(program, seen, adapter, math.inf)


def test_bounded(adapter: Adapter) -> None:
    """Of a long program only the end is asked for."""
    found = told(adapter, "new c0; " + "; ".join(["get_status c0"] * 40))

    assert LAST == sum(map(bool, found))
    assert "c0 {}" == found[-1]
