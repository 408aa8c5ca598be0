"""Plain calls on a Python implementation: all operations but those that switch between jobs."""

from __future__ import annotations

import re
from reprlib import Repr
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from waitctx.conformance import operations as ops
from waitctx.conformance.observations import UNTOUCHED, Event, Value

from .files import Files
from .pointers import DATA, KEYS, NULL, Pointers

if TYPE_CHECKING:
    from collections.abc import Callable

_GUARD: Final = object()
#: How far an array goes on beyond what it should receive, so that an overrun is seen.
_MARGIN: Final = 64

#: Writes values down that may be of any size, or fail to say what they are.
_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxother = 200
#: Is another each time.
_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")

#: Larger numbers are told by their size alone.
_MOST_BITS: Final = 256

Answers = dict[str, Value]


class Cell:
    """An out-parameter; at first nothing has been written to it."""

    __slots__ = ("value",)

    def __init__(self, value: object = _GUARD) -> None:
        self.value: Any = value


class UnfitOperationError(Exception):
    """An operation names a context or job that the program has not got here."""


def number(value: object) -> int | str:
    """Give a number that an implementation answered."""
    if value is _GUARD:
        return UNTOUCHED
    if not isinstance(value, int):
        return _shorten(value)
    plain = int(value)  # a subclass may say anything about itself
    # Python writes out no number of thousands of digits, and nobody would read one.
    bits = plain.bit_length()
    return plain if bits <= _MOST_BITS else f"a number of {bits} bits"


def _shorten(value: object, room: int = 40) -> str:
    text = " ".join(_ADDRESS.sub("", _SHORT.repr(value)).split())
    return text if len(text) <= room else text[: room - 3] + "..."


def _pointer(pointers: Pointers, value: object) -> str:
    if value is _GUARD:
        return UNTOUCHED
    if value is None:
        return "null"
    return pointers.symbol(value) if isinstance(value, int) and value != NULL else _shorten(value)


def _passed(pointers: Pointers, symbol: str) -> int | None:
    return pointers.value(symbol) or None


def _array(size: int) -> list[Any]:
    return [_GUARD] * (size + _MARGIN)


#: The method for each operation. To make the names anew would take memory each time, which whoever
#: counts it would take for the implementation's.
_METHODS: Final = {word: f"_{word}" for word in ops.VOCABULARY}


