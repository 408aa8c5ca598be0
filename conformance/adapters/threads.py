"""Programs on Python implementations that go on in several threads: as native/threads.c has it.

Each thread has an interpreter of its own, on one library. What joins them is where their operations
come from: it hands over from thread to thread at `Thread`, or lets all run at once and wait for
each other at `Meet`.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections import deque
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from waitctx.conformance.observations import Observation, died
from waitctx.conformance.operations import OPERATIONS, Interrupt, Meet, Operation, Race, Thread

from .interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

FIRST: Final = "t0"
#: What is interrupted may have locked what the other needs, so that is not waited for much longer.
_PATIENCE: Final = 0.02
#: Where the harness's own code is, which is not interrupted.
_OWN: Final = str(Path(__file__).parent.parent)
#: Python switches threads after so many seconds while they race, so that they overlap.
_SWITCHING: Final = 1e-5
#: Of what an exception says nobody reads more.
_MOST_SAID: Final = 1000
#: A class's own name, whatever its metaclass says.
_name_of: Final = vars(type)["__name__"].__get__
#: What a thread that waits does not take, but for Ctrl-C.
_SIGNALS: Final = signal.valid_signals() - {signal.SIGINT}


def describe(error: BaseException, room: int = 120) -> str:
    """Say in a line what was raised; its kind has to do where it cannot say more."""
    try:
        said = str(error)[:_MOST_SAID]
    except BaseException:  # noqa: BLE001 - the implementation's own code
        said = ""
    text = " ".join(f"{_name_of(type(error))}: {said}".split()).rstrip(": ")
    return text if len(text) <= room else text[: room - 3] + "..."


def is_ctrl_c(error: BaseException) -> bool:
    """Tell whether it was the user, and not the implementation, that raised it.

    Only the first thread is told of Ctrl-C, and only where Python handles that at all: a worker
    never gets it.
    """
    if not isinstance(error, KeyboardInterrupt):
        return False
    handled = signal.getsignal(signal.SIGINT) is not signal.SIG_DFL
    return handled and threading.current_thread() is threading.main_thread()


def run_to_end(interpreter: Interpreter) -> None:
    """Run a program, or a thread's part of one; whatever is raised is what was answered.

    The implementation may raise anything, also what ends a program, a generator or a task. What it
    raises while tidying up answers no operation.
    """
    try:
        interpreter.run()
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        _tell(interpreter, error)


def _tell(interpreter: Interpreter, error: BaseException) -> None:
    if interpreter.waiting:
        interpreter.report(died(f"raised {describe(error)}"))


@define(eq=False)
class Known:
    """Gives the operations of a program that is known to its end."""

    program: Sequence[Operation]
    _at: int = field(default=0, init=False)

    def __call__(self) -> Operation:
        """Give the next one, or raise StopIteration."""
        if self._at == len(self.program):
            raise StopIteration
        self._at += 1
        return self.program[self._at - 1]

    def interrupted(self, name: str) -> Operation | None:
        """Give the operation with which the program comes back to a thread that it leaves now."""
        rest = self.program[self._at :]
        if not rest or not isinstance(rest[0], Thread) or rest[0].thread == name:
            return None
        for place, one in enumerate(rest[1:-1], start=1):
            if isinstance(one, Thread) and one.thread == name:
                return rest[place + 1] if rest[place + 1].word in OPERATIONS else None
        return None


class _Course(Enum):
    """How a thread's operation is to go, or goes."""

    UNDISTURBED = "undisturbed"
    TO_BE_INTERRUPTED = "to be interrupted"
    AWAY = "away"
    """It is under way, and the program is in another thread."""


