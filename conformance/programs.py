"""Programs: sequences of operations, and their two written forms.

The text form is one line, ``new c0; set c0 k0 7 d0 f0; free c0``. The JSON form is a list of
objects, ``[{"op": "new", "ctx": "c0"}, ...]``. Both read back to the same program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import evolve, fields

from .operations import FILE_NUMBERS, VOCABULARY, Operation, OperationError, Symbol, index_of

Program = tuple[Operation, ...]

#: Longer programs are refused when read: no engine makes them, and a hostile file could.
MAX_OPERATIONS: Final = 100_000

#: As a program is written; `int` would take ``1_0``, ``+7`` and the digits of every script.
_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,9}")

#: The kinds of symbols whose names mean nothing: programs that differ in them alone are one.
RENAMED: Final = (Symbol.CONTEXT, Symbol.JOB, Symbol.KEY, Symbol.DATA, Symbol.ROUTINE)

_JsonOperation = dict[str, str | int]


def canonical(program: Program) -> Program:
    """Give the program that stands for all which differ from it in the names of symbols alone."""
    for kind in RENAMED:
        program = renamed(program, kind)
    return program


def renamed(program: Program, kind: Symbol) -> Program:
    """Count the symbols of a kind from 0 as they come up."""
    new: dict[str, str] = {}
    changed = []
    for operation in program:
        values = {}
        for one in fields(type(operation)):
            value = getattr(operation, one.name)
            if one.metadata["symbol"] is kind and index_of(value) >= 0:
                values[one.name] = new.setdefault(value, f"{kind.value}{len(new)}")
        changed.append(evolve(operation, **values))
    return tuple(changed)


def to_text(program: Iterable[Operation]) -> str:
    """Write a program as one line."""
    return "; ".join(str(operation) for operation in program)


def from_text(text: str) -> Program:
    """Read a program from one line; ``;`` or a line break parts operations.

    Raises:
        OperationError: a word or an argument is unknown; the text names the operation by its
        number.
    """
    parts = [part.split() for part in text.replace("\n", ";").split(";")]
    return _read([part for part in parts if part], _operation_from_words)


def to_json(program: Iterable[Operation]) -> list[_JsonOperation]:
    """Write a program as a list of plain objects."""
    return [operation_to_json(operation) for operation in program]


def from_json(value: object) -> Program:
    """Read a program from a list of plain objects.

    Raises:
        OperationError: something in it is no operation; the text names it by its number.
    """
    if not isinstance(value, list):
        msg = "a program is a list of operations"
        raise OperationError(msg)
    return _read(value, operation_from_json)


def operation_to_json(operation: Operation) -> _JsonOperation:
    """Write one operation as a plain object."""
    return {"op": operation.word} | {name: value for name, _, value in operation.arguments}


def operation_from_json(value: object) -> Operation:
    """Read one operation from a plain object.

    Raises:
        OperationError: the object has another shape, word or argument.
    """
    if not isinstance(value, Mapping):
        msg = f"an operation is an object, not {_shorten(value)}"
        raise OperationError(msg)
    cls = _class_of(value.get("op"))
    wanted = [one.name for one in fields(cls)]
    given = [name for name in value if name != "op"]
    if sorted(given) != sorted(wanted):
        msg = f"{cls.word} takes {', '.join(wanted) or 'no argument'}, not {_shorten(given)}"
        raise OperationError(msg)
    return cls(**{name: value[name] for name in wanted})


def _operation_from_words(words: list[str]) -> Operation:
    cls = _class_of(words[0])
    wanted = fields(cls)
    if len(words) - 1 != len(wanted):
        names = " ".join(one.name for one in wanted)
        msg = f"write {cls.word} {names}".rstrip() + f", not {_shorten(' '.join(words))}"
        raise OperationError(msg)
    return cls(*map(_argument, wanted, words[1:]))


def _argument(attribute: Any, word: str) -> str | int:  # noqa: ANN401 - attrs' own attribute type
    kind = attribute.metadata["symbol"]
    if kind not in (Symbol.NUMBER, Symbol.FD) or (kind is Symbol.FD and word in FILE_NUMBERS):
        return word
    if not _NUMBER.fullmatch(word):
        msg = f"{_shorten(word)} is not a whole number"
        raise OperationError(msg)
    return int(word)


def _class_of(word: object) -> type[Operation]:
    cls = VOCABULARY.get(word) if isinstance(word, str) else None
    if cls is None:
        msg = f"there is no operation {_shorten(word)}: one of {', '.join(VOCABULARY)}"
        raise OperationError(msg)
    return cls


def _read(parts: list[Any], read: Any) -> Program:  # noqa: ANN401 - one of the two readers above
    if len(parts) > MAX_OPERATIONS:
        msg = f"a program has at most {MAX_OPERATIONS} operations, not {len(parts)}"
        raise OperationError(msg)
    program = []
    for number, part in enumerate(parts, start=1):
        try:
            program.append(read(part))
        except OperationError as error:
            msg = f"operation {number}: {error}"
            raise OperationError(msg) from None
    return tuple(program)


def _shorten(value: object, room: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= room else text[: room - 3] + "..."
