"""What is made of failures: each happens again, is shrunk, and the shortest of a clause is kept."""

from __future__ import annotations

import math
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, field

from .findings import Findings, Found
from .operations import OPERATIONS, FailAlloc
from .shrink import same_kind, shrink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .adapters.base import Adapter
    from .judge import Failure, Judge
    from .plan import Plan
    from .programs import Program

#: Failures that look alike are shrunk so often; later ones are only counted.
ALIKE: Final = 3

_NOT_ALONE: Final = "failed where memory was denied, and did not when run alone"


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

    def add(
        self, failure: Failure, batch: Sequence[Program], engine: str, adapter: Adapter
    ) -> None:
        """Shrink a failure and keep it, if it is the shortest for its clause.

        It is the last program's of a batch that was carried out in one instance.
        """
        wrong = failure.mismatches[0].answer
        alike = (failure.program[-1].word, wrong, failure.clause)
        self._alike[alike] += 1
        if self._alike[alike] > ALIKE:
            return
        reproduced, blamed = False, True
        try:
            witness = self._reproduce(failure, batch, adapter)
            # Left over from another program it is no answer to a denial; the other engines find it.
            blamed = witness is not None or engine != "allocation"
            if witness is not None:
                reproduced = True
                failure = self._shrunk(witness, adapter)
        finally:
            # Also when Ctrl-C ends the shrinking: a failure that was seen is never forgotten.
            if blamed:
                self.findings.keep(Found(failure, engine, reproduced))
            else:
                self.findings.inconclusive[_NOT_ALONE] += 1

    def _shrunk(self, failure: Failure, adapter: Adapter) -> Failure:
        until = monotonic() + self.plan.shrinking if self.plan.timed else math.inf
        return shrink(
            failure,
            lambda program: self._attempt(program, adapter),
            self.judge.model,
            capable=adapter.ics.capable,
            until=min(until, self.end),
        )

    def _attempt(self, program: Program, adapter: Adapter) -> Failure | None:
        seen = adapter.run([program])
        return self.judge.judge_all(program, seen[0]).failure if seen else None

    def _reproduce(
        self, failure: Failure, batch: Sequence[Program], adapter: Adapter
    ) -> Failure | None:
        """Let it happen again in a fresh instance: alone, or after what went before it.

        Of what went before as little as will do, for a long program takes long to shrink.
        """
        before = [tuple(one for one in each if one.word in OPERATIONS) for each in batch[:-1]]
        if any(isinstance(one, FailAlloc) for one in failure.program):
            before = []
        for count in _doubling(len(before)):
            if monotonic() >= self.end:
                return None
            needed = before[len(before) - count :]
            program = tuple(one for each in needed for one in each) + failure.program
            again = self._attempt(program, adapter)
            if again is not None and same_kind(again, failure):
                return again
        return None


def _doubling(last: int) -> Iterator[int]:
    """Give 0, 1, 2, 4 and so on, and the last."""
    yield 0
    count = 1
    while count < last:
        yield count
        count *= 2
    if last:
        yield last
