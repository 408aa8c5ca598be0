"""Transition tours: long programs that take every transition of a graph, then every pair of them.

A graph does not tell which of several permitted answers an implementation gives, nor does it always
give the same one at a node: what it has in mind may not have shown yet. So a tour is planned with
the answers seen so far, walked, and planned again from what was seen. Where plans do not come true
any more, a program that led to a place before leads there again. What counts as covered is what was
walked, of what is in reach with the answers that were given.

Each program goes to the nearest thing that is still wanted, as a rule the next operation (the
greedy form of a Chinese postman's tour; programs may begin anew, so the postman need not go back).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from attrs import define, field

from waitctx.conformance.graph.graph import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from waitctx.conformance.graph.graph import Graph

#: No program is longer; the walker has no room for more.
LONGEST: Final = 4096
#: So many operations are planned at a time.
BATCH: Final = 1 << 17
#: From where a program is, so many nodes are looked at before another one is begun.
_NEAR: Final = 64
#: Plans are good as long as they bring so much of what they promise.
_GOOD: Final = 0.5
_UNKNOWN: Final = -1

#: A program as the steps that it is to take.
Route = list[int]


@define(eq=False)
class Place:
    """The node that a step led to, as a place where a pair of steps has its middle."""

    node: int
    done: bytearray
    """Which of the node's steps were taken from here."""
    way: tuple[Route, int]
    """A walk that came here, and after how many steps."""


