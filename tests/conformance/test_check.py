"""A whole check: which programs are carried out, what is counted, and what is made of failures."""
# ruff: noqa: ANN401, D102, N802 (the classes say what their methods do, with the names of C; what
# they are handed is the library's own)

from __future__ import annotations

import math
from itertools import count, islice
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from attrs import evolve

from waitctx.conformance import check as check_module
from waitctx.conformance import witnesses
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.engines import (
    batches,
    descriptors,
    growth,
    memory,
    random_programs,
    registry,
    scenarios,
    threads,
)
from waitctx.conformance.engines.engine import EngineError
from waitctx.conformance.observations import DIED
from waitctx.conformance.operations import OPERATIONS, Leaks
from waitctx.conformance.outcomes import OPENSSL, PROFILES, SPEC
from waitctx.conformance.plan import Plan
from waitctx.conformance.programs import Program, from_text, to_text
from waitctx.conformance.witnesses import ALIKE
from waitctx.reference import AsyncLibrary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.adapters.base import Observations
    from waitctx.conformance.findings import Findings
    from waitctx.conformance.shrink import Attempt

each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))

#: Engines that are quick, and all that these faults need.
FEW = ("scenarios", "random")
SCENARIOS = list(scenarios.programs(SPEC, list(OPERATIONS), capable=True))


class ProcessAdapter(InProcessAdapter):
    """Runs programs as if in processes: class variables begin anew, and a death ends all."""

    def run(self, programs: Sequence[Program], seconds: float = math.inf) -> list[Observations]:
        Crowded.made = 0
        seen = super().run(programs, seconds)
        deaths = [place for place, one in enumerate(seen) if one and one[-1].get(DIED)]
        return seen[: deaths[0] + 1] if deaths else seen