@define(eq=False)
class Turns:
    """One program whose threads take turns."""

    library: Any
    following: Callable[[], Operation]
    report: Callable[[Observation], object]
    _condition: threading.Condition = field(factory=threading.Condition, init=False)
    _turn: str = field(default=FIRST, init=False)
    _over: bool = field(default=False, init=False)
    """Whoever goes on only tidies up."""
    _threads: dict[str, threading.Thread] = field(factory=dict, init=False)
    _courses: dict[str, _Course] = field(factory=dict, init=False)

    def run(self) -> None:
        """Carry out the program, and let every thread tidy up."""
        try:
            run_to_end(self._interpreter(FIRST))
        finally:
            self._over = True
            for name, thread in self._threads.items():
                self._let_go_on(FIRST, name)
                thread.join()

    def _interpreter(self, name: str) -> Interpreter:
        def following() -> Operation:
            return self._next(name, interpreter)

        def report(observation: Observation) -> None:
            if self._courses.get(name, _Course.UNDISTURBED) is not _Course.UNDISTURBED:
                sys.settrace(None)
                to_be = self._courses[name] is _Course.TO_BE_INTERRUPTED
                self._let_go_on(name, self._go_away(name) if to_be else None)
                self._come_back(name)
            if not self._over:
                self.report(observation)

        interpreter = Interpreter(self.library, following, report)
        return interpreter

    def _next(self, name: str, interpreter: Interpreter) -> Operation:
        while not self._over:
            try:
                operation = self.following()
            except StopIteration:
                self._retire(name)
                break
            if isinstance(operation, Interrupt):
                interpreter.told()
                early = self._begin_early(name, operation.instructions)
                if early is not None:
                    return early
                continue
            if not isinstance(operation, Thread) or operation.thread == name:
                return operation
            self._let_go_on(name, operation.thread)
            if not self._over:
                interpreter.told()
        raise StopIteration

    def _begin_early(self, name: str, instructions: int) -> Operation | None:
        """Begin the operation that is to be interrupted; None if none can be."""
        if not isinstance(self.following, Known):
            return None
        operation = self.following.interrupted(name)
        if operation is not None:
            self._courses[name] = _Course.TO_BE_INTERRUPTED
            sys.settrace(_after(instructions, lambda: self._interlude(name)))
        return operation

    def _interlude(self, name: str) -> None:
        """In the middle of an operation, let the program go on elsewhere till it comes back."""
        sys.settrace(None)
        if self._courses[name] is not _Course.TO_BE_INTERRUPTED:
            return
        if self._let_go_on(name, self._go_away(name), _PATIENCE):
            self._come_back(name)

    def _go_away(self, name: str) -> str:
        """Leave an operation under way; give the thread to go on in."""
        self._courses[name] = _Course.AWAY
        there = self.following()
        assert isinstance(there, Thread)
        return there.thread

    def _come_back(self, name: str) -> None:
        self._courses[name] = _Course.UNDISTURBED
        if not self._over:
            self.report(Observation())
            self.following()  # the one that is under way

    def _let_go_on(self, name: str, other: str | None, patience: float | None = None) -> bool:
        """Let a thread go on, and wait for a turn, perhaps not for long; tell whether it has come.

        Who waits takes no signals: one that is sent to the process is taken by the thread that goes
        on, within the operation that sent it. Else the first thread takes it, and the other may
        have answered meanwhile.
        """
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            if other is not None:
                self._pass(other)
                self._begin(other, blocked)
            with self._condition:
                return self._condition.wait_for(lambda: self._turn == name, patience)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _begin(self, name: str, blocked: set[int]) -> None:
        """Begin a thread, with these signals blocked, if it is not there yet."""
        if name != FIRST and name not in self._threads:
            thread = threading.Thread(target=self._serve, args=[name, blocked], daemon=True)
            self._threads[name] = thread
            thread.start()

    def _serve(self, name: str, blocked: set[int]) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        interpreter = self._interpreter(name)
        interpreter.told()
        run_to_end(interpreter)
        if not self._over:  # it went where the program cannot go on
            self._retire(name)
        self._pass(FIRST)

    def _retire(self, name: str) -> None:
        """End the program: the first thread is the one to see to what is left."""
        self._over = True
        if name != FIRST:
            self._let_go_on(name, FIRST)

    def _pass(self, name: str) -> None:
        with self._condition:
            self._turn = name
            self._condition.notify_all()


def _after(instructions: int, act: Callable[[], None]) -> Any:  # noqa: ANN401 - as `sys.settrace` has it
    """Give a trace function that acts after so many bytecodes of what is not the harness's own."""
    left = instructions

    def step(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401
        nonlocal left
        if event == "call":
            if frame.f_code.co_filename.startswith(_OWN):
                return None
            frame.f_trace_opcodes = True
        elif event == "opcode":
            left -= 1
            if left == 0:
                act()
        return step

    return step


@define(eq=False)
class _Racer:
    """One thread of a race."""

    tasks: deque[Operation | None] = field(factory=deque)
    """What it does; None where it meets others, and another tells of it."""
    answers: deque[Observation] = field(factory=deque)


@define(eq=False)
class Contest:
    """One program whose threads run at the same time."""

    library: Any
    report: Callable[[Observation], object]
    _racers: dict[str, _Racer] = field(factory=dict, init=False)
    _tellers: deque[str] = field(factory=deque, init=False)
    """Who tells of each operation that was not told of yet."""
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _meeting: threading.Barrier = field(init=False)

    def run(self, program: Sequence[Operation]) -> None:
        """Carry out a program that begins with `Race`."""
        self._share_out(program)
        self._meeting = threading.Barrier(len(self._racers))
        others = [
            threading.Thread(target=self._serve, args=[one], daemon=True)
            for name, one in self._racers.items()
            if name != FIRST
        ]
        usual = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCHING)
        try:
            for one in others:
                one.start()
            self._serve(self._racers[FIRST])
            for one in others:
                one.join()
        finally:
            sys.setswitchinterval(usual)

    def _share_out(self, program: Sequence[Operation]) -> None:
        names = dict.fromkeys([FIRST, *(one.thread for one in program if isinstance(one, Thread))])
        self._racers = {name: _Racer() for name in names}
        here = FIRST
        for operation in program:
            here = operation.thread if isinstance(operation, Thread) else here
            self._tellers.append(here)
            for name, one in self._racers.items():
                if name == here:
                    one.tasks.append(operation)
                elif isinstance(operation, Meet):
                    one.tasks.append(None)

    def _serve(self, racer: _Racer) -> None:
        def following() -> Operation:
            for operation in self._tasks(racer):
                if operation is not None and not isinstance(operation, Race | Thread | Meet):
                    return operation
                if operation is not None:
                    interpreter.told()
            raise StopIteration

        def report(observation: Observation) -> None:
            racer.answers.append(observation)
            self._tell()

        interpreter = Interpreter(self.library, following, report)
        self._meeting.wait()
        run_to_end(interpreter)
        for _ in self._tasks(racer):
            pass  # the others count on it to meet them

    def _tasks(self, racer: _Racer) -> Iterator[Operation | None]:
        while racer.tasks:
            operation = racer.tasks.popleft()
            if operation is None or isinstance(operation, Meet):
                self._meeting.wait()
            yield operation

    def _tell(self) -> None:
        """Hand over what was answered, in the program's order, as far as it is there."""
        with self._lock:
            while self._tellers and (answers := self._racers[self._tellers[0]].answers):
                self._tellers.popleft()
                self.report(answers.popleft())
