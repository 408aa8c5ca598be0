"""`waitctx selftest` without a terminal: every fake is run by every engine, alone.

Fakes are independent of each other, so they run in as many processes as there are cores. Which of
them were told, and whether that is as it should be, is for `selftest_grades` to say.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen

from waitctx.reports.kill_matrix import Fake, Row, Trial

from .adapters.native import NativeAdapter
from .check import Check
from .clauses import load
from .engines.registry import ENGINES, SPECIAL, WALKING, engines_for
from .outcomes import PROFILES
from .plan import Plan
from .programs import to_text
from .targets import open_target

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from .adapters.base import Adapter

#: What grades all fakes within minutes: a walk along the graphs takes its whole time for every
#: fault that needs other symbols, and for every variant.
QUICK_ENGINES: Final = tuple(one for one in ENGINES if one not in WALKING)
#: Fakes that hang do so again and again while their program is shrunk, so less is waited for them.
_HANGING: Final = 0.25
#: Most programs are as short as they get within a twentieth of these seconds.
_SHRINKING: Final = 4.0
#: What takes longest begins first, so that no process has to wait for another at the end.
_LONGEST_FIRST: Final = ("hang", "equivalent", "variant", "crash", "fault")


def cores() -> int:
    """Tell how many processes can run at a time."""
    return len(os.sched_getaffinity(0))


@frozen
class Settings:
    """How every fake is run."""

    engines: tuple[str, ...] = QUICK_ENGINES
    budget: float = 1.0
    """Seconds for each fake and engine; the scenarios are run to their end all the same."""
    seed: int = 0
    jobs: int = field(factory=cores)
    """How many fakes are run at a time."""


@frozen
class Task:
    """A fake that is ready to be run."""

    fake: Fake
    target: str
    """Its library's path, or its Python target."""


def run(tasks: Sequence[Task], settings: Settings) -> Generator[Row, None, None]:
    """Run every fake, and give what came of it as soon as it is known.

    Closing the iterator ends the processes, whatever they are at.
    """
    ordered = sorted(tasks, key=lambda one: _LONGEST_FIRST.index(one.fake.kind))
    with _processes(min(settings.jobs, len(tasks) or 1)) as pool:
        futures = {pool.submit(attempt, one, settings): one for one in ordered}
        for future in as_completed(futures):
            yield _result(futures[future], future)


def attempt(task: Task, settings: Settings) -> Row:
    """Run one fake with every engine; whatever goes wrong is told in the row."""
    begun = monotonic()
    row = Row(task.fake, group_of(task.fake))
    try:
        with closing(_open(task)) as adapter:
            engines = engines_for(adapter, _fitting(task.fake, settings.engines))
            trials = tuple(_try(adapter, task.fake, one.name, settings) for one in engines)
    except Exception as error:  # noqa: BLE001 - the other fakes are still to be run
        return evolve(row, error=_describe(error), seconds=_since(begun))
    return evolve(row, trials=trials, seconds=_since(begun))


def _fitting(fake: Fake, engines: Sequence[str]) -> tuple[str, ...]:
    """Leave out the engines for groups of clauses that a fault has nothing to do with.

    A fault in nothing but such a group is for these alone: what is wrong with memory may end the
    process at any time after, and what is wrong with threads is not to be seen without.
    """
    groups = {name.partition("-")[0] for name in fake.clauses}
    special = [names for group, names in SPECIAL.items() if group in groups]
    if fake.is_fault and groups and groups <= SPECIAL.keys():
        return tuple(one for one in engines if any(one in names for names in special))
    others = [names for group, names in SPECIAL.items() if group not in groups and fake.is_fault]
    return tuple(one for one in engines if not any(one in names for names in others))


def group_of(fake: Fake) -> str:
    """Give the group of the clause that a fake declares first; empty if it declares none."""
    return load()[fake.clauses[0]].group if fake.clauses else ""


def _open(task: Task) -> Adapter:
    if task.fake.family == "python":
        # This process is there for fakes alone, but it needs its descriptors.
        meddles = any(name.startswith("FILE-") for name in task.fake.clauses)
        return open_target(task.target, in_process=not meddles)
    if task.fake.kind == "hang":
        return NativeAdapter.open(task.target, task.fake.label, deadline=_HANGING)
    return NativeAdapter.open(task.target, task.fake.label)


def _try(adapter: Adapter, fake: Fake, engine: str, settings: Settings) -> Trial:
    begun = last = monotonic()

    def record(*_: object) -> None:
        # The last program that is told is the one that failed: shrinking comes after it.
        nonlocal last
        last = monotonic()

    profile = PROFILES[fake.profile]
    plan = Plan(
        profile,
        settings.budget,
        settings.seed,
        stop_first=True,
        engines=(engine,),
        shrinking=_SHRINKING,
    )
    findings = Check(adapter, plan, load(), record=record).run()
    trial = Trial(
        engine,
        programs=sum(one.programs for one in findings.engines),
        operations=sum(one.operations for one in findings.engines),
        seconds=round(last - begun, 3),
        inconclusive=sum(findings.inconclusive.values()),
    )
    found = next(iter(findings.found.values()), None)
    if found is None:
        return trial
    failure = found.failure
    return evolve(
        trial,
        clause=failure.clause,
        cause=failure.cause,
        program=to_text(failure.whole),
        length=len(failure.whole),
        observations=tuple(one.to_json() for one in failure.observations),
        capable=adapter.ics.capable,
    )


def _result(task: Task, future: Future[Row]) -> Row:
    try:
        return future.result()
    except BrokenProcessPool:
        why = "a process in which fakes ran has ended, maybe by its doing"
        return Row(task.fake, group_of(task.fake), error=why)


@contextmanager
def _processes(number: int) -> Iterator[ProcessPoolExecutor]:
    """Give processes that are gone when the block ends, at once if it does so early.

    They are spawned: a process that is forked would share the streams and threads of this one.
    """
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, context, _leave_interrupts) as pool:
        try:
            yield pool
        except BaseException:  # GeneratorExit is one
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _leave_interrupts() -> None:
    """Leave Ctrl-C to the process that started this one, which will end it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _describe(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")


def _since(begun: float) -> float:
    return round(monotonic() - begun, 3)
