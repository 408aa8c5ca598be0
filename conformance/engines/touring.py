"""The tour engine: tours of all worlds, and suites that tell their states apart."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from .identify import Machine, NotKnownError
from .tours import Tour

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from waitctx.conformance.adapters.walking import Stray

    from .tours import Route
    from .walks import Slices, Walks, World


def tours(walks: Walks, until: float, most_extra: int, *, pairs: bool = True) -> Slices:
    """Take every transition of every world, then run suites, then take every pair of transitions.

    The suites are for an implementation with as many states as the model, then for one with more,
    up to so many.
    """
    all_tours: list[tuple[World, Tour]] = []
    for world in walks.worlds:
        # To plan takes as long as to walk, so that it is left until the world's turn has come.
        if monotonic() >= until:
            return
        tour = Tour(world.graph)
        all_tours.append((world, tour))
        yield from _walk(walks, world, tour, tour.transitions(), until)
    for extra in range(most_extra + 1):
        yield from _suites(walks, all_tours, extra, until)
    for world, tour in all_tours if pairs else ():
        yield from _walk(walks, world, tour, tour.pairs(), until)


def _walk(
    walks: Walks, world: World, tour: Tour, plans: Iterator[list[Route]], until: float
) -> Slices:
    for routes in plans:
        if monotonic() >= until:
            return
        leg = yield from walks.told(world, routes, until)
        tour.learn(routes, leg.taken(), whole=leg.done)
        world.pairs = tour.coverage


def _suites(walks: Walks, all_tours: list[tuple[World, Tour]], extra: int, until: float) -> Slices:
    for world, tour in all_tours:
        if monotonic() >= until:
            return
        # Where the page leaves open what is done, some implementations show no machine.
        with suppress(NotKnownError):
            machine = Machine.of(tour)
            if (yield from _passes(walks, world, machine, extra, until)):
                world.states, world.extra = machine.states, extra


def _passes(
    walks: Walks, world: World, machine: Machine, extra: int, until: float
) -> Generator[Stray | None, None, bool]:
    """Run a suite; tell whether it was run to its end, and answered as the machine does."""
    graph = world.graph
    for routes in machine.suite(extra):
        if monotonic() >= until:
            return False
        leg = yield from walks.told(world, routes, until)
        hits = leg.hits
        expected = sum(
            hits[edge]
            for step, target in enumerate(machine.target)
            for edge in graph.edges_of(step)
            if graph.edge_target[edge] == target
        )
        if not leg.done or expected != sum(map(len, routes)):
            return False
    return True
