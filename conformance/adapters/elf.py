"""Whether a file is a shared library for this machine, told before the loader is asked.

The loader's own words are for linkers ("invalid ELF header"), and differ between C libraries.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from .base import TargetError

_MAGIC: Final = b"\x7fELF"
#: Class (32 or 64 bits) and byte order; then the machine.
_KIND: Final = slice(4, 6)
_TYPE: Final = slice(16, 18)
_MACHINE: Final = slice(18, 20)
_HEADER_SIZE: Final = 20
_SHARED: Final = 3
_LITTLE: Final = 1

_MACHINES: Final = {3: "x86", 40: "ARM", 62: "x86-64", 183: "AArch64", 243: "RISC-V"}

_NAME_ONE: Final = "Name a shared library by its path, as in /usr/lib/libcrypto.so.3."


def check_shared_library(path: Path, target: str) -> None:
    """Refuse a file that cannot be a shared library for this machine.

    Raises:
        TargetError: it is missing, no file, not readable, no library, or one for another machine.
    """
    # Not pathlib's, which raise where a folder on the way may not be searched.
    if os.path.isdir(path):  # noqa: PTH112 - as said
        raise TargetError(f"{target} is a directory", _NAME_ONE)
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113 - as said
        raise TargetError(f"{target} is no regular file", _NAME_ONE)
    header = _header(path, target)
    if not header:
        raise TargetError(f"{target} is empty", "Build or download it again.")
    if len(header) < _HEADER_SIZE or not header.startswith(_MAGIC):
        raise TargetError(f"{target} is not a shared library", _NAME_ONE)
    ours = _header(Path(sys.executable), sys.executable)
    if (header[_KIND], header[_MACHINE]) != (ours[_KIND], ours[_MACHINE]):
        message = f"{target} is for {_machine(header)}, not for {_machine(ours)}"
        raise TargetError(message, "Build it for this machine, or run waitctx on the other one.")
    if int.from_bytes(header[_TYPE], sys.byteorder) != _SHARED:
        raise TargetError(f"{target} is not a shared library", "Link it with `cc -shared`.")


def _header(path: Path, target: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEADER_SIZE)
    except FileNotFoundError:
        raise TargetError(f"{target}: there is no such file", _NAME_ONE) from None
    except OSError as error:
        message = f"{target} cannot be read: {error.strerror}"
        raise TargetError(message, "Name a file that you may read.") from error


def _machine(header: bytes) -> str:
    """Name the machine in a header, whose byte order stands in the header itself."""
    bits, order = header[_KIND]
    number = int.from_bytes(header[_MACHINE], "little" if order == _LITTLE else "big")
    return f"{_MACHINES.get(number, f'machine {number}')} ({32 * bits}-bit)"
