"""Libraries to try the native adapter on: the real one, and one that misbehaves on demand."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.locate import find_openssl
from waitctx.conformance.adapters.native import NativeAdapter

SOURCE = Path(__file__).with_name("library.c")

Build = Callable[..., str]
Open = Callable[..., NativeAdapter]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Compile the small library, with options that choose its fault, and give its path."""
    folder = tmp_path_factory.mktemp("libraries")
    known: dict[tuple[str, ...], str] = {}

    def compile_library(*options: str) -> str:
        if options not in known:
            path = folder / f"library{len(known)}.so"
            command = ["cc", "-shared", "-fPIC", "-w", *options, str(SOURCE), "-o", str(path)]
            subprocess.run(command, check=True)
            known[options] = str(path)
        return known[options]

    return compile_library


@pytest.fixture
def adapters() -> Iterator[Open]:
    """Open libraries that are closed when the test ends."""
    opened: list[NativeAdapter] = []

    def open_library(path: str, deadline: float = 2.0) -> NativeAdapter:
        opened.append(NativeAdapter.open(path, path, deadline=deadline))
        return opened[-1]

    yield open_library
    for adapter in opened:
        adapter.close()


@pytest.fixture
def faulty(build: Build, adapters: Open) -> Open:
    """Open the small library with a fault."""

    def open_faulty(fault: str, deadline: float = 2.0) -> NativeAdapter:
        return adapters(build(f"-DFAULT={fault}"), deadline)

    return open_faulty


@pytest.fixture(scope="session")
def libcrypto() -> str:
    """Give the path of a real libcrypto."""
    try:
        return find_openssl()
    except TargetError as error:
        pytest.skip(f"{error}")


@pytest.fixture
def openssl(libcrypto: str, adapters: Open) -> NativeAdapter:
    """Open a real libcrypto."""
    return adapters(libcrypto)
