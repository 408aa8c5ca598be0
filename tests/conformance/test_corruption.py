"""Deaths that come of what an operation did before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import define, field

from waitctx.conformance.adapters.base import Ics
from waitctx.conformance.clauses import load
from waitctx.conformance.corruption import CORRUPTED, ECHO, set_apart_deaths
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


def found(text: str, *seen: Observation) -> Found:
    """Give what is found where a program is answered so."""
    failure = (
        Judge(Model(SPEC), load(), State(capable=True)).judge_all(from_text(text), seen).failure
    )
    assert failure is not None
    return Found(failure, "random", reproduced=True)


def left(adapter: Watched, *known: Found) -> tuple[set[str], int]:
    """Give the clauses that are still failed, and how many failures were set apart."""
    findings = Findings()
    for one in known:
        findings.keep(one)
    set_apart_deaths(findings, adapter)  # type: ignore[arg-type]
    return set(findings.found), findings.inconclusive[CORRUPTED]


MISUSE = found("new c0; free c0", NEW, TWICE)
DEATH = found("new c0; free c0; new c0", NEW, Observation(), died("SIGABRT: double free"))
EXIT = found("new c0; free c0; new c0", NEW, Observation(), died("exit 3"))


def test_misuse() -> None:
    """A death is no clause's where the program misuses memory and survives that when watched."""
    adapter = Watched((NEW, TWICE, NEW, Observation()))

    assert ({"MEM-FREE-01"}, 1) == left(adapter, MISUSE, DEATH)
    assert ["new c0; free c0; new c0; leaks"] == ["; ".join(map(str, one)) for one in adapter.asked]
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


def kept(adapter: Doomed, *known: Found) -> set[str]:
    """Give the programs of failures that are left."""
    findings = Findings()
    for one in known:
        findings.keep(one)
    set_apart_deaths(findings, adapter)  # type: ignore[arg-type]
    assert len(known) == len(findings.endings) + findings.inconclusive[ECHO]
    return {to_text(one.failure.whole) for one in findings.endings.values()}


def test_echoes() -> None:
    """Of operations that any other would have died instead of, none is blamed."""
    assert {CLEARED} == kept(Doomed(("clear", "clear")), CULPRIT, *ECHOES)


def test_one_echo_is_left() -> None:
    """Where nothing tells of the operation itself, the shortest program that dies after it does."""
    assert {f"{CLEARED}; get_status c0"} == kept(Doomed(("clear", "clear")), *ECHOES)


def test_no_echoes() -> None:
    """A death is its operation's own if others live in its place, or die anywhere."""
    everybody = {CLEARED, *(to_text(one.failure.whole) for one in ECHOES)}

    assert everybody == kept(Doomed(("clear", "clear", "new")), CULPRIT, *ECHOES)
    assert everybody == kept(Doomed(()), CULPRIT, *ECHOES)
