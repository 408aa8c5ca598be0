"""The engines that walk the model's graphs in C: every program by growing depth, and by chance.

A walk costs one look-up an operation, so it runs in slices of time. What comes back from it is only
what the graph does not permit; whether the model does is for the caller to say.
"""

from __future__ import annotations

import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from operator import add
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from waitctx.conformance.adapters.native import native
from waitctx.conformance.adapters.walking import Mode, Order, Walker, script_of
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.cache import graph_of

from .batch_walk import BatchWalker

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from waitctx.conformance.adapters.base import Adapter
    from waitctx.conformance.adapters.walking import Stray
    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.outcomes import Profile

    #: Gives something after each slice: a program that the graph does not explain, or None.
    Slices = Generator[Stray | None, None, None]
    AnyWalker = Walker | BatchWalker

#: Seconds until a walk is looked after again.
SLICE: Final = 0.1
#: A steady walk has so many parts.
PARTS: Final = 8
#: So many bytes of a script are a part of their own.
_PART: Final = 1 << 19
#: A part that has strayed so often is given up.
ENOUGH: Final = 8
#: Deeper programs are left to chance.
DEEPEST: Final = 32
_LONGEST: Final = 4096
#: A depth is begun if it can be expected to end in time; each costs so much more than the last.
_GROWTH: Final = 12.0


@frozen
class Tally:
    """What walks have counted."""

    hits: Sequence[int]
    """How often each edge was taken."""
    programs_for: Mapping[str, int] = field(factory=dict)
    """How many programs exercised each clause."""

    @classmethod
    def of(cls, walker: AnyWalker) -> Tally:
        """Give what a walker has counted so far."""
        return cls(walker.hits, walker.programs_for)

    @classmethod
    def total(cls, some: Iterable[Tally]) -> Tally:
        """Add up what was counted along one graph."""
        hits, programs_for = zip(*((one.hits, one.programs_for) for one in some), strict=True)
        return cls(total(hits), sum(map(Counter, programs_for), Counter()))


@define
class Share:
    """What came of one part of a walk."""

    tally: Tally
    programs: int
    operations: int
    strays: list[Stray] = field(factory=list)


@define(eq=False)
class World:
    """One graph, and how far it was walked."""

    graph: Graph
    depth: int = 0
    """Every program of so many operations was run."""
    complete: int = 0
    """How many programs these were, without those that are the beginning of another."""
    size: int = 0
    """How many operations the last depth took."""
    cost: float = 0.0
    """And how many seconds."""
    begun: dict[int, Share] = field(factory=dict)
    """Of the next depth, the parts that were run to their end."""
    pairs: tuple[int, int] = (0, 0)
    """How many pairs of transitions were walked, and how many are in reach."""
    states: int = 0
    """How many states of it a suite tells apart; 0 if none does."""
    extra: int | None = None
    """So many more states than these an implementation may have to be found out by the suite."""
    settled: Tally = field(init=False)
    """What was counted in walks that were ended."""
    loose: Tally = field(init=False)
    """The same of what was begun and not ended, `begun` apart."""

    def __attrs_post_init__(self) -> None:
        self.settled = self.loose = Tally([0] * self.graph.edges)

    @property
    def tally(self) -> Tally:
        """All that was counted."""
        begun = (one.tally for one in self.begun.values())
        return Tally.total([self.settled, self.loose, *begun])

    @property
    def hits(self) -> Sequence[int]:
        """How often each edge was taken."""
        return self.tally.hits


