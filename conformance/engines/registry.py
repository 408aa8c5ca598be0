"""The engines, in the order in which a check runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .batches import (
    ALLOCATION,
    ASAN,
    DESCRIPTORS,
    GROWTH,
    INTERRUPTS,
    LEAKS,
    MEMORY,
    RACES,
    RANDOM,
    SCENARIOS,
    THREADS,
    VALGRIND,
)
from .walking import EXHAUSTIVE, TOUR, WALKER, Walking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from waitctx.conformance.adapters.base import Adapter

    from .engine import Engine

_ALL: Final[tuple[Engine, ...]] = (
    *(SCENARIOS, GROWTH, TOUR, EXHAUSTIVE),
    *(THREADS, INTERRUPTS, RACES, DESCRIPTORS),
    *(MEMORY, LEAKS, ALLOCATION, WALKER, RANDOM),
)

#: Those that run under a memory checker, by its name: each only if it is asked for.
TOOLS: Final[dict[str, Engine]] = {one.tool: one for one in (ASAN, VALGRIND)}
#: Their names.
ENGINES: Final = tuple(one.name for one in _ALL)
#: Those that need an implementation whose memory is watched.
WATCHING: Final = frozenset(one.name for one in _ALL if one.watched)
#: What each of them alone can find, by the group of the clauses about it.
SPECIAL: Final[dict[str, frozenset[str]]] = {
    "MEM": WATCHING | {LEAKS.name},
    "THREAD": frozenset({THREADS.name, INTERRUPTS.name, RACES.name}),
    "FILE": frozenset({DESCRIPTORS.name}),
}
#: Those that walk along the model's graph in C.
WALKING: Final = frozenset(one.name for one in _ALL if isinstance(one, Walking))


def engines_for(
    adapter: Adapter, wanted: Iterable[str] = (), tools: Iterable[str] = ()
) -> tuple[Engine, ...]:
    """Give the engines that an implementation can be checked with, of those wanted if any is named.

    They are in order, whatever the order of the names; those of memory checkers come last.
    """
    chosen = frozenset(wanted) or frozenset(ENGINES)
    usual = (one for one in _ALL if one.name in chosen and not one.lacking(adapter))
    return (*usual, *(TOOLS[name] for name in TOOLS if name in set(tools)))


def unfit(adapter: Adapter, wanted: Iterable[str]) -> dict[str, str]:
    """Give those of some engines that an implementation cannot be checked with, and why."""
    chosen = frozenset(wanted)
    return {one.name: why for one in _ALL if one.name in chosen and (why := one.lacking(adapter))}
