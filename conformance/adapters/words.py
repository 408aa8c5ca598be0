"""Words: how operations and observations look to the native driver. Pure.

An operation is six words of 64 bits: its place in the vocabulary, and its arguments. A result is a
word that tells the operation and how many words follow, the answers in the vocabulary's order, and
six words for each event. The driver knows slots and pointers, this module the symbols for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from struct import pack, unpack
from typing import TYPE_CHECKING, Final

from attrs import fields

from waitctx.conformance.heap import describe
from waitctx.conformance.observations import (
    DENIED,
    HEAP,
    UNTOUCHED,
    Event,
    Observation,
    Value,
    died,
)
from waitctx.conformance.operations import (
    FILES,
    VOCABULARY,
    Answer,
    Fate,
    Operation,
    Symbol,
    index_of,
)
from waitctx.conformance.remembered import Remembered

from .pointers import DATA, KEYS

if TYPE_CHECKING:
    from waitctx.conformance.programs import Program

    from .base import Observations

WORD_SIZE: Final = 8
_ARGUMENTS: Final = 5
_EVENT_WORDS: Final = 6
#: What an event is; the driver has others for callbacks and for what became of memory.
CLEANUP: Final = 1
_HEAP: Final = 3
_DENIAL: Final = 4
#: An out-parameter holds what it held.
UNTOUCHED_WORD: Final = -(2**63)
#: The answer did not occur.
ABSENT: Final = -(2**63) + 1
_OTHER: Final = -3
_LOST: Final = -1
_LENGTH_MASK: Final = 2**32 - 1

#: A real descriptor's symbol is this and its place among `FILES`.
FILE_WORD: Final = 1 << 40
_FATES: Final = tuple(one.value for one in Fate)

#: The driver's number for each kind of operation.
CODES: Final = {cls: code for code, cls in enumerate(VOCABULARY.values())}
_CLASSES: Final = tuple(CODES)

Words = Iterator[int]


class WordsError(ValueError):
    """Results are not as the driver writes them: the implementation wrote over them."""


# -- operations ----------------------------------------------------------------------------------


def _argument(kind: Symbol, value: str | int) -> int:
    if isinstance(value, int):
        return value
    if kind is Symbol.KEY:
        return signed(KEYS.value(value))
    if kind is Symbol.DATA:
        return signed(DATA.value(value))
    if kind is Symbol.ARRAY:
        return int(value == "array")
    if kind in (Symbol.FD, Symbol.FILE):
        return FILE_WORD + FILES.index(value)
    return index_of(value)


def signed(pointer: int) -> int:
    """Give the word for a pointer."""
    return pointer - (1 << 64) if pointer >> 63 else pointer


class _Encoded(Remembered[Operation, bytes]):
    """The words of every operation seen so far, for programs share them."""

    def __missing__(self, operation: Operation) -> bytes:
        words = [_argument(kind, value) for _, kind, value in operation.arguments]
        words += [0] * (_ARGUMENTS - len(words))
        return self.remember(operation, pack("=6q", CODES[type(operation)], *words))


_encoded: Final = _Encoded()


def encode_operation(operation: Operation) -> bytes:
    """Write one operation."""
    return _encoded[operation]


def encode(program: Program) -> bytes:
    """Write a program: the number of its operations, then these."""
    return b"".join([pack("=q", len(program)), *map(_encoded.__getitem__, program)])


def _symbol(kind: Symbol, word: int) -> str | int:
    if kind in (Symbol.NUMBER, Symbol.FD, Symbol.FILE):
        return _fd_of(word)
    if kind is Symbol.KEY:
        return KEYS.symbol(word)
    if kind is Symbol.DATA:
        return DATA.symbol(word)
    if kind is Symbol.ARRAY:
        return "array" if word else "null"
    return f"{kind.value}{word}" if word >= 0 else "null"


def _fd_of(word: int) -> int | str:
    """Give a number as it is, and a real descriptor's symbol."""
    return FILES[word - FILE_WORD] if 0 <= word - FILE_WORD < len(FILES) else word


class _Operations(Remembered[bytes, Operation]):
    """The operation of every record seen so far."""

    def __missing__(self, record: bytes) -> Operation:
        code, *words = unpack("=6q", record)
        cls = _CLASSES[code]
        kinds = [one.metadata["symbol"] for one in fields(cls)]
        operation: Operation = cls(*map(_symbol, kinds, words))
        return self.remember(record, operation)


_operations: Final = _Operations()
OPERATION_SIZE: Final = 6 * WORD_SIZE


def decode_operation(record: bytes) -> Operation:
    """Read one operation, as `encode_operation` writes it."""
    return _operations[record]


def decode_programs(programs: memoryview) -> list[Program]:
    """Read programs, as `encode` writes them one after the other."""
    found = []
    at = 0
    while at < len(programs):
        begin = at + WORD_SIZE
        at = begin + OPERATION_SIZE * unpack("=q", programs[begin - WORD_SIZE : begin])[0]
        places = range(begin, at, OPERATION_SIZE)
        found.append(
            tuple(_operations[bytes(programs[one : one + OPERATION_SIZE])] for one in places)
        )
    return found


# -- answers -------------------------------------------------------------------------------------


def _number(words: Words) -> Value | None:
    word = next(words)
    return None if word == ABSENT else UNTOUCHED if word == UNTOUCHED_WORD else word