@define(eq=False)
class Tour:
    """What was walked of one graph, and where to go next."""

    graph: Graph
    target: array[int] = field(init=False)
    """The node that each step is expected to lead to; -1 as long as nothing is known."""
    tried: bytearray = field(init=False)
    """Which steps were taken."""
    dead: bytearray = field(init=False)
    """Which were once answered as the graph has it not: there is no going on from them."""
    forked: bool = False
    """Whether some step has led to different nodes."""
    sources: array[int] = field(init=False)
    """The node that each step starts from."""
    places: dict[tuple[int, int], Place] = field(factory=dict, init=False)
    """By step and the node that it led to."""
    _pairs: int = field(default=0, init=False)
    _in_reach: int = field(default=0, init=False)
    """How many pairs there are in places that were seen."""
    _steps: array[int] = field(init=False)
    """The step of each edge."""
    _ways: dict[int, tuple[Route, int]] = field(factory=dict, init=False)
    """For each node that was seen a walk that came there, as of a place."""

    def __attrs_post_init__(self) -> None:
        graph = self.graph
        self.tried, self.dead = bytearray(graph.steps), bytearray(graph.steps)
        self.sources = array("I", (node for node, _ in graph.sources()))
        self.target = array("i", (_only(graph.targets(step)) for step in range(graph.steps)))
        self._steps = array("I", (s for s in range(graph.steps) for _ in graph.edges_of(s)))
        self._ways[START] = ([], 0)

    @property
    def coverage(self) -> tuple[int, int]:
        """How many pairs of steps were taken, and how many are in reach."""
        return self._pairs, self._in_reach

    @property
    def covered(self) -> int:
        """How much was walked, as a number that grows with each new step and pair."""
        return sum(self.tried) + self._pairs

    # -- learning ----------------------------------------------------------------------------------

    def learn(
        self, routes: Sequence[Route], taken: Sequence[Sequence[int]], *, whole: bool
    ) -> None:
        """Take in which edges were taken on some routes; `whole` if each was walked to its end."""
        for route, edges in zip(routes, taken, strict=True):
            node = self._follow(edges)
            if whole and len(edges) < len(route):
                operation = self.graph.step_operation[route[len(edges)]]
                step = self.graph.step_of(node, operation)
                if step is not None:
                    self.dead[step] = 1

    def _follow(self, edges: Sequence[int]) -> int:
        """Count what was walked; give where that ended."""
        walked: Route = []
        before = None
        node = START
        for edge in edges:
            step = self._steps[edge]
            walked.append(step)
            if before is not None:
                at = step - self.graph.first_step[node]
                self._pairs += not before.done[at]
                before.done[at] = 1
            node = self.graph.edge_target[edge]
            before = self._arrive(step, node, walked)
        return node

    def _arrive(self, step: int, node: int, walked: Route) -> Place:
        way = (walked, len(walked))
        self.tried[step] = 1
        if self.target[step] != node:
            self.forked |= self.target[step] != _UNKNOWN
            self.target[step] = node
        if node not in self._ways or way[1] < self._ways[node][1]:
            self._ways[node] = way
        place = self.places.get((step, node))
        if place is None:
            done = bytearray(len(self.graph.steps_at(node)))
            place = self.places[step, node] = Place(node, done, way)
            self._in_reach += len(done)
        elif way[1] < place.way[1]:
            place.way = way
        return place

    # -- planning ----------------------------------------------------------------------------------

    def transitions(self) -> Iterator[list[Route]]:
        """Give routes until every transition in reach was walked; each has to be learnt first."""
        yield from self._until_worn(self.long_transitions)
        yield from self._until_worn(self.sure_transitions)

    def pairs(self) -> Iterator[list[Route]]:
        """Give routes until every pair of transitions in reach was walked, in the same way."""
        yield from self._until_worn(self.long_pairs)
        yield from self._until_worn(self.sure_pairs)

    def _until_worn(self, plan: Callable[[], list[Route]]) -> Iterator[list[Route]]:
        """Give plans as long as they bring something new, and not much less than they should."""
        while routes := plan():
            before = self.covered
            yield routes
            if self.covered - before < max(1, _GOOD * len(routes)):
                return

    def long_transitions(self) -> list[Route]:
        """Plan routes that take the steps in reach that were not tried; none if there are none."""
        graph = self.graph
        wanted = bytearray(
            not (tried or dead) for tried, dead in zip(self.tried, self.dead, strict=True)
        )
        counts = [sum(wanted[step] for step in graph.steps_at(n)) for n in range(graph.nodes)]

        def follow(node: int, _: int | None) -> int | None:
            return next((step for step in graph.steps_at(node) if wanted[step]), None)

        def take(_: int | None, step: int) -> None:
            if wanted[step]:
                wanted[step] = 0
                counts[self.sources[step]] -= 1

        return self._plan(counts, follow, take)

    def long_pairs(self) -> list[Route]:
        """Plan routes that take every two steps in a row that were not taken so."""
        graph, covered, left = self.graph, dict[int, bytearray](), dict[int, int]()
        for (step, node), place in self.places.items():
            if self.target[step] == node and not self.dead[step]:
                covered[step] = self._settled(place)
                left[step] = covered[step].count(0)
        counts = [
            sum(1 for step in graph.steps_at(n) if left.get(step)) for n in range(graph.nodes)
        ]

        def follow(node: int, before: int | None) -> int | None:
            steps = graph.steps_at(node)
            if before is None or not left.get(before):
                return next((step for step in steps if left.get(step)), None)
            fresh = [s for s, done in zip(steps, covered[before], strict=True) if not done]
            # Best is one after which something is wanted too.
            return next((step for step in fresh if left.get(step)), fresh[0])

        def take(before: int | None, step: int) -> None:
            if before is None or not left.get(before):
                return
            place = step - graph.first_step[self.target[before]]
            if not covered[before][place]:
                covered[before][place] = 1
                left[before] -= 1
                if not left[before]:
                    counts[self.sources[before]] -= 1

        return self._plan(counts, follow, take)

    def _settled(self, place: Place) -> bytearray:
        """Give which steps need not be taken from a place: they were, or lead nowhere."""
        steps = self.graph.steps_at(place.node)
        dead = self.dead[steps.start : steps.stop]
        return bytearray(map(max, place.done, dead)) if any(dead) else bytearray(place.done)

    def _plan(
        self,
        counts: Sequence[int],
        follow: Callable[[int, int | None], int | None],
        take: Callable[[int | None, int], None],
    ) -> list[Route]:
        """Plan routes through nodes where something is wanted, as many as fit a batch.

        `counts` tells of each node how much is wanted there, `follow` which step to take at a node
        after another, if any is wanted; `take` is told of each step that is taken.
        """
        routes: list[Route] = []
        ways = _Ways(self)
        planned = 0
        while planned < BATCH:
            route: Route = []
            node, before = START, None
            way = ways.first(counts)
            while way is not None and len(route) + len(way) < LONGEST:
                for step in way:
                    take(before, step)
                    route.append(step)
                    before, node = step, self.target[step]
                if node == _UNKNOWN:
                    break
                wanted = follow(node, before)
                way = ways.near(node, counts) if wanted is None else [wanted]
            if not route:
                break
            routes.append(route)
            planned += len(route)
        return routes

    def sure_transitions(self) -> list[Route]:
        """Give a route for each step that was not tried at a node that was seen."""
        return _batch(
            (*way[0][: way[1]], step)
            for node, way in self._ways.items()
            for step in self.graph.steps_at(node)
            if not self.tried[step] and not self.dead[step]
        )

    def sure_pairs(self) -> list[Route]:
        """Give a route for each step that was not taken from a place that was seen."""
        return _batch(
            (*place.way[0][: place.way[1]], step)
            for place in self.places.values()
            if 0 in place.done
            for step, done in zip(
                self.graph.steps_at(place.node), self._settled(place), strict=True
            )
            if not done
        )


