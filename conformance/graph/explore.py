"""Explores the model breadth first within bounds.

A node is what the judge calls `Possible`: every state that an implementation can be in as far as
its answers tell. So an answer leads from node to node, also where the page leaves a choice.
"""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from waitctx.conformance.model import Model
from waitctx.conformance.rules_fds import TooMuchError
from waitctx.conformance.state import Context, Mark, State

from .alphabet import alphabet, renamings
from .graph import Graph
from .patterns import ANYTHING, Words, covers, patterns, unify

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from waitctx.conformance.operations import Operation
    from waitctx.conformance.outcomes import Outcome, Profile

    from .alphabet import Renaming
    from .bounds import Bounds

_Node = frozenset[State]
#: A pattern, the node that it leads to, and the outcomes that permit it.
_Edge = tuple[Words, _Node, list["Outcome"]]

#: Steps with more forms of answer are left out: some order of many fds.
_MOST_PATTERNS: Final = 200
#: Where the page leaves more open than this, the node is left out.
_MOST_STATES: Final = 16


class TooLargeError(ValueError):
    """The bounds hold more than can be explored; the text says so."""


def explore(
    bounds: Bounds,
    profile: Profile,
    words: Collection[str],
    *,
    capable: bool,
    limit: int = 200_000,
) -> Graph:
    """Explore what a profile says of a small world, with the operations among `words`.

    Raises:
        TooLargeError: there are more than `limit` nodes.
    """
    explorer = _Explorer(within(bounds, words), profile, limit)
    explorer.run(State(capable=capable))
    return explorer.graph()


def within(bounds: Bounds, words: Collection[str]) -> Bounds:
    """Leave out of a world the operations that are not among `words`."""
    return evolve(bounds, words=tuple(word for word in bounds.words if word in words))


@define
class _Interned:
    """Gives equal values equal numbers, in the order in which they come up."""

    numbers: dict[object, int] = field(factory=dict)

    def __call__(self, value: object) -> int:
        return self.numbers.setdefault(value, len(self.numbers))


@define
class _Explorer:
    bounds: Bounds
    profile: Profile
    limit: int
    model: Model = field(init=False)
    operations: tuple[Operation, ...] = field(init=False)
    nodes: dict[_Node, int] = field(factory=dict)
    order: dict[State, int] = field(factory=dict)
    """States in the order in which they came up: a set has another one in each process."""
    outcomes: dict[tuple[State, int], tuple[Outcome, ...] | None] = field(factory=dict)
    first_step: array[int] = field(factory=lambda: array("I", [0]))
    step_operation: array[int] = field(factory=lambda: array("I"))
    first_edge: array[int] = field(factory=lambda: array("I", [0]))
    edge_target: array[int] = field(factory=lambda: array("I"))
    edge_words: array[int] = field(factory=lambda: array("I"))
    edge_clauses: array[int] = field(factory=lambda: array("I"))
    edge_reading: array[int] = field(factory=lambda: array("I"))
    words: array[int] = field(factory=lambda: array("q"))
    places: dict[Words, int] = field(factory=dict)
    clauses: _Interned = field(factory=_Interned)
    readings: _Interned = field(factory=lambda: _Interned({"": 0}))
    cut: int = 0

    def __attrs_post_init__(self) -> None:
        self.model = Model(self.profile)
        self.operations = alphabet(self.bounds)

    def run(self, initial: State) -> None:
        self.nodes[frozenset([initial])] = 0
        self.order[initial] = 0
        waiting = deque(self.nodes)
        while waiting:
            node = waiting.popleft()
            for number in range(len(self.operations)):
                edges = self._edges(node, number)
                if edges:
                    waiting.extend(self._add(number, edges))
            self.first_step.append(len(self.step_operation))
            if len(self.nodes) > self.limit:
                raise TooLargeError(
                    f"the world {self.bounds.name} has more than {self.limit} states"
                )

    def _edges(self, node: _Node, number: int) -> list[_Edge]:
        """Give the edges of one operation; none where it is undefined, or leads out of bounds."""
        permitted: list[Outcome] = []
        for state in sorted(node, key=self.order.__getitem__):
            some = self._outcomes(state, number)
            if some is None:
                return []
            permitted += some
        edges = _edges(self.operations[number].word, permitted)
        if edges and not all(self._within(target) for _, target, _ in edges):
            self.cut += 1
            return []
        return edges

    def _outcomes(self, state: State, number: int) -> tuple[Outcome, ...] | None:
        """Give the outcomes in one state; None where the operation is undefined."""
        key = (state, number)
        if key not in self.outcomes:
            operation = self.operations[number]
            found = None
            if self.model.defined(state, operation):
                try:
                    found = tuple(map(self._plain, self.model.step(state, operation)))
                    for one in found:
                        self.order.setdefault(one.state, len(self.order))
                except TooMuchError:
                    self.cut += 1
            self.outcomes[key] = found
        return self.outcomes[key]

    def _plain(self, outcome: Outcome) -> Outcome:
        """Leave out of a state what no answer depends on where the choices are pinned."""
        if not self.profile.pinned:
            return outcome
        contexts = tuple((name, _forget(one)) for name, one in outcome.state.contexts)
        return evolve(outcome, state=evolve(outcome.state, contexts=contexts))

    def _within(self, node: _Node) -> bool:
        most = self.bounds.entries
        return len(node) <= _MOST_STATES and all(
            state.blocks <= self.bounds.blocks
            and all(len(one.entries) + len(one.ghosts) <= most for _, one in state.contexts)
            for state in node
        )

    def _add(self, number: int, edges: Sequence[_Edge]) -> Iterable[_Node]:
        """Write a step down; give the nodes that are new."""
        for pattern, target, outcomes in edges:
            known = self.nodes.get(target)
            if known is None:
                known = self.nodes[target] = len(self.nodes)
                yield target
            named = tuple(dict.fromkeys(name for one in outcomes for name in one.clauses))
            shown = {one.reading for one in outcomes}
            self.edge_target.append(known)
            self.edge_words.append(self._place(pattern))
            self.edge_clauses.append(self.clauses(named))
            self.edge_reading.append(self.readings(shown.pop() if len(shown) == 1 else ""))
        self.step_operation.append(number)
        self.first_edge.append(len(self.edge_target))

    def _place(self, pattern: Words) -> int:
        place = self.places.get(pattern)
        if place is None:
            place = self.places[pattern] = len(self.words)
            self.words.extend(pattern)
        return place

    def graph(self) -> Graph:
        node_class, step_class = self._classes()
        return Graph(
            bounds=self.bounds,
            profile=self.profile.name,
            operations=self.operations,
            first_step=self.first_step,
            step_operation=self.step_operation,
            first_edge=self.first_edge,
            edge_target=self.edge_target,
            edge_words=self.edge_words,
            words=self.words,
            edge_clauses=self.edge_clauses,
            edge_reading=self.edge_reading,
            clauses=tuple(self.clauses.numbers),  # type: ignore[arg-type]
            readings=tuple(self.readings.numbers),  # type: ignore[arg-type]
            node_class=node_class,
            step_class=step_class,
            cut=self.cut,
        )

    def _classes(self) -> tuple[array[int], array[int]]:
        """Tell nodes and steps apart up to renaming."""
        changes = renamings(self.bounds)
        places = {one: at for at, one in enumerate(self.operations)}
        moved = [[places[one.operation(each)] for each in self.operations] for one in changes]
        described = _Described(changes)
        numbers, steps = _Interned(), _Interned()
        node_class, step_class = array("I"), array("I")
        for number, node in enumerate(self.nodes):
            forms = [described.node(node, at) for at in range(len(changes))]
            least = min(forms)
            same = [at for at, form in enumerate(forms) if form == least]
            here = numbers(least)
            node_class.append(here)
            for step in range(self.first_step[number], self.first_step[number + 1]):
                operation = self.step_operation[step]
                step_class.append(steps((here, min(moved[at][operation] for at in same))))
        return node_class, step_class