def _fd(words: Words) -> Value | None:
    word = next(words)
    return UNTOUCHED if word == UNTOUCHED_WORD else _fd_of(word)


def _fate(words: Words) -> Value | None:
    return _FATES[next(words)]


def _slot(letter: str, special: dict[int, str]) -> Callable[[Words], Value | None]:
    names = special | {_OTHER: "other", UNTOUCHED_WORD: UNTOUCHED}

    def read(words: Words) -> Value | None:
        word = next(words)
        return None if word == ABSENT else names.get(word) or f"{letter}{word}"

    return read


def _pointer(words: Words) -> Value | None:
    word = next(words)
    return UNTOUCHED if word == UNTOUCHED_WORD else DATA.symbol(word)


def _fds(words: Words) -> Value | None:
    length = next(words)
    if length < 0:
        return "null"
    return tuple(UNTOUCHED if fd == UNTOUCHED_WORD else _fd_of(fd) for fd in islice(words, length))


_NULL: Final = {-1: "null"}
_context: Final = _slot("c", _NULL | {-2: "new"})
_job: Final = _slot("j", _NULL)
_landing: Final = _slot("j", {-1: "none"})
_READERS: Final[dict[Answer, Callable[[Words], Value | None]]] = {
    Answer.NUMBER: _number,
    Answer.CONTEXT: _context,
    Answer.JOB: _job,
    Answer.POINTER: _pointer,
    Answer.CALLBACK: _slot("b", _NULL),
    Answer.BLOCK: _slot("a", _NULL | {-2: "shared"}),
    Answer.FD: _fd,
    Answer.FATE: _fate,
    Answer.FDS: _fds,
}


def _event(words: list[int]) -> Event:
    kind, routine, ctx, key, fd, data = words
    if kind == CLEANUP:
        context = str(_context(iter([ctx])))
        return Event(f"f{routine}", (context, KEYS.symbol(key), _fd_of(fd), DATA.symbol(data)))
    return Event(f"b{routine}", (DATA.symbol(data),))


def _of_memory(records: list[list[int]]) -> Iterator[tuple[str, Value]]:
    """Give what an operation was denied, and the first thing that it did wrong with memory."""
    for kind, _, size, *_ in records:
        if kind == _DENIAL:
            yield DENIED, size
            break
    for kind, fault, size, _, offset, _ in records:
        if kind == _HEAP:
            yield HEAP, describe(fault, size, offset)
            break


def denied_of(word: int) -> int | None:
    """Read how large a request was denied; None if none was."""
    return None if word == ABSENT else word


#: For each operation the names of its answers, and how to read them.
_LAYOUTS: Final = tuple(
    tuple(
        (name, _landing if name == "in" else _READERS[kind]) for name, kind in cls.answers.items()
    )
    for cls in _CLASSES
)


# -- results -------------------------------------------------------------------------------------


class _Decoded(Remembered[bytes, Observation]):
    """The observation of every result seen so far: they recur, and equal ones become one object."""

    def __missing__(self, record: bytes) -> Observation:
        head, *rest = unpack(f"={len(record) // WORD_SIZE}q", record)
        if head & _LENGTH_MASK != len(rest):
            raise WordsError("a result is cut short")
        words = iter(rest)
        try:
            answers = [(name, read(words)) for name, read in _LAYOUTS[head >> 32]]
            rest = list(words)
            records = [rest[at : at + _EVENT_WORDS] for at in range(0, len(rest), _EVENT_WORDS)]
            answers += _of_memory(records)
            events = [_event(one) for one in records if one[0] < _HEAP]
        except (LookupError, StopIteration, ValueError) as error:
            raise WordsError("a result holds what no library can answer") from error
        known = tuple((name, value) for name, value in answers if value is not None)
        return self.remember(record, Observation(known, tuple(events)))


NATIVE_RECORDS: Final = _Decoded()


def result_size(head: bytes) -> int:
    """Give the size in bytes of what follows the first word of a result."""
    word: int = unpack("=q", head)[0]
    return 0 if word == _LOST else (word & _LENGTH_MASK) * WORD_SIZE


def decode(results: bytes, records: Mapping[bytes, Observation] = NATIVE_RECORDS) -> Observations:
    """Read the results of one program, as far as they go; `records` has what each of them says.

    Raises:
        WordsError: they are not as the driver writes them.
    """
    words = memoryview(results).cast("q")
    observations = []
    at = 0
    while at < len(words) and (head := words[at]):  # 0: the program cannot go on where it is
        if head == _LOST:
            observations.append(died("went elsewhere in the middle of a call"))
            break
        end = at + 1 + (head & _LENGTH_MASK)
        observations.append(records[results[at * WORD_SIZE : end * WORD_SIZE]])
        at = end
    return tuple(observations)


def decode_batch(
    results: memoryview, programs: int, records: Mapping[bytes, Observation] = NATIVE_RECORDS
) -> Iterator[Observations]:
    """Read the results of some programs: for each the number of words, and these.

    Raises:
        WordsError: they are not as the driver writes them.
    """
    words = results.cast("q")
    at = 0
    for _ in range(programs):
        end = at + 1 + words[at]
        if not at < end < len(words):
            raise WordsError("the length of a program's results is out of range")
        yield decode(results[(at + 1) * WORD_SIZE : end * WORD_SIZE].tobytes(), records)
        at = end
