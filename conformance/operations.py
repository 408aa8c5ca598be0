"""The vocabulary: every operation that a program can hold.

One class is one API call or job step. Its fields are *symbols*, small names that an adapter turns
into real pointers and numbers, so that one program runs on any implementation (see `Symbol`).

``start`` and ``resume`` make the program go on *inside* the job; ``pause`` and ``return`` make it
go on outside. The answers of these four tell where it went on: ``in`` is the job's symbol, or
``none``.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Final

from attrs import Attribute, field, fields, frozen

INT_MIN: Final = -(2**31)
INT_MAX: Final = 2**31 - 1


class OperationError(ValueError):
    """An operation's name or argument is not one of the vocabulary; the text says which and why."""


class Symbol(Enum):
    """The kinds of argument; the value is the letter that its names start with."""

    CONTEXT = "c"
    """``c0``: an ``ASYNC_WAIT_CTX *``."""
    JOB = "j"
    """``j0``: an ``ASYNC_JOB *``."""
    KEY = "k"
    """``k0`` or ``null``: a key pointer."""
    DATA = "d"
    """``d0`` or ``null``: custom data, or a callback's argument."""
    ROUTINE = "f"
    """``f0`` or ``null``: a cleanup routine."""
    CALLBACK = "b"
    """``b0`` or ``null``: a callback function."""
    BLOCK = "a"
    """``a3`` or ``null``: an argument block, of 2**3 bytes."""
    ARRAY = "array"
    """``array`` or ``null``: an array with room enough, or none."""
    NUMBER = "number"
    """``7``: a status, a return value, a size."""
    FD = "fd"
    """``7``: a number that need not be open; or a real descriptor, see `FILE`."""
    FILE = "file"
    """``pipe0``, ``event0``, ``socket0``: a descriptor that the program opens."""
    THREAD = "t"
    """``t1``: a thread; a program begins on ``t0``."""


NULLABLE: Final = frozenset(
    {Symbol.KEY, Symbol.DATA, Symbol.ROUTINE, Symbol.CALLBACK, Symbol.BLOCK, Symbol.ARRAY}
)

#: How many symbols of each kind there are; a name past the end is refused at the edge.
LIMITS: Final = {
    Symbol.CONTEXT: 260,
    Symbol.JOB: 260,
    Symbol.KEY: 4096,
    Symbol.DATA: 4096,
    Symbol.ROUTINE: 5,
    Symbol.CALLBACK: 4,
    Symbol.BLOCK: 13,
    Symbol.THREAD: 4,
}

#: The cleanup routine that asks its context for the callback, and calls it; the others only look.
ASKING: Final = "f4"
#: The real descriptors that a program can open: so many of each kind.
FILES: Final = tuple(f"{kind}{index}" for kind in ("pipe", "event", "socket") for index in range(8))
#: The number that each of them has while it is open, whatever it is run on.
FILE_NUMBERS: Final = {name: 600 + place for place, name in enumerate(FILES)}

_NAME: Final = re.compile(r"([a-z])(0|[1-9][0-9]{0,3})")


def index_of(symbol: str) -> int:
    """Give the number in a symbol: 3 for ``c3``; -1 for ``null``."""
    return -1 if symbol == "null" else int(symbol[1:])


@cache
def names(kind: Symbol) -> tuple[str, ...]:
    """Give every symbol of a kind that has a limit, ``null`` not among them."""
    return tuple(f"{kind.value}{index}" for index in range(LIMITS[kind]))


