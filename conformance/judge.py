"""The judge: walks what an implementation answered with the model, and says what it did not permit.

It follows every state that is still possible. The first operation whose answers no permitted
outcome explains is the failure. Steps are remembered: the judge is in effect a finite automaton
over (operation, observation), built as far as programs reach, so that a step seen before costs one
look-up.
"""

from __future__ import annotations

from collections import Counter
from functools import reduce
from operator import attrgetter, or_
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from .blame import NO_ANSWERS, blame
from .model import Model, UndefinedOperationError
from .observations import DIED, HEAP, STUCK, Observation, died
from .operations import Interrupt, Race
from .rules_fds import TooMuchError
from .state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .clauses import Catalogue
    from .expectations import Mismatch
    from .operations import Operation
    from .outcomes import Outcome
    from .programs import Program

#: Steps that are kept in mind: past this many all are forgotten, so that memory stays flat in long
#: runs.
MAX_REMEMBERED: Final = 100_000
#: Nor more than this many contexts and associations in the states that are remembered.
MAX_SIZE: Final = 4_000_000

#: Every state that the implementation can be in, as far as its answers tell, each once. They are in
#: the order in which the model gave them: a set has another in each process, and where several
#: outcomes are equally near the first is blamed.
Possible = tuple[State, ...]


#: Whoever blocks all signals for a while cannot be interrupted just then: it dies of that.
_TRAPPED: Final = "SIGTRAP"
_CANNOT_BE_INTERRUPTED: Final = "it blocks signals where it was to be interrupted"


@frozen
class Failure:
    """The first operation of a program that was not answered as the page permits."""

    program: Program
    """Up to and with the operation that failed."""
    observations: tuple[Observation, ...]
    clause: str
    """The clause that is blamed."""
    related: tuple[str, ...]
    """Other clauses that the same answer goes against."""
    mismatches: tuple[Mismatch, ...]
    """What was not permitted about it, compared with the permitted outcome that is nearest."""
    after: Program = ()
    """What it may take besides: operations that come later in the program, but begin before."""

    @property
    def whole(self) -> Program:
        """All that has to be run for it to happen."""
        return self.program + self.after

    @property
    def cause(self) -> str:
        """How the implementation ended; empty when it gave an answer."""
        died = self.observations[-1].get(DIED)
        return "" if died is None else str(died)


@frozen
class Judgement:
    """What one program showed."""

    judged: int
    """How many operations were judged, the failing one too."""
    failure: Failure | None = None
    inconclusive: str = ""
    """Why the judge could not go on, where it stopped without a failure."""


@frozen(eq=False)
class _Step:
    """What the judge makes of one operation and its observation."""

    after: int
    clauses: tuple[str, ...] = ()
    marks: int = 0
    """The same, a bit for each."""
    readings: tuple[str, ...] = ()
    failed: bool = False
    inconclusive: str = ""


