"""What is kept of failures, and for which clause."""

from __future__ import annotations

import pytest

from waitctx.conformance.clauses import load
from waitctx.conformance.findings import EXPLAINED, Findings, Found
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import WHILE_CLEANING, Observation, died
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.programs import from_text
from waitctx.conformance.state import State

NEW, NOTHING = Observation.of({"ctx": "new"}), Observation.of({})


def found(text: str, cause: str, *seen: Observation) -> Found:
    """Give what is found where a program ends so at its last operation."""
    judge = Judge(Model(SPEC), load(), State(capable=True))
    failure = judge.judge_all(from_text(text), (*seen, died(cause))).failure
    assert failure is not None
    return Found(failure, "random", reproduced=True)


ALONE = found("new c0; clear c0 k0", "SIGSEGV at 0x10", NEW)
FREE = found("new c0; free c0", "SIGSEGV", NEW)
RACE = found("race; new c0; get c0 k0", "SIGSEGV", NOTHING, NEW)
LEFT = found("new c0; get_status c0", f"SIGSEGV {WHILE_CLEANING}", NEW)
TOLD = found("race; new c0; get c0 k0", "SIGABRT: free(): invalid size", NOTHING, NEW)
ASSERTED = found("race; new c0; get c0 k0", "SIGABRT", NOTHING, NEW)
AGAIN = found(
    "new c0; clear c0 k0; free c0; leaks", "hang", NEW, Observation.of({"rc": 0}), NOTHING
)
OTHERS = found("new c0; free c0; leaks", "hang", NEW, NOTHING)
CLEANUP = found("cleanup_thread", "SIGABRT")
BLOCKED = found("block; leaks", f"SIGABRT {WHILE_CLEANING}", NOTHING)
CHANGED = found("new c0; all c0 null", "exit 0", NEW)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("known", "one", "expected"),
    [
        (ALONE, RACE, True),
        (ALONE, TOLD, True),
        (ALONE, ASSERTED, False),
        (found("new c0; get c0 k0", "exit 0", NEW), RACE, True),
        (CHANGED, RACE, False),
        (ALONE, AGAIN, True),
        (ALONE, OTHERS, False),
        (FREE, LEFT, True),
        (ALONE, LEFT, False),
        (CLEANUP, BLOCKED, True),
        (ALONE, CHANGED, False),
        (RACE, LEFT, False),
    ],
)
def test_what_ends_alike(known: Found, one: Found, *, expected: bool, turned: bool) -> None:
    """A death in a race, or while all is freed, is not blamed if it comes about without that."""
    findings = Findings()
    for each in (one, known) if turned else (known, one):
        findings.keep(each)
    findings.set_apart()

    kept = {known.failure.clause, *([] if expected else [one.failure.clause])}
    assert kept == set(findings.found)
    assert kept == {clause for clause, _ in findings.endings}
    assert int(expected) == findings.inconclusive[EXPLAINED]
