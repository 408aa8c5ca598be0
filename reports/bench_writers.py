"""Every kind of file for the figures of ``waitctx bench``, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final

from . import bench, bench_html
from .bench import Bench
from .writers import UnknownKindError

if TYPE_CHECKING:
    from pathlib import Path

Writer = Callable[[Bench, IO[str]], None]

WRITERS: Final[dict[str, Writer]] = {".json": bench.write_json, ".html": bench_html.write}


def writer_for(path: Path) -> Writer:
    """Give the writer of the kind of file that a name asks for.

    Raises:
        UnknownKindError: the suffix stands for none.
    """
    try:
        return WRITERS[path.suffix.lower()]
    except KeyError:
        known = " or ".join(WRITERS)
        raise UnknownKindError(
            f"{path} does not tell its kind: let the name end in {known}"
        ) from None
