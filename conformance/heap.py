"""What an implementation can do wrong with its memory, in words, and the clauses of it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from attrs import frozen

from .expectations import Clauses, Mismatch
from .observations import HEAP, Observation

if TYPE_CHECKING:
    from collections.abc import Mapping


class HeapFault(Enum):
    """The kinds; the value is how the description of one begins."""

    FREED_TWICE = "freed twice"
    FREED_NO_BLOCK = "freed what is no block"
    USED_AFTER_FREE = "used after free"
    OUT_OF_BOUNDS = "out of bounds"
    NEVER_WRITTEN = "used before it was written"
    """Only valgrind sees it."""


#: As driver.h numbers them.
_NUMBERS: Final = dict(enumerate(HeapFault, start=1))
_CLAUSES: Final[Mapping[str, Clauses]] = {
    HeapFault.FREED_TWICE.value: ("MEM-FREE-01",),
    HeapFault.FREED_NO_BLOCK.value: ("MEM-FREE-02",),
    HeapFault.USED_AFTER_FREE.value: ("MEM-USE-01",),
    HeapFault.OUT_OF_BOUNDS.value: ("MEM-BOUNDS-01",),
    HeapFault.NEVER_WRITTEN.value: ("MEM-USE-01",),
}
_ALL: Final = tuple(dict.fromkeys(name for names in _CLAUSES.values() for name in names))


def describe(number: int, size: int, offset: int) -> str:
    """Describe a fault that the driver has told.

    Raises:
        KeyError: there is no such fault.
    """
    fault = _NUMBERS[number]
    match fault:
        case HeapFault.FREED_TWICE:
            return f"{fault.value}: a block of {size} bytes"
        case HeapFault.FREED_NO_BLOCK:
            return "freed what is no block"
    return f"{fault.value}: byte {offset} of a block of {size}"


@frozen(cache_hash=True)
class Sound:
    """The expectation that an operation does nothing wrong with memory."""

    @property
    def clauses(self) -> Clauses:
        """Every clause that it rests on."""
        return _ALL

    @property
    def wanted(self) -> dict[str, str]:
        """What is permitted, in words: that nothing is wrong goes without saying."""
        return {}

    def mismatch(self, seen: Observation) -> Mismatch | None:
        """Give the fault that was seen."""
        fault = seen.get(HEAP)
        if fault is None:
            return None
        kind = str(fault).partition(":")[0]
        return Mismatch(HEAP, "no fault", str(fault), _CLAUSES.get(kind, _ALL))


SOUND: Final = Sound()
