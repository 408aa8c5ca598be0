"""The engines that walk the model's graphs in C: every program by growing depth, and by chance.

A walk costs one look-up an operation, so it runs in slices of time. What comes back from it is only
what the graph does not permit; whether the model does is for the caller to say.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from operator import add
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from waitctx.conformance.adapters.walking import Mode, Order, Walker, script_of
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.cache import graph_of

from .tours import Route, Tour

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from waitctx.conformance.adapters.native import NativeAdapter
    from waitctx.conformance.adapters.walking import Stray
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
    size: int = 0
    """How many operations the last depth took."""
    cost: float = 0.0
    """And how many seconds."""
    tour: Tour = field(init=False)
    """What a tour knows of it."""

    def __attrs_post_init__(self) -> None:
        self.hits = [0] * self.graph.edges
        self.tour = Tour(self.graph)

    def take(self, hits: Sequence[int]) -> None:
        """Add what a walk has seen."""
        self.hits = list(map(add, self.hits, hits))


@frozen
class Leg:
    """What came of one walk."""

    done: bool
    """All that was asked for was run, and no part of it answered otherwise the second time."""
    taken: Sequence[Sequence[int]]
    """Of a script, the edges that each program took."""


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

    adapters: tuple[NativeAdapter, ...]
    """Of one implementation: as many cores are used."""
    worlds: tuple[World, ...]
    seed: int
    programs: int = 0
    operations: int = 0
    _pool: ThreadPoolExecutor = field(init=False)

    def __enter__(self) -> Walks:
        # The threads only wait: each adapter's library runs in a process of its own.
        self._pool = ThreadPoolExecutor(len(self.adapters))
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def exhaustive(self, until: float, depth: int = DEEPEST) -> Generator[Stray | None, None, None]:
        """Run every program of growing length, in the world first that is cheapest to go on in.

        The clock is `monotonic`. Something is given after each slice: a program that the graph does
        not explain, or None.
        """
        while open_ := [one for one in self.worlds if one.depth < depth]:
            world = min(open_, key=lambda one: one.size)
            if world.cost > SLICE and monotonic() + world.cost * _GROWTH > until:
                return
            begun, before = monotonic(), self.operations
            leg = yield from self._walk(world, Order(Mode.EXHAUSTIVE, world.depth + 1), until)
            if not leg.done:
                return
            world.depth += 1
            world.size, world.cost = self.operations - before, monotonic() - begun

    def random(
        self, until: float, programs: int | None = None
    ) -> Generator[Stray | None, None, None]:
        """Run programs by chance, each world in its turn, until the clock says so.

        In each world there are so many, or as many as there is time for.
        """
        begun = monotonic()
        order = Order(Mode.RANDOM, _LONGEST, self.seed)
        if programs is not None:
            order = evolve(order, most=programs)
        for number, world in enumerate(self.worlds, start=1):
            end = begun + (until - begun) * number / len(self.worlds)
            yield from self._walk(world, order, end)

    def tours(self, until: float) -> Generator[Stray | None, None, None]:
        """Take every transition of every world, then all pairs of them, as far as time allows."""
        for plans in (Tour.transitions, Tour.pairs):
            for world in self.worlds:
                for routes in plans(world.tour):
                    leg = yield from self._told(world, routes, until)
                    world.tour.learn(routes, leg.taken, whole=leg.done)
                    if monotonic() >= until:
                        return

    def _told(
        self, world: World, routes: Sequence[Route], until: float
    ) -> Generator[Stray | None, None, Leg]:
        """Run programs that are given by their steps."""
        numbers = world.graph.step_operation
        script = script_of([numbers[step] for step in route] for route in routes)
        return (yield from self._walk(world, Order(Mode.SCRIPTED, 0), until, script))

    def _walk(
        self, world: World, order: Order, until: float, script: bytes = b""
    ) -> Generator[Stray | None, None, Leg]:
        """Share an order out among the adapters; tell at the end what came of it."""
        parts = len(self.adapters)
        walkers = [
            one.walker(world.graph, order.shared(part, parts), script)
            for part, one in enumerate(self.adapters)
        ]
        before = self.programs, self.operations
        try:
            while (left := until - monotonic()) > 0:
                waiting = [one for one in walkers if not one.over]
                if not waiting:
                    break
                slices = [min(left, SLICE)] * len(waiting)
                strays = list(self._pool.map(Walker.go, waiting, slices))
                self.programs = before[0] + sum(one.programs for one in walkers)
                self.operations = before[1] + sum(one.operations for one in walkers)
                yield from [one for one in strays if one is not None]
                yield None
        finally:
            for one in walkers:
                world.take(one.hits)
        done = all(one.over and not one.unstable for one in walkers)
        return Leg(done, _woven([one.taken for one in walkers]))


def _woven(parts: Sequence[Sequence[Sequence[int]]]) -> list[Sequence[int]]:
    """Give each program as the part has it that has run it."""
    return [parts[number % len(parts)][number] for number in range(len(parts[0]))]
