"""Runs Python objects that offer the reference's interface, in this very process.

The object has the C names as methods: `ASYNC_WAIT_CTX_new` and so on. NULL is None; an
out-parameter is a cell with a settable ``value``; an array is a list that is long enough. See
`waitctx.reference.AsyncLibrary`.

One that exits, hangs or crashes takes this process along: `python.PythonAdapter` runs the same in
a process apart. This is what happens there, and what a debugger can follow.
"""

from __future__ import annotations

import gc
import importlib
import math
import os
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from waitctx.conformance.observations import STUCK, Observation, died
from waitctx.conformance.operations import FUNCTIONS, Descriptors, Leaks, Operation, Race

from .base import Ics, Identity, Observations, TargetError, no_tool, unwatchable
from .files import count_descriptors
from .threads import Contest, Known, Turns, describe, is_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from waitctx.conformance.programs import Program

#: Makes the implementation that one program runs on.
Factory = Callable[[], Any]


#: Whether Python tells how many blocks of memory it has in use.
COUNTED: Final = hasattr(sys, "getallocatedblocks")


@define(eq=False)
class InProcessAdapter:
    """Runs programs on a Python object, a fresh one for each program if a factory makes it."""

    identity: Identity
    ics: Ics
    factory: Factory

    @classmethod
    def open(cls, target: str) -> InProcessAdapter:
        """Open ``package.module:factory``, or ``package.module`` if the module is the thing itself.

        Raises:
            TargetError: the module cannot be imported, or what it gives is no implementation.
        """
        factory = factory_of(target)
        library = _attempt(target, factory)
        functions = [name for name in FUNCTIONS if callable(getattr(library, name, None))]
        for name in ("ASYNC_WAIT_CTX_new", "ASYNC_WAIT_CTX_free"):
            if name not in functions:
                message = f"{target} is no implementation: it has no {name}"
                raise TargetError(message, "Offer the methods of waitctx.reference.AsyncLibrary.")
        capable = "ASYNC_start_job" in functions
        if "ASYNC_is_capable" in functions:
            capable = capable and bool(_attempt(target, library.ASYNC_is_capable))
        kind = type(library)
        version = str(getattr(library, "__version__", f"{kind.__module__}.{kind.__qualname__}"))
        module = sys.modules.get(kind.__module__)
        path = str(getattr(library, "__file__", None) or getattr(module, "__file__", None) or "")
        identity = Identity(target, "Python object", version, path)
        return cls(identity, Ics(frozenset(functions), capable, counted=COUNTED), factory)

    def run(self, programs: Sequence[Program], seconds: float = math.inf) -> list[Observations]:
        """Carry out programs, each on a fresh implementation."""
        done: list[Observations] = []
        until = monotonic() + seconds
        for program in programs:
            if done and monotonic() > until:
                break
            seen: list[Observation] = []
            carry_out_all(self.factory, program, seen.append)
            done.append(tuple(seen))
        return done

    def watched(self) -> InProcessAdapter:
        """Refuse: an object's memory is Python's.

        Raises:
            TargetError: always.
        """
        raise unwatchable(self.identity.target)

    def under(self, _: str) -> InProcessAdapter:
        """Refuse: an object's code is Python's.

        Raises:
            MissingToolError: always.
        """
        raise no_tool(self.identity.target)

    def session(self) -> PythonSession:
        """Begin a program on a fresh implementation."""
        return PythonSession(self.factory)

    def close(self) -> None:
        """Do nothing: an object needs no end."""


@define
class PythonSession:
    """One program, chosen step by step.

    It runs in a thread of its own, which waits for the next operation wherever the implementation
    has put it, so jobs may be greenlets, threads or anything else.
    """

    _factory: Factory
    _operations: SimpleQueue[Operation | None] = field(factory=SimpleQueue, init=False)
    _observations: SimpleQueue[Observation | None] = field(factory=SimpleQueue, init=False)
    _over: bool = field(default=False, init=False)
    _thread: Thread = field(init=False)

    def __enter__(self) -> PythonSession:
        self._thread = Thread(target=self._work, name="waitctx session", daemon=True)
        self._thread.start()
        return self

    def _work(self) -> None:
        try:
            carry_out(self._factory, self._next, self._observations.put)
        finally:
            self._observations.put(None)

    def _next(self) -> Operation:
        operation = self._operations.get()
        if operation is None:
            raise StopIteration
        return operation

    def perform(self, operation: Operation) -> Observation:
        """Carry out the next operation; `died` when the program ended with it, or before."""
        seen = None
        if not self._over:
            self._operations.put(operation)
            seen = self._observations.get()
        self._over = seen is None
        return seen or died(STUCK)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._operations.put(None)
        self._thread.join()


