"""What every adapter offers: it carries programs to one kind of IUT and brings observations back.

No judgement here: an adapter neither knows what is permitted nor stops at what is odd.

Life of an adapter: it is opened (`TargetError` when the target cannot be checked), asked for
`identity` and `ics`, given programs by `run` or one operation at a time in a `session`, and closed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from waitctx.conformance.observations import WHILE_CLEANING, Observation, died
from waitctx.conformance.operations import FUNCTIONS, OPERATIONS, Operation

from .worker import MISCONDUCT, TOO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from waitctx.conformance.programs import Program

#: What one program made an implementation answer: an observation for each operation that was
#: carried out. Shorter than the program when the implementation died, or when it went on elsewhere
#: than any program can follow (a job that was never entered has no operations inside it).
Observations = tuple[Observation, ...]

#: Why an implementation ended whose answers cannot be read.
OVERWRITTEN = "wrote over the memory of the harness"


class TargetError(Exception):
    """The target cannot be checked: it is missing, or is no implementation.

    Attributes:
        hint: one sentence that says what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@frozen
class Identity:
    """Which implementation was checked."""

    target: str
    """As the user named it."""
    kind: str
    """``shared library`` or ``Python object``."""
    version: str
    """What it calls itself; empty when it does not say."""
    path: str = ""
    """The file that was loaded."""
    sha256: str = ""
    """The file's digest."""


@frozen
class Ics:
    """The implementation conformance statement: what an IUT supports."""

    functions: frozenset[str]
    """The C names that it offers."""
    capable: bool
    """Whether jobs can run (``ASYNC_is_capable``)."""
    watchable: bool = False
    """Whether its memory can be watched (`Adapter.watched`)."""
    counted: bool = False
    """Whether what is left of its memory can be counted, though it cannot be watched."""
    sanitized: bool = False
    """Whether it was built with AddressSanitizer, which then watches its memory instead."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The functions of the interface that it lacks, in the order of the vocabulary."""
        return tuple(one for one in FUNCTIONS if one not in self.functions)

    @property
    def words(self) -> tuple[str, ...]:
        """The operations that it supports, in the order of the vocabulary."""
        return tuple(word for word, one in OPERATIONS.items() if self.supports(one))

    def supports(self, operation: type[Operation]) -> bool:
        """Tell whether an operation can be carried out where memory is not watched."""
        if operation.word in JOB_WORDS and not self.capable:
            return False
        return operation.function in self.functions


#: Operations that mean something only where jobs can run.
JOB_WORDS = frozenset(
    {"pause", "resume", "return", "current", "wait_ctx", "args"}
    | {"block", "unblock", "init_thread", "cleanup_thread"}
)


class Session(Protocol):
    """One program on one fresh implementation, chosen step by step."""

    def perform(self, operation: Operation) -> Observation:
        """Carry out the next operation; `died` when the implementation did not survive it."""

    def __enter__(self) -> Session: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Adapter(Protocol):
    """An open implementation under test."""

    identity: Identity
    ics: Ics

    def run(self, programs: Sequence[Program], seconds: float = math.inf) -> list[Observations]:
        """Carry out programs one after the other, all in one fresh instance of the implementation.

        The list is as long as the programs, or shorter when the implementation died: then its last
        element ends with the `died` observation, and the rest were not tried. Nor are those that
        would begin after so many seconds; the first one always does.
        """

    def session(self) -> Session:
        """Begin a program on a fresh instance of the implementation."""

    def watched(self) -> Adapter:
        """Open the implementation once more, where its memory is watched.

        Only if its `Ics` says that this can be done.

        Raises:
            TargetError: it cannot be opened there.
        """

    def under(self, tool: str) -> Adapter:
        """Open the implementation once more, under a memory checker.

        Raises:
            MissingToolError: that cannot be done here.
        """

    def close(self) -> None:
        """End everything that belongs to the adapter; calling it twice does no harm."""


class MissingToolError(Exception):
    """A memory checker cannot be used; the text says why, and what to do."""


def unwatchable(target: str) -> TargetError:
    """Say that an object's memory is Python's."""
    message = f"the memory of {target} is Python's, and cannot be watched"
    return TargetError(message, "Leave out the engines that watch memory.")


def no_tool(target: str) -> MissingToolError:
    """Say that an object's code is Python's."""
    return MissingToolError(f"{target} is a Python object, and this is for shared libraries")


def moment(program: Program, seen: Observations, cause: str) -> str:
    """Add to what a process died of when that was, if every operation had been answered before.

    Then a job that the program had left running was let return. What is found out late tells
    nothing.
    """
    late = cause in MISCONDUCT.values() or cause == OVERWRITTEN
    if late or cause.endswith((TOO, WHILE_CLEANING)) or not 0 < len(program) <= len(seen):
        return cause
    return f"{cause} {WHILE_CLEANING}"


def ended(
    program: Program, seen: Observations, cause: str, denied: int | None = None
) -> Observations:
    """Add that the library died, and the request for memory that it was denied just then, if any.

    After the last operation it did so while what the program left was freed. That takes the place
    of the last answer, for every observation belongs to an operation.
    """
    return (*seen[: max(len(program) - 1, 0)], died(cause, denied))
