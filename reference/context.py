"""What one wait context holds. Plain state: the rules are in :mod:`waitctx.reference.wait_calls`.

A context is a list of entries, newest first, a callback with its argument, and a status. An
entry is *fresh* from its setting to the next reset, and *doomed* from its clearing to the next
reset; an entry that is cleared while fresh leaves at once, so no entry is ever both.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from attrs import define, field

from .constants import ASYNC_STATUS_UNSUPPORTED
from .errors import UndefinedBehaviourError

Cleanup = Callable[["WaitContext", Any, int, Any], object]
"""A cleanup routine: called with the context, the key, the descriptor and the custom data."""

Callback = Callable[[Any], int]
"""An ASYNC_callback_fn: called, by async-aware code alone, with the callback argument."""


class Life(Enum):
    """How far a context is from its end."""

    LIVE = "live"
    ENDING = "ending"
    ENDED = "ended"


@define(eq=False)
class Entry:
    """The association of one key with one descriptor."""

    key: object
    fd: int
    custom_data: object
    cleanup: Cleanup | None
    fresh: bool = True
    doomed: bool = False


@define(eq=False)
class WaitContext:
    """An ASYNC_WAIT_CTX. Callers treat it as opaque; it is compared by identity."""

    entries: list[Entry] = field(factory=list)
    callback: Callback | None = None
    callback_arg: object = None
    status: int = ASYNC_STATUS_UNSUPPORTED
    life: Life = Life.LIVE


def same_key(one: object, other: object) -> bool:
    """Tell whether two keys are one key, as C compares pointers (SET-03).

    Two ints are the same key if they are equal, for an int stands for an address. Any other
    objects are the same key only if they are the same object, however equal they are. So None,
    which is NULL, is a key like any other.
    """
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    return one is other


def live(ctx: WaitContext | None) -> WaitContext:
    """Give the context if its entries may be used.

    Raises UndefinedBehaviourError for NULL (SET-09), after free, and from within a cleanup
    routine, where the real list is already being torn down (FREE-06).
    """
    ctx = existing(ctx)
    if ctx.life is Life.ENDING:
        raise UndefinedBehaviourError("the entries were used by a cleanup routine", "FREE-06")
    return ctx


def existing(ctx: WaitContext | None) -> WaitContext:
    """Give the context if its callback and status may be used: also while it is being freed.

    Raises UndefinedBehaviourError for NULL (ST-05) and after free (FREE-04).
    """
    if ctx is None:
        raise UndefinedBehaviourError("a NULL context", "SET-09, ST-05")
    if ctx.life is Life.ENDED:
        raise UndefinedBehaviourError("a context used after it was freed", "FREE-04")
    return ctx
