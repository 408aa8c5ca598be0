"""The adapter for shared libraries: programs go to a worker as words, observations come back so."""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from waitctx.conformance.observations import WHILE_CLEANING, Observation, died
from waitctx.conformance.operations import FailAlloc, Free, IsCapable, Start

from .base import (
    OVERWRITTEN,
    Ics,
    Identity,
    MissingToolError,
    Observations,
    TargetError,
    ended,
    moment,
)
from .connection import Connection, DriverError, WorkerLostError
from .elf import check_shared_library
from .hangs import Hangs
from .limit import Turns, take_turns
from .sessions import NativeSession
from .tool_reports import explained
from .tools import TOOLS, AddressSanitizer, asan_runtime_of
from .walking import Walker
from .words import NATIVE_RECORDS, WORD_SIZE, WordsError, decode_batch, denied_of, encode
from .worker import (
    ABRUPT,
    BOARD_SIZE,
    CAREFUL,
    CARELESS,
    CHILDREN_LEFT,
    MISCONDUCT,
    PROGRAMS_SIZE,
    SPARING,
    TOO,
    Board,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.programs import Program

    from .base import Adapter
    from .tools import Tool
    from .walking import Order

_REQUIRED: Final = ("ASYNC_WAIT_CTX_new", "ASYNC_WAIT_CTX_free")
_RESULTS: Final = BOARD_SIZE + PROGRAMS_SIZE
#: Loading runs the library's own initialisation and those of all it depends on.
LOADING: Final = 20.0
#: What is found out late is looked for among so many programs first.
_LAST: Final = 4
_LEFT: Final = MISCONDUCT[CHILDREN_LEFT]


class ProgramSizeError(ValueError):
    """A program, or what it was answered, is larger than the memory for it."""


@define(eq=False)
class NativeAdapter:
    """Runs programs on a shared library, each request in a process of its own."""

    identity: Identity
    ics: Ics
    _path: str
    _deadline: float
    _connection: Connection
    _records: Mapping[bytes, Observation] = NATIVE_RECORDS
    """What each result says."""
    _hangs: Hangs = field(init=False)
    _usual: int = field(default=CARELESS, init=False)
    """How a batch is run at first."""

    def __attrs_post_init__(self) -> None:
        self._hangs = Hangs(self._deadline)

    @classmethod
    def open(
        cls, path: str, target: str, deadline: float = 2.0, *, watched: bool = False
    ) -> NativeAdapter:
        """Load the library in a worker. An operation that takes longer than the deadline hangs.

        Its memory is watched or not.

        Raises:
            TargetError: it cannot be loaded, or is no implementation.
            DriverError: the native driver is not built.
        """
        return cls._open(path, target, deadline, watched=watched)

    @classmethod
    def _open(
        cls,
        path: str,
        target: str,
        deadline: float,
        *,
        watched: bool = False,
        tool: Tool | None = None,
    ) -> NativeAdapter:
        """Do the same, under a memory checker if there is one.

        A library that was built with AddressSanitizer always has its runtime.
        """
        path = os.path.abspath(path)  # noqa: PTH100 - a bare name would make the loader search
        check_shared_library(Path(path), target)
        content = Path(path).read_bytes()
        runtime = asan_runtime_of(content)
        if runtime and tool is None:
            tool = AddressSanitizer(runtime)
        connection = Connection(watched=watched, tool=tool)
        try:
            kind, version, functions = _load(connection, path, target)
            digest = hashlib.sha256(content).hexdigest()
            identity = Identity(target, kind, version, path, digest)
            ics = Ics(functions, capable=False, watchable=True, sanitized=bool(runtime))
            adapter = cls(identity, ics, path, deadline, connection)
            adapter.ics = evolve(ics, capable=adapter._is_capable())
        except BaseException:
            connection.close()
            raise
        return adapter

    def _is_capable(self) -> bool:
        """Tell whether jobs can run; who does not survive the question has not denied it."""
        if Start.function not in self.ics.functions:
            return False
        (answer,) = self.run([(IsCapable(),)])
        return not answer or answer[0].get("rc") != 0

    def run(self, programs: Sequence[Program], seconds: float = math.inf) -> list[Observations]:
        """Carry out programs one after the other, all in one fresh process if memory suffices.

        No program but the first is begun after so many seconds.

        Raises:
            ProgramSizeError: a single program is too large.
            DriverError: the harness itself failed.
        """
        done: list[Observations] = []
        cause = ""
        until = monotonic() + seconds
        while len(done) < len(programs) and not cause and (not done or monotonic() < until):
            some, cause = self._run_some(programs[len(done) :], until)
            done += some
        return done

    def _run_some(
        self, programs: Sequence[Program], until: float
    ) -> tuple[list[Observations], str]:
        """Carry out as many programs as fit; tell what the last one died of, if it did.

        What one of them did to the process is found out by a second run, what it did to others by
        bisection, and what hangs too soon to be sure gets its time.
        """
        done, cause = self._carry_out(programs, self._hangs.deadline, until, self._usual)
        if self._spares(programs[len(done) - 1], done[-1], cause):
            some = programs[: len(done)]
            self._hangs.note(some[-1:], done[-1:], cause)
            done, cause = self._carry_out(some, self._hangs.deadline, care=SPARING)
        if care := _care(cause):
            done, cause = self._carry_out(programs[: len(done)], self._hangs.deadline, care=care)
        if cause == OVERWRITTEN:
            done, cause = self._bisect(programs, cause)  # how far it came cannot be read
        elif _is_late(programs[: len(done)], done, cause):
            # It may be any operation's doing, but is seldom one of long ago.
            done, cause = self._bisect(programs[: len(done)], cause, done)
            if self._spares(programs[len(done) - 1], done[-1], cause):
                return self._run_some(programs[: len(done)], until)
        last = programs[len(done) - 1 : len(done)]
        if self._hangs.doubts(last, done[-1:], cause):
            done[-1:], cause = self._carry_out(last, self._hangs.full, care=self._usual)
            if care := _care(cause):
                done[-1:], cause = self._carry_out(last, self._hangs.full, care=care)
        self._hangs.note(last, done[-1:], cause)
        return done, cause

    def _spares(self, program: Program, seen: Observations, cause: str) -> bool:
        """Rehearse no more from now on if that may be what a program has come to its end in.

        In a rehearsal nothing is denied yet, and it ends in a clean-up too.
        """
        if self._usual == SPARING or not _ends_in_free(program, seen, cause):
            return False
        self._usual = SPARING
        return True

    def _bisect(
        self, programs: Sequence[Program], cause: str, seen: Sequence[Observations] = ()
    ) -> tuple[list[Observations], str]:
        """Find the first program, and the first of its operations, with which it ends so.

        If none of them is, it was when what they left was freed. Where their answers are known, and
        the last programs end so without the others, it is of these.
        """

        def ends(some: Sequence[Program]) -> bool:
            return self._carry_out(some, self._hangs.deadline)[1] == cause

        known = seen[:-_LAST]
        if not known or not ends(programs[-_LAST:]):
            known = ()
        programs = programs[len(known) :]
        whole = _first(len(programs), lambda count: ends(programs[:count]))
        before, program = programs[: whole - 1], programs[whole - 1]

        def answers(count: int) -> tuple[list[Observations], str]:
            return self._carry_out((*before, program[:count]), self._hangs.deadline, care=ABRUPT)

        done, ending = answers(len(program))
        if ending != cause:
            cause = f"{cause} {WHILE_CLEANING}"
            return [*known, *done[: whole - 1], ended(program, done[-1], cause)], cause
        length = _first(len(program), lambda count: answers(count)[1] == cause)
        done, _ = answers(length - 1)
        return [*known, *done[: whole - 1], (*done[-1][: length - 1], died(cause))], cause

    def _carry_out(
        self,
        programs: Sequence[Program],
        deadline: float,
        until: float = math.inf,
        care: int = CARELESS,
    ) -> tuple[list[Observations], str]:
        """Carry out as many programs as fit; tell what the last one died of, if it did."""
        memory, tool = self._connection.memory, self._connection.tool
        words = self._write(programs)
        Board.from_buffer(memory).programs = 0
        try:
            self._connection.forget_notes()
            deadline *= 1 if tool is None else tool.slower
            message = f"run {words} {deadline} {until} {care}"
            reply = self._connection.ask(message.encode(), deadline)
        except WorkerLostError as error:
            reply = f"died {error.as_cause}"
            self._reload()
        ending, _, cause = reply.partition(" ")
        begun = min(Board.from_buffer_copy(memory).programs, len(programs)) - (ending == "full")
        if ending == "full" and begun == 0:
            raise ProgramSizeError("a program's results are larger than the memory for them")
        done: list[Observations] = []
        try:
            with memoryview(memory) as whole, whole[_RESULTS:] as results:
                done.extend(decode_batch(results, begun, self._records))
        except WordsError:
            cause = OVERWRITTEN
            done.append(())
        if cause:
            last = done.pop() if done else ()
            cause = moment(programs[len(done)], last, cause)
            denied = Board.from_buffer_copy(memory).denied
            done.append(ended(programs[len(done)], last, cause, denied_of(denied)))
        if tool is not None:
            notes = self._connection.notes().decode(errors="replace")
            done = explained(done, notes, tool.faults)
        return done, cause

    def _write(self, programs: Sequence[Program]) -> int:
        """Write programs where the worker finds them, as many as fit; give the number of words."""
        records = []
        size = 0
        for program in programs:
            record = encode(program)
            size += len(record)
            if size > PROGRAMS_SIZE:
                size -= len(record)
                break
            records.append(record)
        if not records:
            raise ProgramSizeError("a program is larger than the memory for it")
        self._connection.memory[BOARD_SIZE : BOARD_SIZE + size] = b"".join(records)
        return size // WORD_SIZE

    def watched(self) -> NativeAdapter:
        """Load the library once more, where its memory is watched.

        Raises:
            TargetError: it cannot be loaded there.
            DriverError: the harness itself failed.
        """
        other = self.open(self._path, self.identity.target, self._deadline, watched=True)
        other._hangs = self._hangs  # noqa: SLF001 - where it hangs it hangs there too
        return other

    def under(self, tool: str) -> NativeAdapter:
        """Load the library once more, in a worker that runs under a memory checker.

        Raises:
            MissingToolError: it cannot be used here, or the library cannot be loaded there.
            DriverError: the harness itself failed.
        """
        path, target = self._path, self.identity.target
        try:
            return self._open(path, target, self._deadline, tool=TOOLS[tool](Path(path)))
        except TargetError as error:
            raise MissingToolError(f"{error}. {error.hint}") from error

    def walker(self, graph: Graph, order: Order, script: bytes = b"") -> Walker:
        """Begin to walk along a graph; one walker of an adapter is in use at a time."""
        return Walker(
            self._connection, self._hangs, self._reload, self._confirm, graph, order, script
        )

    def _confirm(self, program: Program) -> Observations:
        """Carry out one program again that was met on a walk, with all the time that there is."""
        done, cause = self._carry_out([program], self._hangs.full)
        if care := _care(cause):
            done, cause = self._carry_out([program], self._hangs.full, care=care)
        elif _is_late([program], done, cause):
            done, cause = self._bisect([program], cause)
        self._hangs.note([program], done, cause)
        return done[0]

    def limit(self, walker: Walker, first: int, rounds: int) -> list[Turns]:
        """Let a plain loop in C and a random walker take turns over the same programs.

        Program number `first` is the first. The list is shorter than `rounds`, or empty, where the
        implementation died of them.

        Raises:
            DriverError: the harness itself failed.
        """
        try:
            return take_turns(self._connection, self._deadline, walker, first, rounds)
        except WorkerLostError:
            self._reload()
            return []

    def another(self) -> NativeAdapter:
        """Load the same library in one more worker, to use another core."""
        return self.open(self._path, self.identity.target, self._deadline)

    def session(self) -> NativeSession:
        """Begin a program in a fresh process."""
        return NativeSession(self._connection, self._deadline, self._reload, self._records)

    def _reload(self) -> None:
        self._connection.restart()
        _load(self._connection, self._path, self.identity.target)

    def close(self) -> None:
        """End the worker; calling it twice does no harm."""
        self._connection.close()


def _first(most: int, holds: Callable[[int], bool]) -> int:
    """Give the first number for which something holds that holds for the last, and stays so."""
    below, at = 0, most
    while at - below > 1:
        middle = (below + at) // 2
        below, at = (below, middle) if holds(middle) else (middle, at)
    return at


def _is_late(programs: Sequence[Program], done: Sequence[Observations], cause: str) -> bool:
    """Tell whether it may have been any operation, for it was found out after the last."""
    return cause.endswith(TOO) or (cause == _LEFT and len(done[-1]) == len(programs[-1]))


def native(adapter: Adapter) -> NativeAdapter | None:
    """Give the adapter if it is one of a shared library, which the walker can call."""
    # A Python object's is of the same kind, but for C there is nothing to call.
    if isinstance(adapter, NativeAdapter) and adapter.identity.kind == "shared library":
        return adapter
    return None


def _care(cause: str) -> int:
    """Tell how to find out which operation it was, if it need not be where the process ended."""
    return CAREFUL if cause in MISCONDUCT.values() else CARELESS


def _ends_in_free(program: Program, seen: Observations, cause: str) -> bool:
    """Tell whether a program that denies memory came to its end when a context was freed."""
    if not cause or not seen or not any(isinstance(one, FailAlloc) for one in program):
        return False
    return cause.endswith(WHILE_CLEANING) or isinstance(program[len(seen) - 1], Free)


def _load(connection: Connection, path: str, target: str) -> tuple[str, str, frozenset[str]]:
    """Let the worker load the library; give its kind, its version and its functions.

    Raises:
        TargetError: it cannot be loaded, or is no implementation.
    """
    try:
        reply = connection.ask(b"load " + os.fsencode(path), LOADING)
    except WorkerLostError as error:
        message = f"{target} does not survive being loaded: {error}"
        raise TargetError(message, "Load it in a program of your own under a debugger.") from None
    except DriverError as error:
        message = f"{target} leaves its process unable to go on once it is loaded: {error}"
        raise TargetError(message, "See what its constructors do.") from None
    word, _, rest = reply.partition(" ")
    if word == "did":
        message = f"{target} {rest} when it was loaded"
        raise TargetError(message, "See what its constructors do.")
    if word == "refused":
        message = f"{target} cannot be loaded: {rest}"
        raise TargetError(message, "See with `ldd` which of its dependencies are missing.")
    head, _, names = rest.partition("\n")
    hidden, _, version = head.partition(" ")
    functions = frozenset(names.split())
    for name in _REQUIRED:
        if name not in functions:
            message = f"{target} is no implementation: it has no {name}"
            raise TargetError(message, "Name a libcrypto, or another library that offers it.")
    kind = "shared library" if hidden == "0" else "shared library, functions not exported"
    return kind, version, functions
