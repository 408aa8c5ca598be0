"""Text from an implementation under test is hostile; here it becomes harmless, once for all.

A report holds nothing but text that went through here: it can be printed, it has an end, and every
letter of it can be written in any encoding of Unicode. What each format asks for besides (quoting
for XML, HTML or Markdown) is left to its writer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Longer text loses its middle.
LONGEST: Final = 4_000
#: So much of the end is kept then, and so much room taken up by the note in the middle.
_END: Final = 200
_NOTE: Final = 50


def printable(text: str) -> str:
    r"""Show as escape what could steer a terminal, hide or turn other text, or not be encoded.

    Controls, line ends, bidirectional marks, invisible characters and lone surrogates (bytes that
    were no UTF-8) come out as Python writes them: ``\\x1b``, ``\\u202e``, ``\\udcff``.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )


def clean(text: str, longest: int = LONGEST) -> str:
    """Give text that is printable and has at most about so many characters.

    Of a longer one the middle is left out, and its length stands in the place. What is clean stays
    as it is.
    """
    shown = printable(text[: 2 * longest])
    if len(text) <= 2 * longest and len(shown) <= longest:
        return shown
    end = min(_END, longest // 4)
    tail = printable(text[-end:])[-end:]
    start = shown[: longest - len(tail) - _NOTE]
    return f"{start} ... ({len(text):,} characters in all) ... {tail}"


def clean_all(texts: Iterable[str]) -> tuple[str, ...]:
    """Clean each of some texts."""
    return tuple(map(clean, texts))


def clean_keys(table: Mapping[str, int]) -> dict[str, int]:
    """Clean the names in a table."""
    return {clean(name): value for name, value in table.items()}


def clean_values(table: Mapping[str, str]) -> dict[str, str]:
    """Clean what stands in a table, and the names."""
    return {clean(name): clean(value) for name, value in table.items()}


def clean_tree(value: object) -> object:
    """Clean every text in plain values, however nested."""
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(str(name)): clean_tree(one) for name, one in value.items()}
        case list() | tuple():
            return [clean_tree(one) for one in value]
    return value
