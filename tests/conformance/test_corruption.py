"""Failures that come of what an operation did before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import define, field

from waitctx.conformance.adapters.base import Ics
from waitctx.conformance.clauses import load
from waitctx.conformance.corruption import CORRUPTED, ECHO, set_apart_consequences
from waitctx.conformance.findings import Findings, Found
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import HEAP, Observation, died
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.programs import from_text, to_text
from waitctx.conformance.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.adapters.base import Observations
    from waitctx.conformance.programs import Program

JUDGE = Judge(Model(SPEC), load(), State(capable=True))
NEW = Observation.of({"ctx": "new"})
TWICE = Observation.of({HEAP: "freed twice: a block of 24 bytes"})


@define
class Watched:
    """An implementation that answers so where its memory is watched."""

    answers: Observations
    ics: Ics = field(factory=lambda: Ics(frozenset(), capable=True, watchable=True))
    asked: list[Program] = field(factory=list)
    closed: bool = False

    def watched(self) -> Watched:
        """Open it once more."""
        return self

    def run(self, programs: Sequence[Program]) -> list[Observations]:
        """Answer."""
        self.asked += programs
        return [self.answers for _ in programs]

    def close(self) -> None:
        """Take note."""
        self.closed = True


def found(text: str, *seen: Observation, reproduced: bool = True) -> Found:
    """Give what is found where a program is answered so."""
    failure = JUDGE.judge_all(from_text(text), seen).failure
    assert failure is not None
    return Found(failure, "random", reproduced=reproduced)


def left(adapter: Watched, *known: Found) -> tuple[set[str], int]:
    """Give the clauses that are still failed, and how many failures were set apart."""
    findings = Findings()
    for one in known:
        findings.keep(one)
    set_apart_consequences(findings, adapter, JUDGE)  # type: ignore[arg-type]
    return set(findings.found), findings.inconclusive[CORRUPTED]


MISUSE = found("new c0; free c0", NEW, TWICE)
DEATH = found("new c0; free c0; new c0", NEW, Observation(), died("SIGABRT: double free"))
HANGING = found("new c0; free c0; new c0", NEW, Observation(), died("hang"))
EXIT = found("new c0; free c0; new c0", NEW, Observation(), died("exit 3"))


@pytest.mark.parametrize("death", [DEATH, HANGING], ids=["death", "hang"])
def test_misuse(death: Found) -> None:
    """A death is no clause's where the program misuses memory and survives that when watched."""
    adapter = Watched((NEW, TWICE, NEW, Observation()))

    assert ({"MEM-FREE-01"}, 1) == left(adapter, MISUSE, death)
    program = "new c0; free c0; new c0"
    assert [program, f"{program}; leaks"] == ["; ".join(map(str, one)) for one in adapter.asked]
    assert adapter.closed


@pytest.mark.parametrize(
    ("answers", "known"),
    [
        ((NEW, TWICE, died("SIGSEGV")), (MISUSE, DEATH)),
        ((NEW, Observation(), NEW), (MISUSE, DEATH)),
        ((NEW, TWICE, NEW), (MISUSE, EXIT)),
        ((NEW, TWICE, NEW), (DEATH,)),
    ],
    ids=["dies when watched too", "no misuse", "ends of itself", "no other clause fails"],
)
def test_others(answers: Observations, known: tuple[Found, ...]) -> None:
    """Any other death stays a failure of the clause that it is about."""
    assert ({one.failure.clause for one in known}, 0) == left(Watched(answers), *known)


def test_of_another_program() -> None:
    """A death that does not come again is no clause's where memory is misused by any program."""
    once = found("new c0; free c0; new c0", NEW, Observation(), died("SIGSEGV"), reproduced=False)

    assert ({"MEM-FREE-01"}, 1) == left(Watched((NEW,)), MISUSE, once)
    assert ({once.failure.clause}, 0) == left(Watched((NEW,)), once)


def test_of_a_thread() -> None:
    """What a thread does is run as a program of its own, for memory is watched in one thread."""
    nothing = Observation()
    death = found("thread t1; new c0; free c0", nothing, NEW, died("SIGABRT"))
    adapter = Watched((NEW, TWICE, nothing))

    assert ({"MEM-FREE-01"}, 1) == left(adapter, MISUSE, death)
    assert "new c0; free c0; leaks" == "; ".join(map(str, adapter.asked[-1]))


