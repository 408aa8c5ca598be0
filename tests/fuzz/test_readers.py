"""Files from strangers: whatever is in them, they are read or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from types import ModuleType

NAMES: Final = ("trace", "report", "program", "known-failures", "graph", "checkpoint")
#: What parsers have stumbled over.
TOKENS: Final = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\r\n", b"\\ud800", "\u202e".encode(), b"1e999", b"-0"),
    *(b"NaN", b"null", b"true", b"{}", b"[]", b'""', b"9" * 30, b"9" * 5_000, b"-1", b"1.0"),
    *(b'"op": "fail_alloc"', b'"new"', b'"leaks"', b"[" * 2_000, b'{"a":' * 2_000, b"c9999", b";"),
    *(b'"died"', b'"heap"', b'"events"', b"__proto__", b"javascript:alert(1)", b"''", b'"""'),
)


@st.composite
def damage(draw: st.DrawFn, whole: bytes) -> bytes:
    """Give a file with some pieces changed, lost or doubled."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 8, 64, 100_000])))
        piece = bytes(data[start:end])
        data[start:end] = draw(
            st.one_of(
                st.sampled_from(TOKENS), st.binary(max_size=4), st.just(b""), st.just(piece * 2)
            )
        )
    return bytes(data)


@pytest.mark.parametrize("name", NAMES)
def test_sound(readers: ModuleType, name: str) -> None:
    """What is damaged below is sound before."""
    data = readers.seed(name)

    assert data == readers.sealed(name, data)
    readers.READERS[name](data)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_damaged(readers: ModuleType, name: str, data: st.DataObject) -> None:
    """However a file is damaged, its reader takes or refuses it, and raises nothing else."""
    file = data.draw(damage(readers.seed(name)))
    for one in (file, readers.sealed(name, file)):
        readers.READERS[name](one)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("data", [b"", b"\0" * 1000, b"[" * 100_000, b'{"a":' * 100_000, b"\xff"])
def test_nothing_of_the_kind(readers: ModuleType, name: str, data: bytes) -> None:
    """So it is with files of another kind."""
    readers.READERS[name](data)
