"""The engines, in the order in which a check runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .batches import ALLOCATION, GROWTH, MEMORY, RANDOM, SCENARIOS
from .walking import EXHAUSTIVE, WALKER, Walking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from waitctx.conformance.adapters.base import Adapter

    from .engine import Engine

_ALL: Final[tuple[Engine, ...]] = (
    SCENARIOS,
    GROWTH,
    MEMORY,
    ALLOCATION,
    EXHAUSTIVE,
    WALKER,
    RANDOM,
)

#: Their names.
ENGINES: Final = tuple(one.name for one in _ALL)
#: Those that need an implementation whose memory is watched.
WATCHING: Final = frozenset(one.name for one in _ALL if one.watched)
#: Those that walk along the model's graph in C.
WALKING: Final = frozenset(one.name for one in _ALL if isinstance(one, Walking))


def engines_for(adapter: Adapter, wanted: Iterable[str] = ()) -> tuple[Engine, ...]:
    """Give the engines that an implementation can be checked with, of those wanted if any is named.

    They are in order, whatever the order of the names.
    """
    chosen = frozenset(wanted) or frozenset(ENGINES)
    return tuple(one for one in _ALL if one.name in chosen and one.fits(adapter))
