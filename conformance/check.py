"""`waitctx check` without a terminal: programs from every engine, judged, failures shrunk."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing, contextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, field

from .adapters.base import MissingToolError
from .corruption import set_apart_consequences
from .engines.engine import Turn
from .engines.registry import engines_for, unfit
from .engines.walking import worlds_of
from .findings import EngineTally, Findings
from .graph import evidence
from .judge import Judge
from .model import Model
from .state import State
from .witnesses import Witnesses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .adapters.base import Adapter
    from .clauses import Catalogue
    from .engines.engine import Engine
    from .engines.walks import World
    from .findings import Listener, Recorder
    from .outcomes import Profile
    from .plan import Plan

#: A check takes at most so much longer than its budget and what engines without a share may take,
#: but for the operation under way.
LONGEST: Final = 8.0


def fresh_judge(profile: Profile, catalogue: Catalogue, capable: bool) -> Judge:  # noqa: FBT001
    """Give a judge of an implementation for which jobs can run, or cannot."""
    return Judge(Model(profile), catalogue, State(capable=capable))


#: Gives a judge as `fresh_judge` does.
JudgeMaker = Callable[["Profile", "Catalogue", bool], Judge]


@define
class Check:
    """One run over one implementation."""

    adapter: Adapter
    plan: Plan
    catalogue: Catalogue
    listen: Listener = lambda _: None
    record: Recorder = lambda _, __: None
    judge_for: JudgeMaker = fresh_judge
    """Gives the judges; whoever checks many implementations gives one that has seen others."""
    save: Callable[[Check], None] = lambda _: None
    """Is called when all that was found so far could be taken down, to go on from there."""
    period: float = 5.0
    """Seconds from one time to the next."""
    findings: Findings = field(factory=Findings, init=False)
    judge: Judge = field(init=False)
    witnesses: Witnesses = field(init=False)
    engines: tuple[Engine, ...] = field(init=False)
    """Those that will run, in order."""
    done: frozenset[str] = field(default=frozenset(), init=False)
    """The names of the engines that have ended."""

    def __attrs_post_init__(self) -> None:
        make = partial(self.judge_for, self.plan.profile, self.catalogue, self.adapter.ics.capable)
        self.judge = make()
        self.witnesses = Witnesses(self.plan, self.findings, make())
        self.engines = engines_for(self.adapter, self.plan.engines, self.plan.tools)
        self.findings.skipped |= unfit(self.adapter, self.plan.engines)

    def run(self) -> Findings:
        """Carry out every engine's programs until the budget is spent; Ctrl-C ends it early.

        Raises:
            EngineError: the harness itself, or an adapter, is at fault.
        """
        self.witnesses.end = self._latest()
        try:
            for engine in self.engines:
                if engine.name not in self.done:
                    self._run_or_skip(engine)
                    self.done |= {engine.name}
                    self._allow_time()
                    self.save(self)
            set_apart_consequences(self.findings, self.adapter, self.witnesses.judge)
        except KeyboardInterrupt:
            self.findings.interrupted = True
        self._credit()
        return self.findings

    def _allow_time(self) -> None:
        """Give all the time to what follows, as long as nothing is wrong: the machine is slow."""
        if not self.findings.found:
            self.witnesses.end = max(self.witnesses.end, self._latest())

    def _run_or_skip(self, engine: Engine) -> None:
        """Let an engine run; a memory checker that cannot be used here is no reason to end."""
        try:
            self._run_engine(engine)
        except MissingToolError as error:
            self.findings.skipped[engine.name] = str(error)

    def _run_engine(self, engine: Engine) -> None:
        until = self._until(engine)
        tally = self._tally(engine.name)
        with self._adapter_for(engine) as adapter:
            turn = Turn(
                adapter,
                self.plan,
                self.judge,
                self.findings,
                self.witnesses,
                tally,
                until,
                self._until(engine, hanging=True),
                self._listener(engine),
                self.record,
            )
            try:
                engine.take(turn)
                # Nothing is taken from those that follow.
                self.witnesses.end += max(0.0, monotonic() - until)
            except KeyboardInterrupt:
                self.witnesses.end = 0.0
                raise
            finally:
                self.witnesses.settle()

    def _tally(self, name: str) -> EngineTally:
        """Give the tally of an engine: of one that was under way where a check goes on, its own."""
        for one in self.findings.engines:
            if one.name == name:
                return one
        tally = EngineTally(name)
        self.findings.engines.append(tally)
        return tally

    def _listener(self, engine: Engine) -> Listener:
        """Give what is told of progress: whoever listens, and now and then who saves it."""
        if not engine.resumes:
            return self.listen
        saved = monotonic()

        def listen(findings: Findings) -> None:
            nonlocal saved
            # A failure that waits to be looked at would be lost.
            if monotonic() - saved >= self.period and not self.witnesses.waiting:
                self.save(self)
                saved = monotonic()
            self.listen(findings)

        return listen

    def worlds(self) -> tuple[World, ...]:
        """Give the worlds that the walking engines begin with."""
        return worlds_of(self.adapter, self.plan)

    def _latest(self) -> float:
        """Give when all has to be over: an implementation may hang in each program."""
        rest = (one for one in self.engines if one.name not in self.done)
        extra = sum(one.lasts for one in rest if math.isfinite(one.lasts))
        extra += max(LONGEST, self.plan.shrinking)
        sharing = sum(1 for one in self.engines if one.share) if self.plan.standard else 1
        return monotonic() + self.plan.limit * sharing + extra * self.plan.amount.slack

    def _until(self, engine: Engine, *, hanging: bool = False) -> float:
        """Give the end of an engine's time, where the implementation hangs or as long as not."""
        plan = self.plan.hurried if hanging else self.plan
        lasts = engine.lasts * plan.amount.slack
        if engine.share:
            lasts = self._share(engine, plan.limit) if plan.timed else plan.limit
        return min(monotonic() + lasts, self.witnesses.end)

    def _share(self, engine: Engine, limit: float) -> float:
        """Give an engine's seconds: its share of what is left among those still to run."""
        rest = self.engines[self.engines.index(engine) :]
        sharing = {one.name for one in self.engines if one.share}
        spent = sum(one.seconds for one in self.findings.engines if one.name in sharing)
        left = max(0.0, limit - spent)
        return left * engine.share / sum(one.share for one in rest)

    @contextmanager
    def _adapter_for(self, engine: Engine) -> Iterator[Adapter]:
        """Have the implementation watched while such an engine runs."""
        if not (engine.watched or engine.tool):
            yield self.adapter
            return
        opened = self.adapter.under(engine.tool) if engine.tool else self.adapter.watched()
        with closing(opened) as other:
            yield other

    def _credit(self) -> None:
        """Count what the walks have shown as what the judge has seen."""
        for world in self.findings.worlds:
            hits, programs_for = world.tally.hits, world.tally.programs_for
            agreed = evidence.agreements(world.graph, hits, self.catalogue)
            self.judge.credit(agreed, programs_for, evidence.readings(world.graph, hits))
            self.findings.operations.update(evidence.operations(world.graph, hits))
