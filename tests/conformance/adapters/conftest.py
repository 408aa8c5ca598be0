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

#: A program that needs jobs, and what conforming implementations answer.
JOBS = """
pause; new c0; new c1; start j0 c0 a3; current; wait_ctx j0; set c0 k0 7 null null; pause;
changed c0 array array; start j1 c1 a3; block; pause; unblock; pause; current; resume j0 c0; args;
clear c0 k0; changed c0 array array; return -7; resume j1 c1; args; return 2147483647;
changed c0 array array
"""
JOB_ANSWERS = [
    "in=none pause_job=1",
    "ctx=new",
    "ctx=new",
    "in=j0 block=a3",
    "job=j0",
    "ctx=c0",
    "rc=1",
    "in=none start_job=2 ret=untouched job=j0 stray=0",
    "rc=1 numadd=1 numdel=0 added=[7] deleted=[] stray=0",
    "in=j1 block=a3",
    "-",
    "in=j1 pause_job=1",
    "-",
    "in=none start_job=2 ret=untouched job=j1 stray=0",
    "job=null",
    "in=j0 pause_job=1",
    "block=a3",
    "rc=1",
    "rc=1 numadd=0 numdel=1 added=[] deleted=[7] stray=0",
    "in=none start_job=3 ret=-7 job=null stray=0",
    "in=j1 pause_job=1",
    "block=a3",
    "in=none start_job=3 ret=2147483647 job=null stray=0",
    "rc=1 numadd=0 numdel=1 added=[] deleted=[7] stray=0",
]

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
