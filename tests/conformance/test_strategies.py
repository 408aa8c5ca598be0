"""The strategy of whole programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load
from waitctx.conformance.defined import is_defined
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, PROFILES
from waitctx.conformance.state import State
from waitctx.conformance.strategies import programs

if TYPE_CHECKING:
    from waitctx.conformance.programs import Program

REFERENCE = InProcessAdapter.open("waitctx.reference:AsyncLibrary")
JUDGE = Judge(Model(OPENSSL), load())


@settings(max_examples=10)
@given(st.data())
def test_defined(data: st.DataObject) -> None:
    """Programs are defined in the profile that they are drawn for."""
    profile = data.draw(st.sampled_from(list(PROFILES.values())))

    assert is_defined(data.draw(programs(profile)), Model(profile), State())


@settings(max_examples=10)
@given(programs(OPENSSL))
def test_as_a_user_would(program: Program) -> None:
    """An implementation is tested in volume by drawing, running and judging."""
    (seen,) = REFERENCE.run([program])

    assert None is JUDGE.judge_all(program, seen).failure


@settings(max_examples=10)
@given(programs(words=("new", "free", "set", "get")))
def test_words(program: Program) -> None:
    """They hold the given operations alone."""
    assert {one.word for one in program} <= {"new", "free", "set", "get"}


@settings(max_examples=10)
@given(programs(capable=False))
def test_incapable(program: Program) -> None:
    """Where jobs cannot run, no program is ever inside one."""
    assert not {one.word for one in program} & {"resume", "return", "args", "wait_ctx"}


@pytest.mark.slow
def test_every_word_can_be_drawn() -> None:
    """By default every operation may occur."""
    missing = set(OPERATIONS)

    @settings(max_examples=60, database=None, derandomize=True)
    @given(programs(OPENSSL))
    def draw(program: Program) -> None:
        missing.difference_update(one.word for one in program)

    draw()

    assert set() == missing
