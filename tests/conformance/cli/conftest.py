"""Implementations with a fault each, and the command line as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from waitctx.conformance.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Run = Callable[..., Result]
Start = Callable[..., "subprocess.CompletedProcess[str]"]

MODULE = '''\
import signal

from waitctx.reference import AsyncLibrary


class Good(AsyncLibrary):
    """Conforms."""


class NoData(AsyncLibrary):
    """Looks up the fd and forgets the data."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx, key, fd, data):
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
        if found:
            data.value = None
        return found


class Hostile(AsyncLibrary):
    """Raises for the NULL key, with a text that would colour the report."""

    __version__ = "[red]1.0\\x1b[2J"

    def ASYNC_WAIT_CTX_clear_fd(self, ctx, key):
        if key is None:
            raise ValueError("[bold]no\\x1b[31m key")
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, key)


class Stopped(AsyncLibrary):
    """Conforms until somebody presses Ctrl-C, after some programs."""

    made = 0

    def __init__(self):
        super().__init__()
        Stopped.made += 1
        if Stopped.made == 130:  # after the scenarios, which are a hundred or so
            signal.raise_signal(signal.SIGINT)


class Release11(AsyncLibrary):
    """Has neither callback nor status, as OpenSSL 1.1."""

    ASYNC_WAIT_CTX_set_callback = ASYNC_WAIT_CTX_get_callback = None
    ASYNC_WAIT_CTX_set_status = ASYNC_WAIT_CTX_get_status = None


class Telling(AsyncLibrary):
    """Lets a file say that programs are being run."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx, key, fd, data):
        open("running", "w").close()
        return super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Go to a folder in which ``faulty.py`` is."""
    (tmp_path / "faulty.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    sys.modules.pop("faulty", None)
    yield tmp_path
    sys.modules.pop("faulty", None)


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Callable[..., bytes]:
    """Check an implementation of ``faulty.py``, once for all tests, and give the report in JSON."""
    folder = tmp_path_factory.mktemp("checked")
    (folder / "faulty.py").write_text(MODULE)

    @cache
    def check(*arguments: object) -> bytes:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.syspath_prepend(folder)
            run("check", *arguments, "--report", "r.json")
        return (folder / "r.json").read_bytes()

    return check


@pytest.fixture(scope="session")
def run() -> Run:
    """Give the command line, in this process, as in a pipe 80 columns wide."""
    runner = CliRunner(env={"COLUMNS": "80", "FORCE_COLOR": "1"})

    def run(*arguments: object, text: str | bytes | None = None) -> Result:
        return runner.invoke(main, [str(one) for one in arguments], text, prog_name="waitctx")

    return run


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Give the command line in a process of its own."""

    def start(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "waitctx", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    return start
