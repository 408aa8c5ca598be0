"""Runs programs on a shared library in this very process, to tell what a worker costs.

Nothing is between the two but the worker: programs are written, carried out and read by the same
code. What the library does wrong it does to this process, so this is for those that are known to
conform.
"""

from __future__ import annotations

import ctypes
import mmap
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol

from attrs import define, field, frozen

from waitctx.conformance.adapters.connection import driver_path
from waitctx.conformance.adapters.words import WORD_SIZE, decode_batch, encode
from waitctx.conformance.adapters.worker import BOARD_SIZE, Board
from waitctx.conformance.programs import from_text

from .contenders import ContenderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.adapters.base import Observations
    from waitctx.conformance.programs import Program

_PROGRAMS: Final = 8 << 20
_RESULTS: Final = 32 << 20
_DONE: Final = 1


@define(eq=False)
class Here:
    """A shared library in this process; one at a time, for the driver keeps a single one."""

    path: str
    _driver: Any = field(init=False)
    _memory: mmap.mmap = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Load it.

        Raises:
            ContenderError: that cannot be done.
        """
        self._driver = ctypes.CDLL(driver_path())
        self._driver.waitctx_load.restype = ctypes.c_char_p
        error = self._driver.waitctx_load(self.path.encode())
        if error is not None:
            raise ContenderError(error.decode(errors="replace"))
        self._memory = mmap.mmap(-1, BOARD_SIZE + _PROGRAMS + _RESULTS)
        # OpenSSL's key for what a thread has is the first of the process until it is set up, and
        # from 3.13 on that one is Python's: who paused before would read what is no job.
        self.run([from_text("init_thread 1 1; cleanup_thread")])

    def run(self, programs: Sequence[Program]) -> list[Observations]:
        """Carry out programs, as `NativeAdapter.run` does.

        Raises:
            ContenderError: there is not enough memory for them, or for the answers.
        """
        record = b"".join(map(encode, programs))
        if len(record) > _PROGRAMS:
            raise ContenderError("the programs are larger than the memory for them")
        self._memory[BOARD_SIZE : BOARD_SIZE + len(record)] = record
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        ending = self._driver.waitctx_batch_here(
            ctypes.c_void_p(address),
            ctypes.c_void_p(address + BOARD_SIZE),
            ctypes.c_size_t(len(record) // WORD_SIZE),
            ctypes.c_void_p(address + BOARD_SIZE + _PROGRAMS),
            ctypes.c_size_t(_RESULTS // WORD_SIZE),
        )
        if ending != _DONE:
            raise ContenderError("the answers are larger than the memory for them")
        begun = Board.from_buffer_copy(self._memory).programs
        with memoryview(self._memory) as whole, whole[BOARD_SIZE + _PROGRAMS :] as results:
            return list(decode_batch(results, begun))


class Runs(Protocol):
    """Whatever carries programs out."""

    def run(self, programs: Sequence[Program]) -> list[Observations]:
        """Carry them out."""


@frozen
class Both:
    """How long the same programs took here and in a worker at least, in seconds."""

    here: float
    worker: float

    @property
    def ratio(self) -> float:
        """How quick the worker is, as a part of how quick it is here."""
        return self.here / self.worker


def side_by_side(here: Runs, worker: Runs, programs: Sequence[Program], rounds: int) -> Both:
    """Carry out a batch here and in a worker, in turn: both meet the same machine.

    The least of each counts, for whatever else the machine does only adds to it.

    Raises:
        ContenderError: they are answered differently, or not all of them.
    """
    expected = here.run(programs)
    if len(expected) != len(programs) or expected != worker.run(programs):
        raise ContenderError("the answers of the two differ")
    times = [(_timed(here, programs), _timed(worker, programs)) for _ in range(rounds)]
    return Both(min(one for one, _ in times), min(other for _, other in times))


def _timed(place: Runs, programs: Sequence[Program]) -> float:
    begun = perf_counter()
    place.run(programs)
    return perf_counter() - begun
