"""The memory engine: programs whose memory is watched, and which end by asking what is left.

They are the scenarios, for real clients leak where others have leaked, and after them random
programs of the same seed.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from waitctx.conformance.operations import Leaks

from . import random_programs, scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from waitctx.conformance.outcomes import Profile
    from waitctx.conformance.programs import Program

#: So many random programs come after the scenarios.
RANDOM: Final = 200
#: So many where memory is counted in Python, which is slower.
COUNTED: Final = 50


def programs(
    profile: Profile, words: Sequence[str], seed: int, *, capable: bool, made: int = RANDOM
) -> Iterator[Program]:
    """Give programs of the given operations, each with `Leaks` at its end; so many are random."""
    known = scenarios.programs(profile, words, capable=capable)
    random = random_programs.programs(profile, words, seed, capable=capable)
    for program in chain(known, islice(random, made)):
        yield (*program, Leaks())
