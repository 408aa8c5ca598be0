"""Which real values stand behind the symbols for pointers and argument blocks.

Neighbours are chosen to be easily confused: ``k0`` and ``k1`` have equal low halves, ``k0`` and
``k2`` equal high halves, ``k0`` and ``k3`` differ in the top bit alone, ``k0`` and ``k4`` in the
bottom bit; so for data.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from attrs import field, frozen

from waitctx.conformance.operations import LIMITS, Symbol, index_of

NULL: Final = 0
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
#: What is flipped in the first eight pointers; the next eight are the same a little further on.
_FLIPS: Final = (0, 1 << 32, 1 << 3, 1 << 63, 1, 1 << 24, 1 << 40, 1 << 8)
_STEP: Final = 1 << 9


@frozen(slots=False)
class Pointers:
    """The pointers behind one kind of symbol."""

    letter: str
    base: int
    limit: int = field(default=LIMITS[Symbol.KEY])

    def value(self, symbol: str) -> int:
        """Give the pointer behind a symbol; `NULL` for ``null``."""
        index = index_of(symbol)
        if index < 0:
            return NULL
        turn, place = divmod(index, len(_FLIPS))
        return (self.base + turn * _STEP) ^ _FLIPS[place]

    def symbol(self, value: int) -> str:
        """Give the symbol of a pointer; one that has none in hexadecimal."""
        if value == NULL:
            return "null"
        return self._symbols.get(value & _MASK, f"0x{value & _MASK:x}")

    @cached_property
    def _symbols(self) -> dict[int, str]:
        names = (f"{self.letter}{index}" for index in range(self.limit))
        return {self.value(name): name for name in names}


KEYS: Final = Pointers("k", 0x5000_0000_1000)
DATA: Final = Pointers("d", 0x6000_0000_1000)


def block_content(job: str, block: str) -> bytearray | None:
    """Give what a job's argument block holds; None for ``null``.

    The content depends on the job too, so that the blocks of two jobs cannot be taken for each
    other; that goes for 256 jobs in a row, which is what a single byte can tell apart.
    """
    if block == "null":
        return None
    index = index_of(block)
    start = 37 * index + 101 * index_of(job) + 1
    return bytearray((start + 11 * place) & 0xFF for place in range(1 << index))
