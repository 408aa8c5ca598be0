"""Tries one mutant after another in a copy of package and tests.

What takes most of the time of such a trial is to load what both are built on. So a process loads
that once, and forks for each mutant; the fork loads the package, mutated, and runs the tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
#: What the package and its tests load of others.
_LOADED: Final = (
    "attrs",
    "cattrs",
    "hypothesis",
    "hypothesis.stateful",
    "networkx",
    "platformdirs",
)
_OPTIONS: Final = (
    *("-x", "-q", "-p", "no:cacheprovider", "-p", "no:benchmark"),
    "--hypothesis-profile=brief",
)
#: Seconds after which a mutant is taken for one that never ends: many times what it takes.
_DEADLINE: Final = 180.0
#: Seconds between two looks at whether the tests have ended.
_LOOK: Final = 0.01


class BrokenTestsError(Exception):
    """The tests fail where nothing is mutated, so every mutant would count as killed."""


def prepare(folder: str, tests: tuple[str, ...]) -> None:
    """Make this process's copy, and see that the tests pass there.

    Raises:
        BrokenTestsError: they do not.
    """
    for name in _LOADED:
        import_module(name)
    copy = Path(folder, str(os.getpid()))
    package = Path(find_spec("waitctx").origin or "").parent  # type: ignore[union-attr]
    shutil.copytree(package, copy / "waitctx", ignore=shutil.ignore_patterns(".*", "tests"))
    for name in ("tests", "docs"):
        shutil.copytree(HERE.parent / name, copy / name)
    os.environ["PYTHONPATH"] = str(copy)
    os.chdir(copy)
    if not survives(tests):  # this one writes bytecode for those that follow
        raise BrokenTestsError
    # A mutant is written within a second of another, so its bytecode would be taken for the next.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True


def attempt(module: str, mutated: str, tests: tuple[str, ...]) -> bool:
    """Tell whether a module that reads like this survives the tests."""
    path = Path("waitctx", module)
    was = path.read_text("utf-8")
    path.write_text(mutated, "utf-8")
    try:
        return survives(tests)
    finally:
        path.write_text(was, "utf-8")


def survives(tests: tuple[str, ...]) -> bool:
    """Run the tests in a fork, and tell whether all pass in time."""
    child = os.fork()
    if not child:
        _run(tests)
    until = monotonic() + _DEADLINE
    while monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        sleep(_LOOK)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(tests: tuple[str, ...]) -> None:
    code = 1
    try:
        os.setsid()  # so that what the tests start ends with them
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        sys.path.insert(0, str(Path.cwd()))
        code = int(pytest.main([*_OPTIONS, *tests]))
    finally:
        os._exit(code)
