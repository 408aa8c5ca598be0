"""The allocation engine: which programs it makes of what an implementation answers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.defined import is_defined
from waitctx.conformance.engines import allocation, memory, scenarios
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Observation, died
from waitctx.conformance.operations import OPERATIONS, FailAlloc, Leaks
from waitctx.conformance.outcomes import OPENSSL, PROFILES, SPEC
from waitctx.conformance.programs import from_text, to_text
from waitctx.conformance.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.adapters.base import Observations
    from waitctx.conformance.operations import Operation
    from waitctx.conformance.programs import Program

each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))

#: How many requests an imagined implementation makes for an operation; it fails if one is denied.
REQUESTS = {"new": 2, "set": 1, "clear": 1}
FAILED = {"new": {"ctx": "null"}, "set": {"rc": 0}, "clear": {"rc": 1}}


def answer(operation: Operation, number: int) -> Observation:
    """Answer an operation whose request with this number is denied."""
    if number <= REQUESTS.get(operation.word, 0):
        return Observation.of({**FAILED[operation.word], "denied": 8})
    return Observation()


def run(scouts: Sequence[Program]) -> list[Observations]:
    """Answer scouts as the imagined implementation does."""
    return [(*[Observation()] * (len(one) - 1), answer(one[-1], _number(one))) for one in scouts]


def _number(program: Program) -> int:
    (denial,) = (one for one in program if isinstance(one, FailAlloc))
    return denial.number


@pytest.fixture(name="base")
def _base(monkeypatch: pytest.MonkeyPatch) -> None:
    program = from_text("new c0; set c0 k0 1 null null; clear c0 k0; free c0")
    monkeypatch.setattr(allocation, "bases", lambda *_, **__: iter([program]))


@pytest.mark.usefixtures("base")
class TestMade:
    """The programs of one short base."""

    def test_every_request_of_every_operation(self) -> None:
        """Each request is denied once: what failed is looked at and tried again, then all ends."""
        words = ["new", "set", "clear", "free", "get", "all"]
        made = [to_text(one) for one in allocation.programs(SPEC, words, run, capable=True)]
        rest = "set c0 k0 1 null null; clear c0 k0; free c0; leaks"

        assert [
            f"fail_alloc 1; new c0; new c0; {rest}",
            f"new c0; fail_alloc 1; set c0 k0 1 null null; all c0 array; {rest}",
            "new c0; set c0 k0 1 null null; fail_alloc 1; clear c0 k0; free c0; leaks",
            f"fail_alloc 2; new c0; new c0; {rest}",
        ] == made

    def test_death_is_told(self) -> None:
        """A scout that is the end of the implementation is itself the program; the rest go on."""

        def run_dying(scouts: Sequence[Program]) -> list[Observations]:
            if scouts[0][-1].word == "set":
                return [(Observation(), Observation(), died("SIGSEGV"))]
            return run(scouts[:1])

        made = [to_text(one) for one in allocation.programs(SPEC, ["all"], run_dying, capable=True)]

        assert "new c0; fail_alloc 1; set c0 k0 1 null null" in made
        assert any("fail_alloc 1; clear c0 k0" in one for one in made)

    def test_death_while_cleaning_up(self) -> None:
        """One that dies only of what the scout left is given the chance to be told by its end."""

        def run_dying(_: Sequence[Program]) -> list[Observations]:
            return [(died("SIGSEGV while what the program left was freed"),)]

        made = allocation.programs(SPEC, ["all"], run_dying, capable=True)

        whole = "fail_alloc 1; new c0; set c0 k0 1 null null; clear c0 k0; free c0; leaks"
        assert whole == to_text(next(made))

    def test_many_deaths(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An implementation that dies again and again is not waited for for ever."""
        long = from_text("new c0; " + "get c0 k0; " * 30 + "free c0")
        monkeypatch.setattr(allocation, "bases", lambda *_, **__: iter([long]))
        made = allocation.programs(SPEC, ["get"], lambda _: [(died("hang"),)], capable=True)

        assert ["new", "get", "free"] == [one[-1].word for one in made]


