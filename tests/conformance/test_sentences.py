"""Splitting a page into sentences, and comparing it with those known."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.clauses import Section, Sentence, load
from waitctx.conformance.sentences import (
    Difference,
    UnreadablePageError,
    compare,
    fingerprint,
    split,
)

SECTIONS = {"S": Section("SYNOPSIS", ()), "D": Section("DESCRIPTION", ())}


def the_page() -> str:
    """Give the real page: the one that WAITCTX_SPEC names, or the one beside the checkout."""
    if named := os.environ.get("WAITCTX_SPEC"):
        return Path(named).read_text(encoding="utf-8")
    for folder in Path(__file__).resolve().parents:
        page = folder / "shared" / "spec" / "ASYNC_WAIT_CTX_new.txt"
        if page.is_file():
            return page.read_text(encoding="utf-8")
    pytest.skip(
        "no page beside the checkout; set WAITCTX_SPEC to the text of ASYNC_WAIT_CTX_new(3)"
    )


def described(text: str) -> list[tuple[str, str]]:
    """Split one DESCRIPTION into pairs of number and text."""
    return [(s.number, s.text) for s in split(f"DESCRIPTION\n\n{text}", SECTIONS)]


class TestSplit:
    """Where sentences begin and end."""

    def test_numbers(self) -> None:
        """A number is section, paragraph, place; blank lines part paragraphs."""
        text = "One. Two.\n\nThree.\n \n\nFour?  Five!\n"

        assert [
            ("D1.1", "One."),
            ("D1.2", "Two."),
            ("D2.1", "Three."),
            ("D3.1", "Four?"),
            ("D3.2", "Five!"),
        ] == described(text)

    @pytest.mark.parametrize(
        "sentence",
        [
            "A set, i.e. Some of them, is meant.",
            "Some (e.g. OpenSSL) do.",
            "See crypto(7), start(3) for more.",
            "Version 1.1.0 has it and 3.0 too.",
            "It is at https://www.example.org/a.html now.",
            "A term: The rest.",
            "One etc. Two of them.",
            "TERM",
        ],
    )
    def test_whole(self, sentence: str) -> None:
        """Full stops within a sentence do not end it."""
        assert [("D1.1", sentence)] == described(sentence)

    @pytest.mark.parametrize(
        "second",
        ["Next.", '"Quoted" too.', "(In brackets.)", "*out is written.", "*OUT is."],
    )
    @pytest.mark.parametrize(
        "first", ["It ends.", 'It is "quoted".', "(It ends.)", "See start(3).", "In *fd."]
    )
    def test_two(self, first: str, second: str) -> None:
        """A sentence begins with a capital, a quotation, a bracket or a pointer."""
        assert [("D1.1", first), ("D1.2", second)] == described(f"{first} {second}")

    def test_synopsis(self) -> None:
        """In the synopsis, each preprocessor line and each declaration counts."""
        code = """\
            SYNOPSIS

             #include <a.h>

             #define ONE    1
             #define TWO    2
             typedef int (*fn)(void *arg);
             int set(int a,
                     void (*cleanup)(int,
                                     int));
             void last(void)
            """

        assert [
            ("S1.1", "#include <a.h>"),
            ("S2.1", "#define ONE 1"),
            ("S2.2", "#define TWO 2"),
            ("S2.3", "typedef int (*fn)(void *arg);"),
            ("S2.4", "int set(int a, void (*cleanup)(int, int));"),
            ("S2.5", "void last(void)"),
        ] == [(s.number, s.text) for s in split(textwrap.dedent(code), SECTIONS)]

    def test_sections_in_any_order(self) -> None:
        """A section is told by its heading, with blanks or a carriage return behind it."""
        page = "ignored\nDESCRIPTION \r\n\r\nOne.\r\n\r\nSYNOPSIS\r\n\r\nint f;\r\n"

        assert ["D1.1", "S1.1"] == [s.number for s in split(page, SECTIONS)]

    @pytest.mark.parametrize("text", ["", "int main(void) { return 0; }\n", "description\n\nOne."])
    def test_no_page(self, text: str) -> None:
        """A text without any known heading is refused."""
        with pytest.raises(UnreadablePageError, match="no heading of a manual page"):
            split(text, SECTIONS)

    @given(st.text('ab.\n *("A', max_size=80))
    def test_nothing_is_lost(self, text: str) -> None:
        """All words of a text are in its sentences, in their order."""
        assert text.split() == " ".join(sentence for _, sentence in described(text)).split()


class TestFingerprint:
    """What a fingerprint tells."""

    def test_line_breaks_do_not_matter(self) -> None:
        """Another width and indent leave the fingerprint as it is."""
        assert fingerprint("One two three.") == fingerprint("  One two\n\t three.\n")

    def test_words_do(self) -> None:
        """One letter changed is another fingerprint."""
        assert fingerprint("It must.") != fingerprint("It Must.")

    def test_form(self) -> None:
        """It is the beginning of a SHA-256."""
        assert "ba7816bf8f01" == fingerprint("abc")


class TestCompare:
    """Where a page and the catalogue part."""

    KNOWN = tuple(
        Sentence(f"D1.{place}", fingerprint(text), text, ())
        for place, text in enumerate(("One.", "Two.", "Three."), 1)
    )

    @pytest.mark.parametrize(
        ("page", "expected"),
        [
            ("One. Two. Three.", []),
            ("One.\n  Two.\n  Three.", []),
            ("One. Two, too. Three.", [("differs", "D1.2")]),
            ("One. Three.", [("missing", "D1.2")]),
            ("One. Two. Three. Four.", [("new", "D1.4")]),
            ("Two. Three. One.", [("missing", "D1.1"), ("new", "D1.3")]),
            ("Four. Five. Two. Three.", [("differs", "D1.1"), ("new", "D1.2")]),
        ],
    )
    def test_differences(self, page: str, expected: list[tuple[str, str]]) -> None:
        """Sentences that differ, are new or are missing are told in the order of the page."""
        differences = compare(split(f"DESCRIPTION\n\n{page}", SECTIONS), self.KNOWN)

        assert expected == [(one.kind, one.number) for one in differences]

    def test_both_sides(self) -> None:
        """A difference has the sentence of the catalogue and that of the page."""
        page = split("DESCRIPTION\n\nOne. Two! Three.", SECTIONS)

        assert (Difference("differs", self.KNOWN[1], page[1]),) == compare(page, self.KNOWN)


class TestThePage:
    """The real page, where it can be had."""

    def test_every_sentence_is_known(self) -> None:
        """The page has just the sentences of the catalogue, under the same numbers."""
        catalogue = load()
        sentences = split(the_page(), catalogue.sections)

        assert () == compare(sentences, tuple(catalogue.sentences.values()))
        assert list(catalogue.sentences) == [sentence.number for sentence in sentences]

    def test_one_sentence_more_is_noticed(self) -> None:
        """A sentence put into the page is found, with its number."""
        catalogue = load()
        page = the_page().replace("\nNOTES\n", "\nThe cat sat on the mat.\n\nNOTES\n")
        differences = compare(split(page, catalogue.sections), tuple(catalogue.sentences.values()))

        assert [("new", "R3.1")] == [(one.kind, one.number) for one in differences]

    def test_no_words_of_the_page_are_ours(self) -> None:
        """No paraphrase and no clause is a sentence of the page."""
        catalogue = load()
        ours = {s.text for s in catalogue.sentences.values()}
        ours |= {c.text for c in catalogue.clauses.values()}

        assert set() == ours & {s.text for s in split(the_page(), catalogue.sections)}
