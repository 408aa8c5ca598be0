"""Writes files that are either whole or not there."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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

    It is written beside it under another name. So it is known from the start whether that can be
    done, and a block that ends with an exception leaves nothing behind. What is no ordinary file,
    as ``/dev/stdout``, is written straight away.

    Raises:
        UnwritableError: it cannot be opened, written to its end, or moved into place.
    """
    with writing(path):
        target = Path(os.path.realpath(path))  # a link keeps pointing at what it points at
        if target.is_dir():
            raise IsADirectoryError("it is a directory")
        special = target.exists() and not target.is_file()
        part = target if special else target.with_name(f".waitctx-{secrets.token_hex(4)}.part")
        file = part.open("w" if special else "x", encoding="utf-8")
    try:
        yield file
        with writing(path):
            file.close()
            if not special:
                part.replace(target)
    except BaseException:
        with suppress(OSError):
            file.close()
        if not special:
            part.unlink(missing_ok=True)
        raise