@pytest.mark.parametrize(
    ("deadly", "avoided"), [("resume j0 c0", "pause"), ("cleanup_thread", "init_thread")]
)
def test_what_leads_to_a_death(deadly: str, avoided: str) -> None:
    """What the driver has to end by a deadly operation is not used; a job is begun all the same."""
    (operation,) = from_text(deadly)
    request = Observation.of({"in": "none", "start_job": 0, "denied": 8})

    def scout(scouts: Sequence[Program]) -> list[Observations]:
        starts = [one[-1].word == "start" and _number(one) == 1 for one in scouts]
        return [
            (*[Observation()] * (len(one) - 1), request if start else Observation())
            for one, start in zip(scouts, starts, strict=True)
        ]

    words = list(OPERATIONS)
    made = list(allocation.programs(SPEC, words, scout, capable=True, deadly=[operation]))

    assert made
    assert {"fail_alloc", "start"} <= {one.word for one in made[0]}
    assert not [one for each in made for one in each if one.word == avoided or one == operation]


class TestBases:
    """What memory is denied to."""

    @each_profile
    @pytest.mark.parametrize("capable", [True, False], ids=["capable", "incapable"])
    def test_are_closed(self, profile: object, *, capable: bool) -> None:
        """Each can end with asking what is left."""
        chosen = OPENSSL if profile is OPENSSL else SPEC
        bases = list(allocation.bases(chosen, list(OPERATIONS), capable=capable))

        assert bases
        for one in bases:
            assert is_defined((*one, Leaks()), Model(chosen), State(capable=capable))

    def test_made_for_it_come_first(self) -> None:
        """All of its own programs are among them, and no long one of the scenarios."""
        own = [one.program for one in scenarios.load("allocation.toml")]
        bases = list(allocation.bases(SPEC, list(OPERATIONS), capable=True))

        assert own == bases[: len(own)]
        assert allocation.LONGEST >= max(map(len, bases[len(own) :]))

    def test_only_what_is_offered(self) -> None:
        """An implementation without jobs gets programs without."""
        words = ["new", "set", "get", "all", "changed", "clear", "free"]

        for one in allocation.bases(SPEC, words, capable=False):
            assert {operation.word for operation in one} <= set(words)


@pytest.mark.slow
def test_real_library(libcrypto: str) -> None:
    """What is made of a real libcrypto denies memory to contexts, fds, pools and jobs."""
    adapter = NativeAdapter.open(libcrypto, "openssl", watched=True)
    words = [word for word, one in OPERATIONS.items() if adapter.ics.supports(one)]
    try:
        made = list(allocation.programs(SPEC, words, adapter.run, capable=adapter.ics.capable))
    finally:
        adapter.close()
    denied = {
        after.word
        for one in made
        for denial, after in pairwise(one)
        if isinstance(denial, FailAlloc)
    }

    assert {"new", "set", "start", "init_thread"} <= denied
    assert all(is_defined(one, Model(SPEC), State()) for one in made)


class TestMemory:
    """The memory engine."""

    @pytest.mark.slow
    @each_profile
    def test_programs(self, profile: object) -> None:
        """Every scenario and some random programs are run, and end with asking what is left."""
        chosen = OPENSSL if profile is OPENSSL else SPEC
        made = list(memory.programs(chosen, list(OPERATIONS), 3, capable=True))
        known = list(scenarios.programs(chosen, list(OPERATIONS), capable=True))

        assert known == [one[:-1] for one in made[: len(known)]]
        assert memory.RANDOM == len(made) - len(known)
        assert all(is_defined(one, Model(chosen), State()) for one in made)
        assert {Leaks()} == {one[-1] for one in made}

    @pytest.mark.slow
    def test_seed(self) -> None:
        """Another seed makes other random programs, the same seed the same."""
        first, again, other = (
            list(memory.programs(SPEC, list(OPERATIONS), seed, capable=True)) for seed in (1, 1, 2)
        )

        assert first == again
        assert first != other


def test_refused_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused whatever memory there is, and asks for some to say why, is not denied any."""
    program = from_text("init_thread 1 2; init_thread 1 1; new c0; free c0")
    monkeypatch.setattr(allocation, "bases", lambda *_, **__: iter([program]))
    asked: list[str] = []

    def scout(scouts: Sequence[Program]) -> list[Observations]:
        asked.extend(to_text(one[-1:]) for one in scouts)
        return run(scouts)

    list(allocation.programs(OPENSSL, list(OPERATIONS), scout, capable=True))

    assert "init_thread 1 2" not in asked
    assert {"init_thread 1 1", "new c0", "free c0"} <= set(asked)
