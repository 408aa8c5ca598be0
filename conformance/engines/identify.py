"""Test suites that tell an implementation's states apart: the HSI method, a form of the W-method.

From a graph whose answers are known a machine is made: nodes that no answers tell apart are merged.
For each of its states there is a set of *identifiers*, programs whose answers tell it from every
other state. The suite goes to each state, carries out each operation (of one more for each extra
state), and looks with the identifiers whether it has come to the right state. An implementation of
the machine that has at most so many states, and passes, is equal to it (Chow 1978; Petrenko,
Yevtushenko and Bochmann 1993 for machines in which not everything is defined everywhere).

What contexts and jobs there are is known to who calls, so nothing has to tell states apart that
differ in what is defined. An operation that was left out at the bounds tells nothing, so the
identifiers have none of that kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from waitctx.conformance.graph.graph import START

from .tours import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from waitctx.conformance.graph.graph import Graph

    from .tours import Route, Tour

#: Operations that make a world grow, so that they are left out at its bounds.
_GROWING: Final = frozenset({"set", "block"})

#: So many operations are run at a time.
BATCH: Final = 1 << 20
#: Operations by their numbers.
_Word = tuple[int, ...]


class NotKnownError(ValueError):
    """There is no machine: an operation was not tried, or not answered always in the same way."""


@define(eq=False)
class Machine:
    """What a tour has shown of an implementation, as a deterministic machine with merged states.

    Raises:
        NotKnownError: the tour has not shown enough, or that the graph's nodes are no states.
    """

    graph: Graph
    target: Sequence[int]
    access: dict[int, Route] = field(factory=dict, init=False)
    """For each node in reach the shortest way to it."""
    state: dict[int, int] = field(factory=dict, init=False)
    """The state of each node in reach."""
    identifiers: list[tuple[_Word, ...]] = field(factory=list, init=False)
    """For each state what tells it from the others."""
    _steps: dict[int, dict[int, int]] = field(factory=dict, init=False)
    _rounds: list[dict[int, int]] = field(factory=list, init=False)
    """Which nodes differ within so many answers."""

    @classmethod
    def of(cls, tour: Tour) -> Machine:
        """Make the machine that a tour has shown."""
        machine = cls(tour.graph, tour.target)
        if tour.forked or not machine._reach(tour):
            raise NotKnownError("not every operation was tried and answered in the same way")
        machine._merge()
        machine._identify()
        return machine

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(self.identifiers)

    def _reach(self, tour: Tour) -> bool:
        graph = self.graph
        self.access[START] = []
        order = [START]
        for node in order:
            self._steps[node] = {graph.step_operation[s]: s for s in graph.steps_at(node)}
            for step in graph.steps_at(node):
                if not tour.tried[step]:
                    return False
                target = self.target[step]
                if target not in self.access:
                    self.access[target] = [*self.access[node], step]
                    order.append(target)
        return True

    # -- states ------------------------------------------------------------------------------------

    def _merge(self) -> None:
        """Tell nodes apart by what is defined, then by more and more answers (Moore 1956)."""
        looks = {
            node: [(one, s) for one, s in steps.items() if self._word(one) not in _GROWING]
            for node, steps in self._steps.items()
        }
        here = _numbered({node: tuple(one for one, _ in some) for node, some in looks.items()})
        while not self._rounds or len(set(here.values())) > len(set(self._rounds[-1].values())):
            self._rounds.append(here)
            here = _numbered(
                {
                    node: (here[node], *((self._answer(s), here[self.target[s]]) for _, s in some))
                    for node, some in looks.items()
                }
            )
        self.state = self._rounds[-1]
        # What is the same to all who look has to stay so, whatever is done.
        led: dict[tuple[int, int], int] = {}
        for node, steps in self._steps.items():
            for one, s in steps.items():
                after = self.state[self.target[s]]
                if led.setdefault((self.state[node], one), after) != after:
                    raise NotKnownError("an operation tells states apart that answers do not")

    def _word(self, operation: int) -> str:
        return self.graph.operations[operation].word

    def _answer(self, step: int) -> tuple[object, ...]:
        """Give what a step answers; where it may do so in several forms, all of them."""
        edges = self.graph.edges_of(step)
        target = self.target[step]
        return tuple(self.graph.pattern(e) for e in edges if self.graph.edge_target[e] == target)

    # -- identifiers -------------------------------------------------------------------------------

    def _identify(self) -> None:
        """Give each state the words that tell it apart, in one order for all of them."""
        nodes: dict[int, int] = {}
        for node, state in self.state.items():
            nodes.setdefault(state, node)
        known: dict[int, tuple[object, ...]] = {
            state: (self._rounds[0][node],) for state, node in nodes.items()
        }
        found: dict[int, list[_Word]] = {state: [] for state in nodes}
        while alike := _alike(known):
            for some in alike:
                one, other = (nodes[state] for state in some[:2])
                word = self._telling(one, other)
                answers = {state: self._answers(nodes[state], word) for state in some}
                for state in some:
                    found[state].append(word)
                    known[state] = (*known[state], answers[state])
        self.identifiers = [tuple(found[state]) for state in range(len(nodes))]

    def _telling(self, one: int, other: int) -> _Word:
        """Give a shortest word that two nodes answer differently."""
        depth = next(k for k, some in enumerate(self._rounds) if some[one] != some[other])
        if depth == 0:
            return ()
        before = self._rounds[depth - 1]
        steps, others = self._steps[one], self._steps[other]
        for operation, step in steps.items():
            if operation not in others or self._word(operation) in _GROWING:
                continue
            there = others[operation]
            if self._answer(step) != self._answer(there):
                return (operation,)
            after = self.target[step], self.target[there]
            if before[after[0]] != before[after[1]]:
                return (operation, *self._telling(*after))
        raise AssertionError("states that differ are told apart by some operation")

    def _answers(self, node: int, word: _Word) -> tuple[object, ...]:
        """Give what a word is answered at a node, up to where it is not defined."""
        answers: list[object] = []
        for step in self._along(node, word):
            answers.append(self._answer(step))
            node = self.target[step]
        return (*answers, self._rounds[0][node])

    def _along(self, node: int, word: _Word) -> Iterator[int]:
        for operation in word:
            step = self._steps[node].get(operation)
            if step is None:
                return
            yield step
            node = self.target[step]

    # -- the suite ---------------------------------------------------------------------------------

    def suite(self, extra: int) -> Iterator[list[Route]]:
        """Give the programs for so many extra states, a batch at a time."""
        batch: list[Route] = []
        size = 0
        for route in self._programs(extra):
            if len(route) <= LONGEST:
                batch.append(route)
                size += len(route)
            if size > BATCH:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _programs(self, extra: int) -> Iterator[Route]:
        seen: set[tuple[int, int]] = set()
        for node, way in self.access.items():
            state = self.state[node]
            # At its bounds one of the nodes that make up a state may lack what another has.
            fresh = [one for one in self._steps[node] if (state, one) not in seen]
            seen.update((state, one) for one in fresh)
            for on in self._walks(node, extra + 1, fresh):
                yield from self._identified([*way, *on], self.target[on[-1]])
            if fresh:
                yield from self._identified(way, node)

    def _identified(self, way: Route, node: int) -> Iterator[Route]:
        """Look with each identifier whether the way has led to where it should."""
        for word in self.identifiers[self.state[node]] or ((),):
            yield [*way, *self._along(node, word)]

    def _walks(self, node: int, length: int, first: Iterable[int]) -> Iterator[Route]:
        """Give every way of a length, by one of some operations; the shorter ones are parts."""
        for operation in first:
            step = self._steps[node][operation]
            if length == 1:
                yield [step]
                continue
            target = self.target[step]
            rests = self._walks(target, length - 1, self._steps[target])
            yield from ([step, *rest] for rest in rests)


def _numbered(values: dict[int, tuple[object, ...]]) -> dict[int, int]:
    """Give equal values equal numbers."""
    numbers: dict[tuple[object, ...], int] = {}
    return {key: numbers.setdefault(value, len(numbers)) for key, value in values.items()}


def _alike(known: dict[int, tuple[object, ...]]) -> list[list[int]]:
    """Give the states that are not told apart yet, in groups."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for state, value in known.items():
        groups.setdefault(value, []).append(state)
    return [some for some in groups.values() if len(some) > 1]
