"""A program in a worker that is chosen step by step, as each answer comes in."""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING, Final

from attrs import define, field

from waitctx.conformance.observations import DIED, STUCK, Observation, died

from .base import OVERWRITTEN
from .connection import Connection, WorkerLostError
from .words import WORD_SIZE, WordsError, decode, encode_operation, result_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from waitctx.conformance.operations import Operation

_CHUNK: Final = 1 << 16


@define(eq=False)
class NativeSession:
    """One program in a process of its own, chosen step by step."""

    _connection: Connection
    _deadline: float
    _reload: Callable[[], None]
    _records: Mapping[bytes, Observation]
    _socket: socket.socket = field(init=False)
    _poll: select.poll = field(factory=select.poll, init=False)
    _process: str = field(default="", init=False)

    def __enter__(self) -> NativeSession:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = self._ask("session", files=(theirs.fileno(),))
        self._poll.register(self._socket, select.POLLIN)
        return self

    def perform(self, operation: Operation) -> Observation:
        """Carry out the next operation; `died` when the program ended with it, or before."""
        if not self._process:
            return died(STUCK)
        try:
            self._socket.send(encode_operation(operation))
            result = self._receive()
        except TimeoutError:
            return died(self._end(0))
        except OSError:
            return died(self._end(self._deadline))
        try:
            observations = decode(result, self._records)
        except WordsError:
            self._end(0)
            return died(OVERWRITTEN)
        if not observations or observations[0].get(DIED):
            self._end(0)
        return observations[0] if observations else died(STUCK)

    def _receive(self) -> bytes:
        result = self._receive_some()
        while len(result) < WORD_SIZE or len(result) < WORD_SIZE + result_size(result[:WORD_SIZE]):
            result += self._receive_some()
        return result

    def _receive_some(self) -> bytes:
        if not self._poll.poll(self._deadline * 1000):
            raise TimeoutError
        some = self._socket.recv(_CHUNK)
        if not some:
            raise ConnectionResetError
        return some

    def _end(self, grace: float) -> str:
        """End the process unless it does so by itself; give the cause."""
        process, self._process = self._process, ""
        ending, _, cause = self._ask(f"end {process} {grace}", grace).partition(" ")
        return cause if ending == "died" else STUCK

    def _ask(self, message: str, patience: float = 0, files: Sequence[int] = ()) -> str:
        try:
            return self._connection.ask(message.encode(), patience, files)
        except WorkerLostError as error:
            self._reload()
            return f"died {error.as_cause}"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
        if self._process:
            self._end(0)
