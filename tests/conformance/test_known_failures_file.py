"""The file of known failures."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.clauses import load
from waitctx.conformance.known_failures import Entry
from waitctx.conformance.known_failures_file import (
    KnownFailuresError,
    Rewriting,
    loads,
    read,
)
from waitctx.conformance.programs import from_text

if TYPE_CHECKING:
    from pathlib import Path

FILE = '''\
# Ours.

[[failure]]  # the first
clause = "fd-get-03"
cause = ["wrong data", "SIGSEGV"]
reason = """
Several
[[failure]]
lines."""

# Of the next one.
[[failure]]
program = "new c0; free c0"
cause = "hang"  # sometimes
reason = 'x'
link = "https://example.org/1"
expires = 2030-02-28
'''
GOOD = '[[failure]]\nclause = "FD-GET-03"\ncause = "hang"\nreason = "x"\n'


def refusal(text: str) -> str:
    """Give the reason why a text is refused."""
    with pytest.raises(KnownFailuresError) as caught:
        loads(text, "k.toml", load())
    return str(caught.value)


def is_read_or_refused(text: str) -> bool:
    """Tell whether a text is read, or refused in one line that names the place."""
    try:
        loads(text, "k.toml", load())
    except KnownFailuresError as error:
        return str(error).startswith("k.toml:") and "\n" not in str(error)
    return True


class TestReading:
    """What is in it, and where."""

    def test_entries(self) -> None:
        """Each table is an entry, with its lines."""
        first, second = loads(FILE, "k.toml", load()).entries

        assert first == Entry(
            ("wrong data", "SIGSEGV"), "Several\n[[failure]]\nlines.", "FD-GET-03", line=3, last=9
        )
        assert second == Entry(
            ("hang",),
            "x",
            program=from_text("new c0; free c0"),
            link="https://example.org/1",
            expires=date(2030, 2, 28),
            line=12,
            last=17,
        )
        assert {"program": 13, "cause": 14, "reason": 15, "link": 16, "expires": 17} == (
            second.places
        )

    @pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n"])
    def test_empty(self, text: str) -> None:
        """A file may list nothing."""
        assert () == loads(text, "k.toml", load()).entries

    def test_line_ends(self) -> None:
        """Lines may end as on Windows."""
        (entry,) = loads("\r\n" + GOOD.replace("\n", "\r\n"), "k.toml", load()).entries

        assert (2, 5) == (entry.line, entry.last)

    def test_day_as_text(self) -> None:
        """A day may stand in quotes."""
        (entry,) = loads(f'{GOOD}expires = "2030-02-28"\n', "k.toml", load()).entries

        assert date(2030, 2, 28) == entry.expires


class TestRefusals:
    """What is not sound is refused with its line, and what to do."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[[failure]\n", "1: this is no TOML: Unexpected character: '\\n'"),
            (f"{GOOD}x = [1", "5: this is no TOML"),
            ("a = " + "[" * 100_000, "1: this is no TOML"),
            ("\x00", "1: this is no TOML"),
            (f"{GOOD}why = 1\n", "5: there is no key why; there are clause,"),
            (f"{GOOD}expiry = 1\n", "5: there is no key expiry; did you mean expires?"),
            (f"{GOOD}a.b = 1\n", "5: there is no key a"),
            ("version = 1\n", "1: there is no version here: each known failure begins with"),
            ("[failure]\n", "1: there is no failure here"),
            ("[[failures]]\n", "1: there is no failures here"),
            ("\n[[failure]]\nreason = 'x'\n", "2: say which clause or which program fails"),
            ("[[failure]]\nclause = 'FD-GET-03'\nreason = 'x'\n", "1: say how it fails, as cause"),
            ("[[failure]]\nclause = 'FD-GET-03'\ncause = 'hang'\n", "1: say why that is known"),
            (GOOD.replace("GET-03", "GTE-03"), "2: no clause is called FD-GTE-03; did you mean"),
            (GOOD.replace("FD-GET-03", "APP-FREE-01"), "2: "),
            (GOOD.replace('"FD-GET-03"', "7"), "2: clause is a text, and not empty"),
            (GOOD.replace('"hang"', "[]"), "3: cause is a text, and not empty"),
            (GOOD.replace('"hang"', '["hang", 1]'), "3: cause is a text, and not empty"),
            (GOOD.replace('"x"', '" "'), "4: reason is a text, and not empty"),
            (GOOD.replace('"x"', f'"{"x" * 2001}"'), "4: reason has more than 2000 characters"),
            (f"{GOOD}link = 'javascript:alert(1)'\n", "5: link is an address that begins with"),
            (f"{GOOD}expires = 'soon'\n", "5: expires is a day, as 2027-12-31"),
            (f"{GOOD}expires = 2030-13-01\n", "5: this is no TOML: Invalid date"),
            (f"{GOOD}expires = 2030-01-01T00:00:00Z\n", "5: expires is a day, as 2027-12-31"),
            (f"{GOOD}program = 'new c0; fly c0'\n", "5: this is no program: operation 2: there is"),
            (f"{GOOD}program = ';'\n", "5: this is no program: it has no operation"),
            (f"{GOOD}\n{GOOD}", "6: line 1 already lists FD-GET-03: delete one of them"),
        ],
    )
    def test_unsound(self, text: str, expected: str) -> None:
        """Each is told in a line."""
        said = refusal(text)

        assert said.startswith(f"k.toml:{expected}")
        assert "\n" not in said

    def test_same_program_by_other_names(self) -> None:
        """Programs that differ in names alone are listed once."""
        both = (
            f"[[failure]]\nprogram = '{one}'\ncause = 'hang'\nreason = 'x'\n"
            for one in ("new c0; free c0", "new c7; free c7")
        )

        assert "k.toml:5: line 1 already lists new c7; free c7" in refusal("".join(both))

    def test_too_many(self) -> None:
        """More entries than anybody looks after are refused."""
        some = (
            f"[[failure]]\nprogram='new c0; set_status c0 {n}'\ncause='x'\nreason='x'\n"
            for n in range(1001)
        )

        assert "k.toml:4001: more than 1000 known failures: list fewer" == refusal("".join(some))

    @given(st.text(max_size=200))
    def test_any_text(self, text: str) -> None:
        """Whatever stands after a sound entry, it is read, or refused in one line."""
        assert is_read_or_refused(GOOD + text)

    @given(st.data())
    def test_damage(self, data: st.DataObject) -> None:
        """So it is wherever a sound file is damaged."""
        start = data.draw(st.integers(0, len(FILE)))
        end = data.draw(st.integers(start, len(FILE)))
        text = FILE[:start] + data.draw(st.text("\"'\n[]=#.\\\x00\x7f\ud800é", max_size=5))
        assert is_read_or_refused(text + FILE[end:])


