"""What is left of a Python object's memory is counted, though it cannot be watched."""

from __future__ import annotations

from contextlib import closing
from typing import ClassVar

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.engines import memory
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.plan import Plan
from waitctx.conformance.programs import from_text, to_text
from waitctx.conformance.reporting import lacking
from waitctx.conformance.targets import REFERENCE
from waitctx.reference import AsyncLibrary

CLEARED = "new c0; set c0 k0 1 null null; clear c0 k0; free c0; leaks"


class Leaking(AsyncLibrary):
    """Keeps a few bytes of each fd that is cleared."""

    kept: ClassVar[list[bytearray]] = []

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: object, key: object) -> int:  # noqa: N802
        """Clear it, and leak."""
        found = super().ASYNC_WAIT_CTX_clear_fd(ctx, key)  # type: ignore[arg-type]
        if found:
            self.kept.append(bytearray(24))
        return found


class Hoarding(Leaking):
    """Keeps them until the object itself goes."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.kept = []  # type: ignore[misc]


def left(factory: type[AsyncLibrary], text: str) -> tuple[object, object]:
    """Give how many blocks and bytes more there are each time that a program is run."""
    adapter = InProcessAdapter.open(f"{factory.__module__}:{factory.__qualname__}")
    (seen,) = adapter.run([from_text(text)])
    return seen[-1].get("blocks"), seen[-1].get("bytes")


def test_a_leak_is_counted() -> None:
    """Each time that the program is run there are more blocks, and more bytes than asked for."""
    blocks, size = left(Leaking, CLEARED)

    assert isinstance(blocks, int)
    assert isinstance(size, int)
    assert blocks > 0
    assert 24 < size < 500


def test_what_goes_with_the_object_is_no_leak() -> None:
    """Programs get objects of their own, and what these keep to themselves goes with them."""
    assert (0, 0) == left(Hoarding, CLEARED)


@pytest.mark.slow
def test_the_reference_leaves_nothing() -> None:
    """No program of the engine leaves any memory behind on the reference."""
    with closing(PythonAdapter.open(REFERENCE)) as adapter:
        made = list(memory.programs(SPEC, tuple(OPERATIONS), 1, capable=True, made=20))
        answers: list[object] = []
        while len(answers) < len(made):
            answers += [seen[-1].get("blocks") for seen in adapter.run(made[len(answers) :])]

    assert [0] * len(made) == answers


@pytest.mark.slow
def test_who_leaks_fails() -> None:
    """Of an object that leaks the clause about that fails, with the shortest such program."""
    with closing(PythonAdapter.open(f"{__name__}:Leaking")) as adapter:
        check = Check(adapter, Plan(SPEC, engines=("leaks",)), load())
        found = check.run().found.values()

    assert [("MEM-LEAK-02", CLEARED)] == [
        (one.failure.clause, to_text(one.failure.whole)) for one in found
    ]
    assert "" == lacking(load()["MEM-LEAK-02"], adapter.ics)
    assert "memory is watched in shared libraries only" == lacking(
        load()["MEM-FREE-01"], adapter.ics
    )
