"""Shortest programs to where a longer one has failed, told from the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .graph import START

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.programs import Program

    from .graph import Graph

#: So many are worth a try.
MOST: Final = 12


def shortcuts(graph: Graph, program: Program) -> list[Program]:
    """Give shorter programs that end with the same operation in the same state, up to renaming.

    The shortest come first. An implementation may have something else in mind there, so whether
    they fail too has to be tried.
    """
    numbers = {operation: at for at, operation in enumerate(graph.operations)}
    *before, last = [numbers[operation] for operation in program]
    here = {START}
    for operation in before:
        steps = (graph.step_of(node, operation) for node in here)
        here = {target for step in steps if step is not None for target in graph.targets(step)}
    wanted = {
        graph.step_class[step] for node in here if (step := graph.step_of(node, last)) is not None
    }
    found: list[Program] = []
    for way, node in _ways(graph):
        if len(way) + 1 >= len(program) or len(found) == MOST:
            break
        found += [
            (*(graph.operation(one) for one in way), graph.operation(step))
            for step in graph.steps_at(node)
            if graph.step_class[step] in wanted
        ]
    return found[:MOST]


def _ways(graph: Graph) -> Iterator[tuple[tuple[int, ...], int]]:
    """Give every node with a shortest way to it, the nearest first."""
    ways: dict[int, tuple[int, ...]] = {START: ()}
    order = [START]
    for node in order:
        yield ways[node], node
        for step in graph.steps_at(node):
            for target in graph.targets(step):
                if target not in ways:
                    ways[target] = (*ways[node], step)
                    order.append(target)
