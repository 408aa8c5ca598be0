"""Tries one mutant after another in a copy of package and tests.

What takes most of the time of such a trial is to load the package and to collect its tests. So a
process does that once, and forks for each mutant. In the fork the functions that the mutant changes
get its code, and the tests are run up to the first that fails. What killed lately is run first, for
it often kills the next one too. A mutant that changes more than the bodies of functions has the
package loaded anew.
"""

from __future__ import annotations

import gc
import inspect
import os
import resource
import shutil
import signal
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

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
    *("-x", "-q", "-s", "--basetemp=files", "-p", "no:cacheprovider", "-p", "no:benchmark"),
    "--hypothesis-profile=brief",
    # These take half of the time, and hardly kill what the others do not.
    *("-k", "not TestProperties and not test_forgetting and not test_exercise_every_clause"),
)
#: Processor seconds of one test after which a mutant never ends: many times what a test takes.
_PATIENCE: Final = 20.0
#: Seconds after which one waits for ever.
_DEADLINE: Final = 300
#: Bytes, so that a mutant that gathers things for ever does not take those of others.
_MEMORY: Final = 2 << 30


class Mutant(NamedTuple):
    """A module that reads otherwise, known by a number."""

    number: int
    module: str
    mutated: str


def run(folder: str, mutants: list[Mutant], tests: tuple[str, ...], results: Connection) -> None:
    """Send the number of each mutant and whether it lives."""
    for name in _LOADED:
        import_module(name)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    package = Path(find_spec("waitctx").origin or "").parent  # type: ignore[union-attr]
    copy = Path(folder, str(os.getpid()))
    shutil.copytree(package, copy / "waitctx", ignore=shutil.ignore_patterns(".*", "tests"))
    for name in ("tests", "docs"):
        shutil.copytree(HERE.parent / name, copy / name)
    os.environ["PYTHONPATH"] = str(copy)
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = False  # but here it is written, once, for all that follow
    _Fresh((*tests, "--collect-only")).survives()
    # A mutant is written within a second of another, so its bytecode would be taken for the next.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    bodies, others = [], []
    for mutant in mutants:
        source = Path("waitctx", mutant.module).read_text("utf-8")
        codes = changed(source, mutant.mutated)
        if codes is None:
            others.append(mutant)
        else:
            bodies.append((mutant, codes))
    for mutant in others:
        path = Path("waitctx", mutant.module)
        source = path.read_text("utf-8")
        path.write_text(mutant.mutated, "utf-8")
        results.send((mutant.number, _Fresh(tests).survives()))
        path.write_text(source, "utf-8")
    pytest.main([*_OPTIONS, *tests], plugins=[_Loaded(bodies, results)])


def changed(source: str, mutated: str) -> dict[CodeType, CodeType] | None:
    """Give the code that takes the place of each function's; None if that is not all."""
    was, now = (list(_outermost(compile(one, "", "exec"))) for one in (source, mutated))
    pairs = [pair for pair in zip(was, now, strict=False) if pair[0] != pair[1]]
    alike = all(
        isinstance(one, CodeType)
        and isinstance(other, CodeType)
        and one.co_freevars == other.co_freevars
        for one, other in pairs
    )
    return dict(pairs) if alike and len(was) == len(now) else None  # type: ignore[arg-type]


def _outermost(code: CodeType) -> Iterator[object]:
    """Go through what is run when a module is loaded, and the code of its outermost functions."""
    yield code.co_code, code.co_names
    for one in code.co_consts:
        if not isinstance(one, CodeType):
            yield type(one), one
        elif one.co_name == "<lambda>" or (
            one.co_flags & inspect.CO_OPTIMIZED and one.co_name[0] != "<"
        ):
            yield one
        else:  # the body of a class, or a comprehension
            yield from _outermost(one)


class _Forks:
    """Runs tests in a fork that ends at the first failure, and tells which one that was."""

    def __init__(self) -> None:
        self.ends: tuple[int, int] | None = None
        self.killer = ""

    def fork(self) -> int:
        """Fork; the one that gets 0 is limited, silent, and the leader of what its tests start."""
        self.ends = os.pipe()
        child = os.fork()
        if not child:
            os.setsid()
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(nowhere, stream)
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            signal.alarm(_DEADLINE)
        return child

    def survived(self, child: int) -> bool:
        """Wait for the fork, end what it has left, and tell whether all of its tests passed."""
        assert self.ends is not None
        _, status = os.waitpid(child, 0)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        reading, writing = self.ends
        os.close(writing)
        with os.fdopen(reading) as stream:
            self.killer = stream.read()
        return os.waitstatus_to_exitcode(status) == 0

    def pytest_runtest_logstart(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, _PATIENCE)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            assert self.ends is not None
            os.write(self.ends[1], report.nodeid.encode())
            os._exit(1)


class _Fresh(_Forks):
    """Loads the package in the fork, as it then reads."""

    def __init__(self, tests: tuple[str, ...]) -> None:
        super().__init__()
        self.tests = tests

    def survives(self) -> bool:
        child = self.fork()
        if not child:
            _end(int(pytest.main([*_OPTIONS, *self.tests], plugins=[self])))
        return self.survived(child)


class _Loaded(_Forks):
    """Forks where the tests are collected, in the place of running them."""

    def __init__(
        self, mutants: list[tuple[Mutant, dict[CodeType, CodeType]]], results: Connection
    ) -> None:
        super().__init__()
        self.mutants = mutants
        self.results = results
        self.forked = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        functions = [one for one in gc.get_objects() if isinstance(one, FunctionType)]
        gc.freeze()  # so that no fork copies all of it when it looks for garbage
        for mutant, codes in self.mutants:
            child = self.fork()
            if not child:
                self.forked = True
                for one in functions:
                    if one.__code__.co_filename.endswith(f"/waitctx/{mutant.module}"):
                        one.__code__ = codes.get(one.__code__, one.__code__)
                return None  # now pytest runs the tests
            self.results.send((mutant.number, self.survived(child)))
            session.items.sort(key=lambda item: item.nodeid != self.killer)
        return True

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self.forked:
            _end(int(exitstatus))


def _end(code: int) -> NoReturn:
    os._exit(code)
