"""Every program of a length along a graph where C cannot walk: batches, whose answers Python reads.

What a program can go on with rests on where its answers led. So programs grow by one operation at a
time: all of a length are run before they are made longer. This costs a tenth more than to know
beforehand, and runs nothing that is undefined.
"""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from waitctx.conformance.adapters.walking import Stray
from waitctx.conformance.clauses import load
from waitctx.conformance.graph.alphabet import first_use
from waitctx.conformance.graph.evidence import shown
from waitctx.conformance.graph.graph import START
from waitctx.conformance.graph.reading import Reader, reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from waitctx.conformance.adapters.base import Adapter, Observations
    from waitctx.conformance.adapters.walking import Order
    from waitctx.conformance.graph.evidence import Shown
    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.programs import Program

#: Programs of fewer operations are every part's; longer ones are shared out.
_PARTED: Final = 3
#: So many programs are carried out at a time, and none of them is begun after so many seconds.
_BATCH: Final = 512
_LONGEST_BATCH: Final = 2.0


@frozen
class _Path:
    """The beginning of a program, as far as its answers are known."""

    steps: tuple[int, ...] = ()
    node: int = START
    used: tuple[int, ...] = (0, 0, 0)
    """How many contexts, keys and jobs it has named."""


@define(eq=False)
class BatchWalker:
    """A walk in progress; beside `Walker`, whose face it has, it is slow, and needs no C."""

    adapter: Adapter
    graph: Graph
    order: Order
    programs: int = field(default=0, init=False)
    operations: int = field(default=0, init=False)
    over: bool = field(default=False, init=False)
    """Whether every program was run."""
    unstable: int = field(default=0, init=False)
    """How often the same operations were not answered the same way."""
    hits: array[int] = field(init=False)
    """How often each edge was taken."""
    _evidence: Shown = field(init=False)
    _reader: Reader = field(init=False)
    _shown: Counter[frozenset[int]] = field(factory=Counter, init=False)
    _slices: Iterator[Stray | None] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.hits = array("Q", bytes(8 * self.graph.edges))
        self._evidence = shown(self.graph, load())
        self._reader = reader(self.graph)
        self._slices = self._walk()

    def go(self, seconds: float) -> Stray | None:
        """Walk for so long, or until an answer is met that the graph has not: give its program."""
        until = monotonic() + seconds
        for stray in self._slices:
            if stray is not None or monotonic() >= until:
                return stray
        self.over = True
        return None

    @property
    def programs_for(self) -> Counter[str]:
        """How many programs exercised each clause: had an answer that surely agreed with it."""
        credits_ = self._evidence.credits
        found: Counter[str] = Counter()
        for numbers, programs in self._shown.items():
            for name in {name for one in numbers for name in credits_[one]}:
                found[name] += programs
        return found

    def _walk(self) -> Iterator[Stray | None]:
        paths = [_Path()]
        for length in range(1, self.order.depth + 1):
            arrived: list[_Path] = []
            for path, seen in self._carry_out(self._longer(paths)):
                edges = self._reader.edges(path.steps, seen)
                stray = len(edges) < length
                if stray or length == self.order.depth:
                    self._count(path, edges)
                else:
                    arrived.append(evolve(path, node=self.graph.edge_target[edges[-1]]))
                yield Stray(self._program(path), seen, self.graph) if stray else None
            paths = arrived

    def _carry_out(self, paths: Iterator[_Path]) -> Iterator[tuple[_Path, Observations]]:
        while batch := list(islice(paths, _BATCH)):
            while batch:
                seen = self.adapter.run(list(map(self._program, batch)), _LONGEST_BATCH)
                yield from zip(batch, seen, strict=False)
                del batch[: len(seen)]

    def _program(self, path: _Path) -> Program:
        return tuple(map(self.graph.operation, path.steps))

    def _count(self, path: _Path, edges: Sequence[int]) -> None:
        at = map(self.graph.steps_at, map(self.graph.edge_target.__getitem__, edges))
        self.unstable += any(
            step not in here for step, here in zip(path.steps[1:], at, strict=False)
        )
        self.programs += 1
        self.operations += len(path.steps)
        for edge in edges:
            self.hits[edge] += 1
        credit = self._evidence.edge_credit
        self._shown[frozenset(credit[edge] for edge in edges)] += 1

    def _longer(self, paths: Sequence[_Path]) -> Iterator[_Path]:
        """Append to each path what can stand there: symbols in the order of their numbers."""
        graph, order = self.graph, self.order
        alone = order.depth <= _PARTED and order.part > 0  # so few programs are not shared out
        number = 0
        for path in () if alone else paths:
            for step in graph.steps_at(path.node):
                needs = first_use(graph.operation(step))
                if any(need > have + 1 for need, have in zip(needs, path.used, strict=True)):
                    continue
                number += 1
                if (
                    len(path.steps) + 1 == _PARTED < order.depth
                    and number % order.parts != order.part
                ):
                    continue
                used = tuple(map(max, needs, path.used))
                yield _Path((*path.steps, step), path.node, used)
