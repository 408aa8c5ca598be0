"""Hypothesis strategies: whole programs, for property tests in volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from .engines.generator import Generator
from .operations import OPERATIONS
from .outcomes import SPEC, Profile

if TYPE_CHECKING:
    from collections.abc import Collection

    from .programs import Program


def programs(
    profile: Profile = SPEC, *, words: Collection[str] = tuple(OPERATIONS), capable: bool = True
) -> st.SearchStrategy[Program]:
    """Draw programs that are defined under a profile and leave nothing behind.

    `words` says which operations they may hold; take those that an adapter's ICS supports. The
    programs are those of the random engine: Hypothesis plays its dice, so that it can shrink them.
    """
    generator = Generator(profile, words, capable)
    return st.randoms(use_true_random=False).map(generator.program)
