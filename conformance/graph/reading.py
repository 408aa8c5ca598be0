"""Reads observations along a graph: which edge a step takes with an answer that Python sees."""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile
from struct import pack
from typing import TYPE_CHECKING, Final

from waitctx.conformance.adapters.words import NATIVE_RECORDS
from waitctx.conformance.remembered import Remembered

from .patterns import ANYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.observations import Observation

    from .graph import Graph


class Reader(Remembered[tuple[int, "Observation"], int]):
    """The edge that each step takes with each observation that was met so far; -1 for none."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph
        self._patterns: dict[int, tuple[Observation, Observation]] = {}

    def edges(self, steps: Sequence[int], seen: Sequence[Observation]) -> list[int]:
        """Give the edges that a program takes, up to the first answer that the graph has not."""
        taken = (self[one] for one in zip(steps, seen, strict=False))
        return list(takewhile(lambda edge: edge >= 0, taken))

    def __missing__(self, key: tuple[int, Observation]) -> int:
        step, seen = key
        edges = self._graph.edges_of(step)
        return self.remember(key, next((one for one in edges if self._fits(one, seen)), -1))

    def _fits(self, edge: int, seen: Observation) -> bool:
        """Tell whether an observation is one that an edge stands for.

        Where any word will do, two different ones give two answers: neither is asked for.
        """
        at = self._graph.edge_words[edge]
        if at not in self._patterns:
            words = self._graph.pattern(edge)
            self._patterns[at] = _observed(words, 0), _observed(words, 1)
        one, other = self._patterns[at]
        if seen.events != one.events or len(seen.answers) != len(one.answers):
            return False
        return all(
            mine in (its, theirs) or (its != theirs and mine[0] == its[0])
            for mine, its, theirs in zip(seen.answers, one.answers, other.answers, strict=True)
        )


def _observed(words: Sequence[int], anything: int) -> Observation:
    """Give the observation of a pattern with a certain word where any will do."""
    known = [anything if word == ANYTHING else word for word in words]
    return NATIVE_RECORDS[pack(f"={len(known)}q", *known)]


#: The reader of a graph.
reader: Final = lru_cache(maxsize=8)(Reader)
