"""The page, sentence by sentence, so that no sentence of it can be forgotten.

A sentence is numbered by section, paragraph and place: ``D7.9`` is the ninth sentence of the
seventh paragraph of DESCRIPTION.  A term on a line of its own is a paragraph, and so is a
sentence.  In the SYNOPSIS a sentence is a preprocessor line or a declaration.

The page itself is not part of this package.  The catalogue knows each sentence by a fingerprint,
which survives another line width and nothing else: a page with one word changed shows it.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .clauses import Section, Sentence

# A full stop, a closing quotation or bracket behind it perhaps, ends a sentence when a new one can
# begin there.  The one of an abbreviation never does.
_ABBREVIATION = r"(?<!\bi\.e\.)(?<!\be\.g\.)(?<!\betc\.)"
_SENTENCE_END = re.compile(
    rf"(?:(?<=[.?!]){_ABBREVIATION}|(?<=[.?!][\")]))\s+(?=[\"(*]?[A-Z]|\*[a-z])"
)
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_DECLARATION = re.compile(r"#.*|[^;#]+(?:;|(?=#)|\Z)")


class UnreadablePageError(ValueError):
    """The text is not a manual page that can be split: it has none of the known headings."""


@frozen
class PageSentence:
    """One sentence in the page's own words."""

    number: str
    text: str

    @property
    def fingerprint(self) -> str:
        """The fingerprint that the catalogue keeps in the place of the text."""
        return fingerprint(self.text)


@frozen
class Difference:
    """A place where a page and the catalogue part; one of the two sides may be absent."""

    kind: Literal["differs", "new", "missing"]
    known: Sentence | None
    found: PageSentence | None

    @property
    def number(self) -> str:
        """The sentence's number in the page, or in the catalogue when the page lacks it."""
        sentence = self.found or self.known
        return sentence.number if sentence else ""


def fingerprint(text: str) -> str:
    """Twelve hexadecimal digits that tell a sentence, whatever its line breaks and indent."""
    return sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def split(page: str, sections: Mapping[str, Section]) -> tuple[PageSentence, ...]:
    """Split *page*, whose headings are the titles of *sections*, into numbered sentences.

    Raises:
        UnreadablePageError: no line of the page is such a heading.
    """
    letters = {section.title: letter for letter, section in sections.items()}
    headings = "|".join(map(re.escape, letters))
    _, *parts = re.split(rf"^({headings})[^\S\n]*$", page.replace("\r\n", "\n"), flags=re.MULTILINE)
    if not parts:
        msg = f"no heading of a manual page in it ({', '.join(letters)})"
        raise UnreadablePageError(msg)
    return tuple(
        PageSentence(f"{letters[title]}{paragraph}.{place}", text)
        for title, body in zip(parts[::2], parts[1::2], strict=True)
        for paragraph, block in enumerate(_PARAGRAPH_END.split(body.strip("\n")), 1)
        for place, text in enumerate(_sentences(block, code=title == "SYNOPSIS"), 1)
    )


def _sentences(paragraph: str, *, code: bool) -> Iterator[str]:
    """Split one paragraph; each sentence comes in one line."""
    if code:
        pieces = [match.group() for match in _DECLARATION.finditer(paragraph)]
    else:
        pieces = _SENTENCE_END.split(paragraph)
    return (line for piece in pieces if (line := " ".join(piece.split())))


def compare(page: Sequence[PageSentence], known: Sequence[Sentence]) -> tuple[Difference, ...]:
    """Tell where *page* has other sentences than those *known*, in the order of the page.

    A sentence that moved is missing in one place and new in another.
    """
    matcher = SequenceMatcher(
        None, [s.fingerprint for s in known], [s.fingerprint for s in page], autojunk=False
    )
    return tuple(
        difference
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
        for difference in _differences(known[i1:i2], page[j1:j2])
    )


def _differences(known: Sequence[Sentence], found: Sequence[PageSentence]) -> Iterator[Difference]:
    """Pair two runs of sentences that are not the same; what is left over stands alone."""
    paired = min(len(known), len(found))
    for old, new in zip(known[:paired], found[:paired], strict=True):
        yield Difference("differs", old, new)
    for old in known[paired:]:
        yield Difference("missing", old, None)
    for new in found[paired:]:
        yield Difference("new", None, new)
