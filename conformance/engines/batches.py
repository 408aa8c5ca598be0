"""Engines whose programs are made in Python, carried out in batches, and judged one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import chain, islice
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from waitctx.conformance.witnesses import is_race

from . import allocation, descriptors, growth, memory, random_programs, scenarios, threads
from .engine import EngineError, Turn
from .waiting import Waiting

if TYPE_CHECKING:
    from waitctx.conformance.adapters.base import Adapter, Observations
    from waitctx.conformance.judge import Failure, Judgement
    from waitctx.conformance.operations import Operation
    from waitctx.conformance.programs import Program

#: Programs that are carried out in one fresh instance of the implementation: so many that to make
#: one takes but a small part of the time.
BATCH: Final = 400
#: So many at first, and then twice as many each time, where the first failure is the last.
_FIRST: Final = 8
#: Where one of more has failed, what follows is cut down as if it had been so many.
_SUSPECT: Final = 200
#: The same as `BATCH` where memory is watched: a program that leaks is run many times.
WATCHED_BATCH: Final = 50
#: No program of a batch is begun after so many seconds.
LONGEST_BATCH: Final = 2.0
#: The same under a memory checker, where each program takes long.
TOOL_BATCH: Final = 25
#: So many random programs are run there after the scenarios.
TOOL_RANDOM: Final = 100
#: Engines that watch memory take at most so many seconds each.
WATCHED_LONGEST: Final = 6.0
#: With a budget, programs that are meant to run get so many times as long while none has failed.
PATIENCE: Final = 5.0
#: So do those whose programs cost system calls.
SYSTEM_LONGEST: Final = 4.0
#: Why programs were not judged that were meant to run whatever the budget.
NOT_REACHED: Final = "not carried out: what went before took too long"

#: The same of programs with an operation that is known to be the end.
DEADLY: Final = "not carried out: others with one of the operations were the end of it"

#: Makes the programs of a turn.
Source = Callable[[Turn], Iterable["Program"]]


@frozen
class Batches:
    """An engine that carries out programs from a source, in batches."""

    name: str
    source: Source
    share: float = 0.0
    lasts: float = math.inf
    watched: bool = False
    batch: int = BATCH
    """How many programs are carried out in one instance at most."""
    together: bool = False
    """Whether all its programs are carried out in one instance, whatever comes of the first."""
    fixed: bool = False
    """Whether its programs are meant to run whatever the budget, so that it is told if not."""
    tool: str = ""
    """The memory checker under which it runs them."""
    bare: bool = False
    """Whether it stops threads wherever they are, which may be in AddressSanitizer's own locks."""

    counts: bool = False
    """Whether it is for those whose memory can be counted, and not be watched."""

    resumes: bool = False
    """Whether its programs are the same each time, so that those that were run can be left out."""

    def lacking(self, adapter: Adapter) -> str:
        """Say why memory cannot be watched, or threads not be stopped, where they have to be."""
        ics = adapter.ics
        if ics.sanitized and self.watched:
            return "built with AddressSanitizer, which watches memory instead"
        if ics.sanitized and self.bare:
            return "built with AddressSanitizer, whose locks must not be interrupted"
        if self.watched and not ics.watchable:
            return "memory is watched in shared libraries only"
        if self.counts and not ics.counted:
            return "memory is counted in Python objects only"
        return ""

    def take(self, turn: Turn) -> None:
        """Carry out batches until the turn is over, or there are no more programs."""
        deadly = _deadly(turn) if self._puts_off(turn) else frozenset()
        waiting = Waiting(islice(self.source(turn), turn.tally.programs, None), deadly)
        most = self.batch
        # Who stops at the first failure need not carry out what comes after it.
        size = min(_FIRST, most) if turn.plan.stop_first and not self.together else most
        if self._tries(turn):
            size = 1  # what is waited for in vain must not take the time of what can be judged
        faultless = True
        # What nothing is wrong with is only slow, or the machine is.
        patience = PATIENCE if turn.plan.timed and not self.share else 1.0
        longest = patience * (turn.until - monotonic())
        if turn.plan.longest is not None and not (self.share or self.fixed):
            longest = min(longest, turn.plan.longest)
        patient = evolve(turn, until=monotonic() + longest)
        while not (patient if faultless else turn).over:
            if not (some := waiting.first(size)):
                break
            started = monotonic()
            # What has begun in time may take as long again: to judge what is new takes long.
            end = turn.until + longest if self.share else math.inf
            done, failed = _run_batch(turn, some, end)
            faultless = faultless and failed is None
            turn.tally.seconds += monotonic() - started
            waiting.drop(done)
            if failed is not None and failed.cause and self._puts_off(turn):
                waiting.put_off(failed.program[-1])
                if left := waiting.give_up():
                    turn.findings.inconclusive[DEADLY] += left
            # What runs in one instance together is lost together, so a faulty one gets less at a
            # time.
            size = min(most, size * 2) if failed is None else max(1, min(size, _SUSPECT) // 8)
            if failed is not None and self._tries(turn):
                size = 1
            turn.listen(turn.findings)
        # Of programs that are made one by one, as others are answered, there may be more.
        missed = self.fixed and not turn.stopped and waiting.count(None if not self.watched else 1)
        if missed:
            turn.findings.inconclusive[NOT_REACHED] += missed

    def _puts_off(self, turn: Turn) -> bool:
        """Tell whether programs that are likely to end the implementation come last.

        Where no clock decides they are in the way of nothing. Nor are they put off where a check
        goes on from a number of programs, where all are carried out together, so in this order, and
        where they are made one by one, as others are answered.
        """
        made = self.fixed and self.watched
        clocked = turn.plan.timed or turn.findings.hung
        return clocked and not (self.together or self.resumes or made)

    def _tries(self, turn: Turn) -> bool:
        """Tell whether to make a program takes others, which may hang."""
        return self.fixed and self.watched and turn.findings.hung


def _run_batch(turn: Turn, batch: list[Program], end: float) -> tuple[int, Failure | None]:
    """Run programs in one instance up to the first that fails: the rest may be its doing.

    None is judged after the end, as `monotonic` tells it.
    """
    seen = turn.adapter.run(batch, LONGEST_BATCH)
    if not seen:
        raise EngineError(f"{turn.adapter.identity.target} gave no answer to a program")
    for count, (program, observations) in enumerate(zip(batch, seen, strict=False), start=1):
        turn.record(program, observations)
        judgement = _judged(turn, program, observations)
        turn.tally.programs += 1
        turn.tally.operations += judgement.judged
        turn.findings.operations.update(one.word for one in program[: judgement.judged])
        if judgement.failure is not None:
            turn.witnesses.add(judgement.failure, batch[:count], turn.tally.name, turn.adapter)
            return count, judgement.failure
        if judgement.inconclusive:
            turn.findings.inconclusive[judgement.inconclusive] += 1
        if monotonic() >= end:
            return count, None
    return len(seen), None


def _judged(turn: Turn, program: Program, observations: Observations) -> Judgement:
    """Judge a program; a race that fails got as far as it did by chance, so that is not counted."""
    if is_race(program):
        judgement = turn.witnesses.judge.judge_all(program, observations)
        if judgement.failure is not None:
            return evolve(judgement, judged=0)
    return turn.judge.judge_all(program, observations)


# -- the engines -----------------------------------------------------------------------------------


def _scenarios(turn: Turn) -> Iterable[Program]:
    return scenarios.programs(turn.plan.profile, turn.words, capable=turn.capable)


def _deadly(turn: Turn) -> frozenset[Operation]:
    """Give operations that the implementation is known to have died of."""
    found = (one.failure for one in turn.findings.found.values())
    return frozenset(one.program[-1] for one in found if one.cause)


def _allocation(turn: Turn) -> Iterable[Program]:
    return allocation.programs(
        *(turn.plan.profile, turn.words, turn.adapter.run),
        capable=turn.capable,
        deadly=_deadly(turn),
    )


def _random(turn: Turn) -> Iterable[Program]:
    endless = random_programs.programs(*turn.asked, capable=turn.capable)
    return islice(endless, turn.plan.random_programs)


SCENARIOS: Final = Batches("scenarios", _scenarios, fixed=True)
GROWTH: Final = Batches(
    "growth",
    lambda turn: growth.programs(turn.plan.profile, turn.words, capable=turn.capable),
    together=True,
    fixed=True,
)
THREADS: Final = Batches(
    "threads",
    lambda turn: threads.in_turn(*turn.asked, capable=turn.capable),
    lasts=SYSTEM_LONGEST,
)
INTERRUPTS: Final = Batches(
    "interrupts",
    lambda turn: threads.interrupts(*turn.asked, capable=turn.capable),
    lasts=SYSTEM_LONGEST,
    batch=threads.BATCH,
    bare=True,
)
RACES: Final = Batches(
    "races",
    lambda turn: threads.races(*turn.asked, capable=turn.capable),
    lasts=SYSTEM_LONGEST,
    batch=threads.REPEATED,
)
DESCRIPTORS: Final = Batches(
    "descriptors",
    lambda turn: descriptors.programs(*turn.asked, capable=turn.capable),
    lasts=SYSTEM_LONGEST,
)
MEMORY: Final = Batches(
    "memory",
    lambda turn: memory.programs(*turn.asked, capable=turn.capable),
    lasts=WATCHED_LONGEST,
    watched=True,
    batch=WATCHED_BATCH,
)
LEAKS: Final = Batches(
    "leaks",
    lambda turn: memory.programs(*turn.asked, capable=turn.capable, made=memory.COUNTED),
    lasts=SYSTEM_LONGEST,
    counts=True,
)
ALLOCATION: Final = Batches(
    "allocation",
    _allocation,
    lasts=WATCHED_LONGEST,
    watched=True,
    batch=WATCHED_BATCH,
    fixed=True,
)
RANDOM: Final = Batches("random", _random, share=5.0, resumes=True)


def _tool(turn: Turn) -> Iterable[Program]:
    made = random_programs.programs(*turn.asked, capable=turn.capable)
    return chain(_scenarios(turn), islice(made, TOOL_RANDOM))


#: The memory checkers; each runs only if it is asked for.
VALGRIND: Final = Batches(
    "valgrind", _tool, lasts=120.0, batch=TOOL_BATCH, fixed=True, tool="valgrind"
)
ASAN: Final = Batches("asan", _tool, lasts=30.0, batch=TOOL_BATCH, fixed=True, tool="asan")
