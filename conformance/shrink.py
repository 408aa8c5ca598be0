"""Makes a failing program as small as it gets while it fails in the same way.

Delta debugging (Zeller and Hildebrandt, 2002) over operations, then over their arguments. What is
tried is always a defined program, so that a shrunk one is as good a witness as the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import takewhile
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, fields

from . import operations as ops
from .judge import Failure
from .model import UndefinedOperationError
from .operations import NULLABLE, Operation, Symbol, index_of, names
from .programs import Program
from .rules_fds import TooManyReadingsError
from .state import State

if TYPE_CHECKING:
    from .model import Model

#: Runs a program on a fresh implementation and gives its failure, if it fails.
Attempt = Callable[[Program], Failure | None]

#: From the simplest on; 0 comes last, for it is a special number to faulty code.
_SIMPLE_NUMBERS: Final = (1, 2, 3, 0)


def same_kind(one: Failure, other: Failure) -> bool:
    """Tell whether two failures show the same: one operation, answered wrongly in one place."""
    return _kind(one) == _kind(other)


def _kind(failure: Failure) -> tuple[str, str, str]:
    answer = failure.mismatches[0].answer
    return failure.program[-1].word, _SAME.get(answer, answer), failure.cause.split(" at ")[0]


#: A number and its array tell of the same; which of them shows a fault depends on the question.
_SAME: Final = {"count": "fds", "numadd": "added", "numdel": "deleted"}


def shrink(
    failure: Failure, attempt: Attempt, model: Model, *, capable: bool, until: float
) -> Failure:
    """Give the smallest failure of the same kind found until the clock (`monotonic`) says so."""
    shrinker = _Shrinker(failure, attempt, model, State(capable=capable), until)
    shrinker.run()
    return shrinker.best


@define
class _Shrinker:
    best: Failure
    attempt: Attempt
    model: Model
    initial: State
    until: float

    def run(self) -> None:
        before = None
        while before != self.best.program and not self._late():
            before = self.best.program
            self._drop_chunks()
            self._drop_pairs()
            self._part_keys()
            self._simplify()
            self._rename()

    def _late(self) -> bool:
        return monotonic() > self.until

    def _try(self, program: Program) -> bool:
        """Keep a program if it fails in the same way."""
        if program == self.best.program or self._late() or not self._defined(program):
            return False
        failure = self.attempt(program)
        if failure is None or not same_kind(failure, self.best):
            return False
        self.best = failure
        return True

    def _defined(self, program: Program) -> bool:
        return is_defined(program, self.model, self.initial)

    def _drop_chunks(self) -> None:
        size = len(self.best.program) // 2
        while size:
            start = 0
            while start < len(self.best.program):
                program = self.best.program
                if not self._try(program[:start] + program[start + size :]):
                    start += size
            size //= 2

    def _drop_pairs(self) -> None:
        """Drop two operations that only make sense together, such as start and return."""
        first = 0
        while first < len(self.best.program) - 1 and not self._late():
            if not any(self._try(program) for program in self._without(first)):
                first += 1

    def _without(self, first: int) -> Iterator[Program]:
        program = self.best.program
        opening = program[first]
        if not isinstance(opening, _OPENING):
            return
        for second in range(first + 1, len(program)):
            if isinstance(program[second], _CLOSING[type(opening)]):
                yield program[:first] + program[first + 1 : second] + program[second + 1 :]
        if isinstance(opening, ops.New):
            yield tuple(one for one in program if getattr(one, "ctx", "") != opening.ctx)
            for other in program[:first]:
                if isinstance(other, ops.New):
                    yield _merged(program[:first] + program[first + 1 :], opening.ctx, other.ctx)

    def _part_keys(self) -> None:
        """Give each set a key of its own: one that is set twice can be read in three ways."""
        for place, operation in enumerate(self.best.program):
            program = self.best.program
            earlier = {one.key for one in program[:place] if isinstance(one, ops.SetWaitFd)}
            if isinstance(operation, ops.SetWaitFd) and operation.key in earlier:
                own = evolve(operation, key=_free_key(program))
                self._try((*program[:place], own, *program[place + 1 :]))

    def _simplify(self) -> None:
        place = 0
        while place < len(self.best.program) and not self._late():
            program = self.best.program
            simpler = (
                (*program[:place], one, *program[place + 1 :]) for one in _simpler(program[place])
            )
            # What fails may then fail earlier, so the program can be shorter than it was.
            if not any(map(self._try, simpler)):
                place += 1

    def _rename(self) -> None:
        """Count symbols from 0 as they come up; no key is NULL that need not be."""
        self._try(_without_null_key(self.best.program))
        for kind in (Symbol.CONTEXT, Symbol.JOB, Symbol.KEY, Symbol.DATA, Symbol.ROUTINE):
            self._try(_renamed(self.best.program, kind))


_OPENING: Final = (ops.New, ops.Start, ops.Pause, ops.BlockPause, ops.InitThread, ops.SetWaitFd)
_CLOSING: Final[dict[type[Operation], tuple[type[Operation], ...]]] = {
    ops.New: (ops.Free,),
    ops.Start: (ops.Return, ops.Resume),
    ops.Pause: (ops.Resume,),
    ops.BlockPause: (ops.UnblockPause,),
    ops.InitThread: (ops.CleanupThread,),
    ops.SetWaitFd: (ops.ClearFd, ops.SetWaitFd),
}


def is_defined(program: Program, model: Model, state: State) -> bool:
    """Tell whether every operation of a program is defined where it stands."""
    here: State | None = state
    for operation in program:
        here = _follow(model, here, operation)
        if here is None:
            return False
    return True


@lru_cache(maxsize=100_000)
def _follow(model: Model, state: State, operation: Operation) -> State | None:
    """Give a state that follows; None where the operation is undefined."""
    try:
        return model.step(state, operation)[0].state
    except (UndefinedOperationError, TooManyReadingsError):
        return None


def _simpler(operation: Operation) -> Iterator[Operation]:
    for name, kind, value in operation.arguments:
        for other in _simpler_values(kind, value):
            yield evolve(operation, **{name: other})


def _simpler_values(kind: Symbol, value: str | int) -> tuple[str | int, ...]:
    if kind is Symbol.ARRAY:
        # With an array more is to be seen, and so easier to tell what is wrong.
        return () if value == "array" else ("array",)
    if kind is Symbol.NUMBER:
        return tuple(takewhile(lambda one: one != value, _SIMPLE_NUMBERS))
    if kind in NULLABLE and kind is not Symbol.KEY and value != "null":
        return ("null",)
    return ()


def _without_null_key(program: Program) -> Program:
    free = {"key": _free_key(program)}
    return tuple(
        evolve(one, **free) if getattr(one, "key", "") == "null" else one for one in program
    )


def _merged(program: Program, ctx: str, other: str) -> Program:
    """Do with another context what was done with one."""
    there = {"ctx": other}
    return tuple(evolve(one, **there) if getattr(one, "ctx", "") == ctx else one for one in program)


def _free_key(program: Program) -> str:
    used = {getattr(operation, "key", "") for operation in program}
    return next(name for name in names(Symbol.KEY) if name not in used)


def _renamed(program: Program, kind: Symbol) -> Program:
    new: dict[str, str] = {}
    renamed = []
    for operation in program:
        values = {}
        for one in fields(type(operation)):
            value = getattr(operation, one.name)
            if one.metadata["symbol"] is kind and index_of(value) >= 0:
                values[one.name] = new.setdefault(value, f"{kind.value}{len(new)}")
        renamed.append(evolve(operation, **values))
    return tuple(renamed)
