"""`waitctx check` without a terminal: programs from every engine, judged, failures shrunk."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from .adapters.base import Adapter, Observations
from .adapters.native import NativeAdapter
from .engines import allocation, memory, random_programs, scenarios, walks
from .graph import evidence
from .judge import Failure, Judge
from .model import Model
from .operations import OPERATIONS, FailAlloc
from .programs import Program
from .shrink import same_kind, shrink
from .state import State

if TYPE_CHECKING:
    from .adapters.walking import Stray
    from .clauses import Catalogue
    from .outcomes import Profile

#: Programs that are carried out in one fresh instance of the implementation.
BATCH: Final = 200
#: The same where memory is watched: a program that leaks is run many times.
WATCHED_BATCH: Final = 50
#: A check takes at most so much longer than its budget, but for the operation under way.
LONGEST: Final = 8.0
#: And so much longer for each engine that watches memory.
WATCHED_LONGEST: Final = 6.0
#: Why programs were not judged that were meant to run whatever the budget.
NOT_REACHED: Final = "not carried out: what went before took too long"
#: The engines, in the order in which they run.
ENGINES: Final = ("scenarios", "memory", "allocation", "exhaustive", "walker", "random")
#: Those that need an implementation whose memory is watched.
WATCHING: Final = frozenset({"memory", "allocation"})
#: Those that walk along the model's graph in C.
WALKING: Final = frozenset({"exhaustive", "walker"})
#: How the budget is shared among those that could go on for ever.
_SHARES: Final = {"exhaustive": 3.0, "walker": 2.0, "random": 5.0}
#: How deep the exhaustive engine goes where nothing may depend on the clock.
_FIXED_DEPTH: Final = 5
#: An implementation that strays so often is faulty enough; each one takes a process.
_STRAYS: Final = 40
#: Failures that look alike are shrunk so often; later ones are only counted.
ALIKE: Final = 3


def engines_for(adapter: Adapter, wanted: Iterable[str] = ENGINES) -> tuple[str, ...]:
    """Give the engines among those wanted that an implementation can be checked with, in order.

    Memory is watched, and graphs are walked, in the driver for shared libraries. Elsewhere a walk
    would be the random engine in a smaller world.
    """
    fit = (one for one in ENGINES if one not in WATCHING | WALKING or adapter.ics.watchable)
    chosen = frozenset(wanted)
    return tuple(one for one in fit if one in chosen)


class CheckError(Exception):
    """The check itself went wrong; this is a fault of the harness or of an adapter."""


_NOT_ALONE: Final = "failed where memory was denied, and did not when run alone"


@frozen
class Plan:
    """What a check is asked to do."""

    profile: Profile
    budget: float = 10.0
    """Seconds for the engines after the scenarios to use up; shrinking may take some more."""
    seed: int = 0
    stop_first: bool = False
    engines: tuple[str, ...] = ENGINES
    shrinking: float = 5.0
    """Each failure is shrunk for at most so many seconds."""
    programs: int | None = None
    """How many programs the random engine makes, however long that takes; nothing then depends on
    the clock. None bounds it by `budget` alone."""
    depth: int | None = None
    """The exhaustive engine goes no deeper; without a budget it goes as deep, however long."""
    keys: int = 2
    """How many keys there are in the world that has several."""
    jobs: int = 1
    """How many cores the walks in C use."""


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
    worlds: tuple[walks.World, ...] = ()
    """The bounded worlds that were walked, and how far."""
    misses: int = 0
    """How many programs the graph did not explain, but the model did."""


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
    _running: Adapter = field(init=False)
    """The adapter of the engine under way."""
    _end: float = field(default=math.inf, init=False)
    """When all has to be over."""

    def __attrs_post_init__(self) -> None:
        self._running = self.adapter
        self.judge = self._judge()
        self._shrinking = self._judge()

    def _judge(self) -> Judge:
        initial = State(capable=self.adapter.ics.capable)
        return Judge(Model(self.plan.profile), self.catalogue, initial)

    def run(self) -> Findings:
        """Carry out every engine's programs until the budget is spent; Ctrl-C ends it early."""
        self._end = self._latest()
        try:
            for name in engines_for(self.adapter, self.plan.engines):
                self._run_engine(name)
        except KeyboardInterrupt:
            self.findings.interrupted = True
        self._credit()
        return self.findings

    def _run_engine(self, name: str) -> None:
        if isinstance(self.adapter, NativeAdapter) and name in WALKING:
            self._walk(self.adapter, name)
            return
        with self._adapter_for(name):
            self._engine(name, self._programs(name), self._until(name))

    def _latest(self) -> float:
        """Give when all has to be over: an implementation may hang in each program."""
        if self._is_complete():
            return math.inf
        watching = WATCHING.intersection(engines_for(self.adapter, self.plan.engines))
        return monotonic() + self.plan.budget + LONGEST + WATCHED_LONGEST * len(watching)

    def _until(self, name: str) -> float:
        """Give the end of an engine's time."""
        if self.plan.programs is not None:
            return math.inf
        if name in _SHARES:
            lasts = self._share(name)
        else:
            lasts = WATCHED_LONGEST if name in WATCHING else self.plan.budget + LONGEST
        return min(monotonic() + lasts, self._end)

    @contextmanager
    def _adapter_for(self, engine: str) -> Iterator[None]:
        """Have the implementation watched while such an engine runs."""
        if engine not in WATCHING:
            yield
            return
        with closing(self.adapter.watched()) as watched:
            self._running = watched
            try:
                yield
            finally:
                self._running = self.adapter

    def _share(self, name: str) -> float:
        """Give an engine's seconds: its share of what is left among those still to run."""
        order = [one for one in _SHARES if one in self.plan.engines]
        rest = order[order.index(name) :]
        spent = sum(one.seconds for one in self.findings.engines if one.name in _SHARES)
        left = max(0.0, self.plan.budget - spent)
        return left * _SHARES[name] / sum(_SHARES[one] for one in rest)

    def _walk(self, adapter: NativeAdapter, name: str) -> None:
        """Let an engine walk the graphs in C, and look at what they do not explain."""
        tally = EngineTally(name)
        self.findings.engines.append(tally)
        complete = name == "exhaustive" and self._is_complete()
        if self._done(math.inf) or not (complete or self._until(name) > monotonic()):
            return
        if self.plan.programs is not None and name == "walker":
            return  # it goes as far as its time allows
        if not self.findings.worlds:
            words = self._words()
            capable = adapter.ics.capable
            self.findings.worlds = walks.worlds(
                self.plan.profile, words, capable=capable, keys=self.plan.keys
            )
        until = math.inf if complete else self._until(name)
        begun = monotonic()
        strays = 0
        with ExitStack() as stack:
            more = range(1, self.plan.jobs)
            others = [stack.enter_context(closing(adapter.another())) for _ in more]
            walk = walks.Walks((adapter, *others), self.findings.worlds, self.plan.seed)
            stack.enter_context(walk)
            fixed = walks.DEEPEST if self.plan.programs is None else _FIXED_DEPTH
            depth = self.plan.depth or fixed
            slices = walk.exhaustive(until, depth) if name == "exhaustive" else walk.random(until)
            stack.enter_context(closing(slices))
            for stray in slices:
                tally.programs, tally.operations = walk.programs, walk.operations
                tally.seconds = monotonic() - begun
                if stray is not None:
                    strays += 1
                    self._look_at(stray, name)
                self.listen(self.findings)
                if strays >= _STRAYS or self._done(until):
                    break

    def _is_complete(self) -> bool:
        """Tell whether the exhaustive engine goes to its depth, however long that takes."""
        asked = self.plan.budget == 0 and self.plan.depth is not None
        return asked or self.plan.programs is not None

    def _look_at(self, stray: Stray, engine: str) -> None:
        """Judge a program by the model itself; the graph may just not list its answer."""
        if not stray.program:
            self.findings.inconclusive["the implementation died between programs"] += 1
            return
        self.record(stray.program, stray.observations)
        failure = self._shrinking.judge_all(stray.program, stray.observations).failure
        if failure is None:
            self.findings.misses += 1
        else:
            self._found(failure, [stray.program], engine)

    def _credit(self) -> None:
        """Count what the walks have shown as what the judge has seen."""
        for world in self.findings.worlds:
            agreed = evidence.agreements(world.graph, world.hits, self.catalogue)
            self.judge.credit(agreed, evidence.readings(world.graph, world.hits))
            self.findings.operations.update(evidence.operations(world.graph, world.hits))

    def _words(self) -> list[str]:
        return [word for word, one in OPERATIONS.items() if self.adapter.ics.supports(one)]

    def _programs(self, engine: str) -> Iterable[Program]:
        profile, capable = self.plan.profile, self.adapter.ics.capable
        words = self._words()
        if engine == "scenarios":
            return scenarios.programs(profile, words, capable=capable)
        if engine == "memory":
            return memory.programs(profile, words, self.plan.seed, capable=capable)
        if engine == "allocation":
            return allocation.programs(profile, words, self._running.run, capable=capable)
        endless = random_programs.programs(profile, words, self.plan.seed, capable=capable)
        return islice(endless, self.plan.programs)

    def _engine(self, name: str, programs: Iterable[Program], until: float) -> None:
        tally = EngineTally(name)
        self.findings.engines.append(tally)
        source = iter(programs)
        most = WATCHED_BATCH if name in WATCHING else BATCH
        size = most
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
            size = max(1, size // 8) if failed else min(most, size * 2)
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
        seen = self._running.run(batch)
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
        reproduced, blamed = False, True
        try:
            witness = self._reproduce(failure, batch)
            # Left over from another program it is no answer to a denial; the other engines find it.
            blamed = witness is not None or engine != "allocation"
            if witness is not None:
                reproduced = True
                capable = self.adapter.ics.capable
                timed = self.plan.programs is None
                until = monotonic() + self.plan.shrinking if timed else math.inf
                until = min(until, self._end)
                model = self.judge.model
                failure = shrink(witness, self._attempt, model, capable=capable, until=until)
        finally:
            # Also when Ctrl-C ends the shrinking: a failure that was seen is never forgotten.
            known = self.findings.found.get(failure.clause)
            if not blamed:
                self.findings.inconclusive[_NOT_ALONE] += 1
            elif known is None or len(failure.program) < len(known.failure.program):
                self.findings.found[failure.clause] = Found(failure, engine, reproduced)

    def _attempt(self, program: Program) -> Failure | None:
        seen = self._running.run([program])
        return self._shrinking.judge_all(program, seen[0]).failure if seen else None

    def _reproduce(self, failure: Failure, batch: list[Program]) -> Failure | None:
        """Let it happen again in a fresh instance: alone, or after what went before it.

        Of what went before as little as will do, for a long program takes long to shrink.
        """
        before = [tuple(one for one in each if one.word in OPERATIONS) for each in batch[:-1]]
        if any(isinstance(one, FailAlloc) for one in failure.program):
            before = []
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
