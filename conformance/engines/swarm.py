"""Swarm testing: each program gets a small world and tastes of its own.

A program that does everything a little seldom goes deep. One that leaves most operations out, and
has few keys to choose from, soon finds itself where the rare faults are (Groce and others, ISSTA
2012).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from attrs import evolve, frozen

from waitctx.conformance.operations import INT_MAX, INT_MIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from waitctx.conformance.outcomes import Profile

T = TypeVar("T")


_WEIGHTS: Final = (0, 0, 1, 3, 9)
_USUAL: Final = {"new": 3, "free": 1, "start": 4, "pause": 4, "resume": 4, "return": 1}
_LENGTHS: Final = ((4, 12), (4, 12), (12, 40), (12, 40), (40, 120), (120, 400))
_FDS: Final = (0, 1, 2, 3, 7, 1023, 1024, 65536, INT_MAX)
_NEGATIVE: Final = (-1, -2, INT_MIN)
_RETURNS: Final = (0, 1, 2, 3, -1, 42, 255, 256, 65535, 65536, INT_MAX, INT_MIN)
_STATUSES: Final = (0, 1, 2, 3, 0, 1, 2, 3, 4, -1, 255, 256, 1000, INT_MAX, INT_MIN)
_BLOCKS: Final = ("null", "a0", "a2", "a3", "a4", "a5", "a8", "a10")
_POOLS: Final[tuple[tuple[int, int], ...]] = (
    (1, 0),
    (1, 1),
    (2, 0),
    (2, 1),
    (2, 2),
    (3, 0),
    (0, 0),
)


@frozen
class Swarm:
    """The world and the tastes of one program."""

    length: int
    """How many operations, before the tidying up at its end."""
    weights: dict[str, int]
    """How much each operation is liked; 0 leaves it out."""
    looking: float
    """How likely a change is followed by a look at what it changed."""
    contexts: int
    jobs: int
    keys: tuple[str, ...]
    fds: tuple[int, ...]
    data: tuple[str, ...]
    cleanups: tuple[str, ...]
    callbacks: tuple[str, ...]
    arrays: tuple[str, ...]
    returns: tuple[int, ...]
    statuses: tuple[int, ...]
    blocks: tuple[str, ...]
    pools: tuple[tuple[int, int], ...]


def draw_swarm(random: Random, profile: Profile, words: Sequence[str]) -> Swarm:
    """Draw the world of one program, of these operations and within what the profile defines."""
    low, high = random.choice(_LENGTHS)
    length = random.randint(low, high)
    weights = {word: random.choice(_WEIGHTS) or _USUAL.get(word, 0) for word in words}
    many = length if random.random() < 0.1 else 4  # noqa: PLR2004 - seldom as many keys as there is room for
    keys = [f"k{index}" for index in range(random.randint(1, max(many, 2)))]
    fds = _some(random, _FDS) if random.random() < 0.5 else tuple(range(random.randint(1, 200)))  # noqa: PLR2004
    pools = _POOLS
    keys += ["null"] * (random.random() < 0.3)  # noqa: PLR2004
    if profile.pinned:
        fds += _NEGATIVE * (random.random() < 0.3)  # noqa: PLR2004
        pools = (*pools, (1, 2), (0, 5))
    return Swarm(
        length=length,
        weights=weights,
        looking=random.choice((0.0, 0.3, 1.0)),
        contexts=random.choice((1, 1, 1, 2, 2, 3, 8)),
        jobs=random.choice((1, 1, 2, 2, 3, 6)),
        keys=tuple(keys),
        fds=fds,
        data=(*_some(random, ("d0", "d1", "d2", "d3", "d4", "d5")), "null"),
        cleanups=_some(random, ("f0", "f1", "f2", "null")),
        callbacks=_some(random, ("b0", "b1", "b2", "null")),
        arrays=random.choice((("array",), ("array", "null"))),
        returns=_some(random, _RETURNS),
        statuses=_some(random, _STATUSES),
        blocks=_some(random, _BLOCKS),
        pools=_some(random, pools),
    )


def draw_crowd(random: Random, profile: Profile, words: Sequence[str]) -> Swarm:
    """Draw a world with hundreds of keys, or with tens of contexts that hold a few each."""
    swarm = draw_swarm(random, profile, words)
    liked = {"set": 24, "get": 4, "clear": 2, "all": 1, "changed": 1, "new": 1}
    keys, contexts = 512, 1
    if random.random() < 0.5:  # noqa: PLR2004 - one as often as the other
        liked |= {"set": 8, "new": 8}
        keys, contexts = 4, 32
    weights = {word: liked.get(word, min(weight, 1)) for word, weight in swarm.weights.items()}
    return evolve(
        swarm,
        length=random.randint(300, 700),
        weights=weights | {"free": 0},
        looking=0.0,
        contexts=contexts,
        jobs=2,
        keys=tuple(f"k{index}" for index in range(keys)),
        fds=tuple(range(keys)),
    )


def _some(random: Random, values: Sequence[T]) -> tuple[T, ...]:
    return tuple(random.sample(values, random.randint(1, len(values))))
