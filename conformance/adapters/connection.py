"""The near end of the worker: starts it, asks it, ends it."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import define, field

from . import worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .tools import Tool

#: Beyond its own deadlines the worker gets this long to answer.
_PATIENCE: Final = 10.0
#: It is looked after so often meanwhile.
_SLICE: Final = 0.1
#: What a memory checker writes beyond this is not read.
_MOST_NOTES: Final = 16 << 20
#: When nobody needs it any more it gets this long to clean up.
_LEAVING: Final = 0.5
_MARK: Final = "WAITCTX_WORKER"
_ROUNDS: Final = 100


class WorkerLostError(Exception):
    """The worker does not answer any more: whatever ran in it took it along.

    The text says how the worker ended.
    """

    @property
    def as_cause(self) -> str:
        """What the program died of that did it."""
        return str(self).removesuffix(worker.TOO) + worker.TOO


class DriverError(RuntimeError):
    """The harness itself failed: the driver is not built, or a process cannot be forked."""


def driver_path() -> str:
    """Find the driver's shared object.

    Raises:
        DriverError: it is not built.
    """
    spec = find_spec("waitctx.conformance._driver")
    if spec is None or spec.origin is None:
        raise DriverError("the native driver is not built: install waitctx where a C compiler is")
    return spec.origin


@define(eq=False)
class Connection:
    """A worker process and the memory shared with it, which outlives it."""

    _command: tuple[str, ...] = (sys.executable, "-I", "-S", worker.__file__)
    """Starts the worker, which gets the driver's path and the descriptors as arguments."""
    watched: bool = False
    """Whether the driver takes the place of the worker's allocation functions."""
    tool: Tool | None = None
    """The memory checker that the worker runs under."""
    _notes: int = field(default=-1, init=False)
    """The file to which that writes."""
    _memory_file: int = field(init=False)
    memory: mmap.mmap = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)
    _socket: socket.socket = field(init=False)
    _mark: str = field(init=False)
    """Stands in the environment of all that the worker starts."""

    def __attrs_post_init__(self) -> None:
        """Start the worker."""
        driver = driver_path()
        self._memory_file = os.memfd_create("waitctx", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self._memory_file, worker.MAP_SIZE)
        # Who found it among our descriptors could make it shorter, and us fail in the middle of it.
        fcntl.fcntl(self._memory_file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        self.memory = mmap.mmap(self._memory_file, worker.MAP_SIZE)
        if self.tool is not None:
            self._notes = os.memfd_create("waitctx notes")
            fcntl.fcntl(self._notes, fcntl.F_SETFL, os.O_APPEND)
        self._start(driver)

    def _start(self, driver: str) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # In memory, and no larger than a file may be: who prints without end is found out.
        output = os.memfd_create("waitctx output")
        fcntl.fcntl(output, fcntl.F_SETFL, os.O_APPEND)
        with theirs, open(output, "wb"):  # noqa: PTH123 - a descriptor is no path
            files: tuple[int, ...] = (theirs.fileno(), self._memory_file)
            # A session of its own: signals from the terminal are ours alone, and close() finds all
            # that the library may have started.
            command, more = self._command, {"LD_PRELOAD": driver} if self.watched else {}
            if self.tool is not None:
                files = (*files, self._notes)
                command = (*self.tool.command(self._notes), *command)
                more = {"WAITCTX_NOTES": str(self._notes), **self.tool.environment()}
            self._mark = f"{_MARK}={secrets.token_hex(8)}"
            worker.Board.from_buffer(self.memory).mirrored = 0
            self._process = subprocess.Popen(
                [*command, driver, *map(str, files[:2])],
                env={**os.environ, **more, _MARK: self._mark.partition("=")[2]},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=files,
                start_new_session=True,
            )

    def ask(self, message: bytes, patience: float = 0, files: Sequence[int] = ()) -> str:
        """Send a message and give the answer, which is due within ``patience`` of each step.

        Raises:
            WorkerLostError: there is none.
            DriverError: the worker itself failed.
        """
        try:
            socket.send_fds(self._socket, [message], files)
            reply = self._receive((_PATIENCE + patience) * (self.tool.slower if self.tool else 1))
        except OSError:
            reply = b""
        if not reply:
            raise WorkerLostError(self._ending())
        if reply.startswith(b"failed "):
            raise DriverError(f"the worker failed: {reply[7:].decode()}")
        return reply.decode()

    def _receive(self, patience: float) -> bytes:
        """Wait for a message as long as the board shows progress."""
        progress = None
        while progress != (now := worker.Board.from_buffer_copy(self.memory).progress):
            progress = now
            until = time.monotonic() + patience
            while (left := until - time.monotonic()) > 0:
                self._socket.settimeout(min(left, _SLICE))
                reply = None
                with contextlib.suppress(TimeoutError):
                    reply = self._socket.recv(worker.MESSAGE_SIZE)
                if self._is_stopped():
                    harmed = self._is_harmed()
                    self._kill()
                    raise WorkerLostError("stopped" + harmed)
                if reply is not None:
                    return reply
        self._kill()
        raise WorkerLostError("hang")

    def _is_stopped(self) -> bool:
        look = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, look) is not None

    def _ending(self) -> str:
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return worker.MISCONDUCT[worker.CUT_OFF]
        board = worker.Board.from_buffer_copy(self.memory)
        if code == 0 and not board.programs and board.ending == worker.CUT_OFF:
            return worker.MISCONDUCT[worker.CUT_OFF]
        if code >= 0:
            return f"exit {code}"
        return worker.how_ended(-code) + self._is_harmed()

    def _is_harmed(self) -> str:
        """Say so if what has ended is the worker's guard, and not the worker itself."""
        board = worker.Board.from_buffer_copy(self.memory)
        return "" if board.mirrored == worker.GUARD else worker.TOO

    def forget_notes(self) -> None:
        """Empty the file to which the memory checker writes."""
        if self._notes >= 0:
            os.ftruncate(self._notes, 0)

    def notes(self) -> bytes:
        """Give what the memory checker, and the driver beside it, have written since."""
        return b"" if self._notes < 0 else os.pread(self._notes, _MOST_NOTES, 0)

    def restart(self) -> None:
        """Replace a worker that was lost."""
        self._end()
        self._start(driver_path())

    def _kill(self) -> None:
        # The process is not reaped yet, so its group's number cannot be another's.
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _end(self) -> None:
        self._socket.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LEAVING)  # it kills what the library has started, wherever that is
        self._kill()
        if self._process.wait() != 0:  # it could not clean up
            hunt(self._mark)

    def close(self) -> None:
        """End the worker and all that it started; calling it twice does no harm."""
        if not self.memory.closed:
            self._end()
            self.memory.close()
            os.close(self._memory_file)
            if self._notes >= 0:
                os.close(self._notes)


def hunt(mark: str) -> None:
    """Kill every process that was started with an environment that has this in it."""
    for _ in range(_ROUNDS):  # they may go on forking meanwhile
        found = list(_marked(mark.encode()))
        if not found:
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _marked(mark: bytes) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if mark in entry.read_bytes().split(b"\0"):
                yield int(entry.parent.name)