def check_symbol(kind: Symbol, value: object) -> None:
    """Refuse a value that is no symbol of the kind.

    Raises:
        OperationError: the value is of another kind, or beyond the kind's limit.
    """
    if kind is Symbol.FILE or (kind is Symbol.FD and isinstance(value, str)):
        if value not in FILE_NUMBERS:
            number = "a number, " if kind is Symbol.FD else ""
            msg = f"{value!r} is no descriptor: write {number}pipe0, event0 or socket0, up to 7"
            raise OperationError(msg)
        return
    if kind in (Symbol.NUMBER, Symbol.FD):
        if type(value) is not int or not INT_MIN <= value <= INT_MAX:
            msg = f"{value!r} is not a whole number that fits a C int"
            raise OperationError(msg)
        return
    if value == "null" and kind in NULLABLE:
        return
    if kind is Symbol.ARRAY:
        if value != "array":
            msg = f"{value!r} is neither array nor null"
            raise OperationError(msg)
        return
    match = _NAME.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[1] != kind.value or int(match[2]) >= LIMITS[kind]:
        null = " or null" if kind in NULLABLE else ""
        wanted = f"{kind.value}0 to {kind.value}{LIMITS[kind] - 1}{null}"
        msg = f"{value!r} is no {kind.name.lower()}: write {wanted}"
        raise OperationError(msg)


def _validate(_: object, attribute: Attribute[Any], value: object) -> None:
    if not (isinstance(value, str) and value in attribute.metadata.get("names", ())):
        check_symbol(attribute.metadata["symbol"], value)


def _text(kind: Symbol, *, nullable: bool = False) -> str:
    # Programs are made by the million, so that what is right is looked up.
    known = frozenset(("null",) * nullable + (names(kind) if kind in LIMITS else ()))
    metadata = {"symbol": kind, "names": known}
    return field(validator=_validate, metadata=metadata)  # type: ignore[no-any-return]


def _number() -> int:
    return field(validator=_validate, metadata={"symbol": Symbol.NUMBER})  # type: ignore[no-any-return]


def _fd() -> int | str:
    return field(validator=_validate, metadata={"symbol": Symbol.FD})  # type: ignore[no-any-return]


class Answer(Enum):
    """The kinds of answer; they say how an adapter encodes one and what it can be."""

    NUMBER = "number"
    """A return code or value; ``untouched`` where an out-parameter kept what it held."""
    CONTEXT = "context"
    """A context's symbol; ``new`` (neither NULL nor a live context), ``null`` or ``other``."""
    JOB = "job"
    """A job's symbol; ``none`` (for ``in``), ``null`` or ``other``."""
    POINTER = "pointer"
    """A data symbol, ``null``, ``untouched``, or the value in hexadecimal."""
    CALLBACK = "callback"
    """A callback's symbol, ``null``, ``untouched`` or ``other``."""
    BLOCK = "block"
    """What the job's argument block holds: a block's symbol, ``null``, ``shared`` (the caller's own
    block instead of a copy) or ``other``."""
    FD = "fd"
    """A number, a real descriptor's symbol, or ``untouched``."""
    FATE = "fate"
    """What has become of a real descriptor: see `Fate`."""
    FDS = "fds"
    """The elements of an array up to the last one written, those in between that were not as
    ``untouched``; ``null`` where no array was passed."""


class Fate(Enum):
    """What has become of a real descriptor; the driver numbers them in this order."""

    OPEN = "open"
    CLOSED = "closed"
    """By the program, or by the cleanup routine that the implementation called."""
    LOST = "lost"
    """Closed by somebody else."""
    REPLACED = "replaced"
    """Another file has its number."""
    CLOSED_AGAIN = "closed again"
    """By somebody else, after the program or the routine had closed it."""


_RC: Final = {"rc": Answer.NUMBER}
#: ``stray`` counts the guard words beside out-parameters and arrays that were changed.
_STRAY: Final = {"stray": Answer.NUMBER}
#: Of these an observation holds the ones that occurred: ``start_job``, ``ret`` and ``job`` where
#: ``ASYNC_start_job`` returned, ``pause_job`` where ``ASYNC_pause_job`` did, ``block`` where a job
#: began.
_SWITCH: Final = {
    "in": Answer.JOB,
    "start_job": Answer.NUMBER,
    "pause_job": Answer.NUMBER,
    "ret": Answer.NUMBER,
    "job": Answer.JOB,
    "block": Answer.BLOCK,
    "stray": Answer.NUMBER,
}


