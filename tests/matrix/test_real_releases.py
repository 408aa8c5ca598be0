"""Real releases of libcrypto, unmodified, are judged as their history says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = [pytest.mark.fetched, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "matrix"
BUILDS = tomllib.loads((FOLDER / "builds.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", BUILDS)
def test_release_is_judged_as_known(name: str) -> None:
    """What is found of a build is what is known of it, to the clause."""
    command = [sys.executable, FOLDER / "run.py", name, "--profile", "openssl", "--budget", "5"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No matching distribution found" in run.stderr:  # pip's words for an index without answer
        pytest.skip(run.stderr.strip())

    assert 0 == run.returncode, run.stdout + run.stderr
