"""``python -m waitctx`` is the command ``waitctx``."""

import sys


def run() -> None:
    """Run the command line; Ctrl-C is no error, not even before it is there."""
    try:
        from waitctx.conformance.cli import main  # noqa: PLC0415 - takes a while
    except KeyboardInterrupt:
        sys.stderr.write("waitctx: interrupted\n")
        sys.exit(2)
    main(prog_name="waitctx")


if __name__ == "__main__":
    run()