@frozen(cache_hash=True)
class Operation:
    """One API call or job step, with symbolic arguments."""

    word: ClassVar[str] = ""
    """The operation's name in programs, traces and clauses."""
    function: ClassVar[str] = ""
    """The C function behind it."""
    answers: ClassVar[dict[str, Answer]] = {}
    """What an implementation can answer, in the order in which it is printed."""

    @property
    def arguments(self) -> tuple[tuple[str, Symbol, str | int], ...]:
        """Every argument as (name, kind, value), in the order of the text form."""
        return tuple(
            (one.name, one.metadata["symbol"], getattr(self, one.name))
            for one in fields(type(self))
        )

    def __str__(self) -> str:
        """Give the text form: the word and the arguments, apart by blanks."""
        return " ".join([self.word, *(str(value) for _, _, value in self.arguments)])


@frozen(cache_hash=True)
class New(Operation):
    """Make a context."""

    word = "new"
    function = "ASYNC_WAIT_CTX_new"
    answers: ClassVar = {"ctx": Answer.CONTEXT}
    ctx: str = _text(Symbol.CONTEXT)


@frozen(cache_hash=True)
class Free(Operation):
    """Free a context, or nothing if it is NULL."""

    word = "free"
    function = "ASYNC_WAIT_CTX_free"
    ctx: str = _text(Symbol.CONTEXT, nullable=True)


@frozen(cache_hash=True)
class SetWaitFd(Operation):
    """Associate an fd, custom data and a cleanup routine with a key."""

    word = "set"
    function = "ASYNC_WAIT_CTX_set_wait_fd"
    answers = _RC
    ctx: str = _text(Symbol.CONTEXT)
    key: str = _text(Symbol.KEY)
    fd: int | str = _fd()
    data: str = _text(Symbol.DATA)
    cleanup: str = _text(Symbol.ROUTINE)


@frozen(cache_hash=True)
class GetFd(Operation):
    """Look up what is associated with a key."""

    word = "get"
    function = "ASYNC_WAIT_CTX_get_fd"
    answers: ClassVar = _RC | {"fd": Answer.FD, "data": Answer.POINTER} | _STRAY
    ctx: str = _text(Symbol.CONTEXT)
    key: str = _text(Symbol.KEY)


@frozen(cache_hash=True)
class GetAllFds(Operation):
    """Ask for all fds, or with ``null`` for their number alone."""

    word = "all"
    function = "ASYNC_WAIT_CTX_get_all_fds"
    answers: ClassVar = _RC | {"count": Answer.NUMBER, "fds": Answer.FDS} | _STRAY
    ctx: str = _text(Symbol.CONTEXT)
    fds: str = _text(Symbol.ARRAY)


@frozen(cache_hash=True)
class GetChangedFds(Operation):
    """Ask what was added and deleted, with an array for either or ``null``."""

    word = "changed"
    function = "ASYNC_WAIT_CTX_get_changed_fds"
    answers: ClassVar = (
        _RC
        | {"numadd": Answer.NUMBER, "numdel": Answer.NUMBER}
        | {"added": Answer.FDS, "deleted": Answer.FDS}
        | _STRAY
    )
    ctx: str = _text(Symbol.CONTEXT)
    added: str = _text(Symbol.ARRAY)
    deleted: str = _text(Symbol.ARRAY)


@frozen(cache_hash=True)
class ClearFd(Operation):
    """Dissolve what is associated with a key."""

    word = "clear"
    function = "ASYNC_WAIT_CTX_clear_fd"
    answers = _RC
    ctx: str = _text(Symbol.CONTEXT)
    key: str = _text(Symbol.KEY)


@frozen(cache_hash=True)
class SetCallback(Operation):
    """Store a callback and its argument."""

    word = "set_callback"
    function = "ASYNC_WAIT_CTX_set_callback"
    answers = _RC
    ctx: str = _text(Symbol.CONTEXT, nullable=True)
    callback: str = _text(Symbol.CALLBACK)
    arg: str = _text(Symbol.DATA)


@frozen(cache_hash=True)
class GetCallback(Operation):
    """Look up the stored callback."""

    word = "get_callback"
    function = "ASYNC_WAIT_CTX_get_callback"
    answers: ClassVar = _RC | {"callback": Answer.CALLBACK, "arg": Answer.POINTER} | _STRAY
    ctx: str = _text(Symbol.CONTEXT)


