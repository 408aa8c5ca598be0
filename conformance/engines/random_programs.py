"""The random engine: as many programs as one likes, the same ones for the same seed."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Final

from .generator import Generator

#: One program of so many is long, with hundreds of keys or tens of contexts.
CROWDED: Final = 50

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from waitctx.conformance.outcomes import Profile
    from waitctx.conformance.programs import Program


def programs(
    profile: Profile, words: Sequence[str], seed: int, *, capable: bool
) -> Iterator[Program]:
    """Make programs of the given operations, without end."""
    generator = _generator(profile, tuple(words), capable)
    for number in count():
        yield _program(generator, seed, number)


@lru_cache(maxsize=8)
def _generator(profile: Profile, words: tuple[str, ...], capable: bool) -> Generator:  # noqa: FBT001
    return Generator(profile, words, capable)


@lru_cache(maxsize=2_000)
def _program(generator: Generator, seed: int, number: int) -> Program:
    """Make one program; whoever checks many implementations asks for the first again and again."""
    return generator.program(Random(f"{seed}:{number}"), crowded=number % CROWDED == CROWDED - 1)