@pytest.mark.parametrize(("status", "apart"), [(0, True), (1, False)])
def test_a_wrong_answer(status: int, *, apart: bool) -> None:
    """It is no clause's where the answer is right when memory is watched."""
    overwritten = Observation.of({"rc": 0, HEAP: "out of bounds: byte 24 of a block of 24"})
    none, wrong = Observation.of({"rc": 0}), Observation.of({"status": 7})
    misuse = found("new c0; clear c0 k0", NEW, overwritten)
    answer = found("new c0; clear c0 k0; get_status c0", NEW, none, wrong)
    adapter = Watched((NEW, overwritten, Observation.of({"status": status})))

    assert ("MEM-BOUNDS-01", "STATUS-DEFAULT-01") == tuple(
        one.failure.clause for one in (misuse, answer)
    )
    assert apart == ("STATUS-DEFAULT-01" not in left(adapter, misuse, answer)[0])


PILED = found("new c0; get c0 k0", NEW, died("left many threads running"))
MISS = Observation.of({"rc": 0, "fd": "untouched", "data": "untouched", "stray": 0})


@pytest.mark.parametrize(
    ("text", "cause", "reproduced", "apart"),
    [
        ("new c0; get c0 k0; free c0", "left many threads running", True, True),
        ("new c0; get c0 k0; free c0", "exit 3", True, False),
        ("new c0; clear c0 k0; free c0", "left many threads running", True, False),
        ("new c0; clear c0 k0; free c0", "exit 3", False, True),
    ],
    ids=["piles up too", "another cause", "another operation", "comes once"],
)
def test_what_piles_up(text: str, cause: str, *, reproduced: bool, apart: bool) -> None:
    """Where a short program uses up what its process can have, no other is blamed for that."""
    second = MISS if "get" in text else Observation.of({"rc": 0})
    one = found(text, NEW, second, died(cause), reproduced=reproduced)

    assert apart == (one.failure.clause not in left(Watched((NEW,)), PILED, one)[0])
    assert {one.failure.clause} == left(Watched((NEW,)), one)[0]


@define
class Doomed:
    """An implementation that dies of whatever comes after these operations, at once or later."""

    deadly: tuple[str, ...]
    ics: Ics = field(
        factory=lambda: Ics(frozenset({"ASYNC_is_capable", "ASYNC_get_current_job"}), capable=True)
    )

    def run(self, programs: Sequence[Program]) -> list[Observations]:
        """Answer, and die where the last operations were such."""
        (program,) = programs
        words = tuple(one.word for one in program)
        ends = range(len(words) + 1)
        last = next((at for at in ends if words[:at][-len(self.deadly) :] == self.deadly), None)
        if last is None or last == len(words):
            return [(NEW,) * len(words)]
        return [((NEW,) * last + (died("SIGSEGV"),))]


CLEARED = "new c0; clear c0 k0; clear c0 k1"
CULPRIT = found(CLEARED, NEW, Observation.of({"rc": 0}), died("SIGSEGV"))
ECHOES = [
    found(f"{CLEARED}; {last}", NEW, *[Observation.of({"rc": 0})] * 2, died("SIGSEGV"))
    for last in ("get_status c0", "new c1", "is_capable")
]


def kept(adapter: Doomed, *known: Found) -> tuple[set[str], int]:
    """Give the programs of failures that are left, and how many were set apart."""
    findings = Findings()
    for one in known:
        findings.keep(one)
    set_apart_consequences(findings, adapter, JUDGE)  # type: ignore[arg-type]
    left_over = {to_text(one.failure.whole) for one in findings.endings.values()}
    return left_over, findings.inconclusive[ECHO]


def test_echoes() -> None:
    """Of operations that any other would have died instead of, none is blamed."""
    assert ({CLEARED}, 3) == kept(Doomed(("clear", "clear")), CULPRIT, *ECHOES)


def test_the_operation_before_is_blamed() -> None:
    """Where nothing tells of the operation after which all die, that one is told of."""
    assert ({CLEARED}, 3) == kept(Doomed(("clear", "clear")), *ECHOES)


def test_no_echoes() -> None:
    """A death is its operation's own if others live in its place, or die anywhere."""
    everybody = {CLEARED, *(to_text(one.failure.whole) for one in ECHOES)}

    assert (everybody, 0) == kept(Doomed(("clear", "clear", "new")), CULPRIT, *ECHOES)
    assert (everybody, 0) == kept(Doomed(()), CULPRIT, *ECHOES)