@frozen(cache_hash=True)
class SetStatus(Operation):
    """Store the engine's status."""

    word = "set_status"
    function = "ASYNC_WAIT_CTX_set_status"
    answers = _RC
    ctx: str = _text(Symbol.CONTEXT)
    status: int = _number()


@frozen(cache_hash=True)
class GetStatus(Operation):
    """Look up the engine's status."""

    word = "get_status"
    function = "ASYNC_WAIT_CTX_get_status"
    answers: ClassVar = {"status": Answer.NUMBER}
    ctx: str = _text(Symbol.CONTEXT)


@frozen(cache_hash=True)
class Start(Operation):
    """Start a job on a context, and go on inside it."""

    word = "start"
    function = "ASYNC_start_job"
    answers = _SWITCH
    job: str = _text(Symbol.JOB)
    ctx: str = _text(Symbol.CONTEXT)
    block: str = _text(Symbol.BLOCK)


@frozen(cache_hash=True)
class Pause(Operation):
    """Pause the running job, and go on outside."""

    word = "pause"
    function = "ASYNC_pause_job"
    answers = _SWITCH


@frozen(cache_hash=True)
class Resume(Operation):
    """Resume a paused job, and go on inside it."""

    word = "resume"
    function = "ASYNC_start_job"
    answers = _SWITCH
    job: str = _text(Symbol.JOB)
    ctx: str = _text(Symbol.CONTEXT)


@frozen(cache_hash=True)
class Return(Operation):
    """Let the running job's function return a value, and go on outside."""

    word = "return"
    function = "ASYNC_start_job"
    answers = _SWITCH
    value: int = _number()


@frozen(cache_hash=True)
class GetCurrentJob(Operation):
    """Ask which job runs."""

    word = "current"
    function = "ASYNC_get_current_job"
    answers: ClassVar = {"job": Answer.JOB}


@frozen(cache_hash=True)
class GetWaitCtx(Operation):
    """Ask for the context of a job that runs or is paused."""

    word = "wait_ctx"
    function = "ASYNC_get_wait_ctx"
    answers: ClassVar = {"ctx": Answer.CONTEXT}
    job: str = _text(Symbol.JOB)


@frozen(cache_hash=True)
class ReadArgs(Operation):
    """Let the running job look at its argument block again."""

    word = "args"
    function = "ASYNC_start_job"
    answers: ClassVar = {"block": Answer.BLOCK}


@frozen(cache_hash=True)
class BlockPause(Operation):
    """Keep the running job from pausing."""

    word = "block"
    function = "ASYNC_block_pause"


@frozen(cache_hash=True)
class UnblockPause(Operation):
    """Take one such block away."""

    word = "unblock"
    function = "ASYNC_unblock_pause"


@frozen(cache_hash=True)
class InitThread(Operation):
    """Give the thread a pool of jobs; a maximum of 0 means no limit."""

    word = "init_thread"
    function = "ASYNC_init_thread"
    answers = _RC
    max_size: int = _number()
    init_size: int = _number()


@frozen(cache_hash=True)
class CleanupThread(Operation):
    """Take the thread's pool away."""

    word = "cleanup_thread"
    function = "ASYNC_cleanup_thread"


@frozen(cache_hash=True)
class IsCapable(Operation):
    """Ask whether jobs can run here."""

    word = "is_capable"
    function = "ASYNC_is_capable"
    answers = _RC


@frozen(cache_hash=True)
class FailAlloc(Operation):
    """Deny the implementation memory once: the request with this number, from here on, fails."""

    word = "fail_alloc"
    function = "malloc"
    number: int = _number()


@frozen(cache_hash=True)
class Leaks(Operation):
    """End the program, and ask how much more memory it takes each time that it is run."""

    word = "leaks"
    function = "malloc"
    answers: ClassVar = {"blocks": Answer.NUMBER, "bytes": Answer.NUMBER}


