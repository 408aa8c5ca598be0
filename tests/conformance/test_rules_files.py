"""Real descriptors: who closes them, and what may be done with them."""

from __future__ import annotations

import pytest

from waitctx.conformance.clauses import load
from waitctx.conformance.defined import is_defined
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Event, Observation
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.programs import from_text
from waitctx.conformance.state import File, State

MODEL = Model(SPEC)


@pytest.mark.parametrize(
    "program",
    [
        "new c0; set c0 k0 pipe0 null null",
        "open pipe0; open pipe0",
        "look pipe0",
        "open pipe0; drain pipe0",
        "open pipe0; wake pipe0; wake pipe0",
        "open pipe0; close pipe0; close pipe0",
        "new c0; open pipe0; set c0 k0 pipe0 null f0; close pipe0",
        "new c0; open pipe0; set c0 k0 601 null null",
        "open pipe0; descriptors",
        "new c0; descriptors",
    ],
)
def test_undefined(program: str) -> None:
    """A descriptor is used while it is open, and closed once, by whoever has it."""
    *before, last = from_text(program)

    assert is_defined(tuple(before), MODEL, State())
    assert not is_defined((*before, last), MODEL, State())


@pytest.mark.parametrize(("own", "other"), [("pipe0", "pipe1"), ("pipe1", "pipe0")])
def test_nobody_else_closes_it(own: str, other: str) -> None:
    """That a cleanup routine is owed one descriptor does not keep another from being closed."""
    program = f"new c0; open {own}; open {other}; set c0 k0 {own} null f0; close {other}"

    assert is_defined(from_text(program), MODEL, State())


@pytest.mark.parametrize(("left", "fails"), [(0, False), (1, True), (-1, True)])
def test_left_open(left: int, *, fails: bool) -> None:
    """At the end nothing is left open, and the number of what is can be nothing else."""
    seen = [Observation(), Observation(), Observation.of({"open": left})]
    program = from_text("open pipe0; close pipe0; descriptors")
    failure = Judge(MODEL, load()).judge(program, seen).failure

    assert ("FILE-LEAK-01" if fails else None) == (failure and failure.clause)


@pytest.mark.parametrize(
    ("program", "left"),
    [
        ("new c0; open pipe0; set c0 k0 pipe0 null f0; free c0", File.CLOSED),
        ("new c0; open pipe0; set c0 k0 pipe0 null null; free c0", File.QUIET),
        ("new c0; open pipe0; set c0 k0 pipe0 null f0; clear c0 k0; free c0", File.QUIET),
        ("new c0; open pipe0; wake pipe0; set c0 k0 pipe0 null f0; clear c0 k0", File.READABLE),
        ("open pipe0; wake pipe0; drain pipe0", File.QUIET),
        ("open pipe0; close pipe0", File.CLOSED),
    ],
)
def test_who_closes(program: str, left: File) -> None:
    """Free closes by way of the routine alone, clear never."""
    state = State()
    for operation in from_text(program):
        state = MODEL.step(state, operation)[0].state

    assert left is state.file("pipe0")


@pytest.mark.parametrize(
    ("answers", "clause"),
    [
        ({"file": "lost"}, "FILE-CLEAR-01"),
        ({"file": "replaced"}, "FILE-CLEAR-01"),
        ({"file": "open", "flags": 1, "readable": 0}, "FILE-FLAGS-01"),
        ({"file": "open", "flags": 0, "readable": 1}, "FILE-READ-01"),
    ],
)
def test_blame(answers: dict[str, str | int], clause: str) -> None:
    """What was done with a descriptor is blamed on the clause about that."""
    program = from_text("new c0; open pipe0; set c0 k0 pipe0 null f0; clear c0 k0; look pipe0")
    before = [{"ctx": "new"}, {}, {"rc": 1}, {"rc": 1}]

    seen = [Observation.of(one) for one in (*before, answers)]  # type: ignore[arg-type]
    failure = Judge(MODEL, load()).judge(program, seen).failure

    assert failure is not None
    assert clause == failure.clause


@pytest.mark.parametrize(
    ("called", "file", "permitted"),
    [("1", "open", True), ("01", "closed", True), ("1", "lost", False), ("01", "open", False)],
)
def test_a_replaced_routine_may_have_closed(called: str, file: str, *, permitted: bool) -> None:
    """Whether free calls the routine of what was replaced is open; that it closes then is not."""
    program = from_text(
        "new c0; open pipe0; open pipe1; set c0 k0 pipe0 d0 f0; set c0 k0 pipe1 d1 f1; all c0 null;"
        "free c0; look pipe0"
    )
    events = [Event(f"f{n}", ("c0", "k0", f"pipe{n}", f"d{n}")) for n in called]
    look = {"file": file} if file != "open" else {"file": "open", "flags": 0, "readable": 0}
    seen = [
        *map(Observation.of, ({"ctx": "new"}, {}, {}, {"rc": 1}, {"rc": 1})),
        Observation.of({"rc": 1, "count": 1, "fds": "null", "stray": 0}),
        Observation.of({}, events),
        Observation.of(look),
    ]

    assert permitted is (Judge(MODEL, load()).judge(program, seen).failure is None)
