"""The walking engines, as `check` runs them on a real library and on one with a fault."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.graph.evidence import coverage, surely
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.plan import COMPLETE, Plan

if TYPE_CHECKING:
    from waitctx.conformance.findings import Findings


def check(path: str, **plan: object) -> Findings:
    """Check a library with the profile of the releases."""
    with closing(NativeAdapter.open(path, path)) as adapter:
        return Check(adapter, Plan(OPENSSL, **plan), load()).run()  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_complete_depth(libcrypto: str, jobs: int) -> None:
    """Without a budget every world is walked as deep as was asked, on one core or two."""
    findings = check(libcrypto, budget=0.0, engines=("exhaustive",), depth=4, jobs=jobs)
    (tally,) = findings.engines

    assert {4} == {one.depth for one in findings.worlds}
    assert (18_844, {}, 0) == (tally.programs, findings.found, findings.misses)


@pytest.mark.slow
def test_walker_reaches_most(libcrypto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few thousand walks by chance see most states of the world of keys."""
    monkeypatch.setattr("waitctx.conformance.plan.COMPLETE", evolve(COMPLETE, walks=5_000))
    findings = check(libcrypto, budget=0.0, engines=("walker",))
    keys = findings.worlds[0]
    found = coverage(keys.graph, keys.hits)

    assert keys.graph.states == found.states_in_reach
    assert found.states > 0.85 * found.states_in_reach
    assert not findings.found


def test_evidence_is_on_every_path(libcrypto: str) -> None:
    """What a node surely has is no more than the shortest way to it holds."""
    findings = check(libcrypto, budget=0.0, engines=("exhaustive",), depth=1)
    graph = findings.worlds[0].graph
    news, sets = surely(graph, "new"), surely(graph, "set")

    assert (0, 0) == (news[0], sets[0])
    for node, step in graph.sources():
        word = graph.operation(step).word
        for target in graph.targets(step):
            assert news[target] <= news[node] + (word == "new")
            assert sets[target] <= sets[node] + (word == "set")
    assert max(sets) >= graph.bounds.entries