@frozen(cache_hash=True)
class Thread(Operation):
    """Go on in a thread, which is made when it is first named; the one so far waits."""

    word = "thread"
    function = "pthread_create"
    thread: str = _text(Symbol.THREAD)


@frozen(cache_hash=True)
class Race(Operation):
    """Let the threads of a program, which begins so, run at the same time.

    What belongs to each is as without this; none waits for another but at `Meet`.
    """

    word = "race"
    function = "pthread_create"


@frozen(cache_hash=True)
class Meet(Operation):
    """Let every thread of a race wait until all have come here."""

    word = "meet"
    function = "pthread_barrier_wait"


@frozen(cache_hash=True)
class Interrupt(Operation):
    """Interrupt an operation: the one with which the program comes back to this thread.

    It comes after what other threads do in between, but begins before. They do it when so many
    instructions of the operation have been carried out (bytecodes of a Python object), or after it
    if it has fewer.
    """

    word = "interrupt"
    function = "pthread_create"
    instructions: int = _number()


@frozen(cache_hash=True)
class Open(Operation):
    """Open a real descriptor: the reading end of a pipe, an eventfd, one of two sockets."""

    word = "open"
    function = "pipe"
    file: str = _text(Symbol.FILE)


@frozen(cache_hash=True)
class Close(Operation):
    """Close a real descriptor, as whoever made it does who has cleared it."""

    word = "close"
    function = "close"
    file: str = _text(Symbol.FILE)


@frozen(cache_hash=True)
class Wake(Operation):
    """Make a real descriptor readable, as an engine does whose work is done."""

    word = "wake"
    function = "write"
    file: str = _text(Symbol.FILE)


@frozen(cache_hash=True)
class Drain(Operation):
    """Read the wake signal from a real descriptor."""

    word = "drain"
    function = "read"
    file: str = _text(Symbol.FILE)


@frozen(cache_hash=True)
class Look(Operation):
    """Ask what has become of a real descriptor.

    Of an open one also whether its flags are others than at first, and whether it is readable.
    """

    word = "look"
    function = "fstat"
    answers: ClassVar = {
        "file": Answer.FATE,
        "flags": Answer.NUMBER,
        "readable": Answer.NUMBER,
    }
    file: str = _text(Symbol.FILE)


@frozen(cache_hash=True)
class Descriptors(Operation):
    """End the program, and ask how many more descriptors are open each time that it is run."""

    word = "descriptors"
    function = "fcntl"
    answers: ClassVar = {"open": Answer.NUMBER}


#: Every operation of the interface by its word.
OPERATIONS: Final[dict[str, type[Operation]]] = {
    one.word: one
    for one in (
        New,
        Free,
        SetWaitFd,
        GetFd,
        GetAllFds,
        GetChangedFds,
        ClearFd,
        SetCallback,
        GetCallback,
        SetStatus,
        GetStatus,
        Start,
        Pause,
        Resume,
        Return,
        GetCurrentJob,
        GetWaitCtx,
        ReadArgs,
        BlockPause,
        UnblockPause,
        InitThread,
        CleanupThread,
        IsCapable,
    )
}

#: The harness's own operations: they need an implementation whose memory is watched.
MEMORY_OPERATIONS: Final[dict[str, type[Operation]]] = {one.word: one for one in (FailAlloc, Leaks)}

#: The harness's own operations: where the program goes on.
THREAD_OPERATIONS: Final[dict[str, type[Operation]]] = {
    one.word: one for one in (Thread, Race, Meet, Interrupt)
}

#: The harness's own operations: what is done with real descriptors.
FILE_OPERATIONS: Final[dict[str, type[Operation]]] = {
    one.word: one for one in (Open, Close, Wake, Drain, Look, Descriptors)
}

#: Everything that a program can hold.
VOCABULARY: Final = OPERATIONS | MEMORY_OPERATIONS | THREAD_OPERATIONS | FILE_OPERATIONS

#: Every C function of the interface, and whether an implementation may lack it (1.1 has no callback
#: and no status functions).
FUNCTIONS: Final = tuple(dict.fromkeys(one.function for one in OPERATIONS.values()))
