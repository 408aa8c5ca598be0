"""A library that does not export its functions is checked all the same."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.programs import from_text

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Build, Open

HIDDEN = "-fvisibility=hidden"
PROGRAM = from_text("new c0; set c0 k0 7 d0 f0; all c0 array; clear c0 k0; free c0; is_capable")


def test_found(build: Build, adapters: Open) -> None:
    """Functions that stand in the symbol table alone are found, and called like exported ones."""
    exported, hidden = adapters(build()), adapters(build(HIDDEN))

    assert ("shared library", "shared library, functions not exported") == (
        exported.identity.kind,
        hidden.identity.kind,
    )
    assert exported.ics == hidden.ics
    assert exported.run([PROGRAM]) == hidden.run([PROGRAM])


def test_watched(build: Build, adapters: Open) -> None:
    """So they are where memory is watched."""
    watched = adapters(build(HIDDEN)).watched()
    (seen,) = watched.run([from_text("new c0; free c0")])
    watched.close()

    assert ["ctx=new", "-"] == [str(one) for one in seen]


def test_stripped(build: Build, adapters: Open) -> None:
    """One without a symbol table has no functions that could be found."""
    with pytest.raises(TargetError, match=r"is no implementation: it has no ASYNC_WAIT_CTX_new$"):
        adapters(build(HIDDEN, "-s"))


@pytest.mark.parametrize("change", ["sections", "size", "entries"])
def test_damaged(build: Build, adapters: Open, tmp_path: Path, change: str) -> None:
    """What a damaged file says of itself is not believed: nothing is read beyond its end."""
    path = tmp_path / "damaged.so"
    shutil.copy(build(HIDDEN), path)
    data = bytearray(path.read_bytes())
    sections = int.from_bytes(data[40:48], "little")
    if change == "sections":
        data[40:48] = (len(data) - 8).to_bytes(8, "little")
    for place in range(sections, sections + 64 * int.from_bytes(data[60:62], "little"), 64):
        if change == "size":
            data[place + 32 : place + 40] = (2**63).to_bytes(8, "little")
        if change == "entries":
            data[place + 40 : place + 44] = (2**32 - 1).to_bytes(4, "little")
    path.write_bytes(data)

    with pytest.raises(TargetError, match="it has no ASYNC_WAIT_CTX_new"):
        adapters(str(path))
