"""Every kind of file for the figures of ``waitctx bench``, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Final

from . import bench, bench_html
from .bench import Bench

Writer = Callable[[Bench, IO[str]], None]

WRITERS: Final[dict[str, Writer]] = {".json": bench.write_json, ".html": bench_html.write}
