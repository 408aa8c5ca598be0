"""Writes files that are either whole or not there."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the user's mask takes from: as any file that is made.
_ORDINARY: Final = 0o666
#: How a file system says that it has no files without a name; the last is an old kernel's.
_NO_SUCH_FILES: Final = {errno.EOPNOTSUPP, errno.EINVAL, errno.EISDIR}


class UnwritableError(Exception):
    """A file cannot be written; the text names it and says why."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says into a sentence about this file.

    Raises:
        UnwritableError: the block raised an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise UnwritableError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def aside(path: Path) -> Iterator[IO[str]]:
    """Open a text file that takes the place of `path` once the block has ended well.

    Until then it has no name. So it is known from the start whether it can be written, and nothing
    is left of it however this process ends. What is no ordinary file, as ``/dev/stdout``, is
    written straight away.

    Raises:
        UnwritableError: it cannot be opened, written to its end, or moved into place.
    """
    with writing(path):
        target = Path(os.path.realpath(path))  # a link keeps pointing at what it points at
        if target.is_dir():
            raise IsADirectoryError("it is a directory")
        special = path.exists() and not path.is_file()
        file = path.open("w", encoding="utf-8") if special else _nameless(target.parent)
    try:
        yield file
        with writing(path):
            file.flush()
            if not special:
                _name(file, target)
            file.close()
    finally:
        with suppress(OSError):
            file.close()


def _nameless(folder: Path) -> IO[str]:
    """Open a new file in a folder, where no name leads to it."""
    try:
        number = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, _ORDINARY)
    except OSError as error:
        if error.errno not in _NO_SUCH_FILES:
            raise
        part = _beside(folder)
        number = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _ORDINARY)
        part.unlink()
    return os.fdopen(number, "w+", encoding="utf-8")


def _name(file: IO[str], target: Path) -> None:
    """Give a file without a name the one that it is for."""
    # A link never takes the place of a file, only a move does.
    part = target if not target.exists() else _beside(target.parent)
    try:
        try:
            # With a descriptor it is linkat(2), which follows to the file itself.
            os.link(f"/proc/self/fd/{file.fileno()}", part, src_dir_fd=file.fileno())
        except OSError:
            part = _copied(file, target.parent)
        if part != target:
            part.replace(target)
    except BaseException:
        if part != target:
            part.unlink(missing_ok=True)
        raise


def _copied(file: IO[str], folder: Path) -> Path:
    """Copy a file to one that has a name, where none can be given to it."""
    part = _beside(folder)
    try:
        file.seek(0)
        with part.open("x", encoding="utf-8", newline="") as copy:
            copyfileobj(file, copy)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _beside(folder: Path) -> Path:
    return folder / f".waitctx-{secrets.token_hex(4)}.part"
