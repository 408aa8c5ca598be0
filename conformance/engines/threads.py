"""The engines of threads: programs that go on in several threads, in turn and at the same time.

Each thread's part is a random program of its own, with contexts and jobs that no other has, but
keys, fds and data that all have. Where the program goes on in another thread is drawn too, and in a
race where they meet.
"""

from __future__ import annotations

from itertools import count, islice
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import evolve

from waitctx.conformance import operations as ops
from waitctx.conformance.operations import Symbol, index_of
from waitctx.conformance.programs import from_text

from . import random_programs, scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from waitctx.conformance.outcomes import Profile
    from waitctx.conformance.programs import Program

#: So many random programs take turns.
IN_TURN: Final = 60
#: So many race, each so often: a fault of a race shows now and then.
RACES: Final = 15
REPEATED: Final = 10
#: No operation is interrupted after more instructions of the library.
INSTRUCTIONS: Final = 400
#: Each place is taken up to so many instructions, then one of so many: what a list without a lock
#: exposes for one instruction comes early, what an array is on its way out lasts longer.
EACH: Final = 60
STRIDE: Final = 6
#: So many programs with interrupts run in one process, and begin with one for a new process.
BATCH: Final = 40
#: A thread's part has at least and at most so many operations.
SHORTEST: Final = 6
LONGEST: Final = 40
#: No generated program has more contexts or jobs.
_OF_EACH: Final = 8
#: How often a race's threads meet where one would go on after another.
_MEETING: Final = 0.3


def in_turn(
    profile: Profile, words: Sequence[str], seed: int, *, capable: bool
) -> Iterator[Program]:
    """Give programs whose threads take turns, those that are written down first."""
    yield from scenarios.programs(profile, words, capable=capable, file="threads.toml")
    yield from islice(_made(profile, words, seed, capable=capable), IN_TURN)


def races(profile: Profile, words: Sequence[str], seed: int, *, capable: bool) -> Iterator[Program]:
    """Give programs whose threads run at the same time, each several times."""
    known = scenarios.programs(profile, words, capable=capable, file="threads.toml")
    made = _made(profile, words, seed, capable=capable)
    for number, program in enumerate((*known, *islice(made, RACES))):
        yield from [_racing(program, Random(f"{seed}:{number}:meet"))] * REPEATED


def interrupts(
    profile: Profile, words: Sequence[str], seed: int, *, capable: bool
) -> Iterator[Program]:
    """Give programs in which another thread's operations interrupt one of a thread.

    Each is there for every place near its beginning, and for some further on. Every
    so often comes one that is the first to use the library.
    """
    fit = [
        text
        for text in scenarios.texts("interrupts.toml").values()
        if scenarios.fits(_interrupted(text, 1), profile, words, capable=capable)
    ]
    if not fit:
        return
    first, *others = fit
    random = Random(f"{seed}:interrupts")
    made = [(text, number) for text in others for number in _places(random)]
    random.shuffle(made)
    for place, (text, number) in enumerate(made):
        if place % (BATCH - 1) == 0:
            yield _interrupted(first, 1 + 3 * (place // (BATCH - 1)))
        yield _interrupted(text, number)


def _places(random: Random) -> Iterator[int]:
    """Give the places at which to interrupt an operation, counted in instructions."""
    yield from range(1, EACH + 1)
    yield from range(EACH + random.randint(1, STRIDE), INSTRUCTIONS, STRIDE)


def _interrupted(text: str, number: int) -> Program:
    return from_text(text.replace("{n}", str(number)))


def _made(profile: Profile, words: Sequence[str], seed: int, *, capable: bool) -> Iterator[Program]:
    made = random_programs.programs(profile, words, seed, capable=capable)
    short = (one for one in made if SHORTEST <= len(one) <= LONGEST)
    for number in count():
        random = Random(f"{seed}:{number}:threads")
        threads = random.choice((2, 2, 2, 3, 4))
        parts = [_apart(part, thread) for thread, part in enumerate(islice(short, threads))]
        yield interleaved(parts, random)


def _apart(program: Program, thread: int) -> Program:
    """Give a thread contexts and jobs of its own."""

    def own(kind: Symbol, value: str | int) -> str | int:
        if kind not in (Symbol.CONTEXT, Symbol.JOB) or value == "null":
            return value
        return f"{kind.value}{index_of(str(value)) + _OF_EACH * thread}"

    return tuple(
        evolve(one, **{name: own(kind, value) for name, kind, value in one.arguments})
        for one in program
    )


def interleaved(parts: Sequence[Program], random: Random) -> Program:
    """Let one program go through those of several threads, each in its own order."""
    rest = {f"t{thread}": list(part) for thread, part in enumerate(parts)}
    here = "t0"
    program: list[ops.Operation] = []
    while rest:
        there = random.choice(list(rest))
        if there != here:
            program.append(ops.Thread(there))
            here = there
        count = random.choice((1, 1, 2, 3, 6))
        program += rest[here][:count]
        del rest[here][:count]
        if not rest[here]:
            del rest[here]
    return tuple(program)


def _racing(program: Program, random: Random) -> Program:
    """Let the threads of a program run at the same time, and meet here and there."""
    racing: list[ops.Operation] = [ops.Race()]
    for operation in program:
        if isinstance(operation, ops.Thread) and random.random() < _MEETING:
            racing.append(ops.Meet())
        racing.append(operation)
    return tuple(racing)
