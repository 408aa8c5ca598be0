"""Real releases of libcrypto, unmodified, are judged as their history says."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest

pytestmark = [pytest.mark.matrix, pytest.mark.slow]

WAITCTX = Path(sysconfig.get_path("scripts"), "waitctx")


def test_release_is_judged_as_known(library: Path, exit_code: int) -> None:
    """The command passes the releases that conform and fails the one from before 1.1.0e."""
    command = [WAITCTX, "check", library, "--profile", "openssl", "--budget", "5"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert exit_code == run.returncode, run.stdout + run.stderr