@define(eq=False)
class Calls:
    """The contexts of one program, and the calls on them."""

    library: Any
    contexts: dict[str, Any] = field(factory=dict, init=False)
    events: list[Event] = field(factory=list, init=False)
    """What the implementation has called since this was last emptied."""
    files: Files = field(factory=Files, init=False)
    """The real descriptors."""
    _sets: int = field(default=0, init=False)
    _routines: dict[str, Callable[..., None]] = field(init=False)
    _callbacks: dict[str, Callable[[object], int]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._routines = {name: self._routine(name) for name in ops.names(ops.Symbol.ROUTINE)}
        self._callbacks = {name: self._callback(name) for name in ops.names(ops.Symbol.CALLBACK)}

    def perform(self, operation: ops.Operation) -> Answers:
        """Make the call behind an operation.

        Raises:
            UnfitOperationError: the program has no such context here.
        """
        act: Callable[[Any], Answers] = getattr(self, _METHODS[operation.word])
        return act(operation)

    def context(self, name: str) -> Any:  # noqa: ANN401 - the implementation's own type
        """Give a live context, or None for NULL."""
        if name == "null":
            return None
        if name not in self.contexts:
            raise UnfitOperationError(name)
        return self.contexts[name]

    def context_name(self, context: object) -> str:
        """Give the symbol of a context."""
        if context is None:
            return "null"
        return next((name for name, one in self.contexts.items() if one is context), "other")

    def _routine(self, name: str) -> Callable[..., None]:
        def cleanup(ctx: object, key: object, fd: object, data: object) -> None:
            arguments = (
                self.context_name(ctx),
                _pointer(KEYS, key),
                self._fd(fd),
                _pointer(DATA, data),
            )
            self.events.append(Event(name, arguments))
            if name == ops.ASKING:
                self._ask(ctx)
            self.files.clean(fd)

        return cleanup

    def _ask(self, context: object) -> None:
        """Ask a context that is being freed for its callback, and call that."""
        ask = getattr(self.library, "ASYNC_WAIT_CTX_get_callback", None)
        function, arg = Cell(), Cell()
        if ask is not None and ask(context, function, arg) == 1:
            known = self._callbacks.get(self._callback_name(function.value))
            if known is not None:
                known(arg.value)

    def _callback(self, name: str) -> Callable[[object], int]:
        def callback(arg: object) -> int:
            self.events.append(Event(name, (_pointer(DATA, arg),)))
            return 1

        return callback

    def _fd(self, value: object) -> int | str:
        return self.files.symbol(number(value))

    def _written(self, array: list[Any] | None) -> Value:
        if array is None:
            return "null"
        touched = [place for place, one in enumerate(array) if one is not _GUARD]
        end = touched[-1] + 1 if touched else 0
        return tuple(self._fd(one) for one in array[:end])

    def _new(self, operation: ops.New) -> Answers:
        made = self.library.ASYNC_WAIT_CTX_new()
        name = self.context_name(made)
        self.contexts[operation.ctx] = made
        return {"ctx": "new" if name == "other" else name}

    def _free(self, operation: ops.Free) -> Answers:
        self.library.ASYNC_WAIT_CTX_free(self.context(operation.ctx))
        self.contexts.pop(operation.ctx, None)
        return {}

    def _set(self, operation: ops.SetWaitFd) -> Answers:
        self._sets += 1
        code = self.library.ASYNC_WAIT_CTX_set_wait_fd(
            self.context(operation.ctx),
            _passed(KEYS, operation.key),
            self.files.number(operation.fd),
            _passed(DATA, operation.data),
            self._routines.get(operation.cleanup),
        )
        return {"rc": number(code)}

    def _get(self, operation: ops.GetFd) -> Answers:
        fd, data = Cell(), Cell()
        context, key = self.context(operation.ctx), _passed(KEYS, operation.key)
        code = self.library.ASYNC_WAIT_CTX_get_fd(context, key, fd, data)
        found = {"rc": number(code), "fd": self._fd(fd.value), "data": _pointer(DATA, data.value)}
        return {**found, "stray": 0}

    def _all(self, operation: ops.GetAllFds) -> Answers:
        fds = _array(self._sets) if operation.fds == "array" else None
        count = Cell()
        code = self.library.ASYNC_WAIT_CTX_get_all_fds(self.context(operation.ctx), fds, count)
        found = {"rc": number(code), "count": number(count.value), "fds": self._written(fds)}
        return {**found, "stray": 0}

    def _changed(self, operation: ops.GetChangedFds) -> Answers:
        added = _array(self._sets) if operation.added == "array" else None
        deleted = _array(self._sets) if operation.deleted == "array" else None
        numadd, numdel = Cell(), Cell()
        code = self.library.ASYNC_WAIT_CTX_get_changed_fds(
            self.context(operation.ctx), added, numadd, deleted, numdel
        )
        counts = {"numadd": number(numadd.value), "numdel": number(numdel.value)}
        lists = {"added": self._written(added), "deleted": self._written(deleted)}
        return {"rc": number(code), **counts, **lists, "stray": 0}

    def _clear(self, operation: ops.ClearFd) -> Answers:
        context, key = self.context(operation.ctx), _passed(KEYS, operation.key)
        return {"rc": number(self.library.ASYNC_WAIT_CTX_clear_fd(context, key))}

    def _set_callback(self, operation: ops.SetCallback) -> Answers:
        function = self._callbacks.get(operation.callback)
        context, arg = self.context(operation.ctx), _passed(DATA, operation.arg)
        return {"rc": number(self.library.ASYNC_WAIT_CTX_set_callback(context, function, arg))}

    def _get_callback(self, operation: ops.GetCallback) -> Answers:
        function, arg = Cell(), Cell()
        context = self.context(operation.ctx)
        code = self.library.ASYNC_WAIT_CTX_get_callback(context, function, arg)
        stored = self._callback_name(function.value)
        found = {"rc": number(code), "callback": stored, "arg": _pointer(DATA, arg.value)}
        return {**found, "stray": 0}

    def _callback_name(self, function: object) -> str:
        if function is _GUARD or function is None:
            return UNTOUCHED if function is _GUARD else "null"
        return next((name for name, one in self._callbacks.items() if one is function), "other")

    def _set_status(self, operation: ops.SetStatus) -> Answers:
        context = self.context(operation.ctx)
        return {"rc": number(self.library.ASYNC_WAIT_CTX_set_status(context, operation.status))}

    def _get_status(self, operation: ops.GetStatus) -> Answers:
        context = self.context(operation.ctx)
        return {"status": number(self.library.ASYNC_WAIT_CTX_get_status(context))}

    def _block(self, _: ops.BlockPause) -> Answers:
        self.library.ASYNC_block_pause()
        return {}

    def _unblock(self, _: ops.UnblockPause) -> Answers:
        self.library.ASYNC_unblock_pause()
        return {}

    def _init_thread(self, operation: ops.InitThread) -> Answers:
        code = self.library.ASYNC_init_thread(operation.max_size, operation.init_size)
        return {"rc": number(code)}

    def _cleanup_thread(self, _: ops.CleanupThread) -> Answers:
        self.library.ASYNC_cleanup_thread()
        return {}

    def _is_capable(self, _: ops.IsCapable) -> Answers:
        return {"rc": number(self.library.ASYNC_is_capable())}

    def _open(self, operation: ops.Open) -> Answers:
        self.files.open(operation.file)
        return {}

    def _close(self, operation: ops.Close) -> Answers:
        self.files[operation.file].close()
        return {}

    def _wake(self, operation: ops.Wake) -> Answers:
        self.files[operation.file].wake()
        return {}

    def _drain(self, operation: ops.Drain) -> Answers:
        self.files[operation.file].drain()
        return {}

    def _look(self, operation: ops.Look) -> Answers:
        return dict(self.files[operation.file].look())
