"""Finds out what a target named on the command line is, and opens it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve

from .adapters.base import TargetError
from .adapters.locate import find_openssl
from .adapters.native import NativeAdapter
from .adapters.python import PythonAdapter

if TYPE_CHECKING:
    from .adapters.base import Adapter

#: Known by name only: nothing here imports it.
_REFERENCE: Final = "waitctx.reference:AsyncLibrary"


def open_target(text: str) -> Adapter:
    """Open ``openssl``, ``reference``, ``module:factory``, or the shared library at a path.

    A file whose name looks like one of the others is named with its folder, as in ``./openssl``.

    Raises:
        TargetError: it is missing, or is no implementation.
        DriverError: the native driver is not built.
    """
    if text == "openssl":
        return NativeAdapter.open(find_openssl(), text)
    if text == "reference":
        adapter = PythonAdapter.open(_REFERENCE)
        adapter.identity = evolve(adapter.identity, target=text)
        return adapter
    if ":" in text and "/" not in text and not Path(text).exists():
        return PythonAdapter.open(text)
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
