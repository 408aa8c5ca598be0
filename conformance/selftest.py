"""`waitctx selftest` without a terminal: every fake is run by every engine, alone.

Fakes are independent of each other, so they run in as many processes as there are cores. Which of
them were told, and whether that is as it should be, is for `selftest_grades` to say.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen

from waitctx.reports.kill_matrix import Fake, Row, Trial

from .adapters.native import NativeAdapter
from .check import Check, fresh_judge
from .clauses import load
from .engines.registry import ENGINES, SPECIAL, WALKING, engines_for
from .outcomes import PROFILES
from .plan import Plan
from .programs import to_text
from .targets import open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from .adapters.base import Adapter
    from .clauses import Catalogue
    from .judge import Judge
    from .outcomes import Profile

#: Engines that take long for every fault that is not theirs, so that they are spared where another
#: has told it.
SPARED: Final = frozenset({"growth", "interrupts", "races", *WALKING})
#: What no other engine has told is looked for by this one for so many times as long: a machine that
#: is slow or busy comes to few programs.
_BY_CHANCE: Final = "random"
_PATIENCE: Final = 5.0
#: What conforms is run for this part of the budget: nothing ends an engine before it is spent.
_CONFORMING: Final = 0.5
#: Of that, engines without a share of the budget get this part: they are for faults of their own
#: clauses, and go on as long as nothing fails.
_WITHOUT_SHARE: Final = 0.5
#: Fakes that hang do so again and again while their program is shrunk, so less is waited for them.
_HANGING: Final = 0.25
#: Most programs are as short as they get within a small part of these seconds.
_SHRINKING: Final = 5.0
#: Of <sys/prctl.h>.
_PARENT_DEATH_SIGNAL: Final = 1
#: What takes longest begins first, so that no process has to wait for another at the end.
_LONGEST_FIRST: Final = ("hang", "equivalent", "variant", "crash", "fault")


def cores() -> int:
    """Tell how many processes can run at a time."""
    return len(os.sched_getaffinity(0))


class _Check(Check):
    """A check of which nobody asks how much of each clause it has seen: to tell takes long."""

    def _credit(self) -> None:
        """Leave it untold."""


@frozen
class Settings:
    """How every fake is run."""

    engines: tuple[str, ...] = ENGINES
    sparing: bool = True
    """Whether the engines that take long run for those faults alone that no other has told."""
    budget: float = 0.3
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
    ordered = sorted(tasks, key=_place_of(tasks))
    with _processes(min(settings.jobs, len(tasks) or 1)) as pool:
        futures = {pool.submit(attempt, one, settings): one for one in ordered}
        for future in as_completed(futures):
            yield _result(futures[future], future)


def _place_of(tasks: Sequence[Task]) -> Callable[[Task], tuple[int, bool]]:
    """Give what fakes are ordered by: their kind, and of each kind those in Python first.

    But the first variant in C comes before: it makes graphs that the others walk along, and those
    in Python do not.
    """
    variants = (one for one in tasks if one.fake.kind == "variant" and one.fake.family == "c")
    first = next(variants, None)
    return lambda one: (
        _LONGEST_FIRST.index(one.fake.kind),
        one.fake.family == "c" and one is not first,
    )


def attempt(task: Task, settings: Settings) -> Row:
    """Run one fake with every engine; whatever goes wrong is told in the row."""
    begun = monotonic()
    row = Row(task.fake, group_of(task.fake))
    try:
        with closing(_open(task)) as adapter:
            trials = tuple(_trials(adapter, task.fake, settings))
            if task.fake.is_fault and not any(one.killed for one in trials):
                trials = tuple(_longer(adapter, task.fake, settings, trials))
    except Exception as error:  # noqa: BLE001 - the other fakes are still to be run
        return evolve(row, error=_describe(error), seconds=_since(begun))
    return evolve(row, trials=trials, seconds=_since(begun))


def _trials(adapter: Adapter, fake: Fake, settings: Settings) -> Iterator[Trial]:
    """Run the engines that fit one after the other, those that may be spared last."""
    spare = settings.sparing and fake.is_fault
    engines = [one.name for one in engines_for(adapter, _fitting(fake, settings.engines))]
    told = False
    for engine in sorted(engines, key=lambda one: spare and one in SPARED):
        if not (spare and told and engine in SPARED):
            trial = _try(adapter, fake, engine, settings)
            told = told or trial.killed
            yield trial


def _longer(
    adapter: Adapter, fake: Fake, settings: Settings, trials: Sequence[Trial]
) -> Iterator[Trial]:
    """Look longer by chance for what nothing has told, and give the other trials as they are."""
    patient = evolve(settings, budget=_PATIENCE * settings.budget)
    for one in trials:
        yield _try(adapter, fake, one.engine, patient) if one.engine == _BY_CHANCE else one


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
    # Judges and programs are kept for the next fake; to look through them for garbage takes long.
    gc.freeze()
    begun = last = monotonic()

    def record(*_: object) -> None:
        # The last program that is told is the one that failed: shrinking comes after it.
        nonlocal last
        last = monotonic()

    profile = PROFILES[fake.profile]
    budget = settings.budget * (1.0 if fake.is_fault else _CONFORMING)
    plan = Plan(
        profile,
        budget,
        settings.seed,
        stop_first=True,
        engines=(engine,),
        shrinking=_SHRINKING,
        asks=False,
        longest=None if fake.is_fault else _WITHOUT_SHARE * budget,
    )
    findings = _Check(adapter, plan, load(), record=record, judge_for=_judge_for).run()
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


@cache
def _judge_for(profile: Profile, catalogue: Catalogue, capable: bool) -> Judge:  # noqa: FBT001
    """Give a judge that has seen other fakes: what they answer is mostly the same."""
    return fresh_judge(profile, catalogue, capable)


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
    with ProcessPoolExecutor(number, context, _belong_to, (os.getpid(),)) as pool:
        try:
            yield pool
        except BaseException:  # GeneratorExit is one
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _belong_to(parent: int) -> None:
    """Leave Ctrl-C to the process that started this one, which will end it, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _describe(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")


def _since(begun: float) -> float:
    return round(monotonic() - begun, 3)