def carry_out(
    factory: Factory,
    following: Callable[[], Operation],
    report: Callable[[Observation], object],
) -> None:
    """Run one program that comes step by step; whatever the implementation raises is its answer."""
    if (library := _made(factory, report)) is not None:
        Turns(library, following, report).run()


def carry_out_all(
    factory: Factory, program: Program, report: Callable[[Observation], object]
) -> None:
    """Run one program that is known to its end."""
    if program and isinstance(program[-1], Descriptors):
        carry_out_all(factory, program[:-1], report)
        more = _grows(count_descriptors, factory, program[:-1])
        report(Observation.of({"open": more}))
    elif program and isinstance(program[-1], Leaks):
        carry_out_all(factory, program[:-1], report)
        blocks, size = _leaks(factory, program[:-1])
        report(Observation.of({"blocks": blocks, "bytes": size}))
    elif program and isinstance(program[0], Race):
        if (library := _made(factory, report)) is not None:
            Contest(library, report).run(program)
    else:
        carry_out(factory, Known(program), report)


def _made(factory: Factory, report: Callable[[Observation], object]) -> Any:  # noqa: ANN401
    """Make the implementation; None if that cannot be done, which is the first answer then."""
    try:
        return factory()
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        report(died(f"raised {describe(error)}"))
        return None


#: How often a program is run again to see whether there is more and more of something, and how
#: often there has to be no more.
_MOST_RUNS: Final = 20
_QUIET_RUNS: Final = 2


def _grows(count: Callable[[], int], factory: Factory, program: Program) -> int:
    """Tell how much more there is of something each time that a program is run.

    What an object makes once and keeps goes with it, or is made by all of them together.
    """
    _once_more(factory, program)
    most, more, quiet = count(), 0, 0
    for _ in range(_MOST_RUNS):
        _once_more(factory, program)
        now = count()
        if now <= most:
            quiet += 1
            if quiet == _QUIET_RUNS:
                return 0
        else:
            more, most, quiet = now - most, now, 0
    return more


def _once_more(factory: Factory, program: Program) -> None:
    carry_out_all(factory, program, lambda _: None)
    gc.collect()


def _leaks(factory: Factory, program: Program) -> tuple[int, int]:
    """Tell how many more blocks of Python's memory are in use each time, and how many bytes."""
    blocks = _grows(sys.getallocatedblocks, factory, program)
    if blocks == 0:
        return 0, 0
    tracemalloc.start()
    _once_more(factory, program)
    before, _ = tracemalloc.get_traced_memory()
    _once_more(factory, program)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return blocks, after - before


def factory_of(target: str) -> Factory:
    """Give what makes the implementations that a target names.

    Raises:
        TargetError: it cannot be imported.
    """
    name, _, attribute = target.partition(":")
    if os.getcwd() not in sys.path:  # noqa: PTH109 - sys.path holds strings
        # As `python -m` does, so that a module beside the user can be named.
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    with _leaving_no_bytecode():
        found: Any = _attempt(target, importlib.import_module, name)
    for part in filter(None, attribute.split(".")):
        if not hasattr(found, part):
            message = f"{target}: {name} has no {part}"
            raise TargetError(message, "Name a factory, a class or an object of that module.")
        found = getattr(found, part)
    return found if attribute and callable(found) else lambda: found


@contextmanager
def _leaving_no_bytecode() -> Iterator[None]:
    """Leave the folder of a module as it was: no ``__pycache__`` comes into it."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _attempt(target: str, act: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
    try:
        return act(*arguments)
    except ModuleNotFoundError as error:
        hint = "Install it, or run waitctx in the folder that it is in."
        raise TargetError(f"{target}: there is no module {error.name}", hint) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        message = f"{target} cannot be opened: {describe(error)}"
        raise TargetError(message, "Import it in Python to see where it fails.") from error
