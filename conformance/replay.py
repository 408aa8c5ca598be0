"""Lets a failing program of a report happen again, and says what has become of it."""

from __future__ import annotations

from contextlib import closing, contextmanager
from enum import Enum
from typing import TYPE_CHECKING

from attrs import frozen

from waitctx.reports.text import clean

from .adapters.base import MissingToolError, TargetError
from .clauses import load
from .engines.registry import TOOLS, WATCHING
from .findings import Found
from .judge import Failure, Judge, Judgement
from .model import Model
from .operations import MEMORY_OPERATIONS, OPERATIONS, Leaks
from .outcomes import PROFILES
from .programs import from_json, from_text, to_text
from .reporting import failure_report
from .state import State
from .targets import open_target
from .witnesses import RACES_TRIED, is_race

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.reports.report import FailureReport

    from .adapters.base import Adapter, Ics
    from .known_failures import Alone
    from .outcomes import Profile
    from .programs import Program


class Outcome(Enum):
    """What has become of a failure."""

    FIXED = "fixed"
    SAME = "still failing in the same way"
    OTHERWISE = "failing otherwise"
    CANNOT_RUN = "cannot be run"


@frozen
class Replay:
    """What happened when a failing program was run again."""

    outcome: Outcome
    why: str = ""
    """Why it could not be run or judged."""
    failure: Failure | None = None
    """How it fails now."""


def replay(known: FailureReport, adapter: Adapter, profile: Profile) -> Replay:
    """Run a failing program alone on a fresh instance of an implementation.

    Raises:
        OperationError: the report holds an operation that this waitctx does not know.
    """
    program = from_json(list(known.program_json))
    if lacking := missing(program, adapter.ics):
        return Replay(Outcome.CANNOT_RUN, f"{lacking} not supported by the target")
    try:
        with _as_found(known.engine, program, adapter) as instance:
            judgement = judge_alone(program, instance, profile)
    except (MissingToolError, TargetError) as error:
        return Replay(Outcome.CANNOT_RUN, str(error))
    if judgement.inconclusive:
        return Replay(Outcome.CANNOT_RUN, judgement.inconclusive)
    if judgement.failure is None:
        return Replay(Outcome.FIXED)
    same = _way_of(judgement.failure) == _way_in(known)
    return Replay(Outcome.SAME if same else Outcome.OTHERWISE, failure=judgement.failure)


@contextmanager
def _as_found(engine: str, program: Program, adapter: Adapter) -> Iterator[Adapter]:
    """Have the implementation watched, or under a memory checker, as when a failure was found."""
    if engine in TOOLS:
        opened = adapter.under(engine)
    elif engine in WATCHING or _is_watched(program, adapter.ics):
        opened = adapter.watched()
    else:
        yield adapter
        return
    with closing(opened) as other:
        yield other


def _is_watched(program: Program, ics: Ics) -> bool:
    """Tell whether a program is about memory, and only to count what is left is not enough."""
    counted = {Leaks.word} if ics.counted else set()
    return any(one.word in MEMORY_OPERATIONS.keys() - counted for one in program)


def judge_alone(program: Program, adapter: Adapter, profile: Profile) -> Judgement:
    """Carry out one program on a fresh instance, and judge it; a race several times."""
    return _judge_with(judge_for(adapter, profile), program, adapter)


def judge_for(adapter: Adapter, profile: Profile) -> Judge:
    """Give a judge of what an implementation answers."""
    return Judge(Model(profile), load(), State(capable=adapter.ics.capable))


def _judge_with(judge: Judge, program: Program, adapter: Adapter) -> Judgement:
    seen = adapter.run([program] * (RACES_TRIED if is_race(program) else 1))
    judged = [judge.judge_all(program, one) for one in seen]
    return next((one for one in judged if one.failure is not None), judged[0])


def alone_on(adapter: Adapter, profile: Profile) -> Alone:
    """Give what runs the programs of known failures: as usual, then where memory is watched."""
    judge = judge_for(adapter, profile)

    def alone(program: Program) -> FailureReport | str | None:
        if lacking := missing(program, adapter.ics):
            return f"{lacking} not supported by the target"
        watched = _is_watched(program, adapter.ics)
        can_watch = adapter.ics.watchable and not adapter.ics.sanitized
        if watched and not can_watch:
            return "its memory cannot be watched"
        with _as_found("memory" if watched else "", program, adapter) as instance:
            judgement = _judge_with(judge, program, instance)
        if judgement == Judgement(len(program)) and can_watch and not watched:
            with closing(adapter.watched()) as instance:
                judgement = _judge_with(judge, program, instance)
        if judgement.failure is not None:
            found = Found(judgement.failure, "known failures", reproduced=True)
            return failure_report("", found, judge, judge.catalogue)
        return judgement.inconclusive or None

    return alone


def missing(program: Program, ics: Ics) -> str:
    """Name the functions that a program needs and an implementation does not support."""
    calls = [one.word for one in program if one.word in OPERATIONS]
    words = dict.fromkeys(word for word in calls if not ics.supports(OPERATIONS[word]))
    return ", ".join(dict.fromkeys(OPERATIONS[word].function for word in words))


def assert_permitted(program: str, target: str, profile: str = "spec", engine: str = "") -> None:
    """Run a program in its one-line form on a target, and judge every answer.

    Memory is watched if it was for the engine that found the program, or if the program asks for
    it.

    This is what the functions call that ``waitctx reproduce --as pytest`` writes.

    Raises:
        AssertionError: an answer is not permitted; the text says which, and what is.
        TargetError: the target cannot be opened.
        OperationError: the text is no program.
        ValueError: the program does not fit the target, or could not be judged.
    """
    operations = from_text(program)
    adapter = open_target(target)
    try:
        if lacking := missing(operations, adapter.ics):
            raise ValueError(f"{target} does not support {lacking}")
        with _as_found(engine, operations, adapter) as instance:
            judgement = judge_alone(operations, instance, PROFILES[profile])
    finally:
        adapter.close()
    if judgement.inconclusive:
        raise ValueError(f"the program cannot be judged: {judgement.inconclusive}")
    if judgement.failure is not None:
        raise AssertionError(explain(judgement.failure))


def explain(failure: Failure) -> str:
    """Say in a line what is wrong, and after which program."""
    wrong = "; ".join(
        f"{one.answer}: {one.wanted} permitted, {one.seen} seen" for one in failure.mismatches
    )
    return f"{failure.clause}: {clean(wrong)} (after {to_text(failure.whole)})"


#: Where a failure is, which answers are wrong, and how it ended: two that agree in this fail alike.
_Way = tuple[int, frozenset[str], str, str]


def _way_of(failure: Failure) -> _Way:
    wrong = frozenset(one.answer for one in failure.mismatches)
    return len(failure.program), wrong, failure.clause, _kind_of(clean(failure.cause))


def _way_in(known: FailureReport) -> _Way:
    wrong = frozenset(line.partition(": ")[0] for line in known.wrong)
    return len(known.steps), wrong, known.clause, _kind_of(known.cause)


def _kind_of(cause: str) -> str:
    """Leave out the address at which a crash happened."""
    return cause.split(" at ", maxsplit=1)[0]
