"""The limit: how quick a plain loop in C is that makes the walker's calls and looks at nothing.

Both take turns in one process over the same programs, so what the machine does besides harms both.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

from attrs import frozen

from .worker import BOARD_SIZE

if TYPE_CHECKING:
    from .connection import Connection
    from .walking import Walker

#: As walker.h has it.
MOST_ROUNDS: Final = 1024
#: About so many calls are made in a round: few enough for the processor's caches.
_CALLS: Final = 20_000


class _Turn(ctypes.Structure):
    _fields_ = (("wall", ctypes.c_int64), ("cpu", ctypes.c_int64))


class _Round(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("programs", "operations", "calls")),
        ("plain", _Turn),
        ("walker", _Turn),
    )


class _Limit(ctypes.Structure):
    """walker.h's struct limit."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("first", "most", "rounds", "done", "strayed")),
        ("round", _Round * MOST_ROUNDS),
    )


@frozen
class Turns:
    """What both took for the same operations, in seconds of the processor."""

    operations: int
    plain: float
    walker: float


def take_turns(
    connection: Connection, deadline: float, walker: Walker, first: int, rounds: int
) -> list[Turns]:
    """Let them take turns; fewer times than asked for where the implementation died.

    Raises:
        WorkerLostError: the process that watches it is lost.
        DriverError: the worker itself failed.
    """
    memory = connection.memory
    table = walker.lay_out(memory)
    asked = bytes(_Limit(first=first, most=_CALLS, rounds=min(rounds, MOST_ROUNDS)))
    memory[BOARD_SIZE : BOARD_SIZE + len(asked)] = asked
    connection.ask(f"limit {table} {deadline}".encode(), deadline)
    told = _Limit.from_buffer_copy(memory, BOARD_SIZE)
    done = told.round[: max(0, min(told.done, rounds))]
    return [
        Turns(one.operations, one.plain.cpu / 1e9, one.walker.cpu / 1e9)
        for one in done
        if one.plain.cpu > 0 and one.walker.cpu > 0
    ]
