"""The worker for Python objects: it imports the target once, and forks for each run and session.

Messages, memory and deadlines are those of `worker`; in place of the interpreter in C the processes
that it forks have the one in Python.
"""

from __future__ import annotations

import builtins
import ctypes
import gc
import json
import mmap
import os
import socket
import sys
from functools import partial
from struct import pack_into
from time import monotonic
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Final, NoReturn

from attrs import asdict, frozen

from .base import TargetError
from .in_process import InProcessAdapter, carry_out, carry_out_all
from .records import MAX_RECORD, encode_observation
from .words import OPERATION_SIZE, WORD_SIZE, decode_operation, decode_programs
from .worker import (
    ABRUPT,
    BOARD_SIZE,
    BROKEN,
    CAREFUL,
    CHANGED,
    ENDLESS,
    LATE,
    MAP_SIZE,
    PROGRAMS_SIZE,
    RESULTS_SIZE,
    TABLE_AT,
    Board,
    Worker,
    main,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from waitctx.conformance.observations import Observation
    from waitctx.conformance.operations import Operation
    from waitctx.conformance.programs import Program

_DONE: Final = 1
_FULL: Final = 2
#: Modules without which Python cannot go on.
_NEEDED: Final = frozenset({"builtins", "os", "sys"})
#: So many bytes may the results of one program have.
_LONGEST: Final = RESULTS_SIZE // 12
#: What a module holds for good; whatever else it holds may be what it has to remember.
_LASTING: Final = (type, FunctionType, BuiltinFunctionType)
#: As it is before anybody puts another in its place.
_exit: Final = os._exit


@frozen
class Modules:
    """Modules with their functions and classes, as they are at one time."""

    _all: tuple[tuple[str, object], ...]
    _members: tuple[tuple[dict[str, object], str, object], ...]
    """Each with the names among which it stands, and its own."""

    @classmethod
    def of(cls, modules: Mapping[str, object]) -> Modules:
        """Remember how they are now."""
        members = (
            (module.__dict__, name, one)
            for module in modules.values()
            if isinstance(module, ModuleType)
            for name, one in module.__dict__.items()
            if isinstance(one, _LASTING)
        )
        return cls(tuple(modules.items()), tuple(members))

    @property
    def changed(self) -> bool:
        """Whether one is gone, or stands for something else."""
        return any(sys.modules.get(name) is not one for name, one in self._all) or any(
            names.get(name) is not one for names, name, one in self._members
        )


class PythonWorker(Worker):
    """Serves one Python object."""

    adapter: InProcessAdapter
    builtins: AbstractSet[tuple[str, object]]
    """As they were when the target had been imported."""
    modules: Modules
    """The same of those that were there before."""

    def load(self, path: bytes) -> str:
        """Import the target and tell what it is."""
        before = dict(sys.modules)
        try:
            self.adapter = InProcessAdapter.open(os.fsdecode(path))
        except TargetError as error:
            return "refused " + json.dumps([str(error), error.hint])
        except KeyboardInterrupt:  # Ctrl-C does not get here
            message = f"{os.fsdecode(path)} cannot be opened: KeyboardInterrupt"
            return "refused " + json.dumps([message, "Import it in Python to see where it fails."])
        finally:
            self.builtins = dict(vars(builtins)).items()
            self.modules = Modules.of(before)
            gc.freeze()  # what is here stays: the collector need not touch it in each process
        ics = self.adapter.ics
        facts = {"functions": sorted(ics.functions), "capable": ics.capable}
        return "loaded " + json.dumps(asdict(self.adapter.identity) | facts)

    def run(self, words: int, deadline: float, until: float, care: int) -> str:
        """Carry out programs in a process of their own; the deadline is for each step."""
        end = BOARD_SIZE + words * WORD_SIZE
        with memoryview(self.memory) as whole, whole[BOARD_SIZE:end] as written:
            programs = decode_programs(written)
        board = Board.from_buffer(self.memory)
        ctypes.memset(ctypes.byref(board), 0, ctypes.sizeof(board))
        pid = self._fork(board, MAP_SIZE)
        if pid == 0:
            ending = BROKEN
            try:
                ending = self._batch(programs, board, until, care)
            finally:  # what an except clause would need may be broken
                finish(board, ending)
        self.boards[pid] = board
        return self.end(pid, deadline)

    def session(self, connection: int) -> str:
        """Begin a session in a process of its own."""
        board = Board.from_buffer(mmap.mmap(-1, BOARD_SIZE))
        pid = self._fork(board, BOARD_SIZE)
        if pid == 0:
            ending = BROKEN
            try:
                self._converse(socket.socket(fileno=connection), board)
                ending = _DONE
            finally:
                finish(board, ending)
        os.close(connection)
        self.boards[pid] = board
        return str(pid)

    def walk(self, table: int, told: int, deadline: float) -> str:
        """Refuse: the driver in C walks, and it has no Python objects."""
        raise NotImplementedError("only shared libraries can be walked on")

    def _fork(self, board: Board, shared: int) -> int:
        """Fork; in the child (0), settle. It shares so many bytes with us, from the board on."""
        worker = os.getpid()
        if watcher := os.fork():
            return watcher
        control, at = self.control.fileno(), ctypes.byref(board)
        self.driver.waitctx_stand_between(worker)
        watcher = os.getpid()
        if child := os.fork():
            self.driver.waitctx_watch(at, child, control)
        self.driver.waitctx_settle(at, ctypes.c_size_t(shared), watcher, control)
        return 0

    def _batch(self, programs: list[Program], board: Board, until: float, care: int) -> int:
        """Carry out programs; give how that ended."""
        at = BOARD_SIZE + PROGRAMS_SIZE
        ending = _DONE
        look = partial(self._take_leave, board) if care == CAREFUL else None
        for number, program in enumerate(programs, start=1):
            if TABLE_AT - at < WORD_SIZE:
                ending = _FULL
                break
            if board.programs and monotonic() > until:
                ending = LATE
                break
            abrupt = care == ABRUPT and number == len(programs)
            writer = _Writer(self.memory, at, board, look, len(program), abrupt=abrupt)
            board.programs += 1
            carry_out_all(self.adapter.factory, program, writer.report)
            board.cleaning = 0
            board.progress += 1
            if writer.full:
                ending = _FULL
                break
            at = writer.at
            conduct = self._conduct(everything=care == CAREFUL)
            if conduct != _DONE:
                return conduct
        conduct = self._conduct(everything=True)
        return ending if conduct == _DONE else conduct

    def _conduct(self, *, everything: bool) -> int:
        """Tell whether the object leaves the process as it was, and Python in it."""
        whole = self.builtins <= vars(builtins).items() and sys.modules.keys() >= _NEEDED
        if not whole:
            return BROKEN
        conduct: int = self.driver.waitctx_conduct(everything)
        return CHANGED if conduct == _DONE and everything and self.modules.changed else conduct

    def _take_leave(self, board: Board) -> None:
        """End if the object has left the process otherwise than it was."""
        conduct = self._conduct(everything=True)
        if conduct != _DONE:
            finish(board, conduct)

    def _converse(self, connection: socket.socket, board: Board) -> None:
        """Take operations from the other side, and answer each there."""

        def following() -> Operation:
            record = connection.recv(OPERATION_SIZE, socket.MSG_WAITALL)
            if len(record) < OPERATION_SIZE:
                raise StopIteration
            return decode_operation(record)

        def report(observation: Observation) -> None:
            board.progress += 1
            connection.sendall(_record(observation, board))

        carry_out(self.adapter.factory, following, report)


def _record(observation: Observation, board: Board) -> bytes:
    """Write an observation, or end this process if it is longer than any that can be permitted."""
    record = encode_observation(observation)
    if len(record) > MAX_RECORD:
        finish(board, ENDLESS)
    return record


class _Writer:
    """Writes the results of one program; their number of words stands before them."""

    def __init__(  # noqa: PLR0913
        self,
        memory: mmap.mmap,
        begin: int,
        board: Board,
        look: Callable[[], None] | None,
        left: int,
        *,
        abrupt: bool,
    ) -> None:
        self.memory = memory
        self.look = look
        self.left = left  # until what comes is no operation's any more
        self.abrupt = abrupt  # the process ends then
        self.begin = begin
        self.at = begin + WORD_SIZE
        self.board = board
        self.full = False
        pack_into("=q", memory, begin, 0)

    def report(self, observation: Observation) -> None:
        """Take one; the number grows after its words: results are whole whenever we end."""
        if self.look is not None:
            self.look()
        record = _record(observation, self.board)
        end = self.at + len(record)
        if end - self.begin > _LONGEST:
            finish(self.board, ENDLESS)
        if self.full or end > TABLE_AT:
            self.full = True
            return
        self.memory[self.at : end] = record
        self.at = end
        words = (end - self.begin) // WORD_SIZE - 1
        pack_into("=q", self.memory, self.begin, words)
        self.board.progress += 1
        self.left -= 1
        if self.left == 0 and self.abrupt:
            finish(self.board, _DONE)
        self.board.cleaning = int(self.left == 0)


def finish(board: Board, ending: int) -> NoReturn:
    """End this process as the harness expects it."""
    board.ending = ending
    _exit(0)


def serve() -> NoReturn:
    """Serve as `worker.main` does."""
    main(PythonWorker)
