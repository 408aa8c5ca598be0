"""The real thing, for whoever wants to test against it, and observations as they are printed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.locate import find_openssl
from waitctx.conformance.observations import Event, Observation, Value

Read = Callable[[str], Observation]
#: A machine that is busy takes seconds for what is done in milliseconds.
_PATIENCE = 60.0


@pytest.fixture(scope="session")
def libcrypto() -> str:
    """Give the path of this machine's libcrypto."""
    try:
        return find_openssl()
    except TargetError as error:
        pytest.skip(f"{error}")


@pytest.fixture(scope="session")
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Wait for something to come true, however long a busy machine takes."""

    def wait(come: Callable[[], object]) -> None:
        until = time.monotonic() + _PATIENCE
        while not come():
            assert time.monotonic() < until, "it did not come"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def observation() -> Read:
    """Read an observation in the form in which it is printed."""

    def read(text: str) -> Observation:
        answers = re.findall(r"(\w+)=(\[.*?\]|\S+)", text)
        events = re.findall(r"(\w+)\((.*?)\)", text)
        return Observation.of(
            {name: _value(value) for name, value in answers},
            [Event(name, tuple(map(_scalar, rest.split(", ")))) for name, rest in events],
        )

    return read


def _value(text: str) -> Value:
    return tuple(map(_scalar, text[1:-1].split())) if text.startswith("[") else _scalar(text)


def _scalar(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d+", text) else text
