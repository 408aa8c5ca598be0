"""Makes one call after the other from Python, and looks at no answer: a process of its own.

``python -m waitctx.conformance.bench.percall KIND TARGET SECONDS`` reads programs, one a line, and
prints a JSON list: how many operations it carried out, and in how many seconds. KIND is ``native``
for a shared library, which is called with ctypes, or ``python`` for an object.

Only operations on contexts can be among the programs: a job's function in Python, on a stack that
OpenSSL has made, is the end of the process sooner or later.
"""

from __future__ import annotations

import ctypes
import json
import sys
from itertools import cycle
from time import monotonic, process_time
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from waitctx.conformance import programs
from waitctx.conformance.adapters.calls import Cell
from waitctx.conformance.adapters.in_process import factory_of
from waitctx.conformance.adapters.pointers import DATA, KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from waitctx.conformance.operations import Operation
    from waitctx.conformance.programs import Program

#: What can be carried out here.
WORDS: Final = frozenset(
    {"new", "free", "set", "get", "all", "changed", "clear"}
    | {"set_callback", "get_callback", "set_status", "get_status"}
)
_ROOM: Final = 64
_CLEANUP: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
)
_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


@define
class Values:
    """What stands for the symbols: pointers, arrays, out-parameters and functions."""

    library: Any
    pointer: Callable[[int], Any]
    context: Callable[[Any], Any]
    arrays: tuple[Any, Any]
    outs: tuple[Any, Any]
    cleanup: Any
    callback: Any

    def arguments(self, operation: Operation) -> tuple[Any, ...]:
        """Give what is passed after the context."""
        _, *rest = (value for _, _, value in operation.arguments)
        first, second = self.outs
        match operation.word:
            case "set":
                key, fd, data, routine = rest
                return self._key(key), fd, self._data(data), self._or_none(routine, self.cleanup)
            case "clear":
                return (self._key(rest[0]),)
            case "get":
                return self._key(rest[0]), first, second
            case "all":
                return self._or_none(rest[0], self.arrays[0]), first
            case "changed":
                added, deleted = map(self._or_none, rest, self.arrays)
                return added, first, deleted, second
            case "set_callback":
                return self._or_none(rest[0], self.callback), self._data(rest[1])
            case "get_callback":
                return first, second
        return tuple(rest)

    def _key(self, symbol: str | int) -> object:
        return self.pointer(KEYS.value(str(symbol)))

    def _data(self, symbol: str | int) -> object:
        return self.pointer(DATA.value(str(symbol)))

    @staticmethod
    def _or_none(symbol: str | int, value: object) -> object:
        return None if symbol == "null" else value


def native(path: str) -> Values:
    """Load a shared library."""
    library = ctypes.CDLL(path)
    library.ASYNC_WAIT_CTX_new.restype = ctypes.c_void_p
    words = ctypes.c_uint64(), ctypes.c_uint64()
    return Values(
        library,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ((ctypes.c_int * _ROOM)(), (ctypes.c_int * _ROOM)()),
        (ctypes.byref(words[0]), ctypes.byref(words[1])),
        _CLEANUP(lambda *_: None),
        _CALLBACK(lambda _: 1),
    )


def python(target: str) -> Values:
    """Make a Python object."""
    return Values(
        factory_of(target)(),
        lambda value: value or None,
        lambda value: value,
        ([0] * _ROOM, [0] * _ROOM),
        (Cell(), Cell()),
        lambda *_: None,
        lambda _: 1,
    )


@define
class Call:
    """One call, with everything but the context looked up."""

    function: Any
    ctx: str
    arguments: tuple[Any, ...]
    kind: str = field(default="")
    """``new`` and ``free`` are told from the others."""


def prepared(values: Values, program: Program) -> list[Call]:
    """Look up what a program calls; at its end it frees what it left."""
    calls = []
    live: set[str] = set()
    for one in program:
        ctx = str(next(value for _, _, value in one.arguments))
        kind = one.word if one.word in ("new", "free") else ""
        if kind:
            live.symmetric_difference_update({ctx})
        function = getattr(values.library, one.function)
        arguments = () if kind else values.arguments(one)
        calls.append(Call(function, ctx, arguments, kind))
    free = values.library.ASYNC_WAIT_CTX_free
    return [*calls, *(Call(free, one, (), "free") for one in sorted(live))]


def run(values: Values, made: list[Program], seconds: float) -> tuple[int, float]:
    """Carry programs out again and again; give how many calls, in how many seconds."""
    ready = [prepared(values, program) for program in made]
    begun, until = process_time(), monotonic() + seconds
    count = 0
    for calls in cycle(ready):
        contexts: dict[str, Any] = {}
        for call in calls:
            if call.kind == "new":
                contexts[call.ctx] = values.context(call.function())
            else:
                call.function(contexts[call.ctx], *call.arguments)
        count += len(calls)
        if monotonic() >= until:
            break
    return count, process_time() - begun


def main() -> None:
    """Do as the command line says."""
    kind, target, seconds = sys.argv[1:]
    values = native(target) if kind == "native" else python(target)
    made = [programs.from_text(line) for line in sys.stdin]
    sys.stdout.write(json.dumps(run(values, made, float(seconds))))


if __name__ == "__main__":
    main()
