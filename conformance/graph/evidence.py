"""What a walk along a graph shows of the clauses, told from how often each edge was taken.

A program exercises a clause if it has the clause's operations. Which programs took an edge is not
known, but which operations every program has that can take it is: those that stand on each path to
it. So an edge counts for a clause only if no path avoids what the clause needs.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from attrs import field, frozen

from .graph import START

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from waitctx.conformance.clauses import Catalogue

    from .graph import Graph


@frozen(eq=False)
class Shown:
    """What each edge of a graph shows whenever it is taken: this rests on the graph alone."""

    edge_credit: Sequence[int]
    """Which of `credits` each edge earns."""
    credits: tuple[tuple[str, ...], ...]
    """Clauses that an answer surely agrees with."""
    clauses: tuple[str, ...] = field(init=False)
    """Those of all `credits`, each once."""

    @clauses.default
    def _named(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for some in self.credits for name in some))


def prepare(graph: Graph, catalogue: Catalogue) -> None:
    """Find out what rests on the graph alone; when Ctrl-C was pressed there is no time for it."""
    shown(graph, catalogue)
    _distances(graph)


@lru_cache(maxsize=32)
def shown(graph: Graph, catalogue: Catalogue) -> Shown:
    """Tell what the edges of a graph show."""
    words = [one.word for one in graph.operations]
    needs = {
        name: one.needs
        for name, one in catalogue.clauses.items()
        if one.needs and set(words).issuperset(one.needs)
    }
    most: Counter[str] = Counter()
    for one in needs.values():
        most |= Counter(one)
    # Of a kind of operations that no clause asks for nothing has to be known.
    levels, least = _least(graph, dict(most))
    place = {word: at for at, word in enumerate(most)}
    found: dict[tuple[str, ...], int] = {}
    known: dict[tuple[int, int, int], int] = {}
    edge_credit = array("I", bytes(4 * graph.edges))
    for node, step in graph.sources():
        operation = graph.step_operation[step]
        for edge in graph.edges_of(step):
            key = (least[node], operation, graph.edge_clauses[edge])
            credit = known.get(key)
            if credit is None:
                level, own = levels[key[0]], words[operation]
                credited = tuple(
                    name
                    for name in graph.clauses[key[2]]
                    if name in needs
                    and all(
                        level[place[word]] + (word == own) >= number
                        for word, number in needs[name].items()
                    )
                )
                credit = known[key] = found.setdefault(credited, len(found))
            edge_credit[edge] = credit
    return Shown(edge_credit, tuple(found))


def surely(graph: Graph, word: str, most: int = 1 << 16) -> list[int]:
    """Give for each node how many operations of a kind every path to it has at least.

    More than `most` are not counted.
    """
    levels, least = _least(graph, {word: most})
    return [levels[one][0] for one in least]


def _least(graph: Graph, most: Mapping[str, int]) -> tuple[list[tuple[int, ...]], list[int]]:
    """Count operations on the paths to each node, up to so many of each kind.

    Give the counts that there are, and which of them each node has. There are few, so they are
    joined by number.
    """
    kinds = list(most)
    levels = [(0,) * len(kinds)]
    numbers = {levels[0]: 0}

    def number(level: tuple[int, ...]) -> int:
        if level not in numbers:
            numbers[level] = len(levels)
            levels.append(level)
        return numbers[level]

    words = [one.word for one in graph.operations]

    @cache
    def after(level: int, operation: int) -> int:
        counts = zip(kinds, levels[level], strict=True)
        own = words[operation]
        return number(tuple(min(one + (kind == own), most[kind]) for kind, one in counts))

    @cache
    def joined(one: int, other: int) -> int:
        return number(tuple(map(min, levels[one], levels[other])))

    least = [-1] * graph.nodes  # not reached yet
    least[START] = 0
    waiting = deque([START])
    pending = bytearray(graph.nodes)
    while waiting:
        node = waiting.popleft()
        pending[node] = False
        here = least[node]
        for step in graph.steps_at(node):
            there = after(here, graph.step_operation[step])
            for target in graph.edge_target[graph.first_edge[step] : graph.first_edge[step + 1]]:
                before = least[target]
                now = there if before < 0 else before if before == there else joined(before, there)
                if now != before:
                    least[target] = now
                    if not pending[target]:
                        pending[target] = True
                        waiting.append(target)
    return levels, least


def agreements(graph: Graph, hits: Sequence[int], catalogue: Catalogue) -> Counter[str]:
    """Count for each clause the answers that surely agreed with it."""
    what = shown(graph, catalogue)
    times = [0] * len(what.credits)
    for credit, taken in zip(what.edge_credit, hits, strict=True):
        if taken:
            times[credit] += taken
    found: Counter[str] = Counter()
    for names, number in zip(what.credits, times, strict=True):
        for name in names if number else ():
            found[name] += number
    return found


def readings(graph: Graph, hits: Sequence[int]) -> set[str]:
    """Give the readings of the page that were taken."""
    taken = {one for one, times in zip(graph.edge_reading, hits, strict=True) if times}
    return {graph.readings[one] for one in taken} - {""}


def operations(graph: Graph, hits: Sequence[int]) -> Counter[str]:
    """Count the operations of each kind."""
    times = [0] * len(graph.operations)
    for number, taken in zip(graph.step_operation, _taken(graph, hits), strict=True):
        times[number] += taken
    found: Counter[str] = Counter()
    for one, number in zip(graph.operations, times, strict=True):
        found[one.word] += number
    return found


def _taken(graph: Graph, hits: Sequence[int]) -> list[int]:
    """Tell how often each step was taken."""
    sums = [0, *accumulate(hits)]
    return [sums[end] - sums[begin] for begin, end in pairwise(graph.first_edge)]


def _near(graph: Graph, hits: Sequence[int], taken: Sequence[int]) -> set[int]:
    """Give the nodes that the implementation can be in, as far as is known.

    Of a step that was tried only the answers that were seen count: an implementation that takes one
    reading of the page never gets to the nodes of the others.
    """
    found = {START}
    waiting = [START]
    first_edge, edge_target = graph.first_edge, graph.edge_target
    while waiting:
        for step in graph.steps_at(waiting.pop()):
            begin, end = first_edge[step], first_edge[step + 1]
            tried = taken[step]
            for edge in range(begin, end):
                if (hits[edge] or not tried) and edge_target[edge] not in found:
                    found.add(edge_target[edge])
                    waiting.append(edge_target[edge])
    return found


@frozen
class Coverage:
    """How much of a graph was walked, up to renaming."""

    states: int
    """How many states were seen."""
    states_in_reach: int
    transitions: int
    transitions_in_reach: int
    layers: tuple[str, ...]
    """How each state stands, by its distance from the start, a letter for each.

    `DONE` every operation was tried in it, `SEEN` some, `NEAR` it was in reach and never seen,
    `BEYOND` the implementation never gets there: it belongs to readings that it does not take.
    """


#: How a state stands in `layers`.
BEYOND, NEAR, SEEN, DONE = "0123"


def coverage(graph: Graph, hits: Sequence[int]) -> Coverage:
    """Tell how much of a graph was walked."""
    taken = _taken(graph, hits)
    node_class, step_class = graph.node_class, graph.step_class
    reached = _near(graph, hits, taken)
    near = {node_class[node] for node in reached}
    steps = {step_class[step] for node in reached for step in graph.steps_at(node)}
    tried = {one for one, times in zip(step_class, taken, strict=True) if times}
    sources = {
        node_class[node]
        for node in range(graph.nodes)
        if any(taken[graph.first_step[node] : graph.first_step[node + 1]])
    }
    targets = {
        node_class[target] for target, times in zip(graph.edge_target, hits, strict=True) if times
    }
    seen = sources | targets
    rows: dict[int, list[str]] = {}
    for node, distance in _distances(graph).items():
        name = node_class[node]
        done = all(step_class[step] in tried for step in graph.steps_at(node))
        # Whoever has begun at all has seen the start.
        begun = name in seen or (node == START and bool(seen))
        stands = (DONE if done else SEEN) if begun else NEAR if name in near else BEYOND
        rows.setdefault(distance, []).append(stands)
    layers = tuple("".join(sorted(rows[one], reverse=True)) for one in sorted(rows))
    return Coverage(len(seen), len(near), len(tried), len(steps), layers)


@lru_cache(maxsize=32)
def _distances(graph: Graph) -> dict[int, int]:
    """Give how many operations lead to a state at least, for one node of each class."""
    node_class, edge_target, first_edge = graph.node_class, graph.edge_target, graph.first_edge
    known = {node_class[START]}
    found = {START: 0}
    waiting = deque([START])
    while waiting:
        node = waiting.popleft()
        begin, end = first_edge[graph.first_step[node]], first_edge[graph.first_step[node + 1]]
        for target in edge_target[begin:end]:
            if node_class[target] not in known:
                known.add(node_class[target])
                found[target] = found[node] + 1
                waiting.append(target)
    return found