def _forget(context: Context) -> Context:
    if not any(one.late for one in context.entries):
        return context
    return evolve(context, entries=tuple(evolve(one, late=False) for one in context.entries))


def _edges(word: str, permitted: Sequence[Outcome]) -> list[_Edge]:
    """Give patterns the most special first, each with all outcomes that it agrees with."""
    if len(permitted) == 1:
        (only,) = permitted
        target = frozenset([only.state])
        return [(one, target, [only]) for one in patterns(word, only.expectations)]
    agreeing: dict[Words, list[Outcome]] = {}
    for outcome in permitted:
        for pattern in patterns(word, outcome.expectations):
            agreeing.setdefault(pattern, []).append(outcome)
    if len(agreeing) > _MOST_PATTERNS:
        return []
    if any(ANYTHING in one for one in agreeing):
        agreeing = _closed(agreeing)
    edges = [
        (pattern, frozenset(one.state for one in some), some) for pattern, some in agreeing.items()
    ]
    return sorted(edges, key=lambda edge: edge[0].count(ANYTHING))


def _closed(agreeing: dict[Words, list[Outcome]]) -> dict[Words, list[Outcome]]:
    """Add what patterns share, so that the most special one that fits tells all that agree."""
    found = dict.fromkeys(agreeing)
    waiting = deque(found)
    while waiting:
        one = waiting.popleft()
        for other in tuple(found):
            both = unify(one, other)
            if both is not None and both not in found:
                found[both] = None
                waiting.append(both)
    return {
        one: [each for general, some in agreeing.items() if covers(general, one) for each in some]
        for one in found
    }


@define
class _Described:
    """Writes states down under each renaming; parts recur, so they are remembered."""

    changes: tuple[Renaming, ...]
    known: dict[tuple[object, int], tuple[object, ...]] = field(factory=dict)

    def node(self, node: _Node, change: int) -> tuple[object, ...]:
        return tuple(sorted(self._state(state, change) for state in node))

    def _state(self, state: State, change: int) -> tuple[object, ...]:
        key = (state, change)
        if key not in self.known:
            names = self.changes[change].names
            self.known[key] = (
                tuple(
                    sorted(
                        (names[name], self._context(one, change)) for name, one in state.contexts
                    )
                ),
                tuple(
                    sorted(
                        (names[name], names[one.ctx], one.block, one.paused)
                        for name, one in state.jobs
                    )
                ),
                names.get(state.running or "", ""),
                state.blocks,
                -1 if state.pool is None else state.pool,
                "" if state.duplicate is None else state.duplicate.value,
            )
        return self.known[key]

    def _context(self, context: Context, change: int) -> tuple[object, ...]:
        key = (context, change)
        if key not in self.known:
            names, values = self.changes[change].names, self.changes[change].values
            entries, ghosts = (
                tuple(
                    (
                        names[one.key],
                        *values[one.fd, one.data, one.cleanup],
                        _MARKS[one.mark],
                        one.late,
                    )
                    for one in some
                )
                for some in (context.entries, context.ghosts)
            )
            told = context.told or (-1, -1)
            kept = context.callback, context.arg, context.status
            self.known[key] = (entries, ghosts, *kept, told)
        return self.known[key]


_MARKS: Final = {mark: place for place, mark in enumerate(Mark)}