class NoData(AsyncLibrary):
    """Looks up the fd and forgets the data."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx: Any, key: object, fd: Any, custom_data: Any) -> int:
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        if found:
            custom_data.value = None
        return found


class NoStatus(NoData):
    """Forgets the status, too."""

    def ASYNC_WAIT_CTX_get_status(self, ctx: Any) -> int:
        return super().ASYNC_WAIT_CTX_get_status(ctx) and 1


class Crowded(AsyncLibrary):
    """Has room for so many contexts in a process."""

    made: ClassVar[int] = 0

    def new_context(self) -> Any:
        Crowded.made += 1
        if Crowded.made > 12:
            raise MemoryError
        return super().new_context()


class Haunted(AsyncLibrary):
    """Gives a wrong status once in the life of the machine."""

    haunted: ClassVar[bool] = True

    def ASYNC_WAIT_CTX_get_status(self, ctx: Any) -> int:
        if Haunted.haunted:
            Haunted.haunted = False
            return 3
        return super().ASYNC_WAIT_CTX_get_status(ctx)


class Dying(AsyncLibrary):
    """Dies of the NULL key."""

    def find_entry(self, ctx: Any, key: object) -> Any:
        if key is None:
            raise SystemExit(3)
        return super().find_entry(ctx, key)


class InterruptedAdapter(InProcessAdapter):
    """Carries out one batch; at the next somebody presses Ctrl-C."""

    runs: ClassVar[int] = 0

    def run(self, programs: Sequence[Program], seconds: float = math.inf) -> list[Observations]:
        InterruptedAdapter.runs += 1
        if InterruptedAdapter.runs > 1:
            raise KeyboardInterrupt
        return super().run(programs, seconds)


def opened(kind: type = AsyncLibrary) -> InProcessAdapter:
    """Open a class."""
    return InProcessAdapter.open(f"{kind.__module__}:{kind.__name__}")


def processes(kind: type) -> ProcessAdapter:
    """Open a class as if each run had a process."""
    adapter: ProcessAdapter = ProcessAdapter.open(f"{kind.__module__}:{kind.__name__}")  # type: ignore[assignment]
    return adapter


def stopping_after(programs: int) -> Any:
    """Press Ctrl-C when so many programs have been carried out."""

    def listen(findings: Findings) -> None:
        if sum(one.programs for one in findings.engines) >= programs:
            raise KeyboardInterrupt

    return listen


class TestConforming:
    """A check that finds nothing."""

    def test_scenarios(self) -> None:
        """Without random programs the scenarios are carried out, every one of them once."""
        seen: list[Program] = []
        plan = Plan(SPEC, programs=0, engines=FEW)
        findings = Check(opened(), plan, load(), record=lambda one, _: seen.append(one)).run()

        assert SCENARIOS == seen
        assert [("scenarios", len(SCENARIOS)), ("random", 0)] == [
            (one.name, one.programs) for one in findings.engines
        ]
        assert {} == findings.found

    @pytest.mark.slow
    def test_all_engines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Unless some are named, every engine that fits runs, in one order."""
        several = (threads, "in_turn"), (threads, "interrupts"), (threads, "races")
        for module, name in (*several, *((one, "programs") for one in (scenarios, descriptors))):
            made = getattr(module, name)
            monkeypatch.setattr(module, name, lambda *a, _m=made, **k: islice(_m(*a, **k), 2))
        monkeypatch.setattr(growth, "programs", lambda *_, **__: iter(SCENARIOS[:2]))
        asking = [(*one, Leaks()) for one in SCENARIOS[:2]]
        monkeypatch.setattr(memory, "programs", lambda *_, **__: iter(asking))
        findings = Check(opened(), Plan(SPEC, programs=2, depth=1), load()).run()
        together = ["exhaustive", "threads", "interrupts", "races", "descriptors", "leaks"]
        programs = {one.name: one.programs for one in findings.engines}

        assert ["scenarios", "growth", *together, "random"] == list(programs)
        # Of one operation there are as many programs as can begin in the five worlds.
        assert programs.pop("exhaustive") > 2
        assert {2} == set(programs.values())
        assert {} == findings.found

    @pytest.mark.slow
    def test_scenarios_then_random(self) -> None:
        """With one the random engine goes on from there, with the programs of its seed."""
        seen: list[Program] = []
        plan = Plan(SPEC, budget=60.0, seed=4, engines=FEW)
        check = Check(
            opened(),
            plan,
            load(),
            listen=stopping_after(len(SCENARIOS) + 100),
            record=lambda one, _: seen.append(one),
        )
        findings = check.run()
        made = random_programs.programs(SPEC, list(OPERATIONS), 4, capable=True)

        assert SCENARIOS == seen[: len(SCENARIOS)]
        assert seen[len(SCENARIOS) :] == list(islice(made, len(seen) - len(SCENARIOS)))
        assert len(seen) == sum(one.programs for one in findings.engines)
        assert {} == findings.found

    @each_profile
    def test_tallies(self, profile: Any) -> None:
        """Every operation is counted once, by its engine and by its word."""
        operations = 0

        def record(program: Program, _: Observations) -> None:
            nonlocal operations
            operations += len(program)

        findings = Check(
            opened(), Plan(profile, programs=0, engines=FEW), load(), record=record
        ).run()
        per_engine = [one.operations for one in findings.engines]

        assert operations == sum(per_engine) == sum(findings.operations.values())
        assert set(OPERATIONS) == set(findings.operations)
        assert findings.engines[0].seconds > 0
        assert not findings.interrupted
        assert not findings.inconclusive

    def test_record_before_verdict(self) -> None:
        """Whoever records a program is told of what it was answered, operation by operation."""
        told: list[tuple[Program, Observations]] = []
        Check(
            opened(),
            Plan(SPEC, programs=0, engines=FEW),
            load(),
            record=lambda *one: told.append(one),
        ).run()

        assert all(len(program) == len(seen) for program, seen in told)

    def test_listens_after_every_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever listens hears of every batch, with what has been found so far."""
        by_ten = evolve(batches.SCENARIOS, batch=10)
        monkeypatch.setattr(registry, "_ALL", (by_ten,))
        heard: list[int] = []
        check = Check(
            opened(),
            Plan(SPEC, programs=0),
            load(),
            listen=lambda one: heard.append(one.engines[0].programs),
        )
        check.run()

        assert [*range(10, len(SCENARIOS), 10), len(SCENARIOS)] == heard

    @pytest.mark.slow
    def test_real_library(self, libcrypto: str) -> None:
        """The machine's own OpenSSL conforms in the profile that is named after it."""
        several = ("scenarios", "growth", "descriptors", "random")
        adapter = NativeAdapter.open(libcrypto, "openssl")
        try:
            findings = Check(adapter, Plan(OPENSSL, programs=20, engines=several), load()).run()
        finally:
            adapter.close()

        assert {} == findings.found
        assert min(one.programs for one in findings.engines) > 0

    def test_no_answer_at_all(self) -> None:
        """An adapter that answers nothing is at fault, not the implementation."""

        class Silent(InProcessAdapter):
            def run(
                self, programs: Sequence[Program], seconds: float = math.inf
            ) -> list[Observations]:
                return super().run(programs[:0], seconds)

        adapter = Silent.open("waitctx.reference:AsyncLibrary")

        with pytest.raises(EngineError, match="AsyncLibrary gave no answer to a program"):
            Check(adapter, Plan(SPEC), load()).run()


