"""``python -m waitctx`` is the command ``waitctx``."""

from waitctx.conformance.cli import main

if __name__ == "__main__":
    main(prog_name="waitctx")
