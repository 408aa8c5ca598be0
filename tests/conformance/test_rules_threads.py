"""Threads: each has a state of its own, and what is another's cannot be named."""

from __future__ import annotations

import json

import pytest

from waitctx.conformance.clauses import load
from waitctx.conformance.defined import is_defined
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Observation
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.programs import from_text
from waitctx.conformance.state import State

MODEL = Model(SPEC)


@pytest.mark.parametrize(
    "program",
    [
        "new c0; thread t1; free c0",
        "new c0; thread t1; new c0",
        "new c0; thread t1; start j0 c0 null",
        "new c0; start j0 c0 null; pause; thread t1; resume j0 c0",
        "new c0; start j0 c0 null; pause; thread t1; wait_ctx j0",
        "thread t0",
        "new c0; race",
        "meet",
        "race; interrupt 1",
        "interrupt 0",
        "interrupt 100001",
        "thread t1; leaks",
        "thread t1; fail_alloc 1",
        "thread t1; descriptors",
        "open pipe0; thread t1; close pipe0",
        "open pipe0; thread t1; open pipe0",
        "new c0; start j0 c0 null; pause; thread t1; new c1; start j0 c1 null",
    ],
)
def test_undefined(program: str) -> None:
    """What belongs to another thread, or makes no sense there, is undefined."""
    *before, last = from_text(program)

    assert is_defined(tuple(before), MODEL, State())
    assert not is_defined((*before, last), MODEL, State())


@pytest.mark.parametrize("program", ["interrupt 1", "interrupt 100000"])
def test_as_late_as_operations_last(program: str) -> None:
    """An operation is interrupted at its first instruction, or as late as any lasts."""
    assert is_defined(from_text(program), MODEL, State())


def test_each_has_its_own() -> None:
    """A pool that is used up, a block and a job are those of their thread alone."""
    state = State()
    for operation in from_text(
        "init_thread 1 0; new c0; start j0 c0 null; block; "
        "thread t1; new c1; start j1 c1 null; pause"
    ):
        state = MODEL.step(state, operation)[0].state

    here, there = state, dict(state.waiting)["t0"]
    assert (None, 0, 0) == (here.running, here.blocks, here.pool)
    assert ("j0", 1, 1) == (there.running, there.blocks, there.pool)


def test_comes_back_to_what_was() -> None:
    """Back on a thread the program is where it had left it."""
    state = State()
    for operation in from_text("new c0; start j0 c0 null; thread t1; new c1; thread t0"):
        state = MODEL.step(state, operation)[0].state

    assert ("t0", "j0") == (state.thread, state.running)


def test_what_overlaps_stays_with_a_failure() -> None:
    """A failure of a race keeps what comes after it in the program, and is blamed on the race."""
    program = from_text("race; new c0; get_status c0; thread t1; new c1")
    seen = [{}, {"ctx": "new"}, {"status": 7}, {}, {"ctx": "new"}]

    failure = Judge(MODEL, load()).judge(program, list(map(Observation.of, seen))).failure

    assert failure is not None
    assert (program[:3], program[3:], program) == (failure.program, failure.after, failure.whole)
    assert failure.clause == "THREAD-RACE-01"


def test_who_cannot_be_interrupted_gets_no_verdict() -> None:
    """An implementation that dies of the interruption itself has not failed."""
    program = from_text("new c0; interrupt 9; thread t1; new c1; thread t0; free c0")
    seen = json.loads('[{"ctx": "new"}, {}, {}, {"died": "SIGTRAP"}]')

    judgement = Judge(MODEL, load()).judge(program, list(map(Observation.of, seen)))

    assert judgement.failure is None
    assert judgement.inconclusive
