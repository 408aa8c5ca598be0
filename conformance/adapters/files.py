"""Real descriptors for Python implementations: the counterpart of native/files.c.

A descriptor that was closed, by the program or by a cleanup routine, has another file in its place
from then on, so that whoever closes it once more is found out.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
from typing import Final

from attrs import define, field

from waitctx.conformance.operations import FILE_NUMBERS, Fate

#: Where the other ends are, out of the way.
_ASIDE: Final = 650
#: An eventfd counts in eight bytes.
_SIGNAL: Final = (1).to_bytes(8, "little")

_Self = tuple[int, int]
"""Device and inode."""


def count_descriptors() -> int:
    """Tell how many descriptors this process has open."""
    return sum(1 for _ in os.scandir("/proc/self/fd"))


def _self_at(number: int) -> _Self | None:
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _flags(number: int) -> tuple[int, int]:
    return fcntl.fcntl(number, fcntl.F_GETFD), fcntl.fcntl(number, fcntl.F_GETFL)


def _ends(kind: str) -> tuple[int, int]:
    """Open both ends, the one to wait on first."""
    if kind == "pipe":
        return os.pipe()
    if kind == "event":
        waited = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        return waited, os.dup(waited)
    one, other = socket.socketpair()
    return one.detach(), other.detach()


def _moved(end: int, number: int, *, inherited: bool = False) -> int:
    """Give a descriptor a number that is no lower."""
    command = fcntl.F_DUPFD if inherited else fcntl.F_DUPFD_CLOEXEC
    moved: int = fcntl.fcntl(end, command, number)
    os.close(end)
    return moved


@define(eq=False)
class File:
    """One real descriptor."""

    kind: str
    number: int
    _peer: int
    """What makes it readable."""
    _placeholder: int
    _self: _Self | None = field(init=False)
    _flags: tuple[int, int] = field(init=False)
    _fate: Fate = field(default=Fate.OPEN, init=False)
    """What it was when somebody last had to do with it."""

    def __attrs_post_init__(self) -> None:
        self._self = _self_at(self.number)
        self._flags = _flags(self.number)

    def fate(self) -> Fate:
        """Tell what has become of it."""
        found = _self_at(self.number)
        if self._fate is Fate.OPEN and found != self._self:
            return Fate.LOST if found is None else Fate.REPLACED
        if self._fate is Fate.CLOSED and found != _self_at(self._placeholder):
            return Fate.CLOSED_AGAIN if found is None else Fate.REPLACED
        return self._fate

    def close(self) -> None:
        """Close it, unless somebody else has."""
        fate = self.fate()
        if fate is Fate.OPEN:
            os.dup2(self._placeholder, self.number, inheritable=False)
            fate = Fate.CLOSED
        if fate is not Fate.CLOSED_AGAIN:
            self._fate = fate

    def _is_readable(self) -> bool:
        poll = select.poll()
        poll.register(self.number, select.POLLIN)
        return any(what & select.POLLIN for _, what in poll.poll(0))

    def wake(self) -> None:
        """Make it readable, if it is still there."""
        if self.fate() is Fate.OPEN:
            os.write(self._peer, _SIGNAL if self.kind == "event" else b"!")

    def drain(self) -> None:
        """Read the wake signal."""
        if self._is_readable():
            os.read(self.number, len(_SIGNAL))

    def look(self) -> dict[str, int | str]:
        """Give the answers of `Look`."""
        fate = self.fate()
        answers: dict[str, int | str] = {"file": fate.value}
        if fate is Fate.OPEN:
            answers["flags"] = int(_flags(self.number) != self._flags)
            answers["readable"] = int(self._is_readable())
        return answers

    def forget(self) -> None:
        """Close both ends, whatever has become of them."""
        for number in (self.number, self._peer):
            if _self_at(number) is not None:
                os.close(number)


@define(eq=False)
class Files:
    """The real descriptors of one program."""

    _files: dict[str, File] = field(factory=dict, init=False)
    _placeholder: int = field(default=-1, init=False)

    def __getitem__(self, name: str) -> File:
        """Give one that was opened."""
        return self._files[name]

    def open(self, name: str) -> None:
        """Open one.

        Raises:
            OSError: the process has too many.
        """
        if self._placeholder < 0:
            self._placeholder = _moved(os.open(os.devnull, os.O_RDONLY), _ASIDE)
        kind = name.rstrip("0123456789")
        waited, other = _ends(kind)
        number = _moved(waited, FILE_NUMBERS[name], inherited=kind != "event")
        self._files[name] = File(kind, number, _moved(other, _ASIDE), self._placeholder)

    def number(self, fd: int | str) -> int:
        """Give the number of an fd: its own, or that of a real descriptor."""
        return self._files[fd].number if isinstance(fd, str) else fd

    def symbol(self, answer: int | str) -> int | str:
        """Give the symbol of a real descriptor, and anything else as it is."""
        for name, file in self._files.items():
            if file.number == answer:
                return name
        return answer

    def clean(self, fd: object) -> None:
        """Do what a cleanup routine does with the fd that it is called with."""
        for file in self._files.values():
            if file.number == fd:
                file.close()

    def forget(self) -> None:
        """Close all that are still open."""
        for file in self._files.values():
            file.forget()
        self._files.clear()
        if self._placeholder >= 0:
            os.close(self._placeholder)
            self._placeholder = -1
