"""One check of a matrix, in a process that ends when nobody wants its answer any more.

It is started as a module, with the id of the process that has the matrix, the folder for what is
left for that one, and the arguments that `waitctx check` takes. Its standard input is a pipe that
the process with the matrix holds open. When that is closed, on purpose or because its holder was
killed, the check ends as by Ctrl-C: with a report of what was done so far.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from threading import Thread


def _end_with_input() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _check(parent: int, folder: str, arguments: list[str]) -> None:
    from waitctx.conformance.cli import main  # noqa: PLC0415 - it may be over before that is there

    try:
        main(["check", *arguments], prog_name="waitctx")
    finally:
        if os.getppid() != parent:  # it was killed, and cannot clean up
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    Thread(target=_end_with_input, daemon=True).start()
    _check(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
