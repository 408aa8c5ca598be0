"""The shortest program that tells two implementations apart, whether or not both conform.

Programs over a small alphabet are tried on both, breadth first. Two programs after which the model
is in the same state are taken for one, which lets the search go deep; once something is found,
every shorter program is tried without that assumption, as far as the time allows, so that the
result is the shortest, or it is said up to which length that is certain. If nothing is found that
way, the scenarios and random programs are run on both, and what differs is shrunk.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from .engines import random_programs, scenarios
from .expectations import Mismatch
from .judge import Failure
from .model import Model, UndefinedOperationError
from .observations import died, show
from .operations import OPERATIONS
from .programs import from_text
from .rules_fds import TooMuchError
from .shrink import shrink
from .state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .adapters.base import Adapter, Observations
    from .observations import Observation
    from .operations import Operation
    from .outcomes import Profile
    from .programs import Program

_ALPHABET: Final = from_text(
    "new c0; set c0 k0 1 d0 f0; set c0 k0 2 null null; set c0 k1 3 null null; clear c0 k0;"
    "clear c0 k1; changed c0 array array; all c0 array; get c0 k0; get c0 k1; free c0;"
    "set_callback c0 b0 d0; set_callback c0 null null; get_callback c0; set_status c0 1;"
    "set_status c0 9; get_status c0; start j0 c0 null; start j0 c0 a3; pause; resume j0 c0;"
    "return 1; current; wait_ctx j0; args; block; unblock; init_thread 1 0; cleanup_thread;"
    "is_capable; changed c0 null null; all c0 null"
)
#: No deeper than this; what is told apart by more is left to the random programs.
DEEPEST: Final = 12
#: Programs that are run at a time.
_BATCH: Final = 500
#: Of the time, the part for each stage: the deep search, the certain one, random programs.
_DEEP, _CERTAIN = 0.4, 0.7

#: Is told how many programs have been run so far.
Listener = Callable[[int], None]

_Possible = tuple[State, ...]


@frozen
class Difference:
    """A program that tells two implementations apart, and what each answered."""

    program: Program
    first: Observations
    second: Observations
    shortest: bool
    """Whether every shorter program of the alphabet was tried."""


@frozen
class Search:
    """What was found, and how far was looked."""

    difference: Difference | None
    programs: int
    complete: int
    """All programs of the alphabet up to this length were tried."""
    deep: int
    """So were, up to this length, all that lead the model into different states."""


@frozen
class _Node:
    program: Program
    possible: _Possible


@define
class Distinguisher:
    """Searches on two open implementations."""

    first: Adapter
    second: Adapter
    profile: Profile
    budget: float
    seed: int = 0
    listen: Listener = lambda _: None
    programs: int = field(default=0, init=False)
    _words: list[str] = field(init=False)
    _model: Model = field(init=False)
    _initial: State = field(init=False)
    _begun: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        ics = (self.first.ics, self.second.ics)
        self._words = [
            word for word, one in OPERATIONS.items() if all(each.supports(one) for each in ics)
        ]
        self._model = Model(self.profile)
        self._initial = State(capable=all(each.capable for each in ics))

    def run(self) -> Search:
        """Search until something is found, everything is tried, or the budget is spent."""
        self._begun = monotonic()
        found, deep = self._breadth_first(DEEPEST, _DEEP, merging=True)
        limit = len(found.program) - 1 if found else DEEPEST
        shorter, complete = self._breadth_first(limit, _CERTAIN, merging=False)
        found = shorter or found or self._random()
        if found is None:
            return Search(None, self.programs, complete, deep)
        length = len(found.program)
        first, second = self._answers([found.program])
        difference = Difference(found.program, first[0], second[0], complete >= length - 1)
        return Search(difference, self.programs, min(complete, length), min(deep, length))

    def _breadth_first(
        self, limit: int, part: float, *, merging: bool
    ) -> tuple[Failure | None, int]:
        """Give the first difference and the length up to which all was tried."""
        alphabet = [one for one in _ALPHABET if one.word in self._words]
        level = [_Node((), (self._initial,))]
        known: set[_Possible] = {(self._initial,)}
        for length in range(1, limit + 1):
            following: list[_Node] = []
            extended = (
                (node, (*node.program, one))
                for node in level
                for one in alphabet
                if self._defined(node.possible, one)
            )
            for batch in _batches(extended):
                if self._late(part):
                    return None, length - 1
                for (node, program), first, second in self._run_both(batch):
                    if difference := _difference(program, first, second):
                        return difference, length
                    after = self._after(node.possible, program[-1], first)
                    if after and not (merging and after in known):
                        known.add(after)
                        following.append(_Node(program, after))
            level = following
            if not level:
                return None, DEEPEST
        return None, limit

    def _random(self) -> Failure | None:
        """Look further than the alphabet goes."""
        capable = self._initial.capable
        endless = random_programs.programs(self.profile, self._words, self.seed, capable=capable)
        sources: tuple[Iterator[Program], ...] = (
            scenarios.programs(self.profile, self._words, capable=capable),
            endless,
        )
        for source in sources:
            for batch in _batches((_Node((), ()), program) for program in source):
                if self._late(1.0):
                    return None
                for (_, program), first, second in self._run_both(batch):
                    if difference := _difference(program, first, second):
                        return self._shrunk(difference)
        return None

    def _shrunk(self, difference: Failure) -> Failure:
        again = self._attempt(difference.program)
        if again is None:  # it takes the programs before it, too
            return difference
        until = monotonic() + max(2.0, self.budget / 2)
        return shrink(again, self._attempt, self._model, capable=self._initial.capable, until=until)

    def _attempt(self, program: Program) -> Failure | None:
        first, second = self._answers([program])
        return _difference(program, first[0], second[0])

    def _run_both(
        self, batch: list[tuple[_Node, Program]]
    ) -> Iterator[tuple[tuple[_Node, Program], Observations, Observations]]:
        """Run programs on both; what follows one that an implementation did not survive, again."""
        while batch:
            first, second = self._answers([program for _, program in batch])
            done = min(len(first), len(second))
            yield from zip(batch[:done], first, second, strict=False)
            batch = batch[done:]

    def _answers(
        self, programs: Sequence[Program]
    ) -> tuple[list[Observations], list[Observations]]:
        self.programs += len(programs)
        self.listen(self.programs)
        return self.first.run(programs), self.second.run(programs)

    def _late(self, part: float) -> bool:
        return monotonic() - self._begun > part * self.budget

    def _defined(self, possible: _Possible, operation: Operation) -> bool:
        return all(self._model.defined(state, operation) for state in possible)

    def _after(self, possible: _Possible, operation: Operation, seen: Observations) -> _Possible:
        """Give the states that are possible after an answer, or if none explains it after any."""
        try:
            outcomes = [one for state in possible for one in self._model.step(state, operation)]
        except (UndefinedOperationError, TooMuchError):
            return ()
        agreeing = [one for one in outcomes if not one.mismatches(seen[-1])]
        return tuple(dict.fromkeys(one.state for one in agreeing or outcomes))


def _batches(
    extended: Iterable[tuple[_Node, Program]],
) -> Iterator[list[tuple[_Node, Program]]]:
    source = iter(extended)
    while batch := list(islice(source, _BATCH)):
        yield batch


def _difference(program: Program, first: Observations, second: Observations) -> Failure | None:
    """Give the first operation that was answered in two ways, in the form that can be shrunk."""
    for place in range(len(program)):
        one, other = _at(first, place), _at(second, place)
        if one != other:
            names = dict.fromkeys(name for seen in (one, other) for name, _ in seen.answers)
            wrong = tuple(
                Mismatch(name, _said(one, name), _said(other, name), ())
                for name in names
                if one.get(name) != other.get(name)
            ) or (Mismatch("calls", _called(one), _called(other), ()),)
            return Failure(program[: place + 1], first[: place + 1], "", (), wrong)
    return None


def _at(observations: Observations, place: int) -> Observation:
    return observations[place] if place < len(observations) else died("the program cannot go on")


def _said(seen: Observation, name: str) -> str:
    value = seen.get(name)
    return "no answer" if value is None else show(value)


def _called(seen: Observation) -> str:
    return ", ".join(map(str, seen.events)) or "none"
