"""Locating the libcrypto of this machine's Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.locate import find_openssl


def test_found_is_a_libcrypto(libcrypto: str) -> None:
    """What is found is the full path of a libcrypto."""
    assert Path(libcrypto).is_absolute()
    assert Path(libcrypto).name.startswith("libcrypto")


def test_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no libcrypto, the error says what to do."""
    nothing = subprocess.CompletedProcess([], 0, stdout="''\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: nothing)

    with pytest.raises(TargetError, match="no libcrypto was found") as caught:
        find_openssl()
    assert "Install OpenSSL" in caught.value.hint
