"""Makes a failing program as small as it gets while it fails in the same way.

Delta debugging (Zeller and Hildebrandt, 2002) over operations, then over their arguments. What is
tried is always a defined program, so that a shrunk one is as good a witness as the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice, takewhile
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve

from . import operations as ops
from .adapters.base import JOB_WORDS
from .judge import Failure
from .model import UndefinedOperationError
from .operations import NULLABLE, Operation, Symbol, names
from .programs import RENAMED, Program, renamed
from .rules_fds import TooMuchError
from .state import Context, Memory, State

if TYPE_CHECKING:
    from .model import Model

#: Runs a program on a fresh implementation and gives its failure, if it fails.
Attempt = Callable[[Program], Failure | None]

#: What closes is looked for among the next so many: of hundreds each would take an attempt.
_NEAREST: Final = 6

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
        self._try(_all_parted(self.best.whole), anyhow=True)
        self._drop_threads()
        self._drop_kinds()
        self._simplify_chunks()
        before, largest = None, len(self.best.whole) // 2
        while before != self.best.whole and not self._late():
            before = self.best.whole
            self._drop_chunks(largest)
            self._part_keys()
            self._drop_pairs()
            self._drop_frees()
            self._settle()
            self._simplify()
            # From here on it is the single operation that something else may have made needless.
            largest = 1
        self._rename()

    def _late(self) -> bool:
        return monotonic() > self.until

    def _try(self, program: Program, *, anyhow: bool = False) -> bool:
        """Keep a program if it fails in the same way, or anyhow."""
        if program == self.best.whole or self._late() or not self._defined(program):
            return False
        failure = self.attempt(program)
        if failure is None or not (anyhow or same_kind(failure, self.best)):
            return False
        self.best = failure
        return True

    def _defined(self, program: Program) -> bool:
        return is_defined(program, self.model, self.initial)

    def _drop_threads(self) -> None:
        """Let threads take turns rather than race, and do without each that can be spared."""
        self._try(tuple(one for one in self.best.whole if not isinstance(one, _RACING)))
        for name in _threads(self.best.whole):
            self._try(_without_thread(self.best.whole, name))

    def _drop_kinds(self) -> None:
        """Do it all with one context; drop all that jobs do, then every operation of one kind.

        A long program is short of time: this takes few attempts, whatever its length.
        """
        kinds = dict.fromkeys(one.word for one in self.best.whole)
        for words in (JOB_WORDS | {"start"}, *({one} for one in kinds)):
            whole, failing = self.best.whole, len(self.best.program) - 1
            kept = (one for at, one in enumerate(whole) if at == failing or one.word not in words)
            self._try(tuple(kept))
        self._try(_all_parted(_with_one_context(self.best.whole)), anyhow=True)

    def _drop_chunks(self, size: int) -> None:
        while size:
            start = 0
            while start < len(self.best.whole):
                program = self.best.whole
                if not self._try(program[:start] + program[start + size :]):
                    start += size
            size //= 2

    def _drop_pairs(self) -> None:
        """Drop two operations that only make sense together, such as start and return."""
        first = 0
        while first < len(self.best.whole) - 1 and not self._late():
            if not any(self._try(program) for program in self._without(first)):
                first += 1

    def _drop_frees(self) -> None:
        """Keep contexts instead of freeing them: what comes after has others."""
        place = 0
        while place < len(self.best.whole) and not self._late():
            program = self.best.whole
            freed = program[place]
            if not (isinstance(freed, ops.Free) and self._try(_kept(program, place, freed.ctx))):
                place += 1

    def _without(self, first: int) -> Iterator[Program]:
        program = self.best.whole
        opening = program[first]
        if not isinstance(opening, _OPENING):
            return
        closing = (
            place
            for place in range(first + 1, len(program))
            if isinstance(program[place], _CLOSING[type(opening)])
            and _alike(opening, program[place])
        )
        for second in islice(closing, _NEAREST):
            yield program[:first] + program[first + 1 : second] + program[second + 1 :]
        if isinstance(opening, ops.New):
            yield tuple(one for one in program if getattr(one, "ctx", "") != opening.ctx)
            for other in program[:first]:
                if isinstance(other, ops.New):
                    yield _merged(program[:first] + program[first + 1 :], opening.ctx, other.ctx)

    def _part_keys(self) -> None:
        """Give each set a key of its own, for one that is set twice can be read in three ways.

        A failure may rest on which of them the implementation was taken to follow, so that another
        one without that doubt is the better witness.
        """
        place = 0
        while place < len(self.best.whole) and not self._late():
            program = self.best.whole
            if _sets_again(program, place):
                for parted in (_parted_onwards(program, place), _parted_at(program, place)):
                    if self._try(parted, anyhow=True):
                        break
                else:
                    self._drop_any()
            place += 1

    def _drop_any(self) -> None:
        place = 0
        while place < len(self.best.whole):
            program = self.best.whole
            if not self._try(program[:place] + program[place + 1 :], anyhow=True):
                place += 1

    def _settle(self) -> None:
        """Change fds before a job starts rather than in it, and in it rather than in its pause."""
        for place in range(1, len(self.best.whole)):
            at = place
            while at and self._try(_swapped_by_job(self.best.whole, at)):
                at -= 1

    def _simplify_chunks(self) -> None:
        """Simplify many operations at once: of a long program each would take attempts."""
        size = len(self.best.whole)
        while size > 1:
            for start in range(0, len(self.best.whole), size):
                program = self.best.whole
                chunk = map(_simplest, program[start : start + size])
                self._try((*program[:start], *chunk, *program[start + size :]))
            size //= 2

    def _simplify(self) -> None:
        place = 0
        while place < len(self.best.whole) and not self._late():
            program = self.best.whole
            simpler = (
                (*program[:place], one, *program[place + 1 :]) for one in _simpler(program[place])
            )
            # What fails may then fail earlier, so the program can be shorter than it was.
            if not any(map(self._try, simpler)):
                place += 1

    def _rename(self) -> None:
        """Count symbols from 0 as they come up; no key is NULL that need not be."""
        self._try(_without_null_key(self.best.whole))
        for kind in RENAMED:
            self._try(renamed(self.best.whole, kind))
        self._try(_with_first_threads(self.best.whole))


_OPENING: Final = (
    ops.New,
    ops.Start,
    ops.Pause,
    ops.BlockPause,
    ops.InitThread,
    ops.SetWaitFd,
    ops.FailAlloc,
    ops.Thread,
    ops.Open,
)
_CLOSING: Final[dict[type[Operation], tuple[type[Operation], ...]]] = {
    ops.New: (ops.Free,),
    ops.Start: (ops.Return, ops.Resume),
    ops.Pause: (ops.Resume,),
    ops.BlockPause: (ops.UnblockPause,),
    ops.InitThread: (ops.CleanupThread,),
    ops.SetWaitFd: (ops.ClearFd, ops.SetWaitFd),
    ops.Thread: (ops.Thread,),
    ops.Open: (ops.Close, ops.SetWaitFd),
    ops.FailAlloc: (ops.New, ops.SetWaitFd, ops.Start, ops.InitThread),
}


_RACING: Final = (ops.Race, ops.Meet)


def _alike(opening: Operation, closing: Operation) -> bool:
    """Tell whether two operations are about the same context, key and job, as far as both say."""
    named = ((getattr(one, name, None) for one in (opening, closing)) for name in _NAMED)
    return all(one is None or other is None or one == other for one, other in named)


_NAMED: Final = ("ctx", "key", "job")


def _kept(program: Program, place: int, ctx: str) -> Program:
    """Leave out where a context is freed; the next one of that name gets another."""
    used = {getattr(one, "ctx", "") for one in program}
    other = next((name for name in names(Symbol.CONTEXT) if name not in used), ctx)
    return (*program[:place], *_merged(program[place + 1 :], ctx, other))


def _threads(program: Program) -> tuple[str, ...]:
    """Give the threads of a program in the order in which it comes to them."""
    named = (one.thread for one in program if isinstance(one, ops.Thread))
    return tuple(dict.fromkeys(("t0", *named)))


def _without_thread(program: Program, name: str) -> Program:
    """Leave out what one thread does; with a single thread left there is no need to name it."""
    here, there = "t0", "t0"
    kept: list[Operation] = []
    for operation in program:
        if isinstance(operation, ops.Thread):
            there = operation.thread
        elif there != name or isinstance(operation, _RACING):
            if there != here:
                kept.append(ops.Thread(there))
                here = there
            kept.append(operation)
    if len(_threads(program)) > 2:  # noqa: PLR2004 - one of two is one
        return tuple(kept)
    return tuple(one for one in kept if not isinstance(one, (ops.Thread, *_RACING)))


def _with_first_threads(program: Program) -> Program:
    """Name the threads by the order in which the program comes to them."""
    new = {name: f"t{place}" for place, name in enumerate(_threads(program))}
    return tuple(
        ops.Thread(new[one.thread]) if isinstance(one, ops.Thread) else one for one in program
    )


def is_defined(program: Program, model: Model, state: State) -> bool:
    """Tell whether every operation of a program is defined where it stands."""
    here = {_emptied(state)}
    for operation in program:
        here = {after for one in here for after in _follow(model, one, operation)}
        if not here:
            return False
    return True


@lru_cache(maxsize=100_000)
def _follow(model: Model, state: State, operation: Operation) -> frozenset[State]:
    """Give a state that follows, and those that do when memory was denied; none if undefined.

    Whether it was denied changes what is there later on; other choices do not. Nor does it matter
    what contexts hold, so they are left empty: of such states there are few. But real descriptors
    are closed with what holds them.
    """
    ordinary = state.memory is Memory.ENOUGH and not state.files
    if isinstance(operation, _INSIDE) and ordinary:
        return frozenset({state} if model.defined(state, operation) else ())
    try:
        outcomes = model.step(state, operation)
    except (UndefinedOperationError, TooMuchError):
        return frozenset()
    denied = (one.state for one in outcomes if one.denied)
    return frozenset(map(_emptied, (outcomes[0].state, *denied)))


def _emptied(state: State) -> State:
    if state.files:
        return state
    contexts = tuple((name, _EMPTY) for name, _ in state.contexts)
    return evolve(state, contexts=contexts, duplicate=None)


_EMPTY: Final = Context()
#: What changes contexts inside, at most.
_INSIDE: Final = (
    *(ops.SetWaitFd, ops.GetFd, ops.GetAllFds, ops.GetChangedFds, ops.ClearFd),
    *(ops.SetCallback, ops.GetCallback, ops.SetStatus, ops.GetStatus),
    *(ops.GetCurrentJob, ops.GetWaitCtx, ops.ReadArgs, ops.IsCapable),
)


def _simpler(operation: Operation) -> Iterator[Operation]:
    for name, kind, value in operation.arguments:
        for other in _simpler_values(kind, value):
            yield evolve(operation, **{name: other})


def _simplest(operation: Operation) -> Operation:
    simple = {
        name: next(iter(_simpler_values(kind, value)), value)
        for name, kind, value in operation.arguments
    }
    return evolve(operation, **simple)


def _simpler_values(kind: Symbol, value: str | int) -> tuple[str | int, ...]:
    if kind is Symbol.ARRAY:
        # With an array more is to be seen, and so easier to tell what is wrong.
        return () if value == "array" else ("array",)
    if kind in (Symbol.NUMBER, Symbol.FD):
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


def _sets_again(program: Program, place: int) -> bool:
    operation = program[place]
    return isinstance(operation, ops.SetWaitFd) and any(
        isinstance(one, ops.SetWaitFd) and (one.ctx, one.key) == (operation.ctx, operation.key)
        for one in program[:place]
    )


def _parted_at(program: Program, place: int) -> Program:
    """Give the one set a key of its own."""
    own = {"key": _free_key(program)}
    return (*program[:place], evolve(program[place], **own), *program[place + 1 :])


def _parted_onwards(program: Program, place: int) -> Program:
    """Give the set, and all that is asked of its key from then on, a key of its own."""
    here, own = program[place], {"key": _free_key(program)}
    assert isinstance(here, ops.SetWaitFd)
    rest = (
        evolve(one, **own)
        if (getattr(one, "ctx", ""), getattr(one, "key", "")) == (here.ctx, here.key)
        else one
        for one in program[place:]
    )
    return (*program[:place], *rest)


def _all_parted(program: Program) -> Program:
    """Give every set a key of its own, and what is asked of a key after it the same."""
    used = {getattr(operation, "key", "") for operation in program}
    free = (name for name in names(Symbol.KEY) if name not in used)
    own: dict[tuple[str, str], str] = {}
    parted: list[Operation] = []
    for one in program:
        here = getattr(one, "ctx", ""), getattr(one, "key", "")
        if isinstance(one, ops.SetWaitFd):
            own[here] = next(free, here[1]) if here in own else here[1]
        there = {"key": own.get(here, here[1])}
        parted.append(evolve(one, **there) if there["key"] != here[1] else one)
    return tuple(parted)


def _swapped_by_job(program: Program, place: int) -> Program:
    """Let a change of fds change places with the step of a job that it follows."""
    earlier, later = program[place - 1], program[place]
    if isinstance(later, _CHANGES) and isinstance(earlier, _STEPS):
        return (*program[: place - 1], later, earlier, *program[place + 1 :])
    return program


_CHANGES: Final = (ops.SetWaitFd, ops.ClearFd)
_STEPS: Final = (ops.Start, ops.Pause)


def _with_one_context(program: Program) -> Program:
    """Do with one context what is done with several, those that are freed on the way included."""
    made = [one for one in program if isinstance(one, ops.New)]
    if len(made) < 2:  # noqa: PLR2004 - one is one
        return program
    last = program[-1]
    kept = (one for one in program if one is last or not isinstance(one, ops.New | ops.Free))
    there = {"ctx": made[0].ctx}
    return (made[0], *(evolve(one, **there) if hasattr(one, "ctx") else one for one in kept))


def _free_key(program: Program) -> str:
    used = {getattr(operation, "key", "") for operation in program}
    return next(name for name in names(Symbol.KEY) if name not in used)