class TestFailures:
    """What is made of failures."""

    @pytest.mark.slow
    def test_every_clause_once(self) -> None:
        """Each clause that is broken has one failure, as short as it gets."""
        findings = Check(opened(NoStatus), Plan(SPEC, programs=0, engines=FEW), load()).run()
        found = {
            clause: (to_text(one.failure.program), one.engine, one.reproduced)
            for clause, one in findings.found.items()
        }

        assert ("new c0; set c0 k0 1 d0 null; get c0 k0", "scenarios", True) == found["FD-GET-03"]
        assert ("new c0; set_status c0 2; get_status c0", "scenarios", True) == found[
            "STATUS-GET-01"
        ]
        assert all(clause == one.failure.clause for clause, one in findings.found.items())

    def test_no_program_is_left_out(self) -> None:
        """A failure ends its batch, and the programs behind it get their turn all the same."""
        seen: list[Program] = []
        plan = Plan(SPEC, programs=0, engines=FEW)
        Check(opened(NoData), plan, load(), record=lambda one, _: seen.append(one)).run()

        assert SCENARIOS == seen

    def test_stop_first(self) -> None:
        """If asked to, the check ends with the first failure."""
        findings = Check(
            opened(NoStatus), Plan(SPEC, budget=60.0, stop_first=True, engines=FEW), load()
        ).run()

        assert 1 == len(findings.found)
        assert ["scenarios", "random"] == [one.name for one in findings.engines]
        assert 0 == findings.engines[1].programs

    def test_same_seed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same seed finds the same, another one by other programs."""
        monkeypatch.setattr(scenarios, "programs", lambda *_, **__: iter(()))

        def first(seed: int) -> tuple[int, Any]:
            plan = Plan(OPENSSL, budget=60.0, seed=seed, stop_first=True, engines=FEW)
            findings = Check(opened(NoData), plan, load()).run()
            return findings.engines[1].operations, findings.found

        once, again, other = first(1), first(1), first(2)

        assert once == again
        assert once[0] != other[0]
        assert list(once[1]) == list(other[1]) == ["FD-GET-03"]

    def test_alike(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Failures that look alike are shrunk a few times, and from then on only counted."""
        calls = count()
        shrink = witnesses.shrink

        def counting(failure: Any, attempt: Attempt, model: Any, **rest: Any) -> Any:
            next(calls)
            return shrink(failure, attempt, model, **rest)

        monkeypatch.setattr(witnesses, "shrink", counting)
        check = Check(opened(NoData), Plan(SPEC, programs=0, engines=FEW), load())
        check.run()
        alike = check.witnesses._alike.values()

        assert max(alike) > ALIKE
        assert sum(min(one, ALIKE) for one in alike) == next(calls)

    def test_depends_on_what_went_before(self) -> None:
        """A failure that needs other programs before it is reproduced from them."""
        findings = Check(processes(Crowded), Plan(SPEC, programs=0, engines=FEW), load()).run()
        (found,) = findings.found.values()

        assert ("CTX-NEW-01", True) == (found.failure.clause, found.reproduced)
        assert 13 == len(found.failure.program)
        assert {"new"} == {one.word for one in found.failure.program}

    def test_flaky(self) -> None:
        """A failure that does not happen again is kept as it was, and that is said."""
        Haunted.haunted = True
        findings = Check(processes(Haunted), Plan(SPEC, programs=0, engines=FEW), load()).run()
        (found,) = findings.found.values()

        assert not found.reproduced
        assert any(found.failure.program == one[: len(found.failure.program)] for one in SCENARIOS)

    def test_death_costs_one_program(self) -> None:
        """An implementation that dies is started again for the programs that are left."""
        seen: list[Program] = []
        adapter = processes(Dying)
        plan = Plan(SPEC, programs=0, engines=FEW)
        findings = Check(adapter, plan, load(), record=lambda one, _: seen.append(one)).run()
        failures = [one.failure for one in findings.found.values()]

        assert SCENARIOS == seen
        assert {"raised SystemExit: 3"} == {one.cause for one in failures}
        assert from_text("new c0; get c0 null") in [one.program for one in failures]


def test_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once something is wrong, scenarios not reached in time are counted as not judged."""
    monkeypatch.setattr(check_module, "LONGEST", 0.0)
    seen: list[Program] = []
    plan = Plan(SPEC, budget=1e-9, engines=FEW, shrinking=0.0)
    findings = Check(opened(NoData), plan, load(), record=lambda one, _: seen.append(one)).run()

    assert len(SCENARIOS) == len(seen) + findings.inconclusive[batches.NOT_REACHED]
    assert findings.inconclusive[batches.NOT_REACHED] > 0


class TestInterrupted:
    """Ctrl-C ends a check early."""

    def test_between_programs(self) -> None:
        """What was found so far counts."""
        check = Check(opened(NoData), Plan(SPEC), load(), listen=stopping_after(50))
        findings = check.run()

        assert findings.interrupted
        assert ["scenarios"] == [one.name for one in findings.engines]
        assert "FD-GET-03" in findings.found
        assert findings is check.findings

    def test_while_shrinking(self) -> None:
        """A failure that was seen is kept, though it is neither shrunk nor reproduced."""
        InterruptedAdapter.runs = 0
        adapter = InterruptedAdapter.open(f"{NoData.__module__}:NoData")
        findings = Check(adapter, Plan(SPEC), load()).run()

        assert findings.interrupted
        assert [False] == [one.reproduced for one in findings.found.values()]
