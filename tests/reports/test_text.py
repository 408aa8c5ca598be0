"""Text from an implementation, made harmless."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from waitctx.reports.text import LONGEST, clean, clean_tree, printable


def test_printable() -> None:
    """Letters of any script stay; controls, bidirectional marks and lone surrogates do not."""
    assert "é 漢 \\x1b\\n\\u202e\\udcff\\x85\\u2028\\ufeff" == printable(
        "é 漢 \x1b\n\u202e\udcff\x85\u2028\ufeff"
    )


@given(st.text(st.characters(), max_size=300), st.integers(100, 200))
def test_clean(text: str, longest: int) -> None:
    """What is clean can be printed and encoded, is short enough, and stays as it is."""
    cleaned = clean(text, longest)

    assert cleaned.isprintable()
    assert cleaned == cleaned.encode().decode()
    assert longest >= len(cleaned)
    assert cleaned == clean(cleaned, longest)


def test_long() -> None:
    """Of a long text both ends are kept, and its length is told."""
    cleaned = clean("a" * 10_000_000 + "\x1b the end")

    assert LONGEST >= len(cleaned)
    assert cleaned.startswith("aaa")
    assert " ... (10,000,009 characters in all) ... " in cleaned
    assert cleaned.endswith("\\x1b the end")


def test_tree() -> None:
    """Every text in nested values is cleaned, names included; numbers stay."""
    assert {"\\x00": ["\\x1b", 1, {"a": None}]} == clean_tree({"\0": ("\x1b", 1, {"a": None})})
