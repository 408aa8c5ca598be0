"""The programs that are measured: chosen by chance along the graphs, as the walker chooses them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from waitctx.conformance.graph.graph import START

if TYPE_CHECKING:
    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.operations import Operation
    from waitctx.conformance.programs import Program

#: As long as walks are on average.
_MEAN: Final = 450


def programs(graph: Graph, operations: int, seed: int) -> list[Program]:
    """Make programs with so many operations in all, or a few more.

    Where the page leaves a choice they go on as if the first answer that is permitted were given;
    what a program may do next does not depend on it.
    """
    random = Random(f"{graph.bounds.name}:{seed}")
    made: list[Program] = []
    while operations > 0:
        program = _program(graph, random, 1 + random.randrange(2 * _MEAN))
        operations -= len(program)
        made.append(program)
    return made


def _program(graph: Graph, random: Random, length: int) -> Program:
    node = START
    chosen: list[Operation] = []
    while len(chosen) < length and graph.steps_at(node):
        step = random.choice(graph.steps_at(node))
        chosen.append(graph.operation(step))
        node = graph.edge_target[graph.first_edge[step]]
    return tuple(chosen)
