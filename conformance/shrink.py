"""Makes a failing program as small as it gets while it fails in the same way.

Delta debugging (Zeller and Hildebrandt, 2002) over operations, then over their arguments. What is
tried is always a defined program, so that a shrunk one is as good a witness as the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define

from . import operations as ops
from . import rewrites
from .adapters.base import JOB_WORDS
from .defined import is_defined
from .judge import Failure
from .programs import RENAMED, Program, renamed
from .state import State

if TYPE_CHECKING:
    from .model import Model
    from .operations import Operation

#: Runs a program on a fresh implementation and gives its failure, if it fails.
Attempt = Callable[[Program], Failure | None]

#: What closes is looked for among the next so many: of hundreds each would take an attempt.
_NEAREST: Final = 6


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
        self._try_other(rewrites.all_parted(self.best.whole))
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

    def _try(self, program: Program) -> bool:
        """Keep a program if it fails in the same way."""
        failure = self._failure(program)
        if failure is None or not same_kind(failure, self.best):
            return False
        self.best = failure
        return True

    def _try_other(self, program: Program) -> bool:
        """Keep a program if it fails, in the same way or not."""
        failure = self._failure(program)
        self.best = failure or self.best
        return failure is not None

    def _failure(self, program: Program) -> Failure | None:
        if program == self.best.whole or self._late():
            return None
        defined = is_defined(program, self.model, self.initial)
        return self.attempt(program) if defined else None

    def _drop_threads(self) -> None:
        """Let threads take turns rather than race, and do without each that can be spared."""
        self._try(tuple(one for one in self.best.whole if not isinstance(one, rewrites.RACING)))
        for name in rewrites.threads(self.best.whole):
            self._try(rewrites.without_thread(self.best.whole, name))

    def _drop_kinds(self) -> None:
        """Do it all with one context; drop all that jobs do, then every operation of one kind.

        A long program is short of time: this takes few attempts, whatever its length.
        """
        kinds = dict.fromkeys(one.word for one in self.best.whole)
        for words in (JOB_WORDS | {"start"}, *({one} for one in kinds)):
            whole, failing = self.best.whole, len(self.best.program) - 1
            kept = (one for at, one in enumerate(whole) if at == failing or one.word not in words)
            self._try(tuple(kept))
        self._try_other(rewrites.all_parted(rewrites.with_one_context(self.best.whole)))

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
            if not (
                isinstance(freed, ops.Free)
                and self._try(rewrites.without_free(program, place, freed.ctx))
            ):
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
                    yield rewrites.merged(
                        program[:first] + program[first + 1 :], opening.ctx, other.ctx
                    )

    def _part_keys(self) -> None:
        """Give each set a key of its own, for one that is set twice can be read in three ways.

        A failure may rest on which of them the implementation was taken to follow, so that another
        one without that doubt is the better witness.
        """
        place = 0
        while place < len(self.best.whole) and not self._late():
            program = self.best.whole
            if rewrites.sets_again(program, place):
                for parted in (
                    rewrites.parted_onwards(program, place),
                    rewrites.parted_at(program, place),
                ):
                    if self._try_other(parted):
                        break
                else:
                    self._drop_any()
            place += 1

    def _drop_any(self) -> None:
        place = 0
        while place < len(self.best.whole):
            program = self.best.whole
            if not self._try_other(program[:place] + program[place + 1 :]):
                place += 1

    def _settle(self) -> None:
        """Change fds before a job starts rather than in it, and in it rather than in its pause."""
        for place in range(1, len(self.best.whole)):
            at = place
            while at and self._try(rewrites.swapped_by_job(self.best.whole, at)):
                at -= 1

    def _simplify_chunks(self) -> None:
        """Simplify many operations at once: of a long program each would take attempts."""
        size = len(self.best.whole)
        while size > 1:
            for start in range(0, len(self.best.whole), size):
                program = self.best.whole
                chunk = map(rewrites.simplest, program[start : start + size])
                self._try((*program[:start], *chunk, *program[start + size :]))
            size //= 2

    def _simplify(self) -> None:
        place = 0
        while place < len(self.best.whole) and not self._late():
            program = self.best.whole
            simpler = (
                (*program[:place], one, *program[place + 1 :])
                for one in rewrites.simpler(program[place])
            )
            # What fails may then fail earlier, so the program can be shorter than it was.
            if not any(map(self._try, simpler)):
                place += 1

    def _rename(self) -> None:
        """Count symbols from 0 as they come up; no key is NULL that need not be."""
        self._try(rewrites.without_null_key(self.best.whole))
        for kind in RENAMED:
            self._try(renamed(self.best.whole, kind))
        self._try(rewrites.with_first_threads(self.best.whole))


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


def _alike(opening: Operation, closing: Operation) -> bool:
    """Tell whether two operations are about the same context, key and job, as far as both say."""
    named = ((getattr(one, name, None) for one in (opening, closing)) for name in _NAMED)
    return all(one is None or other is None or one == other for one, other in named)


_NAMED: Final = ("ctx", "key", "job")