@define
class Judge:
    """Gives verdicts on programs by one model, and keeps count of what they showed."""

    model: Model
    catalogue: Catalogue
    initial: State = field(factory=State)
    _numbers: dict[Possible, int] = field(factory=dict, init=False)
    _possible: list[Possible] = field(factory=list, init=False)
    _steps: dict[tuple[int, Operation, Observation], _Step] = field(factory=dict, init=False)
    _applying: dict[frozenset[tuple[str, int]], frozenset[str]] = field(factory=dict, init=False)
    _passed: dict[frozenset[str], Counter[_Step]] = field(factory=dict, init=False)
    _exercised: Counter[str] = field(factory=Counter, init=False)
    _marked: Counter[tuple[frozenset[str], int]] = field(factory=Counter, init=False)
    """How many programs there were that some clauses apply to, and whose answers agreed with some:
    a bit for each of these."""
    _bits: dict[str, int] = field(init=False)
    _programs_for: Counter[str] = field(factory=Counter, init=False)
    _size: int = field(default=0, init=False)
    """How much the states that are remembered hold together."""
    _forgotten: int = field(default=0, init=False)
    _readings: set[str] = field(factory=set, init=False)

    @_bits.default
    def _number_clauses(self) -> dict[str, int]:
        return {name: 1 << place for place, name in enumerate(self.catalogue.clauses)}

    def judge(self, program: Program, observations: Sequence[Observation]) -> Judgement:
        """Judge the observations of a program, in order, until one fails or none is left."""
        if not self._possible or len(self._steps) > MAX_REMEMBERED:
            self._forget()
        here = 0
        passed: list[_Step] = []
        judgement = None
        for operation, seen in zip(program, observations, strict=False):
            step = self._steps.get((here, operation, seen))
            if step is None:
                if self._size > MAX_SIZE:  # also in the middle of a long program
                    possible = self._possible[here]
                    self._forget()
                    here = self._number(possible)
                step = self._judge_new(here, operation, seen)
            if step.failed or step.inconclusive:
                judgement = self._end(step, here, len(passed), program, observations)
                break
            passed.append(step)
            here = step.after
        self._count(program, passed)
        return judgement or Judgement(len(passed))

    def judge_all(self, program: Program, observations: Sequence[Observation]) -> Judgement:
        """Judge a program that ought to have been carried out to its end.

        That the implementation has gone where the program cannot go on is a failure of the
        operation that cannot be carried out: every one before it was answered as if it could.
        """
        if len(observations) < len(program):
            observations = (*observations, died(STUCK))
        return self.judge(program, observations)

    def permitted(
        self, program: Program, observations: Sequence[Observation]
    ) -> Iterator[tuple[Outcome, ...]]:
        """Give for each operation every outcome that was permitted, given the answers before."""
        possible: Possible = (self.initial,)
        for operation, seen in zip(program, observations, strict=False):
            outcomes = self._outcomes(possible, operation)
            yield outcomes
            possible = _states(one for one in outcomes if not one.mismatches(seen))

    @property
    def exercised(self) -> Counter[str]:
        """How many answers agreed with each clause, in programs that exercise it."""
        self._fold()
        return self._exercised

    @property
    def programs_for(self) -> Counter[str]:
        """How many programs exercise each clause and had an answer that agreed with it."""
        self._fold()
        return self._programs_for

    @property
    def readings(self) -> frozenset[str]:
        """Which of the page's open readings the implementation was seen to take."""
        self._fold()
        return frozenset(self._readings)

    @property
    def states(self) -> int:
        """How many steps were told apart: a possible state, an operation, and its answer."""
        return self._forgotten + len(self._steps)

    def restore(
        self,
        exercised: Mapping[str, int],
        programs_for: Mapping[str, int],
        readings: Iterable[str],
        steps: int,
    ) -> None:
        """Add what another judge of the same programs had counted, its `states` too."""
        self.credit(exercised, programs_for, readings)
        self._forgotten += steps

    def credit(
        self,
        exercised: Mapping[str, int],
        programs_for: Mapping[str, int],
        readings: Iterable[str],
    ) -> None:
        """Add what was seen elsewhere: what was counted for each clause, and readings."""
        self._fold()
        self._exercised.update(exercised)
        self._programs_for.update(programs_for)
        self._readings.update(readings)

    def _fold(self) -> None:
        for applying, passed in self._passed.items():
            for step, times in passed.items():
                self._readings.update(step.readings)
                for name in applying.intersection(step.clauses):
                    self._exercised[name] += times
        self._passed.clear()
        for (applying, marked), programs in self._marked.items():
            for name in applying:
                if marked & self._bits[name]:
                    self._programs_for[name] += programs
        self._marked.clear()

    def _forget(self) -> None:
        self._fold()
        self._forgotten += len(self._steps)
        self._applying.clear()
        self._steps.clear()
        self._numbers.clear()
        self._possible.clear()
        self._size = 0
        self._number((self.initial,))

    def _number(self, possible: Possible) -> int:
        number = self._numbers.get(possible)
        if number is None:
            number = self._numbers[possible] = len(self._possible)
            self._possible.append(possible)
            self._size += sum(map(_size, possible))
        return number

    def _outcomes(self, possible: Possible, operation: Operation) -> tuple[Outcome, ...]:
        return tuple(one for state in possible for one in self.model.step(state, operation))

    def _judge_new(self, here: int, operation: Operation, seen: Observation) -> _Step:
        try:
            outcomes = self._outcomes(self._possible[here], operation)
        except (UndefinedOperationError, TooMuchError) as error:
            step = _Step(here, inconclusive=str(error))
        else:
            agreeing = [one for one in outcomes if not one.mismatches(seen)]
            after = self._number(_states(agreeing))
            clauses = tuple(dict.fromkeys(name for one in agreeing for name in one.clauses))
            # An answer shows a reading only where it rules every other one out.
            shown = {one.reading for one in agreeing}
            readings = tuple(shown) if len(shown) == 1 and "" not in shown else ()
            marks = sum(self._bits.get(name, 0) for name in clauses)
            step = _Step(after, clauses, marks, readings, failed=not agreeing)
        self._steps[here, operation, seen] = step
        return step

    def _count(self, program: Program, passed: list[_Step]) -> None:
        kinds = Counter(operation.word for operation in program)
        key = frozenset(kinds.items())
        applying = self._applying.get(key)
        if applying is None:
            named = self.catalogue.clauses.values()
            applying = frozenset(one.id for one in named if one.exercised_by(kinds))
            self._applying[key] = applying
        self._passed.setdefault(applying, Counter()).update(passed)
        self._marked[applying, reduce(or_, map(_MARKS, passed), 0)] += 1
        if len(self._marked) > MAX_REMEMBERED:
            self._fold()

    def _end(
        self,
        step: _Step,
        here: int,
        passed: int,
        program: Program,
        observations: Sequence[Observation],
    ) -> Judgement:
        if step.inconclusive:
            return Judgement(passed, inconclusive=step.inconclusive)
        if observations[passed].get(DIED) == _TRAPPED and overlaps(program):
            return Judgement(passed, inconclusive=_CANNOT_BE_INTERRUPTED)
        after = program[passed + 1 :] if overlaps(program) else ()
        program = program[: passed + 1]
        outcomes = self._outcomes(self._possible[here], program[-1])
        nearest = min((one.mismatches(observations[passed]) for one in outcomes), key=len)
        candidates = tuple(dict.fromkeys(name for one in nearest for name in one.clauses))
        if nearest[0].answer == DIED:
            candidates += NO_ANSWERS.get(program[-1].word, ())
        # For what overlaps, the one that failed may as well have come last.
        begin = min(1, len(program) - 1)
        story = (*program[:begin], *after, *program[begin:])
        blamed, *related = blame(self.catalogue, candidates, story)
        if nearest[0].answer == HEAP:
            # Whatever the program does, this is wrong; and it may be why other answers are.
            blamed, *related = candidates
        seen = tuple(observations[: passed + 1])
        failure = Failure(program, seen, blamed, tuple(related), nearest, after)
        return Judgement(passed + 1, failure)


_MARKS: Final = attrgetter("marks")


def _size(state: State) -> int:
    return 1 + sum(1 + len(one.entries) + len(one.ghosts) for _, one in state.contexts)


def overlaps(program: Sequence[Operation]) -> bool:
    """Tell whether operations of a program begin before others are answered."""
    return any(isinstance(one, Race | Interrupt) for one in program)


def _states(outcomes: Iterable[Outcome]) -> Possible:
    return tuple(dict.fromkeys(one.state for one in outcomes))
