"""The scenario engine: its programs, and how repeated stretches are written out."""

from __future__ import annotations

import re
from functools import reduce

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load as load_clauses
from waitctx.conformance.defined import is_defined
from waitctx.conformance.engines.registry import SPECIAL
from waitctx.conformance.engines.scenarios import Scenario, expand, load, programs
from waitctx.conformance.judge import Judge, Judgement
from waitctx.conformance.model import Model
from waitctx.conformance.operations import OPERATIONS, InitThread, Operation
from waitctx.conformance.outcomes import OPENSSL, PROFILES, SPEC, Profile
from waitctx.conformance.state import State

SCENARIOS = load()
REFERENCE = "waitctx.reference:AsyncLibrary"

#: Where a scenario is defined, by the end of its name: in profile spec, and where jobs can run.
DEFINED = {"openssl": (False, True), "incapable": (True, False)}

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


def defined(scenario: Scenario, profile: Profile, *, capable: bool = True) -> bool:
    """Tell whether a profile defines a scenario."""
    return is_defined(scenario.program, Model(profile), State(capable=capable))


def follow(state: State, operation: Operation) -> State:
    """Give the state after an operation that OpenSSL carries out."""
    return Model(OPENSSL).step(state, operation)[0].state


class TestEachScenario:
    """What holds for every scenario."""

    @each_scenario
    def test_is_defined(self, scenario: Scenario) -> None:
        """A scenario is defined in both profiles where jobs can run, or its name ends otherwise."""
        in_spec, capable = DEFINED.get(scenario.name.rpartition("-")[2], (True, True))

        assert in_spec == defined(scenario, SPEC, capable=capable)
        assert defined(scenario, OPENSSL, capable=capable)
        assert capable == defined(scenario, OPENSSL)

    @each_scenario
    def test_is_closed(self, scenario: Scenario) -> None:
        """A scenario leaves no job, no context, no pause block and no pool that it set up."""
        end = reduce(follow, scenario.program, State(capable=defined(scenario, OPENSSL)))
        sets_up = any(isinstance(one, InitThread) for one in scenario.program)

        assert ((), (), 0) == (end.jobs, end.contexts, end.blocks)
        assert not sets_up or end.pool is None

    @each_scenario
    @each_profile
    def test_reference_passes(self, scenario: Scenario, profile: Profile) -> None:
        """The reference answers every operation as the profile permits."""
        if not defined(scenario, profile):
            pytest.skip("undefined in this profile, or where jobs can run")
        (seen,) = InProcessAdapter.open(REFERENCE).run([scenario.program])

        judgement = Judge(Model(profile), load_clauses()).judge(scenario.program, seen)

        assert Judgement(len(scenario.program)) == judgement

    @each_scenario
    def test_says_where_it_comes_from(self, scenario: Scenario) -> None:
        """A scenario has a name in kebab case, and one line on its source."""
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", scenario.name)
        assert scenario.source == " ".join(scenario.source.split()) != ""


class TestAllScenarios:
    """What holds for the scenarios together."""

    @each_profile
    def test_exercise_every_clause(self, profile: Profile) -> None:
        """Every clause that binds where jobs can run is exercised, but for other engines' own."""
        judge = Judge(Model(profile), load_clauses())
        chosen = list(programs(profile, list(OPERATIONS), capable=True))
        for program, seen in zip(chosen, InProcessAdapter.open(REFERENCE).run(chosen), strict=True):
            judge.judge(program, seen)

        assert [] == [
            one.id
            for one in load_clauses().binding(profile.name)
            if not one.incapable and one.group not in SPECIAL and not judge.exercised[one.id]
        ]

    def test_use_every_operation(self) -> None:
        """Every word of the vocabulary is used."""
        used = {operation.word for scenario in SCENARIOS for operation in scenario.program}

        assert set(OPERATIONS) == used

    def test_differ(self) -> None:
        """No program is there twice."""
        assert len(SCENARIOS) == len({scenario.program for scenario in SCENARIOS})

    def test_stay_short(self) -> None:
        """All of them are a few thousand operations, for they run whatever the budget."""
        operations = sum(len(scenario.program) for scenario in SCENARIOS)

        assert operations < 8000


class TestPrograms:
    """The programs that an implementation gets."""

    def test_need_only_what_is_supported(self) -> None:
        """An implementation without callbacks and status gets the programs that need neither."""
        words = [word for word in OPERATIONS if "callback" not in word and "status" not in word]
        chosen = list(programs(OPENSSL, words, capable=True))

        assert {one.word for program in chosen for one in program} == set(words)

    def test_need_no_jobs(self) -> None:
        """Where jobs cannot run, programs that need none are left, and one that asks for some."""
        chosen = list(programs(OPENSSL, list(OPERATIONS), capable=False))
        used = {one.word for program in chosen for one in program}

        assert {"set", "changed", "get_callback", "get_status", "start"} <= used
        assert not {"resume", "return"} & used


class TestExpand:
    """How a program is written out."""

    def test_text(self) -> None:
        """A text stands for itself."""
        assert "new c0; free c0" == expand("new c0; free c0")

    def test_counts_up(self) -> None:
        """A table stands for its text once for each number, both ends included."""
        part = {"from": 8, "to": 10, "each": "set c0 k{n} {n} d0 f0"}

        written = "set c0 k8 8 d0 f0; set c0 k9 9 d0 f0; set c0 k10 10 d0 f0"

        assert f"new c0; {written}; free c0" == expand(["new c0", part, "free c0"])

    def test_counts_down(self) -> None:
        """A table that ends below where it begins counts down."""
        assert "get c0 k1; get c0 k0" == expand([{"from": 1, "to": 0, "each": "get c0 k{n}"}])
