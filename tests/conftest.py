"""Settings for all tests."""

from __future__ import annotations

import signal

from hypothesis import settings

# Before pytest meets the __init__.py of the checkout's root: in a clone that happens to be called
# "waitctx" it would import that one under our name.
import waitctx  # noqa: F401

# A shell that starts tests in the background lets them ignore Ctrl-C, and all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("brief", derandomize=True, max_examples=15, deadline=None)
settings.register_profile("explore", max_examples=2_000, deadline=None)
settings.load_profile("ci")
