"""The exhaustive engine's program is the shortest that there is: a brute-force search agrees."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.graph.alphabet import alphabet
from waitctx.conformance.graph.bounds import Bounds, standard
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model, UndefinedOperationError
from waitctx.conformance.operations import Operation, index_of
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.plan import COMPLETE, Plan
from waitctx.conformance.programs import Program, to_text
from waitctx.conformance.state import State
from waitctx.fakes.build import build

if TYPE_CHECKING:
    from waitctx.conformance.findings import Findings

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler here")

Open = Callable[[str], NativeAdapter]


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Build and open fakes of the catalogue by name."""
    folder, opened = str(tmp_path_factory.mktemp("fakes")), []

    def open_fake(name: str) -> NativeAdapter:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WAITCTX_CACHE", folder)
            (path,) = build([name])
        opened.append(NativeAdapter.open(str(path), name))
        return opened[-1]

    yield open_fake
    for adapter in opened:
        adapter.close()


def checked(adapter: NativeAdapter, **plan: object) -> Findings:
    """Run engines that walk, where no clock decides."""
    return Check(adapter, Plan(OPENSSL, budget=0, **plan), load()).run()  # type: ignore[arg-type]


def programs(bounds: Bounds, length: int) -> Iterator[Program]:
    """Give every program of a length by the model alone, symbols in the order of their numbers."""
    model, operations = Model(OPENSSL), alphabet(bounds)

    def longer(state: State, program: Program) -> Iterator[Program]:
        if len(program) == length:
            yield program
            return
        for operation in operations:
            if not _in_order(program, operation):
                continue
            try:
                (outcome, *_) = model.step(state, operation)
            except UndefinedOperationError:
                continue
            yield from longer(outcome.state, (*program, operation))

    yield from longer(State(capable=True), ())


def _in_order(program: Program, operation: Operation) -> bool:
    for name in ("ctx", "key", "job"):
        used = {index_of(getattr(one, name)) for one in program if hasattr(one, name)}
        if hasattr(operation, name) and index_of(getattr(operation, name)) > len(used):
            return False
    return True


def shortest(adapter: NativeAdapter, most: int) -> int:
    """Find by brute force how long the shortest program is that fails."""
    judge = Judge(Model(OPENSSL), load(), State(capable=True))
    for length in range(1, most + 1):
        for bounds in standard(OPENSSL):
            source = programs(bounds, length)
            while batch := list(islice(source, 500)):
                seen = adapter.run(batch)
                if any(judge.judge_all(*one).failure for one in zip(batch, seen, strict=True)):
                    return length
    raise AssertionError("no program fails")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "get-fd-returns-1-on-miss",
        "cleanup-wrong-fd",
        "job-ret-is-truth",
        "callback-get-consumes",
        "data-of-newest",
    ],
)
def test_shortest(fake: Open, name: str) -> None:
    """No program within the bounds is shorter than the one that is reported."""
    adapter = fake(name)
    found = checked(adapter, engines=("exhaustive",), depth=4).found.values()
    length = min(len(one.failure.program) for one in found)

    assert shortest(adapter, 4) == length
    assert all(one.reproduced for one in found)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["exhaustive", "walker"])
def test_cores_make_no_difference(fake: Open, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one core or two the same programs are run, with the same answers and verdicts."""
    monkeypatch.setattr("waitctx.conformance.plan.COMPLETE", evolve(COMPLETE, walks=200))
    adapter = fake("callback-get-consumes")

    def told(jobs: int) -> object:
        findings = checked(adapter, engines=(engine,), depth=4, jobs=jobs)
        return (
            [(one.name, one.programs, one.operations) for one in findings.engines],
            [(name, to_text(one.failure.program)) for name, one in findings.found.items()],
            [(one.depth, one.tally) for one in findings.worlds],
        )

    assert told(1) == told(2)


@pytest.mark.slow
def test_through_the_graph(fake: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a long walk has met is shown by a program that is as short as by exhaustion."""
    monkeypatch.setattr("waitctx.conformance.plan.COMPLETE", evolve(COMPLETE, walks=50))
    adapter = fake("window-old-clear-untold")
    found = checked(adapter, engines=("walker",)).found

    assert 7 == min(len(one.failure.program) for one in found.values())
    assert all(one.reproduced for one in found.values())
