"""The real thing, for whoever wants to test against it."""

from __future__ import annotations

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.locate import find_openssl


@pytest.fixture(scope="session")
def libcrypto() -> str:
    """Give the path of this machine's libcrypto."""
    try:
        return find_openssl()
    except TargetError as error:
        pytest.skip(f"{error}")
