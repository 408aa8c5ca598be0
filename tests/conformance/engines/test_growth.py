"""The growth engine: a few long programs, with hundreds of everything."""

from __future__ import annotations

from collections import Counter
from functools import cache, reduce
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load
from waitctx.conformance.engines.growth import programs
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.operations import OPERATIONS, Operation
from waitctx.conformance.outcomes import OPENSSL, PROFILES, SPEC, Profile
from waitctx.conformance.state import State

if TYPE_CHECKING:
    from waitctx.conformance.programs import Program

_LIVES = {
    *("new", "free", "start", "pause", "resume", "return"),
    *("block", "unblock", "init_thread", "cleanup_thread"),
}
NOTICES = {"set_callback", "get_callback", "set_status", "get_status"}


@cache
def made() -> tuple[Program, ...]:
    """Give all that the engine makes."""
    return tuple(programs(SPEC, tuple(OPERATIONS), capable=True))


def follow(state: State, operation: Operation) -> State:
    """Give the state after an operation that OpenSSL carries out."""
    return Model(OPENSSL).step(state, operation)[0].state


def at_once(program: Program) -> tuple[int, int, int]:
    """Give the most contexts, jobs, and pause blocks that there are at a time."""
    state, most = State(), (0, 0, 0)
    for operation in program:
        if operation.word in _LIVES:
            state = follow(state, operation)
            here = (len(state.contexts), len(state.jobs), state.blocks)
            most = tuple(map(max, most, here))  # type: ignore[assignment]
    return most


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_is_the_same_in_each_profile(profile: Profile) -> None:
    """What is done is defined in both profiles, so both have all of it."""
    assert made() == tuple(programs(profile, tuple(OPERATIONS), capable=True))


@pytest.mark.slow
def test_leaves_nothing() -> None:
    """A long program too ends without context, job or block, so that the next begins anew."""
    short = [one for one in made() if len(one) < 1_000]
    ends = [reduce(follow, one, State()) for one in short]

    assert len(ends) > 1
    assert {((), (), 0)} == {(one.contexts, one.jobs, one.blocks) for one in ends}


@pytest.mark.slow
def test_is_past_eight_bits() -> None:
    """There are more keys, contexts and blocks at a time than a number of eight bits can count."""
    contexts, jobs, blocks = (max(numbers) for numbers in zip(*map(at_once, made()), strict=True))
    keys = max(Counter(one.word for one in program)["set"] for program in made())

    assert min(contexts, blocks, keys) > 2**8
    assert jobs > 2**6


@pytest.mark.slow
def test_only_what_can_be_asked() -> None:
    """Of an implementation without callbacks the rest is asked; without jobs, what needs none."""
    words = tuple(word for word in OPERATIONS if word not in NOTICES)
    mute = tuple(programs(SPEC, words, capable=True))
    without_jobs = tuple(programs(SPEC, tuple(OPERATIONS), capable=False))

    assert not NOTICES & {one.word for program in mute for one in program}
    assert len(made()) - 1 <= len(mute) <= len(made())
    assert 0 < len(without_jobs) < len(made())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fake", "clause"),
    [
        ("scale:Many129thLost", "FD-SET-03"),
        ("scale:Status128BecomesNegative", "STATUS-SET-02"),
        ("scale:BlockCountsTo4", "BLOCK-02"),
    ],
)
def test_finds_what_begins_late(fake: str, clause: str) -> None:
    """A fault that begins with the hundredth of something is told."""
    adapter = InProcessAdapter.open(f"waitctx.fakes.python.{fake}")
    judge = Judge(Model(SPEC), load())
    seen = ((one, adapter.run([one])[0]) for one in sorted(made(), key=len))
    failures = (judge.judge_all(program, answers).failure for program, answers in seen)
    failure = next(one for one in failures if one is not None)

    assert clause in (failure.clause, *failure.related)
