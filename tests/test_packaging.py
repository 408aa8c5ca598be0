"""The wheel holds the four sub-packages whole, and nothing but them."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path, PurePosixPath

import pytest

import waitctx

CHECKOUT = Path(__file__).parents[1]
SUB_PACKAGES = ("conformance", "fakes", "reference", "reports")
ROOT_FILES = {"__init__.py", "__main__.py", "py.typed"}
COMPILED = {".pyc", ".so"}
#: Results, which nobody imports.
PUBLISHED = CHECKOUT / "reports" / "published"


@pytest.fixture
def distribution() -> metadata.Distribution:
    """Give the distribution that was installed, which an editable install leaves without files."""
    package = Path(str(waitctx.__file__)).resolve().parent
    if package == CHECKOUT:
        pytest.skip("waitctx is imported from the checkout, not from a wheel")
    # Looked up beside the package: the checkout may have an egg-info that a build left there.
    (found,) = metadata.distributions(name="waitctx", path=[str(package.parent)])
    return found


def in_tree() -> set[str]:
    """List what the wheel should hold, relative to the package."""
    return ROOT_FILES | {
        path.relative_to(CHECKOUT).as_posix()
        for name in SUB_PACKAGES
        for path in (CHECKOUT / name).rglob("*")
        if path.is_file() and path.suffix not in COMPILED and PUBLISHED not in path.parents
    }


def in_wheel(distribution: metadata.Distribution) -> set[str]:
    """List what the wheel did hold, relative to the package, less what was compiled."""
    return {
        path.relative_to("waitctx").as_posix()
        for path in map(PurePosixPath, distribution.files or ())
        if path.parts[0] == "waitctx" and path.suffix not in COMPILED
    }


def test_wheel_matches_the_tree(distribution: metadata.Distribution) -> None:
    """Every file of the four sub-packages is in the wheel, and no other file of the tree is."""
    assert in_tree() == in_wheel(distribution)


def test_wheel_adds_one_name(distribution: metadata.Distribution) -> None:
    """Beside its metadata and its command, the wheel puts nothing but ``waitctx`` on the path."""
    tops = {path.parts[0] for path in distribution.files or () if path.parts[0] != ".."}

    assert {"waitctx"} == {top for top in tops if not top.endswith(".dist-info")}


def test_wheel_serves_every_python(distribution: metadata.Distribution) -> None:
    """The wheel is tagged for the stable ABI of CPython 3.10."""
    tags = [
        line for line in (distribution.read_text("WHEEL") or "").splitlines() if "Tag: " in line
    ]

    assert tags
    assert all(tag.startswith("Tag: cp310-abi3-") for tag in tags)


def test_driver_uses_the_stable_abi() -> None:
    """The C driver loads, and its file name promises the stable ABI."""
    driver = import_module("waitctx.conformance._driver")

    assert "_driver.abi3.so" == Path(str(driver.__file__)).name


@pytest.mark.parametrize("name", SUB_PACKAGES)
def test_sub_packages_are_typed(name: str) -> None:
    """Each sub-package tells type checkers that it is typed."""
    assert (Path(str(waitctx.__file__)).parent / name / "py.typed").is_file()


def test_version_is_that_of_the_distribution() -> None:
    """``waitctx.__version__`` is the version that the package was installed as."""
    assert metadata.version("waitctx") == waitctx.__version__


def test_command_and_module_are_one() -> None:
    """``python -m waitctx`` and the command ``waitctx`` start the same function."""
    (script,) = metadata.entry_points(group="console_scripts", name="waitctx")
    run = subprocess.run(
        [sys.executable, "-m", "waitctx", "--help"], capture_output=True, text=True, check=True
    )

    assert "waitctx.__main__:run" == script.value
    assert run.stdout.startswith("Usage: waitctx ")
