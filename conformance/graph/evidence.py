"""What a walk along a graph shows of the clauses, told from how often each edge was taken.

A program exercises a clause if it has the clause's operations. Which programs took an edge is not
known, but which operations every program has that can take it is: those that stand on each path to
it. So an edge counts for a clause only if no path avoids what the clause needs.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from .graph import START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.clauses import Catalogue

    from .graph import Graph


def surely(graph: Graph, word: str) -> list[int]:
    """Give for each node how many operations of this kind every path to it has at least."""
    least = [len(graph.first_step)] * graph.nodes
    least[START] = 0
    waiting = deque([START])
    costs = [int(one.word == word) for one in graph.operations]
    while waiting:
        node = waiting.popleft()
        for step in graph.steps_at(node):
            cost = least[node] + costs[graph.step_operation[step]]
            for target in graph.edge_target[graph.first_edge[step] : graph.first_edge[step + 1]]:
                if cost < least[target]:
                    least[target] = cost
                    # What costs nothing more is looked at first: then few nodes come up twice.
                    (waiting.appendleft if cost == least[node] else waiting.append)(target)
    return least


def agreements(graph: Graph, hits: Sequence[int], catalogue: Catalogue) -> Counter[str]:
    """Count for each clause the answers that surely agreed with it."""
    found: Counter[str] = Counter()
    words = {one.word for one in graph.operations}
    needs = {
        name: one.needs
        for name, one in catalogue.clauses.items()
        if one.needs and words.issuperset(one.needs)
    }
    least = {word: surely(graph, word) for word in words}
    for node, step in graph.sources():
        own = graph.operation(step).word
        for edge in graph.edges_of(step):
            if not hits[edge]:
                continue
            for name in graph.clauses[graph.edge_clauses[edge]]:
                wanted = needs.get(name)
                if wanted and all(
                    least[word][node] + (word == own) >= number for word, number in wanted.items()
                ):
                    found[name] += hits[edge]
    return found


def readings(graph: Graph, hits: Sequence[int]) -> set[str]:
    """Give the readings of the page that were taken."""
    taken = {
        graph.readings[one] for one, times in zip(graph.edge_reading, hits, strict=True) if times
    }
    return taken - {""}


def operations(graph: Graph, hits: Sequence[int]) -> Counter[str]:
    """Count the operations of each kind."""
    found: Counter[str] = Counter()
    for step, number in enumerate(graph.step_operation):
        times = sum(hits[graph.first_edge[step] : graph.first_edge[step + 1]])
        found[graph.operations[number].word] += times
    return found


def within_reach(graph: Graph, hits: Sequence[int]) -> set[int]:
    """Give the nodes that the implementation can be in, as far as is known.

    Of a step that was tried only the answers that were seen count: an implementation that takes one
    reading of the page never gets to the nodes of the others.
    """
    found = {START}
    waiting = [START]
    while waiting:
        for step in graph.steps_at(waiting.pop()):
            edges = graph.edges_of(step)
            tried = [edge for edge in edges if hits[edge]]
            for edge in tried or edges:
                target = graph.edge_target[edge]
                if target not in found:
                    found.add(target)
                    waiting.append(target)
    return found


def coverage(graph: Graph, hits: Sequence[int]) -> tuple[int, int, int, int]:
    """Count states seen, states within reach, transitions seen and within reach, up to renaming."""
    near = within_reach(graph, hits)
    states = {graph.node_class[node] for node in near}
    steps = {graph.step_class[step] for node in near for step in graph.steps_at(node)}
    taken = [
        (node, step)
        for node, step in graph.sources()
        if any(hits[graph.first_edge[step] : graph.first_edge[step + 1]])
    ]
    seen = {graph.node_class[node] for node, _ in taken} | {
        graph.node_class[graph.edge_target[edge]]
        for _, step in taken
        for edge in graph.edges_of(step)
        if hits[edge]
    }
    done = {graph.step_class[step] for _, step in taken}
    return len(seen), len(states), len(done), len(steps)


#: How a state stands in `layers`.
BEYOND, NEAR, SEEN, DONE = "0123"


def layers(graph: Graph, hits: Sequence[int]) -> tuple[str, ...]:
    """Tell how each state stands, by its distance from the start, a letter for each up to renaming.

    `DONE` every operation was tried in it, `SEEN` some, `NEAR` it was in reach and never seen,
    `BEYOND` the implementation never gets there: it belongs to readings that it does not take.
    """
    near = {graph.node_class[node] for node in within_reach(graph, hits)}
    tried: dict[int, set[bool]] = {}
    seen = {graph.node_class[START]} if any(hits) else set()
    for node, step in graph.sources():
        taken = [edge for edge in graph.edges_of(step) if hits[edge]]
        tried.setdefault(graph.step_class[step], set()).add(bool(taken))
        seen |= {graph.node_class[node]} if taken else set()
        seen |= {graph.node_class[graph.edge_target[edge]] for edge in taken}
    rows: dict[int, list[str]] = {}
    for node, distance in _distances(graph).items():
        name = graph.node_class[node]
        done = all(True in tried[graph.step_class[step]] for step in graph.steps_at(node))
        stands = (DONE if done else SEEN) if name in seen else NEAR if name in near else BEYOND
        rows.setdefault(distance, []).append(stands)
    return tuple("".join(sorted(rows[one], reverse=True)) for one in sorted(rows))


def _distances(graph: Graph) -> dict[int, int]:
    """Give how many operations lead to a state at least, for one node of each class."""
    known = {graph.node_class[START]}
    found = {START: 0}
    waiting = deque([START])
    while waiting:
        node = waiting.popleft()
        for step in graph.steps_at(node):
            for target in graph.targets(step):
                if graph.node_class[target] not in known:
                    known.add(graph.node_class[target])
                    found[target] = found[node] + 1
                    waiting.append(target)
    return found
