"""Deaths that come of memory misused earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import define, field

from waitctx.conformance.adapters.base import Ics
from waitctx.conformance.clauses import load
from waitctx.conformance.corruption import CORRUPTED, set_apart_deaths
from waitctx.conformance.findings import Findings, Found
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import HEAP, Observation, died
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.programs import from_text
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
