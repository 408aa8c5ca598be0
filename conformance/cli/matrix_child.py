"""One check of a matrix, in a process that ends when nobody wants its answer any more.

It is started as a module, with the arguments that `waitctx check` takes, and its standard input is
a pipe that the process with the matrix holds open. When that is closed, on purpose or because its
holder was killed, the check ends as by Ctrl-C: with a report of what was done so far.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread

from waitctx.conformance.cli import main


def _end_with_input() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    Thread(target=_end_with_input, daemon=True).start()
    main(["check", *sys.argv[1:]], prog_name="waitctx")
