"""What can be named on the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.targets import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Go to a folder with things that are no implementations."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "ein Ordner é").mkdir()
    (tmp_path / "text é.so").write_text("hello")
    (tmp_path / "empty.so").touch()
    (tmp_path / "raises.py").write_text("raise RuntimeError('out of\\nluck')")
    (tmp_path / "nothing.py").write_text("")
    os.mkfifo(tmp_path / "pipe")
    yield tmp_path
    for name in ("raises", "nothing"):
        sys.modules.pop(name, None)


def test_reference() -> None:
    """The reference goes by its short name."""
    adapter = open_target("reference")

    adapter.close()

    assert ("reference", "Python object") == (adapter.identity.target, adapter.identity.kind)
    assert adapter.ics.capable


def test_module() -> None:
    """A colon parts a module from what makes the implementation."""
    adapter = open_target("waitctx.reference:AsyncLibrary")
    adapter.close()

    assert "waitctx.reference.library.AsyncLibrary" == adapter.identity.version


def test_in_process(libcrypto: str) -> None:
    """A Python object runs in this process if that is wanted; a library never does."""
    assert isinstance(open_target("reference", in_process=True), InProcessAdapter)
    with pytest.raises(TargetError, match="it always runs in a worker"):
        open_target(libcrypto, in_process=True)


def test_openssl(libcrypto: str) -> None:
    """The library that this Python uses goes by the name openssl."""
    adapter = open_target("openssl")
    adapter.close()

    assert ("openssl", libcrypto) == (adapter.identity.target, adapter.identity.path)


@pytest.mark.parametrize("name", ["a:b", "openssl:reference"])
def test_a_file_comes_first(libcrypto: str, folder: Path, name: str) -> None:
    """A file whose name looks like a module and its factory is a file."""
    (folder / name).symlink_to(libcrypto)
    adapter = open_target(name)
    adapter.close()

    assert "shared library" == adapter.identity.kind


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("", "the target's name is empty"),
        ("none.so", "none.so: there is no such file"),
        ("./none:x", "./none:x: there is no such file"),
        ("ein Ordner é", "ein Ordner é is a directory"),
        ("text é.so", "text é.so is not a shared library"),
        ("empty.so", "empty.so is empty"),
        ("pipe", "pipe is no ordinary file"),
        ("none:x", "none:x: there is no module none"),
        ("raises:x", "raises:x cannot be opened: RuntimeError: out of luck"),
        ("nothing:x", "nothing:x: nothing has no x"),
        ("nothing:", "nothing: is no implementation: it has no ASYNC_WAIT_CTX_new"),
        ("waitctx:__version__", "waitctx:__version__ is no implementation: it has no ASYNC_WAI"),
        (":", ": cannot be opened: ValueError: Empty module name"),
    ],
)
def test_refusals(target: str, message: str) -> None:
    """What is no implementation is refused with what is wrong, and with what to do."""
    with pytest.raises(TargetError) as caught:
        open_target(target)

    assert str(caught.value).startswith(message)
    assert caught.value.hint.endswith(".")


def test_library_without_the_interface(libcrypto: str) -> None:
    """A library that is something else is told from one that does not load."""
    other = Path(libcrypto).with_name("libz.so.1")
    if not other.exists():
        pytest.skip("there is no libz beside libcrypto")
    with pytest.raises(TargetError, match="is no implementation: it has no ASYNC_WAIT_CTX_new"):
        open_target(str(other))
