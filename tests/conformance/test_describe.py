"""The model's state in words."""

from __future__ import annotations

import pytest

from waitctx.conformance.describe import describe
from waitctx.conformance.model import Model
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.programs import from_text
from waitctx.conformance.state import State


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("", "nothing"),
        ("new c0", "c0 {}"),
        ("new c0; set c0 k0 7 d1 f0", "c0 {k0=fd 7 d1 added}"),
        (
            (
                "new c0; set c0 k0 7 null null; start j0 c0 null; pause; resume j0 c0; "
                "clear c0 k0; block; set_status c0 2; set_callback c0 b0 d0"
            ),
            (
                "c0 {k0=fd 7 deleted, callback b0(d0), status 2}; j0 runs on c0; 1 pause block; "
                "pool without limit"
            ),
        ),
    ],
)
def test_describe(program: str, words: str) -> None:
    """Contexts come with what they hold and how it changed, jobs with what they do."""
    model, state = Model(OPENSSL), State()
    for operation in from_text(program):
        state = model.step(state, operation)[0].state

    assert words == describe(state)
