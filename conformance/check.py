"""`waitctx check` without a terminal: programs from every engine, judged, failures shrunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from .adapters.base import Adapter, Observations
from .engines import random_programs, scenarios
from .judge import Failure, Judge
from .model import Model
from .operations import OPERATIONS
from .programs import Program
from .shrink import same_kind, shrink
from .state import State

if TYPE_CHECKING:
    from .clauses import Catalogue
    from .outcomes import Profile

#: Programs that are carried out in one fresh instance of the implementation.
BATCH: Final = 200
#: The scenarios run whatever the budget, but not for ever: an implementation may hang in each.
#: So much longer than its budget a check takes at most, but for the operation under way.
LONGEST: Final = 8.0
#: Why programs were not judged that were meant to run whatever the budget.
NOT_REACHED: Final = "not carried out: what went before took too long"
#: The engines, in the order in which they run.
ENGINES: Final = ("scenarios", "random")
#: Failures that look alike are shrunk so often; later ones are only counted.
ALIKE: Final = 3


class CheckError(Exception):
    """The check itself went wrong; this is a fault of the harness or of an adapter."""


@frozen
class Plan:
    """What a check is asked to do."""

    profile: Profile
    budget: float = 10.0
    """Seconds for the random engine to use up; shrinking may take some more."""
    seed: int = 0
    stop_first: bool = False
    engines: tuple[str, ...] = ENGINES
    shrinking: float = 5.0
    """Each failure is shrunk for at most so many seconds."""


@frozen
class Found:
    """A failure as it is reported."""

    failure: Failure
    engine: str
    reproduced: bool


@define
class EngineTally:
    """What one engine has contributed so far."""

    name: str
    programs: int = 0
    operations: int = 0
    seconds: float = 0.0


@define
class Findings:
    """What a check has found so far; complete when it ends, valid at any time."""

    engines: list[EngineTally] = field(factory=list)
    operations: Counter[str] = field(factory=Counter)
    found: dict[str, Found] = field(factory=dict)
    """The shortest failure known for each clause."""
    inconclusive: Counter[str] = field(factory=Counter)
    """Why programs could not be judged to their end."""
    interrupted: bool = False


#: Is told of every batch of programs and its observations, before they are judged.
Recorder = Callable[[Program, Observations], None]
#: Is told after every batch that something is new.
Listener = Callable[[Findings], None]


@define
class Check:
    """One run over one implementation."""

    adapter: Adapter
    plan: Plan
    catalogue: Catalogue
    listen: Listener = lambda _: None
    record: Recorder = lambda _, __: None
    findings: Findings = field(factory=Findings, init=False)
    judge: Judge = field(init=False)
    _shrinking: Judge = field(init=False)
    """Judges what is tried again; apart, for of that nobody keeps count."""
    _alike: Counter[tuple[str, ...]] = field(factory=Counter, init=False)
    _end: float = field(default=inf, init=False)
    """When all has to be over."""

    def __attrs_post_init__(self) -> None:
        self.judge = self._judge()
        self._shrinking = self._judge()

    def _judge(self) -> Judge:
        initial = State(capable=self.adapter.ics.capable)
        return Judge(Model(self.plan.profile), self.catalogue, initial)

    def run(self) -> Findings:
        """Carry out every engine's programs until the budget is spent; Ctrl-C ends it early."""
        begun = monotonic()
        self._end = begun + self.plan.budget + LONGEST
        ends = {"scenarios": self._end, "random": begun + self.plan.budget}
        try:
            for name in ENGINES:
                if name in self.plan.engines:
                    self._engine(name, self._programs(name), ends[name])
        except KeyboardInterrupt:
            self.findings.interrupted = True
        return self.findings

    def _programs(self, engine: str) -> Iterable[Program]:
        profile, capable = self.plan.profile, self.adapter.ics.capable
        words = [word for word, one in OPERATIONS.items() if self.adapter.ics.supports(one)]
        if engine == "scenarios":
            return scenarios.programs(profile, words, capable=capable)
        return random_programs.programs(profile, words, self.plan.seed, capable=capable)

    def _engine(self, name: str, programs: Iterable[Program], until: float) -> None:
        tally = EngineTally(name)
        self.findings.engines.append(tally)
        source = iter(programs)
        size = BATCH
        rest: list[Program] = []
        while not self._done(until):
            rest += islice(source, max(0, size - len(rest)))
            if not rest:
                break
            started = monotonic()
            done, failed = self._run_batch(tally, rest[:size])
            tally.seconds += monotonic() - started
            rest = rest[done:]
            # What runs in one instance together is lost together, so a faulty one gets less at a
            # time.
            size = max(1, size // 8) if failed else min(BATCH, size * 2)
            self.listen(self.findings)
        if name == "scenarios" and not self._stopped():
            missed = len(rest) + sum(1 for _ in source)
            if missed:
                self.findings.inconclusive[NOT_REACHED] += missed

    def _stopped(self) -> bool:
        return self.plan.stop_first and bool(self.findings.found)

    def _done(self, until: float) -> bool:
        return self._stopped() or monotonic() >= until

    def _run_batch(self, tally: EngineTally, batch: list[Program]) -> tuple[int, bool]:
        """Run programs in one instance up to the first that fails: the rest may be its doing."""
        seen = self.adapter.run(batch)
        if not seen:
            msg = f"{self.adapter.identity.target} gave no answer to a program"
            raise CheckError(msg)
        for count, (program, observations) in enumerate(zip(batch, seen, strict=False), start=1):
            self.record(program, observations)
            judgement = self.judge.judge_all(program, observations)
            tally.programs += 1
            tally.operations += judgement.judged
            self.findings.operations.update(one.word for one in program[: judgement.judged])
            if judgement.failure is not None:
                self._found(judgement.failure, batch[:count], tally.name)
                return count, True
            if judgement.inconclusive:
                self.findings.inconclusive[judgement.inconclusive] += 1
        return len(seen), False

    def _found(self, failure: Failure, batch: list[Program], engine: str) -> None:
        """Shrink a failure and keep it, if it is the shortest for its clause."""
        wrong = failure.mismatches[0].answer
        alike = (failure.program[-1].word, wrong, failure.clause)
        self._alike[alike] += 1
        if self._alike[alike] > ALIKE:
            return
        reproduced = False
        try:
            witness = self._reproduce(failure, batch)
            if witness is not None:
                reproduced = True
                capable = self.adapter.ics.capable
                model, until = self.judge.model, min(monotonic() + self.plan.shrinking, self._end)
                failure = shrink(witness, self._attempt, model, capable=capable, until=until)
        finally:
            # Also when Ctrl-C ends the shrinking: a failure that was seen is never forgotten.
            known = self.findings.found.get(failure.clause)
            if known is None or len(failure.program) < len(known.failure.program):
                self.findings.found[failure.clause] = Found(failure, engine, reproduced)

    def _attempt(self, program: Program) -> Failure | None:
        seen = self.adapter.run([program])
        return self._shrinking.judge_all(program, seen[0]).failure if seen else None

    def _reproduce(self, failure: Failure, batch: list[Program]) -> Failure | None:
        """Let it happen again in a fresh instance: alone, or after what went before it.

        Of what went before as little as will do, for a long program takes long to shrink.
        """
        before = batch[:-1]
        for count in _doubling(len(before)):
            if monotonic() >= self._end:
                return None
            needed = before[len(before) - count :]
            program = tuple(one for each in needed for one in each) + failure.program
            again = self._attempt(program)
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
