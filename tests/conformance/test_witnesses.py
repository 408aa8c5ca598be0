"""What is made of failures: which are kept, and under which clause."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance import witnesses
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load
from waitctx.conformance.findings import Findings
from waitctx.conformance.judge import Failure, Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Observation, died
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.plan import Plan
from waitctx.conformance.programs import Program, from_text
from waitctx.conformance.state import State
from waitctx.conformance.witnesses import Witnesses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.adapters.base import Observations

NEW, ONE = Observation.of({"ctx": "new"}), Observation.of({"rc": 1})
SHORT = from_text("new c0; set c0 k0 1 null null; clear c0 k0")
LONG = from_text("new c0; set_status c0 1; get_status c0; clear c0 k0")


class Dying(InProcessAdapter):
    """Ends at every clear, and is asked in vain after the time is up."""

    asked = 0

    def run(self, programs: Sequence[Program], seconds: float = math.inf) -> list[Observations]:
        """Carry out one program up to its first clear."""
        Dying.asked += 1
        words = [one.word for one in programs[0]]
        if "clear" not in words:
            return super().run(programs[:1], seconds)
        seen = super().run([programs[0][: words.index("clear")]], seconds)
        return [(*seen[0], died("SIGSEGV"))]


def judge() -> Judge:
    """Give a fresh judge."""
    return Judge(Model(SPEC), load(), State(capable=True))


def failing(program: Program, *seen: Observation) -> Failure:
    """Give the failure of a program that died at its end."""
    failure = judge().judge_all(program, (*seen, died("SIGSEGV"))).failure
    assert failure is not None
    return failure


@pytest.fixture
def adapter() -> Dying:
    """Open what dies."""
    opened = Dying.open("waitctx.reference:AsyncLibrary")
    assert isinstance(opened, Dying)
    Dying.asked = 0
    return opened


def test_nothing_is_tried_before_it_is_settled(adapter: Dying) -> None:
    """A failure waits, and costs nothing, until the engine has ended."""
    findings = Findings()
    some = Witnesses(Plan(SPEC), findings, judge())

    some.add(failing(SHORT, NEW, ONE), [SHORT], "random", adapter)
    assert ({}, 0) == (findings.found, Dying.asked)
    some.settle()
    assert 1 == len(findings.found)
    assert Dying.asked > 1


def test_first_failure_is_settled_at_once(adapter: Dying) -> None:
    """Where the check ends with the first failure, that one does not wait."""
    findings = Findings()

    some = Witnesses(Plan(SPEC, stop_first=True), findings, judge())
    some.add(failing(SHORT, NEW, ONE), [SHORT], "random", adapter)
    assert 1 == len(findings.found)


def test_no_time_to_shrink(adapter: Dying) -> None:
    """Without time for it a failure is kept as it is, but not beside another of its kind."""
    findings = Findings()
    some = Witnesses(Plan(SPEC), findings, judge(), end=0.0)

    some.add(failing(SHORT, NEW, ONE), [SHORT], "random", adapter)
    some.settle()
    (known,) = findings.found
    seen = (NEW, Observation.of({"rc": 1}), Observation.of({"status": 1}))
    other = failing(LONG, *seen)
    some.add(other, [LONG], "random", adapter)
    some.settle()

    assert known != other.clause
    assert [known] == list(findings.found)
    assert SHORT == findings.found[known].failure.program


def test_interrupted(adapter: Dying, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen is kept, whenever Ctrl-C comes."""
    findings = Findings()
    some = Witnesses(Plan(SPEC), findings, judge())

    def interrupt(*_: object, **__: object) -> Failure:
        raise KeyboardInterrupt

    monkeypatch.setattr(witnesses, "shrink", interrupt)
    some.add(failing(SHORT, NEW, ONE), [SHORT], "random", adapter)
    with pytest.raises(KeyboardInterrupt):
        some.settle()
    assert [True] == [one.reproduced for one in findings.found.values()]
