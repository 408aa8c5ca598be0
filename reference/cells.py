"""C's pointers in Python: out-parameters are cells, arrays are sequences, NULL is None."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from .errors import UndefinedBehaviourError

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Cell(Protocol):
    """What a pointer to one value points at: anything with a settable ``value``."""

    value: Any


class FdArray(Protocol):
    """What a pointer to descriptors points at: anything that can be written by index."""

    def __setitem__(self, index: int, fd: int, /) -> None:
        """Store ``fd`` at ``index``."""


class Ref(Generic[T]):
    """A cell: ``Ref(x)`` plays the part of C's ``&x``. ``Ref()`` holds NULL."""

    __slots__ = ("value",)

    @overload
    def __init__(self: Ref[Any]) -> None: ...

    @overload
    def __init__(self, value: T) -> None: ...

    def __init__(self, value: Any = None) -> None:
        """Hold ``value`` until something else is stored."""
        self.value: T = value

    def __repr__(self) -> str:
        """Show the value held."""
        return f"Ref({self.value!r})"


def pointee(cell: Cell | None, source: str) -> Cell:
    """Give the cell that is about to be read or written.

    Raises UndefinedBehaviourError for NULL, naming ``source``.
    """
    if cell is None:
        raise UndefinedBehaviourError("a NULL pointer was to be followed", source)
    return cell


def fill(array: FdArray | None, fds: Sequence[int]) -> None:
    """Write ``fds`` from index 0, nothing beyond them (CHG-08), and nothing at all to NULL.

    Raises UndefinedBehaviourError if the array ends too early: its length is never told (ALL-04).
    """
    if array is None:
        return
    try:
        for index, fd in enumerate(fds):
            array[index] = fd
    except IndexError as overrun:
        what = f"an array too short for {len(fds)} descriptors"
        raise UndefinedBehaviourError(what, "ALL-04") from overrun
