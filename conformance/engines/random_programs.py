"""The random engine: as many programs as one likes, the same ones for the same seed."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import TYPE_CHECKING

from .generator import Generator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from waitctx.conformance.outcomes import Profile
    from waitctx.conformance.programs import Program


def programs(
    profile: Profile, words: Sequence[str], seed: int, *, capable: bool
) -> Iterator[Program]:
    """Make programs of the given operations, without end."""
    generator = Generator(profile, words, capable)
    for number in count():
        yield generator.program(Random(f"{seed}:{number}"))
