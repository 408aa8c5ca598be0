"""Which files can be checked; for the others the error says what they are and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.native import NativeAdapter

Build = Callable[..., str]

CC = "cc"


def refusal(path: Path | str) -> str:
    """Give the error that a target brings; its hint is never empty."""
    with pytest.raises(TargetError) as caught:
        NativeAdapter.open(str(path), "target")
    assert caught.value.hint.endswith(".")
    return str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    """A path without a file."""
    assert "target: there is no such file" == refusal(tmp_path / "libcrypto.so")


def test_directory(tmp_path: Path) -> None:
    """A directory."""
    assert "target is a directory" == refusal(tmp_path)


def test_pipe(tmp_path: Path) -> None:
    """A pipe, which nobody may ever write to."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    assert "target is no regular file" == refusal(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "target is empty"),
        (b"not a library, whatever its name\n", "target is not a shared library"),
        (b"\x7fELF", "target is not a shared library"),
    ],
    ids=["empty", "text", "cut"],
)
def test_not_a_library(tmp_path: Path, content: bytes, expected: str) -> None:
    """A file that holds something else."""
    path = tmp_path / "libcrypto.so"
    path.write_bytes(content)

    assert expected == refusal(path)


def test_other_machine(tmp_path: Path, build: Build) -> None:
    """A library for another machine, which the loader would call missing."""
    path = tmp_path / "libcrypto.so"
    content = bytearray(Path(build()).read_bytes())
    content[4:6] = b"\x01\x02"
    content[18:20] = b"\x00\x08"
    path.write_bytes(content)

    assert refusal(path).startswith("target is for machine 8 (32-bit), not for ")


def test_object_file(tmp_path: Path) -> None:
    """An object file that was not linked."""
    path = tmp_path / "library.o"
    source = Path(__file__).with_name("library.c")
    subprocess.run([CC, "-c", "-w", str(source), "-o", str(path)], check=True)

    assert "target is not a shared library" == refusal(path)


def test_damaged_library(tmp_path: Path, build: Build) -> None:
    """A library that is cut off, which some loaders do not survive."""
    path = tmp_path / "libcrypto.so"
    path.write_bytes(Path(build()).read_bytes()[:2_000])

    told = ("target cannot be loaded: ", "target does not survive being loaded: SIGBUS")
    assert refusal(path).startswith(told)


def test_unresolved_dependency(tmp_path: Path, build: Build) -> None:
    """A library that needs another one that is not there: the loader names it."""
    needed = tmp_path / "libneeded.so"
    shutil.copy(build(), needed)
    path = build(f"-L{tmp_path}", "-Wl,--no-as-needed", f"-l:{needed.name}")
    needed.unlink()

    assert "libneeded.so" in refusal(path)


def test_no_interface(tmp_path: Path) -> None:
    """A library without wait contexts."""
    path = tmp_path / "libz.so"
    subprocess.run([CC, "-shared", "-x", "c", "/dev/null", "-o", str(path)], check=True)

    assert "target is no implementation: it has no ASYNC_WAIT_CTX_new" == refusal(path)


def test_no_free(build: Build) -> None:
    """A library whose contexts cannot be freed."""
    expected = "target is no implementation: it has no ASYNC_WAIT_CTX_free"

    assert expected == refusal(build("-DLACKS_FREE"))


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("LOAD_CRASH", "SIGSEGV"),
        ("LOAD_EXIT", "exit 3"),
        ("LOAD_CLOSE", "closed a descriptor that is not its own"),
        ("LOAD_MURDER", "SIGKILL, and the process that watches it too"),
        ("LOAD_PACK", "SIGKILL, and the process that watches it too"),
        ("LOAD_HALT", "stopped, and the process that watches it too"),
    ],
)
def test_death_while_loading(build: Build, fault: str, cause: str) -> None:
    """A library that dies when it is loaded takes nobody along."""
    expected = f"target does not survive being loaded: {cause}"

    assert expected == refusal(build(f"-DFAULT={fault}"))


@pytest.mark.parametrize(
    ("fault", "deed"),
    [
        ("LOAD_POOR", "lowered the limit RLIMIT_NOFILE"),
        ("LOAD_FORK", "left a process behind"),
        ("LOAD_DAEMON", "left a process behind"),
    ],
)
def test_deed_when_loaded(build: Build, fault: str, deed: str) -> None:
    """A library is refused by what it does when it is loaded, and no program is blamed for it."""
    assert f"target {deed} when it was loaded" == refusal(build(f"-DFAULT={fault}"))


@pytest.mark.parametrize("name", ["with a blank.so", "bücher/größe.so", "line\nbreak.so"])
def test_paths(tmp_path: Path, build: Build, name: str) -> None:
    """Any path will do."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    shutil.copy(build(), path)

    adapter = NativeAdapter.open(str(path), "target")
    adapter.close()
    assert str(path) == adapter.identity.path


def test_relative_path(tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare file name means the file, not what the loader would search for."""
    shutil.copy(build(), tmp_path / "libcrypto.so")
    monkeypatch.chdir(tmp_path)

    adapter = NativeAdapter.open("libcrypto.so", "target")
    adapter.close()
    assert str(tmp_path / "libcrypto.so") == adapter.identity.path


def test_missing_functions_are_stated(build: Build) -> None:
    """Functions that a library lacks stand in its conformance statement."""
    adapter = NativeAdapter.open(build(), "target")
    adapter.close()

    assert "ASYNC_WAIT_CTX_get_changed_fds" in adapter.ics.missing
    assert adapter.ics.capable
