"""The graph: nodes, the operations that can be tried at each, and the answers permitted to them.

Everything is a number: a node, an operation and an edge are told by their place. A *step* is an
operation at a node, an *edge* one form of answer to a step, which leads to a node. The arrays are
laid out as the native driver walks them (native/table.h).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

    from waitctx.conformance.operations import Operation

    from .bounds import Bounds
    from .patterns import Words

#: The node of a program that has not begun.
START = 0


@frozen(eq=False)
class Graph:
    """A model explored within bounds.

    Of node *n* the steps are ``first_step[n]`` up to, without, ``first_step[n + 1]``; of step *s*
    the edges are ``first_edge[s]`` up to ``first_edge[s + 1]``. The pattern of edge *e* stands in
    ``words`` from ``edge_words[e]`` on; its first word tells how many follow. Of several patterns
    that a result fits the first counts.
    """

    bounds: Bounds
    profile: str
    operations: tuple[Operation, ...]
    first_step: array[int]
    step_operation: array[int]
    first_edge: array[int]
    edge_target: array[int]
    edge_words: array[int]
    words: array[int]
    edge_clauses: array[int]
    """Which of `clauses` each edge rests on."""
    edge_reading: array[int]
    """Which of `readings` each edge takes."""
    clauses: tuple[tuple[str, ...], ...]
    readings: tuple[str, ...]
    """The first is none."""
    node_class: array[int]
    """Nodes that are the same but for the names of symbols have the same class."""
    step_class: array[int]
    """So have steps."""
    cut: int
    """How many operations were left out because they lead beyond the bounds."""

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self.first_step) - 1

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.step_operation)

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return len(self.edge_target)

    @property
    def states(self) -> int:
        """How many nodes there are up to renaming."""
        return len(set(self.node_class))

    @property
    def transitions(self) -> int:
        """How many steps there are up to renaming."""
        return len(set(self.step_class))

    def steps_at(self, node: int) -> range:
        """Give the steps at a node."""
        return range(self.first_step[node], self.first_step[node + 1])

    def edges_of(self, step: int) -> range:
        """Give the edges of a step."""
        return range(self.first_edge[step], self.first_edge[step + 1])

    def operation(self, step: int) -> Operation:
        """Give the operation of a step."""
        return self.operations[self.step_operation[step]]

    def targets(self, step: int) -> list[int]:
        """Give the nodes that a step can lead to, each once; of a step with a sure answer one."""
        return list(dict.fromkeys(self.edge_target[edge] for edge in self.edges_of(step)))

    def pattern(self, edge: int) -> Words:
        """Give the results that an edge stands for."""
        at = self.edge_words[edge]
        return tuple(self.words[at : at + 1 + (self.words[at] & 0xFFFF_FFFF)])

    def step_of(self, node: int, operation: int) -> int | None:
        """Give the step of an operation at a node; None where it is undefined or out of bounds."""
        return next((s for s in self.steps_at(node) if self.step_operation[s] == operation), None)

    def sources(self) -> Iterator[tuple[int, int]]:
        """Give every step with the node that it starts from."""
        for node in range(self.nodes):
            for step in self.steps_at(node):
                yield node, step
