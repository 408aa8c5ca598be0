"""The fakes against the harness: what the scenarios alone tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.plan import Plan
from waitctx.fakes.python import Fake, fakes

if TYPE_CHECKING:
    from waitctx.conformance.findings import Findings

#: What is found only in long programs takes seconds to shrink.
SLOW = {"waitctx.fakes.python.deep", "waitctx.fakes.python.growth", "waitctx.fakes.python.scale"}
#: What takes threads or real descriptors is for the engines that have them.
OTHERS = ("FILE-", "THREAD-")
FAULTS = [
    one
    for one in fakes()
    if one.kind == "fault"
    and one.__module__ not in SLOW
    and not all(clause.startswith(OTHERS) for clause in one.clauses)
]
#: Some of nearly every family; the whole catalogue is the business of the self-test.
SAMPLE = FAULTS[::11]


def scenarios(fake: type[Fake]) -> Findings:
    """Check a fake with the scenarios, up to the first failure."""
    adapter = InProcessAdapter.open(f"{fake.__module__}:{fake.__name__}")
    plan = Plan(PROFILES[fake.profile], engines=("scenarios",), stop_first=True)
    return Check(adapter, plan, load()).run()


@pytest.mark.slow
@pytest.mark.parametrize("fault", SAMPLE, ids=lambda fake: fake.__name__)
def test_scenarios_kill_a_fault(fault: type[Fake]) -> None:
    """Some scenario shows a fault, and shows it again when it is run alone."""
    (found,) = scenarios(fault).found.values()

    assert "scenarios" == found.engine
    assert found.reproduced


@pytest.mark.slow
@pytest.mark.parametrize(
    "fake", [one for one in fakes() if one.kind != "fault"], ids=lambda fake: fake.__name__
)
def test_scenarios_pass_what_conforms(fake: type[Fake]) -> None:
    """No scenario holds a free choice against a variant, nor finds an equivalent one."""
    assert {} == dict(scenarios(fake).found)
