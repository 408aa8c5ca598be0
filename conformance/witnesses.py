"""What is made of failures: each happens again, is shrunk, and the shortest of a clause is kept."""

from __future__ import annotations

import math
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from .asking import ask
from .findings import EXPLAINED, Findings, Found
from .observations import HANG
from .operations import OPERATIONS, FailAlloc, Open, Race, Thread
from .shrink import same_kind, shrink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .adapters.base import Adapter
    from .judge import Failure, Judge
    from .plan import Plan
    from .programs import Program

#: Failures that look alike are shrunk so often; later ones are only counted. To shrink a hang takes
#: long.
ALIKE: Final = 3
ALIKE_HANGS: Final = 1
#: The failures of one engine are shrunk for at most so many seconds, or as long as one of them may.
LONGEST: Final = 8.0

#: How often a race is run again to see whether it fails, and to tell how often it does.
RACES_TRIED: Final = 40
RACES_COUNTED: Final = 200

_NOT_ALONE: Final = "failed where memory was denied, and did not when run alone"


@frozen
class _Waiting:
    """A failure that is still to be looked at."""

    failure: Failure
    batch: Sequence[Program]
    engine: str
    adapter: Adapter
    shortcuts: Callable[[], Sequence[Program]]
    reproduced: bool = False


@define
class Witnesses:
    """Turns failures into programs that show them, and keeps these in the findings."""

    plan: Plan
    findings: Findings
    judge: Judge
    """Judges what is tried again; apart from the check's, for of that nobody keeps count."""
    end: float = math.inf
    """When all has to be over."""
    _alike: Counter[tuple[str, ...]] = field(factory=Counter, init=False)
    _waiting: list[_Waiting] = field(factory=list, init=False)

    def add(
        self,
        failure: Failure,
        batch: Sequence[Program],
        engine: str,
        adapter: Adapter,
        shortcuts: Callable[[], Sequence[Program]] = tuple,
    ) -> None:
        """Take a failure, of the last program of a batch that was carried out in one instance.

        `shortcuts` gives shorter programs that may fail in the same way, the shortest first.

        It is looked at by `settle`, so that nothing is kept from being carried out meanwhile.
        """
        wrong = failure.mismatches[0].answer
        # How it died tells what is alike; which clause the program is about is chance before it is
        # shrunk.
        alike = (failure.program[-1].word, wrong, failure.cause or failure.clause)
        self._alike[alike] += 1
        hangs = failure.cause.startswith(HANG)
        self.findings.hung |= hangs
        if self._alike[alike] <= (ALIKE_HANGS if hangs else ALIKE):
            self._waiting.append(_Waiting(failure, batch, engine, adapter, shortcuts))
        if self.plan.stop_first:
            self.settle()

    @property
    def waiting(self) -> bool:
        """Whether there are failures to be looked at."""
        return bool(self._waiting)

    def settle(self) -> None:
        """Shrink the failures taken since the last time; keep each that is its clause's shortest.

        Also when Ctrl-C ends the shrinking: a failure that was seen is never forgotten.
        """
        end = min(self.end, self._after(max(LONGEST, self.plan.shrinking)))
        try:
            while self._waiting:
                self._look_at(self._waiting[0], end)
                del self._waiting[0]
        finally:
            for one in self._waiting:
                self._keep(Found(one.failure, one.engine, one.reproduced), whole=False)
            self._waiting.clear()
            self.findings.set_apart()

    def _after(self, seconds: float) -> float:
        """Give the end of what may take so long, in a run with a budget."""
        plan = self.plan.hurried if self.findings.hung else self.plan
        return monotonic() + seconds * plan.amount.slack

    def _look_at(self, one: _Waiting, end: float) -> None:
        if self.findings.explain(one.failure):
            self.findings.inconclusive[EXPLAINED] += 1
            return
        witness = self._reproduce(one, end)
        if witness is not None:
            self._waiting[0] = evolve(one, failure=witness, reproduced=True)
            until = min(end, self._after(self.plan.shrinking))
            witness = self._cut_short(one, witness, until)
            shrunk = self._shrunk(witness, one.adapter, until)
            whole = monotonic() < until
            found = Found(shrunk, one.engine, reproduced=True)
            try:
                failed, tries = self._counts(shrunk, one.adapter)
                found = evolve(found, failed=failed, tries=tries)
                if self.plan.asks and not _has_threads(shrunk.whole):
                    told = ask(shrunk.program, shrunk.observations, one.adapter, end)
                    found = evolve(found, told=told)
            finally:
                self._keep(found, whole=whole)
        elif one.engine == "allocation":
            # Left over from another program it is no answer to a denial; other engines find it.
            self.findings.inconclusive[_NOT_ALONE] += 1
        else:
            self._keep(Found(one.failure, one.engine, reproduced=False), whole=False)

    def _keep(self, new: Found, *, whole: bool) -> None:
        """Keep a failure; if it was not shrunk to the end, only if no other is of its kind.

        What else is in its program need have no part in it, and may be what the clause is about.
        """
        others = [one for key, one in self.findings.found.items() if key != new.failure.clause]
        if whole or not any(same_kind(new.failure, one.failure) for one in others):
            self.findings.keep(new)

    def _cut_short(self, one: _Waiting, witness: Failure, until: float) -> Failure:
        """Take the first shortcut that fails in the same way, if there is one."""
        for program in one.shortcuts():
            if len(program) >= len(witness.program) or monotonic() >= until:
                break
            again = self._attempt(program, one.adapter)
            if again is not None and same_kind(again, witness):
                return again
        return witness

    def _shrunk(self, failure: Failure, adapter: Adapter, until: float) -> Failure:
        return shrink(
            failure,
            lambda program: self._attempt(program, adapter, failure),
            self.judge.model,
            capable=adapter.ics.capable,
            until=until,
        )

    def _attempt(
        self, program: Program, adapter: Adapter, wanted: Failure | None = None
    ) -> Failure | None:
        """Run a program on a fresh instance, and give its failure.

        A race is run several times; of several failures that one is given which is of the kind
        wanted.
        """
        tries = RACES_TRIED if is_race(program) else 1
        failures = self._failures(program, adapter, tries)
        alike = (one for one in failures if wanted is None or same_kind(one, wanted))
        return next(alike, failures[0] if failures else None)

    def _failures(self, program: Program, adapter: Adapter, tries: int) -> list[Failure]:
        """Run a program so often, as far as the implementation survives, and give the failures."""
        seen = adapter.run([program] * tries)
        judged = (self.judge.judge_all(program, one).failure for one in seen)
        return [one for one in judged if one is not None]

    def _counts(self, failure: Failure, adapter: Adapter) -> tuple[int, int]:
        """Tell how often a program fails, and of how many times."""
        if not is_race(failure.whole):
            return 1, 1
        failed = tries = 0
        while tries < RACES_COUNTED and monotonic() < self.end:
            seen = adapter.run([failure.whole] * (RACES_COUNTED - tries))
            judged = [self.judge.judge_all(failure.whole, one).failure for one in seen]
            failed += sum(one is not None for one in judged)
            tries += len(seen)
        return failed, tries

    def _reproduce(self, one: _Waiting, end: float) -> Failure | None:
        """Let it happen again in a fresh instance: alone, or after what went before it.

        Of what went before as little as will do, for a long program takes long to shrink.
        """
        failure = one.failure
        before = [_plain(each) for each in one.batch[:-1]]
        if any(isinstance(op, FailAlloc | Race) for op in failure.whole):
            before = []
        for count in _doubling(len(before)):
            if monotonic() >= end:
                return None
            needed = before[len(before) - count :]
            program = tuple(op for each in needed for op in each) + failure.whole
            again = self._attempt(program, one.adapter)
            if again is not None and same_kind(again, failure):
                return again
        return None


def is_race(program: Program) -> bool:
    """Tell whether a program may go otherwise each time."""
    return bool(program) and isinstance(program[0], Race)


def _has_threads(program: Program) -> bool:
    """Tell whether there is more than one thread, each with a state of its own."""
    return any(isinstance(one, Thread | Race) for one in program)


def _plain(program: Program) -> Program:
    """Give what can come before another program: nothing, if it has threads or descriptors."""
    if _has_threads(program) or any(isinstance(one, Open) for one in program):
        return ()
    return tuple(one for one in program if one.word in OPERATIONS)


def _doubling(last: int) -> Iterator[int]:
    """Give 0, 1, 2, 4 and so on, and the last."""
    yield 0
    count = 1
    while count < last:
        yield count
        count *= 2
    if last:
        yield last