class TestFiles:
    """Files that are none."""

    def test_missing(self, tmp_path: Path) -> None:
        """One that is not there is refused with what to do."""
        with pytest.raises(KnownFailuresError, match=r"cannot be read: No such file or directory"):
            read(tmp_path / "k.toml", load())

    def test_special(self, tmp_path: Path) -> None:
        """What is no ordinary file is not opened: it could have no end, or never begin."""
        os.mkfifo(tmp_path / "fifo")
        for path in (tmp_path, tmp_path / "fifo"):
            with pytest.raises(KnownFailuresError, match=r"is no ordinary file"):
                read(path, load())

    @pytest.mark.parametrize(
        ("data", "expected"),
        [(b"#" * (2**18 + 1), "has more than 256 KiB"), (b"#\n# \xff\n", ":2: this is no UTF-8")],
    )
    def test_content(self, tmp_path: Path, data: bytes, expected: str) -> None:
        """Too much, and what is no text, is refused."""
        path = tmp_path / "k.toml"
        path.write_bytes(data)
        with pytest.raises(KnownFailuresError) as caught:
            read(path, load())

        assert str(caught.value).startswith(
            f"{path}{expected}" if expected[0] == ":" else f"{path} "
        )
        assert expected in str(caught.value)

    def test_byte_order_mark(self, tmp_path: Path) -> None:
        """The mark that some editors write is none of the text."""
        (tmp_path / "k.toml").write_text(f"\ufeff{GOOD}", encoding="utf-8")

        assert 1 == len(read(tmp_path / "k.toml", load()).entries)


class TestRewriting:
    """Changes leave alone what is not theirs."""

    def test_nothing(self) -> None:
        """Without a change it is the same text."""
        assert FILE == Rewriting(FILE).text()

    def test_drop(self) -> None:
        """An entry goes with its comments, and nothing else does."""
        first, second = loads(FILE, "k.toml", load()).entries
        without_first, without_second = Rewriting(FILE), Rewriting(FILE)
        without_first.drop(first)
        without_second.drop(second)

        assert without_first.text() == "# Ours.\n\n" + FILE[FILE.index("# Of the next") :]
        assert without_second.text() == FILE[: FILE.index("\n# Of the next")]

    def test_set_causes(self) -> None:
        """A cause is changed in its line, and a comment beside it stays."""
        first, second = loads(FILE, "k.toml", load()).entries
        rewriting = Rewriting(FILE)
        rewriting.set_causes(first, ["exit 3"])
        rewriting.set_causes(second, ["hang", "SIGSEGV"])

        assert rewriting.text() == FILE.replace('["wrong data", "SIGSEGV"]', '"exit 3"').replace(
            '"hang"  #', '["hang", "SIGSEGV"]  #'
        )

    def test_causes_over_several_lines(self) -> None:
        """A list over several lines becomes one line, and what follows it stays."""
        text = GOOD.replace('"hang"', '[\n  "hang",  # often\n  "exit 1",\n]')
        (entry,) = loads(text, "k.toml", load()).entries
        rewriting = Rewriting(text)
        rewriting.set_causes(entry, ["wrong fd"])

        assert GOOD.replace("hang", "wrong fd") == rewriting.text()

    @given(st.text("\"\\'é\U0001f600 \x7f#]", min_size=1).filter(str.strip))
    def test_add(self, cause: str) -> None:
        """What is added reads back, whatever an implementation says, and comes last."""
        rewriting = Rewriting(GOOD)
        rewriting.add("FD-GET-01", [cause], from_text("new c0"))
        first, second = loads(rewriting.text(), "k.toml", load()).entries

        assert ("FD-GET-03", "FD-GET-01", (cause.strip(),)) == (
            first.clause,
            second.clause,
            second.causes,
        )
