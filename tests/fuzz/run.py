"""Fuzz the readers with atheris, guided by what of them a file reaches.

    python tests/fuzz/run.py [READER] [OPTIONS OF LIBFUZZER]

Without a reader each has its turn. What breaks one is written to ``fuzz-READER-...`` in this folder
and becomes a test once it is mended.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["waitctx", "readers"]):
    import readers

#: Seconds for each reader if nothing else is said.
SECONDS = 60


def fuzz(name: str, options: list[str]) -> None:
    """Fuzz one reader, until libFuzzer ends the process."""
    read = readers.READERS[name]

    def feed(data: bytes) -> None:
        read(data)
        read(readers.sealed(name, data))

    with TemporaryDirectory() as corpus:
        Path(corpus, "seed").write_bytes(readers.seed(name))
        arguments = [f"-artifact_prefix=fuzz-{name}-", "-max_len=100000", *options, corpus]
        atheris.Setup([sys.argv[0], *arguments], feed)
        atheris.Fuzz()


def main() -> int:
    """Fuzz the reader that is named, or all, each in a process of its own."""
    if sys.argv[1:2] and sys.argv[1] in readers.READERS:
        fuzz(sys.argv[1], sys.argv[2:] or [f"-max_total_time={SECONDS}"])
    failed = 0
    for name in readers.READERS:
        run = [sys.executable, __file__, name, *sys.argv[1:]]
        failed |= subprocess.run(run, check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
