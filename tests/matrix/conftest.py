"""Fetches real builds of libcrypto, each inside the wheel that ships it."""

from __future__ import annotations

import platform
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WHEELS = Path(__file__).with_name("wheels.toml")


@frozen
class Release:
    """One real build, and the wheel that it travels in."""

    name: str
    requirement: str
    sha256: str
    python: str
    abi: str
    platform: str
    library: str
    exit_code: int

    def pip_arguments(self, requirements: Path, destination: Path) -> list[str]:
        """Give the arguments with which pip downloads exactly this wheel, for whatever Python."""
        return [
            *("download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet"),
            *("--python-version", self.python, "--implementation", "cp"),
            *("--abi", self.abi, "--platform", self.platform),
            *("--requirement", str(requirements), "--dest", str(destination)),
        ]


def releases() -> list[Release]:
    """Read the builds that the matrix checks."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(WHEELS.read_text(encoding="utf-8"))
    return [Release(name=name, **table) for name, table in tables.items()]


def download(release: Release, folder: Path) -> Path:
    """Download the wheel of a release unless it is there, and give its path.

    Skips the test if the package index cannot be reached. A wheel that is not the pinned one is an
    error.
    """
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        requirements = folder / "requirements.txt"
        requirements.write_text(f"{release.requirement} --hash=sha256:{release.sha256}\n")
        pip = [sys.executable, "-m", "pip", *release.pip_arguments(requirements, folder)]
        run = subprocess.run(pip, capture_output=True, text=True, check=False)
        if "(from versions: none)" in run.stderr:  # pip's words for an index that does not answer
            pytest.skip(f"no package index: {run.stderr.strip().splitlines()[-1]}")
        assert run.returncode == 0, run.stderr
        wheels = list(folder.glob("*.whl"))
    (wheel,) = wheels
    return wheel


@pytest.fixture(params=releases(), ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    """Give each release in turn, where its build can run."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the builds are for Linux on x86-64")
    chosen: Release = request.param
    return chosen


@pytest.fixture
def library(release: Release, pytestconfig: pytest.Config) -> Path:
    """Give the path of the release's library, unpacked below pytest's cache beside its siblings."""
    folder = pytestconfig.cache.mkdir(f"matrix-{release.sha256[:16]}")
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(download(release, folder)) as wheel:
        wheel.extractall(unpacked)
    (found,) = unpacked.glob(release.library)
    return found


@pytest.fixture
def exit_code(release: Release) -> int:
    """Give the exit code that the release deserves."""
    return release.exit_code
