"""The growth engine: few long programs, with more of everything than others have.

Faults wait where an array is full, a counter runs over or a table is grown: at the 9th, the 65th or
the 257th. So each program has hundreds of one thing, and looks closely around the powers of two.
They are the same ones at every run, and grow in Python alone: no table holds so many states.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final

from waitctx.conformance.operations import INT_MAX, LIMITS, Symbol
from waitctx.conformance.programs import Program, from_text
from waitctx.conformance.rules_jobs import MAX_BLOCKS

from .scenarios import fits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from waitctx.conformance.outcomes import Profile

#: One more than fits where a number has eight bits, and then some.
_MANY: Final = 290
#: Contexts or jobs at one time; more take too much memory for their stacks.
_AT_ONCE: Final = 70
_FEW: Final = 20
#: More than a thousand, for who counts what was ever done.
_CYCLES: Final = 1_100

_BLOCKS: Final = LIMITS[Symbol.BLOCK]


def programs(profile: Profile, words: Collection[str], *, capable: bool) -> Iterator[Program]:
    """Give the programs that are defined in a profile and need just these operations."""
    yield from _fitting(profile, tuple(words), capable)


@lru_cache(maxsize=8)
def _fitting(
    profile: Profile,
    words: tuple[str, ...],
    capable: bool,  # noqa: FBT001 - a cached call
) -> tuple[Program, ...]:
    made = (from_text("; ".join(make())) for make in PROGRAMS)
    # What an implementation cannot be asked is left out, and what it cannot do not even begun.
    asked = (tuple(one for one in program if one.word in (*words, *_DOING)) for program in made)
    return tuple(one for one in asked if fits(one, profile, words, capable=capable))


#: Without these a program would be another.
_DOING: Final = frozenset(
    ("new", "free", "set", "clear", "start", "pause", "resume", "return", "init_thread", "block")
)


def _edge(number: int) -> bool:
    """Tell whether a number is a power of two, or next to one."""
    return any(one & (one - 1) == 0 for one in (number - 1, number, number + 1))


def _look(ctx: str) -> Iterator[str]:
    yield f"all {ctx} array"
    yield f"changed {ctx} array array"
    yield from (f"get_callback {ctx}", f"get_status {ctx}")


def _notices(ctx: str, number: int) -> Iterator[str]:
    """Give a context callback and status, for what one part holds may spoil another."""
    yield from (f"set_callback {ctx} b{number % 3} d{number}", f"set_status {ctx} {1 + number % 3}")


def keys() -> Iterator[str]:
    """Set hundreds of keys, tell them, clear half in a later window, set these again."""
    yield from ("new c0", *_notices("c0", 1))
    for n in range(_MANY):
        yield f"set c0 k{n} {1000 + n} d{n} f{n % 3}"
        if _edge(n + 1):
            yield from (*_look("c0"), f"get c0 k{n}", "get c0 k0")
    yield from (f"get c0 k{n}" for n in range(_MANY))
    yield from ("start j0 c0 null", "pause", "changed c0 array array", "resume j0 c0")
    yield from _look("c0")
    for count, n in enumerate(range(0, _MANY, 2), start=1):
        yield f"clear c0 k{n}"
        if _edge(count):
            yield from (*_look("c0"), f"get c0 k{n}")
    yield from ("pause", "changed c0 array array", "resume j0 c0")
    for count, n in enumerate(range(0, _MANY, 2), start=1):
        yield f"set c0 k{n} {n} d{n + 1} f{n % 2}"
        if _edge(count):
            yield from _look("c0")
    yield from (f"get c0 k{n}" for n in range(_MANY))
    yield from ("pause", "changed c0 null null", "resume j0 c0", "return 1", "free c0")


def orders() -> Iterator[str]:
    """Clear as many keys from the first on, from the last on, and from the middle on."""
    yield "new c0"
    for order in (lambda n: n, lambda n: -n, lambda n: n * 37 % _AT_ONCE):
        yield from (f"set c0 k{n} {n} d{n} f0" for n in range(_AT_ONCE))
        for n in sorted(range(_AT_ONCE), key=order):
            yield from (f"clear c0 k{n}", "all c0 array")
        yield from _look("c0")
    yield "free c0"


def cycles() -> Iterator[str]:
    """Set and clear one key more than a thousand times, beside another that stays."""
    yield from ("new c0", "set c0 k1 1 d1 f1", *_notices("c0", 2))
    for n in range(1, _CYCLES):
        yield from (f"set c0 k0 {n} d{n % 7} f0", "get c0 k0")
        if _edge(n):
            yield from _look("c0")
        yield "clear c0 k0"
        if _edge(n):
            yield from ("get c0 k0", *_look("c0"))
    yield from ("get c0 k1", *_look("c0"), "free c0")


def windows() -> Iterator[str]:
    """Pause a job hundreds of times; another key comes and goes in each window."""
    yield from ("new c0", "set c0 k9 9 d9 f1", *_notices("c0", 0), "start j0 c0 a3")
    for n in range(_MANY):
        yield f"set c0 k{n % 5} {n} d{n % 5} f0"
        if n > 2:  # noqa: PLR2004 - from then on there is one to clear
            yield f"clear c0 k{(n - 3) % 5}"
        yield from ("changed c0 array array", "pause", "changed c0 array array", "resume j0 c0")
        if _edge(n):
            yield from (*_look("c0"), "args", "current", "wait_ctx j0", "get c0 k9")
    yield from ("all c0 array", "return 1", "free c0")


def idle_windows() -> Iterator[str]:
    """Pause a job hundreds of times, and change nothing."""
    yield from ("new c0", "set c0 k0 1 d0 f0", "set_callback c0 b0 d0", "set_status c0 2")
    yield "start j0 c0 a2"
    for n in range(_MANY):
        yield from ("pause", "changed c0 array array", "resume j0 c0")
        if _edge(n):
            yield from ("get c0 k0", *_look("c0"), "args", "current")
    yield from ("return 7", "free c0")


def contexts() -> Iterator[str]:
    """Have many contexts at a time, each with all that a context can hold."""
    ids = range(LIMITS[Symbol.CONTEXT])
    for n in ids:
        yield from (f"new c{n}", *_look(f"c{n}"))
        yield from (f"set c{n} k0 {n} d{n} f{n % 3}", f"set c{n} k{n + 1} {n + 1000} d0 null")
        yield from (f"set_callback c{n} b{n % 3} d{n}", f"set_status c{n} {n % 4}")
    for n in ids:
        yield from (f"get c{n} k0", f"get c{n} k1", *_look(f"c{n}"))
    yield from (f"free c{n}" for n in ids if n % 2)
    for n in ids:
        if n % 2:
            yield from (f"new c{n}", f"get_status c{n}", f"get c{n} k0")
        else:
            yield from _look(f"c{n}")
    yield from (f"free c{n}" for n in ids)


def contexts_in_turn() -> Iterator[str]:
    """Make and free hundreds of contexts; each is looked at before anything is set."""
    for n in range(_MANY):
        yield from ("new c0", *_look("c0"), "get c0 k0")
        yield from (f"set c0 k0 {n} d{n} f{n % 3}", *_notices("c0", n), "get c0 k0", "free c0")


def jobs_in_turn() -> Iterator[str]:
    """Run hundreds of jobs on one context, with blocks of every size; every other one pauses."""
    yield from ("new c0", *_notices("c0", 1))
    for n in range(_MANY):
        yield from (f"start j0 c0 a{n % _BLOCKS}", "current", "wait_ctx j0")
        yield f"set c0 k{n % 3} {n} d0 f0"
        if n % 2:
            yield from ("pause", "changed c0 array array", "resume j0 c0", "args")
        yield from (f"clear c0 k{n % 3}", f"return {(n + 1) * 77}", "all c0 array")
        if _edge(n):
            yield from _look("c0")
    yield from ("start j0 c0 null", "args", "return 1", "changed c0 array array", "free c0")


def jobs_at_once() -> Iterator[str]:
    """Have many jobs paused at a time, and resume them in another order than they came."""
    ids = range(_AT_ONCE)
    for n in ids:
        yield from (f"new c{n}", f"start j{n} c{n} a{n % _BLOCKS}", f"set c{n} k0 {n} d{n} f0")
        yield from (*_notices(f"c{n}", n), "pause", f"changed c{n} array array", f"wait_ctx j{n}")
    for turn in range(1, 4):
        for n in sorted(ids, key=lambda n: n * (11 + 6 * turn) % _AT_ONCE):
            yield from (f"resume j{n} c{n}", "args", "current", f"wait_ctx j{n}")
            yield from (f"set c{n} k{turn} {turn} d{n} f1", f"clear c{n} k{turn - 1}", "pause")
            yield from (f"get c{n} k{turn}", *_look(f"c{n}"))
    for n in ids:
        yield from (f"resume j{n} c{n}", "args", f"return {n - 3}", *_look(f"c{n}"))
    yield from (f"free c{n}" for n in ids)


def full_pool() -> Iterator[str]:
    """Use up a pool, let one job end and another take its place, again and again."""
    yield "init_thread 40 3"
    for n in range(40):
        yield from (f"new c{n}", f"start j{n} c{n} a3", "pause")
    yield from ("new c40", "start j40 c40 null")
    for n in range(40):
        yield from (f"resume j{n} c{n}", f"return {n}", f"start j{n} c{n} a4", "pause")
        yield "start j40 c40 null"
    for n in range(40):
        yield from (f"resume j{n} c{n}", f"return {n}", f"free c{n}")
    yield from ("start j0 c40 a1", "return 1", "free c40", "cleanup_thread")


def blocks() -> Iterator[str]:
    """Block pauses many times over, and take the blocks away one by one."""
    yield from ("new c0", "start j0 c0 null", "set c0 k0 1 d0 f0")
    for n in range(1, MAX_BLOCKS + 1):
        yield "block"
        if _edge(n):
            yield from ("pause", "current", "changed c0 array array")
    for n in range(MAX_BLOCKS - 1, -1, -1):
        yield "unblock"
        if n and _edge(n):
            yield from ("pause", "current")
    yield from ("pause", "changed c0 array array", "resume j0 c0", "return 1", "free c0")


def notices() -> Iterator[str]:
    """Set callback and status hundreds of times, beside fds that become more."""
    yield "new c0"
    for n in range(_MANY):
        if n < _FEW:
            yield f"set c0 k{n} {n} d{n + _MANY} f0"
        yield from (f"set_callback c0 b{n % 3} d{n}", f"set_status c0 {n % 4}")
        yield from ("get_callback c0", "get_status c0")
        if _edge(n):
            yield from (f"get c0 k{key}" for key in range(min(n + 1, _FEW)))
            yield from _look("c0")
    yield from ("all c0 array", "free c0")


def values() -> Iterator[str]:
    """Set every combination of arguments that are special, with a callback beside and without."""
    for fd, key, data, cleanup in product(_FDS, ("k0", "null"), ("null", "d0"), ("null", "f0")):
        for notices in ((), tuple(_notices("c0", fd % 3))):
            yield from ("new c0", *notices, f"set c0 {key} {fd} {data} {cleanup}", f"get c0 {key}")
            yield from (*_look("c0"), "changed c0 null array", "all c0 null", "start j0 c0 null")
            yield from ("pause", "resume j0 c0", f"get c0 {key}", f"clear c0 {key}", *_look("c0"))
            yield from (f"set c0 {key} {fd} {data} {cleanup}", "return 0", "free c0")


def statuses() -> Iterator[str]:
    """Set every status that a number of few bits could hold, and those around powers of two."""
    yield "new c0"
    small = range(-_MANY, _MANY)
    powers = [sign << bit for bit in range(9, 31) for sign in (-1, 1)]
    large = (power + more for power in powers for more in (0, 1))
    for status in (*small, *large):
        yield from (f"set_status c0 {status}", "get_status c0")
    yield "free c0"


_FDS: Final = (0, 1, 2, 255, 1024, INT_MAX)

#: The short ones first, so that little is lost where time is short.
PROGRAMS: Final[tuple[Callable[[], Iterable[str]], ...]] = (
    *(contexts_in_turn, full_pool, blocks, orders, idle_windows, statuses, keys, notices, windows),
    *(values, jobs_in_turn, cycles, jobs_at_once, contexts),
)