@frozen
class Leg:
    """What came of one walk."""

    done: bool
    """All that was asked for was run, and no part of it answered otherwise the second time."""
    walkers: dict[int, AnyWalker]
    """By their part; those of parts that were run in another check are not there."""

    @property
    def hits(self) -> list[int]:
        """How often each edge was taken."""
        return total(one.hits for one in self.walkers.values())

    def taken(self) -> list[Sequence[int]]:
        """Give for each program of a script the edges that it took; none where no time was left."""
        # Only C walks along a script.
        some = [one.taken for one in self.walkers.values() if isinstance(one, Walker)]
        return [max(each, key=len) for each in zip(*some, strict=True)]


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
    """Walks over some worlds, one slice after the other.

    A *steady* one gives the same programs with the same answers in the same order, however many
    cores it has: it is shared out in as many parts always, and what strayed is told at its end.
    """

    adapters: tuple[Adapter, ...]
    """Of one implementation: as many cores are used."""
    worlds: tuple[World, ...]
    seed: int
    steady: bool = False
    programs: int = 0
    operations: int = 0
    settled: tuple[int, int] = (0, 0)
    """How many programs and operations there were in walks that were ended."""
    pending: list[Stray] = field(factory=list)
    """What has strayed and was not told yet, of a steady walk."""
    _pool: ThreadPoolExecutor = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.settled = self.programs, self.operations

    def __enter__(self) -> Walks:
        # The threads only wait: each adapter's library runs in a process of its own.
        self._pool = ThreadPoolExecutor(len(self.adapters))
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def exhaustive(self, until: float, depth: int = DEEPEST, most: float = math.inf) -> Slices:
        """Run every program of growing length, in the world first that is cheapest to go on in.

        No depth is begun that can be expected to take more than so many operations.

        The clock is `monotonic`. Something is given after each slice: a program that the graph does
        not explain, or None.
        """
        while open_ := [one for one in self.worlds if one.depth < depth]:
            world = min(open_, key=lambda one: one.size)
            if world.size * _GROWTH > most:
                return
            # Where nothing but the clock says how deep to go, a depth is not begun in vain.
            late = monotonic() + world.cost * _GROWTH > until
            if late and not self.steady and world.cost > SLICE:
                return
            begun, before = monotonic(), (self.programs, self.operations)
            order = Order(Mode.EXHAUSTIVE, world.depth + 1)
            leg = yield from self.walk(world, order, until, begun=world.begun)
            if not leg.done:
                return
            world.depth += 1
            world.complete, world.size = self.programs - before[0], self.operations - before[1]
            world.cost = monotonic() - begun

    def random(self, until: float, programs: int | None = None) -> Slices:
        """Run programs by chance, each world in its turn, until the clock says so.

        In each world there are so many, or as many as there is time for.
        """
        begun = monotonic()
        order = Order(Mode.RANDOM, _LONGEST, self.seed)
        if programs is not None:
            order = evolve(order, most=programs)
        for number, world in enumerate(self.worlds, start=1):
            end = begun + (until - begun) * number / len(self.worlds)
            yield from self.walk(world, order, end)

    def told(
        self, world: World, routes: Sequence[Sequence[int]], until: float
    ) -> Generator[Stray | None, None, Leg]:
        """Run programs that are given by their steps."""
        numbers = world.graph.step_operation
        script = script_of([numbers[step] for step in route] for route in routes)
        return (yield from self.walk(world, Order(Mode.SCRIPTED, 0), until, script))

    def _parts(self, script: int) -> int:
        """Give the number of parts of a walk, with a script of so many bytes if it has one.

        A part costs some milliseconds, so what is short has few.
        """
        if not self.steady:
            return len(self.adapters)
        parts = max(PARTS, len(self.adapters))
        return min(parts, 1 + script // _PART) if script else parts

    def walk(
        self,
        world: World,
        order: Order,
        until: float,
        script: bytes = b"",
        begun: dict[int, Share] | None = None,
    ) -> Generator[Stray | None, None, Leg]:
        """Share an order out among the adapters; tell at the end what came of it.

        `begun` has the parts that were run already, and gets those that are run to their end; it is
        empty again when all of them are counted.
        """
        parts = self._parts(len(script))
        run = _Run(world.graph, [order.shared(part, parts) for part in range(parts)], script)
        run.ended.update(begun or {})
        before = self.programs, self.operations
        try:
            # Something is handed out even if time is up: else there were nothing to tell of.
            while run.hand_out(self.adapters) and (left := until - monotonic()) > 0:
                strays = run.go(self._pool, min(left, SLICE))
                self.programs, self.operations = map(add, before, run.counts)
                if begun is not None:
                    begun |= run.ended
                if self.steady:
                    self.pending += strays
                else:
                    yield from strays
                yield None
        finally:
            if run.over:
                ended = (one.tally for one in run.ended.values())
                world.settled = Tally.total([world.settled, *ended])
                world.begun = {}
                self.settled = self.programs, self.operations
            elif begun is None:
                world.loose = Tally.total([world.loose, *map(Tally.of, run.walkers.values())])
        if self.steady:
            self.pending.clear()
            yield from (stray for part in sorted(run.ended) for stray in run.ended[part].strays)
        return Leg(run.done, run.walkers)


def total(some: Iterable[Iterable[int]]) -> list[int]:
    """Add counts up, edge by edge."""
    return [sum(each) for each in zip(*some, strict=True)]


@define(eq=False)
class _Run:
    """The parts of a walk, which are handed out to adapters one after the other."""

    graph: Graph
    orders: Sequence[Order]
    script: bytes
    ended: dict[int, Share] = field(factory=dict)
    """The parts that were run to their end, or until they had strayed often enough."""
    walkers: dict[int, AnyWalker] = field(factory=dict)
    _strays: dict[int, list[Stray]] = field(factory=dict)
    _busy: dict[Adapter, int] = field(factory=dict)
    """Which part an adapter is at."""

    def hand_out(self, adapters: Iterable[Adapter]) -> bool:
        """Give adapters with nothing to do a part; tell whether any has something to do."""
        waiting = (
            part
            for part in range(len(self.orders))
            if part not in self.ended and part not in self.walkers
        )
        for adapter in adapters:
            if adapter not in self._busy and (part := next(waiting, None)) is not None:
                self._busy[adapter] = part
                self.walkers[part] = self._walker(adapter, part)
        return bool(self._busy)

    def _walker(self, adapter: Adapter, part: int) -> AnyWalker:
        if (library := native(adapter)) is not None:
            return library.walker(self.graph, self.orders[part], self.script)
        return BatchWalker(adapter, self.graph, self.orders[part])

    def go(self, pool: ThreadPoolExecutor, seconds: float) -> list[Stray]:
        """Walk for so long with every adapter that has something to do."""
        busy = dict(self._busy)
        walkers = [self.walkers[part] for part in busy.values()]
        found = list(pool.map(lambda walker: walker.go(seconds), walkers))
        for (adapter, part), walker, stray in zip(busy.items(), walkers, found, strict=True):
            strays = self._strays.setdefault(part, [])
            if stray is not None:
                strays.append(stray)
            if walker.over or len(strays) >= ENOUGH:
                self.ended[part] = Share(
                    Tally.of(walker), walker.programs, walker.operations, strays
                )
                del self._busy[adapter]
        return [one for one in found if one is not None]

    @property
    def counts(self) -> tuple[int, int]:
        """How many programs and operations there were so far."""
        some = [*self.ended.values()]
        some += [self.walkers[part] for part in self._busy.values()]  # type: ignore[misc]
        return sum(one.programs for one in some), sum(one.operations for one in some)

    @property
    def over(self) -> bool:
        """Whether every part has ended."""
        return len(self.ended) == len(self.orders)

    @property
    def done(self) -> bool:
        """Whether every program was run, and answered the second time as it was the first."""
        return self.over and all(one.over and not one.unstable for one in self.walkers.values())
