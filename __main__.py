"""``python -m waitctx`` is the command ``waitctx``."""

import gc
import signal
import sys


def run() -> None:
    """Run the command line; Ctrl-C is no error, not even before it is there."""
    try:
        from waitctx.conformance.cli import main  # noqa: PLC0415 - takes a while
    except KeyboardInterrupt:
        sys.stderr.write("waitctx: interrupted\n")
        sys.exit(2)
    try:
        main(prog_name="waitctx")
    finally:
        # All is said: nothing is left to be interrupted, nor to be looked through for garbage,
        # which takes Python longer than all else that it does at its end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.freeze()


if __name__ == "__main__":
    run()
