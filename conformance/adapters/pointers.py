"""Which real values stand behind the symbols for pointers and argument blocks.

Neighbours are chosen to be easily confused: ``k0`` and ``k1`` differ in their high halves alone, ``k0`` and
``k2`` in their low halves alone, and so for data.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from attrs import field, frozen

from ..operations import LIMITS, Symbol, index_of

NULL: Final = 0


@frozen(slots=False)
class Pointers:
    """The pointers behind one kind of symbol."""

    letter: str
    base: int
    limit: int = field(default=LIMITS[Symbol.KEY])

    def value(self, symbol: str) -> int:
        """Give the pointer behind a symbol; `NULL` for ``null``."""
        index = index_of(symbol)
        return NULL if index < 0 else self.base + ((index & 1) << 32) + (index >> 1) * 8

    def symbol(self, value: int) -> str:
        """Give the symbol of a pointer; one that has none in hexadecimal."""
        if value == NULL:
            return "null"
        return self._symbols.get(value, f"0x{value & 0xFFFF_FFFF_FFFF_FFFF:x}")

    @cached_property
    def _symbols(self) -> dict[int, str]:
        names = (f"{self.letter}{index}" for index in range(self.limit))
        return {self.value(name): name for name in names}


KEYS: Final = Pointers("k", 0x5000_0000_1000)
DATA: Final = Pointers("d", 0x6000_0000_1000)


def block_content(job: str, block: str) -> bytearray | None:
    """Give what a job's argument block holds; None for ``null``.

    The content depends on the job too, so that the blocks of two jobs cannot be taken for each other.
    """
    if block == "null":
        return None
    index = index_of(block)
    start = 37 * index + 101 * index_of(job) + 1
    return bytearray((start + 11 * place) & 0xFF for place in range(1 << index))
