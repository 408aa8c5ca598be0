"""The pointers and blocks behind symbols."""

from __future__ import annotations

import pytest

from waitctx.conformance.adapters.pointers import DATA, KEYS, NULL, Pointers, block_content
from waitctx.conformance.operations import Symbol, names

each_kind = pytest.mark.parametrize(
    ("pointers", "kind"), [(KEYS, Symbol.KEY), (DATA, Symbol.DATA)], ids=["keys", "data"]
)


@each_kind
def test_read_back(pointers: Pointers, kind: Symbol) -> None:
    """Every symbol has a pointer of 64 bits of its own, which leads back to it."""
    values = {name: pointers.value(name) for name in names(kind)}

    assert len(values) == len(set(values.values()))
    assert list(values) == [pointers.symbol(value) for value in values.values()]
    assert all(0 < value < 1 << 64 for value in values.values())


@each_kind
def test_signed(pointers: Pointers, kind: Symbol) -> None:
    """A pointer that came back as a negative number is the same one."""
    first = names(kind)[:16]

    assert first == tuple(pointers.symbol(pointers.value(name) - (1 << 64)) for name in first)


def test_kinds_do_not_meet() -> None:
    """No key is taken for data."""
    assert not {KEYS.value(name) for name in names(Symbol.KEY)} & {
        DATA.value(name) for name in names(Symbol.DATA)
    }


def test_null() -> None:
    """NULL is null, both ways."""
    assert (NULL, "null") == (KEYS.value("null"), KEYS.symbol(NULL))


@pytest.mark.parametrize(("value", "text"), [(1, "0x1"), (-1, "0x" + 16 * "f"), (1 << 70, "0x0")])
def test_unknown(value: int, text: str) -> None:
    """A pointer that has no symbol is shown in hexadecimal."""
    assert text == KEYS.symbol(value)


@pytest.mark.parametrize(
    ("other", "mask"),
    [
        ("k1", 0x0000_0000_FFFF_FFFF),
        ("k2", 0xFFFF_FFFF_0000_0000),
        ("k3", 0x7FFF_FFFF_FFFF_FFFF),
        ("k4", 0xFFFF_FFFF_FFFF_FFFE),
    ],
)
def test_neighbours_are_alike(other: str, mask: int) -> None:
    """Who compares half a key, or leaves out its first or last bit, takes one for another."""
    one, another = KEYS.value("k0"), KEYS.value(other)

    assert one != another
    assert one & mask == another & mask


class TestBlocks:
    """Argument blocks."""

    def test_sizes(self) -> None:
        """A block has as many bytes as its symbol says, and none is NULL."""
        sizes = [len(block_content("j0", name) or ()) for name in names(Symbol.BLOCK)]

        assert [1 << index for index in range(13)] == sizes
        assert block_content("j0", "null") is None

    @pytest.mark.parametrize("block", names(Symbol.BLOCK))
    def test_jobs_differ(self, block: str) -> None:
        """No two of 256 jobs in a row have the same block: a single byte tells so many apart."""
        contents = [bytes(block_content(job, block) or b"") for job in names(Symbol.JOB)]
        rows = [contents[first : first + 256] for first in range(len(contents) - 255)]

        assert [256] * len(rows) == [len(set(row)) for row in rows]
        assert rows

    def test_is_fresh(self) -> None:
        """Each call gives a block of its own."""
        assert block_content("j0", "a3") == block_content("j0", "a3")
        assert block_content("j0", "a3") is not block_content("j0", "a3")