def _only(targets: list[int]) -> int:
    return targets[0] if len(targets) == 1 else _UNKNOWN


def _batch(routes: Iterator[tuple[int, ...]]) -> list[Route]:
    """Take as many as fit a batch."""
    found: list[Route] = []
    size = 0
    for route in routes:
        size += len(route)
        if found and size > BATCH:
            break
        if len(route) <= LONGEST:
            found.append(list(route))
    return found


@define(eq=False)
class _Ways:
    """The ways between nodes along steps of which it is known where they lead."""

    tour: Tour
    _next: list[dict[int, int]] = field(init=False)
    """For each node the nodes that are one step away, each with a step to it."""
    _came: dict[int, int] = field(init=False)
    """The steps by which nodes are reached first from the start."""
    _order: list[int] = field(init=False)
    """All nodes in reach, the nearest to the start first."""
    _place: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        tour, graph = self.tour, self.tour.graph
        self._next = [
            {
                tour.target[step]: step
                for step in graph.steps_at(node)
                if tour.target[step] != _UNKNOWN and not tour.dead[step]
            }
            for node in range(graph.nodes)
        ]
        self._came, self._order = {START: _UNKNOWN}, [START]
        for node in self._order:
            fresh = {to: step for to, step in self._next[node].items() if to not in self._came}
            self._came |= fresh
            self._order += fresh

    def first(self, counts: Sequence[int]) -> Route | None:
        """Give the way from the start to the nearest node where something is wanted.

        What is wanted gets less from one call to the next.
        """
        while self._place < len(self._order):
            node = self._order[self._place]
            if counts[node]:
                return self._back(self._came, node)
            self._place += 1
        return None

    def near(self, start: int, counts: Sequence[int]) -> Route | None:
        """Give the way to a node nearby where something is wanted."""
        came, order = {start: _UNKNOWN}, [start]
        for node in order:
            for target, step in self._next[node].items():
                if target in came:
                    continue
                came[target] = step
                if counts[target]:
                    return self._back(came, target)
                order.append(target)
            if len(came) > _NEAR:
                return None
        return None

    def _back(self, came: dict[int, int], node: int) -> Route:
        route: Route = []
        while came[node] != _UNKNOWN:
            route.append(came[node])
            node = self.tour.sources[came[node]]
        return route[::-1]
