"""How the walker's figures grow: with depth, keys, cores, and the length of the run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING, Final

from waitctx.conformance.adapters.walking import Mode, Order, Walker
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.cache import graph_of
from waitctx.reports.bench import Point, Series

from .memory import watched

if TYPE_CHECKING:
    from waitctx.conformance.adapters.native import NativeAdapter
    from waitctx.conformance.graph.graph import Graph

    from .contenders import Ground

_LONGEST: Final = 4096
#: Whole depths of the exhaustive engine grow by about so much each.
_GROWTH: Final = 10.0
#: Rounds for each number of keys.
_ROUNDS: Final = 20
_MOST_KEYS: Final = 3
_MOST_CORES: Final = 8


def with_depth(adapter: NativeAdapter, graph: Graph, seconds: float) -> Series:
    """Run every program of growing length, as long as there is time."""
    points: list[Point] = []
    until = monotonic() + seconds
    last = 0.0
    for depth in count(1):
        if monotonic() + last * _GROWTH > until and points:
            break
        walker = adapter.walker(graph, Order(Mode.EXHAUSTIVE, depth))
        begun = monotonic()
        while not walker.over and monotonic() < until:
            walker.go(until - monotonic())
        last = monotonic() - begun
        if not walker.over:
            break
        note = f"{walker.programs:,} programs, {walker.operations:,} operations"
        points.append(Point(depth, last, note))
    says = f"Every program of a length, in a world of {graph.bounds}."
    return Series("depth", "Every program of a depth", "operations", "seconds", tuple(points), says)


def with_keys(ground: Ground, adapter: NativeAdapter, words: tuple[str, ...], most: int) -> Series:
    """Measure the walker beside the plain loop with more and more keys."""
    points: list[Point] = []
    for keys in range(1, min(most, _MOST_KEYS) + 1):
        bounds = next(one for one in standard(ground.profile, keys) if one.name == "keys")
        graph = graph_of(bounds, ground.profile.name, words, capable=adapter.ics.capable)
        walker = adapter.walker(graph, Order(Mode.RANDOM, _LONGEST, ground.seed))
        turns = adapter.limit(walker, 0, _ROUNDS)
        if turns:
            spent = sum(one.walker for one in turns) / sum(one.operations for one in turns)
            limit = sum(one.plain for one in turns) / sum(one.operations for one in turns)
            note = f"{graph.nodes:,} states; the plain loop {limit * 1e9:.1f} ns"
            points.append(Point(keys, spent * 1e9, note))
    says = "More keys make more states: what grows is how much of the graph the caches cannot hold."
    return Series("keys", "Keys", "keys", "ns an operation", tuple(points), says)


def with_cores(
    adapter: NativeAdapter, graph: Graph, seed: int, seconds: float, cores: int
) -> Series:
    """Measure how much more is done by the clock on the wall when more cores walk.

    One core and several take turns, so that both meet the same machine.
    """
    numbers = [one for one in (1, 2, 4, _MOST_CORES) if one <= max(cores, 1)]
    slice_ = seconds / (len(numbers) * 4)
    rates: dict[int, list[float]] = {one: [] for one in numbers}
    with ExitStack() as stack:
        more = [stack.enter_context(closing(adapter.another())) for _ in range(numbers[-1] - 1)]
        pool = stack.enter_context(ThreadPoolExecutor(numbers[-1]))
        adapters = [adapter, *more]
        for _ in range(4):
            for number in numbers:
                order = Order(Mode.RANDOM, _LONGEST, seed)
                walkers = [
                    one.walker(graph, order.shared(part, number))
                    for part, one in enumerate(adapters[:number])
                ]
                begun = monotonic()
                list(pool.map(Walker.go, walkers, [slice_] * number))
                done = sum(one.operations for one in walkers)
                rates[number].append(done / (monotonic() - begun))
    base = rates[1]
    points = tuple(
        Point(
            number,
            median(some),
            f"{median(one / alone for one, alone in zip(some, base, strict=True)):.2f} times one",
        )
        for number, some in rates.items()
    )
    says = "By the clock on the wall, so it needs a machine with nothing else to do."
    return Series("cores", "Cores", "cores", "operations a second", points, says)


def with_length(adapter: NativeAdapter, graph: Graph, seed: int, seconds: float) -> Series:
    """See how much memory is in use while one walk goes on and on."""
    walker = adapter.walker(graph, Order(Mode.RANDOM, _LONGEST, seed))
    points: list[Point] = []
    for _ in range(8):
        with watched() as peak:
            walker.go(seconds / 8)
        points.append(Point(walker.operations, peak.size / 2**20))
    says = "Harness and workers together; the walk goes on from where it was."
    return Series("length", "Memory", "operations", "MiB", tuple(points), says)
