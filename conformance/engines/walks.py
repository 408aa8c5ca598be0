"""The engines that walk the model's graphs in C: every program by growing depth, and by chance.

A walk costs one look-up an operation, so it runs in slices of time. What comes back from it is only
what the graph does not permit; whether the model does is for the caller to say.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, field

from waitctx.conformance.adapters.walking import Mode, Order
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.cache import graph_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from waitctx.conformance.adapters.native import NativeAdapter
    from waitctx.conformance.adapters.walking import Stray, Walker
    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.outcomes import Profile

#: Seconds until a walk is looked after again.
SLICE: Final = 0.1
#: Deeper programs are left to chance.
DEEPEST: Final = 32
_LONGEST: Final = 4096
#: A depth is begun if it can be expected to end in time; each costs so much more than the last.
_GROWTH: Final = 12.0


@define(eq=False)
class World:
    """One graph, and how far it was walked."""

    graph: Graph
    depth: int = 0
    """Every program of so many operations was run."""
    hits: list[int] = field(init=False)
    cost: float = 0.0
    """Seconds that the last depth took."""

    def __attrs_post_init__(self) -> None:
        self.hits = [0] * self.graph.edges

    def take(self, walker: Walker) -> None:
        """Add what a walk has seen."""
        self.hits = [one + more for one, more in zip(self.hits, walker.hits, strict=True)]


def worlds(
    profile: Profile, words: Sequence[str], *, capable: bool, keys: int = 2
) -> tuple[World, ...]:
    """Give the standard worlds of an implementation that supports these operations."""
    return tuple(
        World(graph_of(one, profile.name, tuple(words), capable=capable))
        for one in standard(profile, keys)
    )


@define(eq=False)
class Walks:
    """Walks over some worlds, one slice after the other."""

    adapter: NativeAdapter
    worlds: tuple[World, ...]
    seed: int
    programs: int = 0
    operations: int = 0
    unstable: int = 0
    """How often the same operations were not answered the same way."""

    def exhaustive(self, until: float, depth: int = DEEPEST) -> Generator[Stray | None, None, None]:
        """Run every program of growing length, in the world first that is cheapest to go on in.

        The clock is `monotonic`. Something is given after each slice: a program that the graph does
        not explain, or None.
        """
        while open_ := [one for one in self.worlds if one.depth < depth]:
            world = min(open_, key=lambda one: one.cost)
            if world.cost > SLICE and monotonic() + world.cost * _GROWTH > until:
                return
            begun = monotonic()
            walker = self.adapter.walker(world.graph, Order(Mode.EXHAUSTIVE, world.depth + 1))
            try:
                yield from self._walk(walker, until)
            finally:
                world.take(walker)
            if not walker.over or walker.unstable:
                return
            world.depth += 1
            world.cost = monotonic() - begun

    def random(self, until: float) -> Generator[Stray | None, None, None]:
        """Run programs by chance, each world in its turn, until the clock says so."""
        begun = monotonic()
        for number, world in enumerate(self.worlds, start=1):
            end = begun + (until - begun) * number / len(self.worlds)
            walker = self.adapter.walker(world.graph, Order(Mode.RANDOM, _LONGEST, self.seed))
            try:
                yield from self._walk(walker, end)
            finally:
                world.take(walker)

    def _walk(self, walker: Walker, until: float) -> Generator[Stray | None, None, None]:
        programs = operations = 0
        while not walker.over and (left := until - monotonic()) > 0:
            stray = walker.go(min(left, SLICE))
            self.programs += walker.programs - programs
            self.operations += walker.operations - operations
            programs, operations = walker.programs, walker.operations
            yield stray
        self.unstable += walker.unstable
