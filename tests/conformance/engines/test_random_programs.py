"""The random engine: programs without end, by a seed."""

from __future__ import annotations

from itertools import islice

from waitctx.conformance.engines.random_programs import programs
from waitctx.conformance.operations import OPERATIONS, New, SetWaitFd
from waitctx.conformance.outcomes import OPENSSL, SPEC

WORDS = list(OPERATIONS)


def test_same_seed() -> None:
    """A seed gives the same programs each time."""
    once, again = (programs(SPEC, WORDS, 7, capable=True) for _ in range(2))

    assert list(islice(once, 50)) == list(islice(again, 50))


def test_other_seed() -> None:
    """Another seed, or another profile, gives others."""
    first = next(programs(SPEC, WORDS, 1, capable=True))

    assert first != next(programs(SPEC, WORDS, 2, capable=True))
    assert first != next(programs(OPENSSL, WORDS, 1, capable=True))


def test_numbers_do_not_run_together() -> None:
    """Program 11 of seed 1 is not program 1 of seed 11, nor any two of one seed alike."""
    one = list(islice(programs(SPEC, WORDS, 1, capable=True), 30))
    eleven = list(islice(programs(SPEC, WORDS, 11, capable=True), 30))

    assert not set(one) & set(eleven)


def test_crowds() -> None:
    """Some programs have hundreds of keys, and some tens of contexts, many of them at a time."""
    some = list(islice(programs(SPEC, WORDS, 0, capable=True), 400))
    keys = [len({one.key for one in program if isinstance(one, SetWaitFd)}) for program in some]
    contexts = [len({one.ctx for one in program if isinstance(one, New)}) for program in some]

    assert max(keys) > 200
    assert max(contexts) > 20
    assert sum(number > 100 for number in keys) > 2


def test_endless() -> None:
    """There is always one more."""
    assert next(islice(programs(SPEC, WORDS, 0, capable=True), 200, None))
