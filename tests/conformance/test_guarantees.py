"""What a run guarantees, in words and numbers."""

from __future__ import annotations

from waitctx.conformance.engines.walks import worlds
from waitctx.conformance.guarantees import guarantees
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL


def test_nothing_was_walked() -> None:
    """Nothing is promised of a world that was not walked."""
    assert () == guarantees(worlds(OPENSSL, tuple(OPERATIONS), capable=True, keys=2))


def test_depth() -> None:
    """Of a world that was walked to a depth it is said how much that was."""
    keys, *_ = worlds(OPENSSL, tuple(OPERATIONS), capable=True, keys=2)
    keys.depth, keys.complete = 6, 62_834

    (sentence,) = guarantees([keys])

    assert sentence == (
        "World keys (1 context, 2 keys, 1 job): whatever shows within 6 operations has shown, by a "
        "program as short as can be; all 62,834 programs were run, up to the names of symbols."
    )
