"""Results that recur, kept within bounds. Pure."""

from __future__ import annotations

from typing import Final, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
#: So many are kept; then all are forgotten, which costs those that recur next to nothing.
_MOST: Final = 100_000


class Remembered(dict[_Key, _Value]):
    """The value of every key that was asked for so far; `__missing__` works out a new one.

    An implementation that answers with ever new garbage does not fill the memory.
    """

    def remember(self, key: _Key, value: _Value) -> _Value:
        """Keep a value, and give it."""
        if len(self) >= _MOST:
            self.clear()
        self[key] = value
        return value
