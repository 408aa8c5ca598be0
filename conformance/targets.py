"""Finds out what a target named on the command line is, and opens it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve

from .adapters.base import TargetError
from .adapters.in_process import InProcessAdapter
from .adapters.locate import find_openssl
from .adapters.native import NativeAdapter
from .adapters.python import PythonAdapter

if TYPE_CHECKING:
    from .adapters.base import Adapter

#: Known by name only: nothing here imports it.
REFERENCE: Final = "waitctx.reference:AsyncLibrary"


def open_target(text: str, *, in_process: bool = False) -> Adapter:
    """Open ``openssl``, ``reference``, ``module:factory``, or the shared library at a path.

    Each runs in processes of its own, a Python object `in_process` in this one if that is wanted.

    A file whose name looks like one of the others is named with its folder, as in ``./openssl``.

    Raises:
        TargetError: it is missing, or is no implementation.
        DriverError: the native driver is not built.
    """
    python = InProcessAdapter if in_process else PythonAdapter
    if text == "reference":
        adapter = python.open(REFERENCE)
        adapter.identity = evolve(adapter.identity, target=text)
        return adapter
    # Not pathlib's, which raises where a name is too long.
    if text and ":" in text and "/" not in text and not os.path.exists(text):  # noqa: PTH110
        return python.open(text)
    if in_process:
        hint = "Leave out --in-process; a debugger can follow the worker's child processes."
        raise TargetError(f"{text} is no Python object: it always runs in a worker", hint)
    if text == "openssl":
        return NativeAdapter.open(find_openssl(), text)
    return _open_library(text)


def _open_library(text: str) -> Adapter:
    hint = "Name a shared library by its path, or say openssl, reference or module:factory."
    if not text:
        raise TargetError("the target's name is empty", hint)
    path = Path(text)
    if not os.path.lexists(path):
        raise TargetError(f"{text}: there is no such file", hint)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise TargetError(f"{text} is no ordinary file", hint)
    return NativeAdapter.open(text, text)
