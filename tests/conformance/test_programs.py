"""Programs: both written forms read back, and what is refused says what to write."""

from __future__ import annotations

import json
import re
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance import programs
from waitctx.conformance.operations import (
    FILES,
    INT_MAX,
    INT_MIN,
    LIMITS,
    NULLABLE,
    VOCABULARY,
    Operation,
    OperationError,
    Symbol,
)
from waitctx.conformance.programs import Program, from_json, from_text, to_json, to_text


def symbols(kind: Symbol) -> st.SearchStrategy[Any]:
    """Draw the symbols of a kind."""
    numbers, files = st.integers(INT_MIN, INT_MAX), st.sampled_from(FILES)
    if kind in (Symbol.NUMBER, Symbol.FD, Symbol.FILE):
        return {Symbol.NUMBER: numbers, Symbol.FD: numbers | files, Symbol.FILE: files}[kind]
    named = st.just("array")
    if kind is not Symbol.ARRAY:
        named = st.integers(0, LIMITS[kind] - 1).map(lambda index: f"{kind.value}{index}")
    return named | st.just("null") if kind in NULLABLE else named


def operations() -> st.SearchStrategy[Operation]:
    """Draw operations, whether or not they make sense anywhere."""
    return st.one_of(
        st.builds(cls, *(symbols(one.metadata["symbol"]) for one in attrs.fields(cls)))
        for cls in VOCABULARY.values()
    )


any_program = st.lists(operations(), max_size=4).map(tuple)


class TestReadBack:
    """What is written can be read."""

    @given(any_program)
    def test_text(self, program: Program) -> None:
        """The one-line form reads back to the same program."""
        text = to_text(program)

        assert program == from_text(text)
        assert "\n" not in text

    @given(any_program)
    def test_json(self, program: Program) -> None:
        """So does the JSON form, by way of a file."""
        assert program == from_json(json.loads(json.dumps(to_json(program))))

    @pytest.mark.parametrize(
        "text", ["new c0; free c0", "new c0;free c0;", ";;new  c0\nfree\tc0\n", "new c0\r\nfree c0"]
    )
    def test_layout(self, text: str) -> None:
        """Line breaks part operations like semicolons do, and blanks do not matter."""
        assert "new c0; free c0" == to_text(from_text(text))

    def test_nothing(self) -> None:
        """Nothing reads as the program without an operation."""
        assert () == from_text("") == from_text(" ;\n; ") == from_json([])
        assert ("", []) == (to_text(()), to_json(()))

    def test_json_form(self) -> None:
        """An operation is an object that names its word and every argument."""
        expected = [
            {"op": "set", "ctx": "c0", "key": "k1", "fd": 7, "data": "null", "cleanup": "f0"},
            {"op": "pause"},
        ]

        assert expected == to_json(from_text("set c0 k1 7 null f0; pause"))


class TestRefusals:
    """What is no program is refused with the number of the operation and what to write."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("old c0", "operation 1: there is no operation 'old': one of new, free, set, get,"),
            ("new c0; NEW c1", "operation 2: there is no operation 'NEW'"),
            ("new", "operation 1: write new ctx, not 'new'"),
            ("new c0; ; new c0 c1", "operation 2: write new ctx, not 'new c0 c1'"),
            ("pause j0", "operation 1: write pause, not 'pause j0'"),
            ("set c0 k0 7", "operation 1: write set ctx key fd data cleanup, not 'set c0 k0 7'"),
            ("set_status c0 ok", "operation 1: 'ok' is not a whole number"),
            ("set_status c0 1.5", "operation 1: '1.5' is not a whole number"),
            ("set_status c0 4294967295", "operation 1: 4294967295 is not a whole number that fits"),
            ("return " + "1" * 9_999, "operation 1: '111"),
            ("new null", "operation 1: 'null' is no context: write c0 to c259"),
            ("new c0; get c0 key", "operation 2: 'key' is no key: write k0 to k4095 or null"),
            ("all c0 k0", "operation 1: 'k0' is neither array nor null"),
        ],
    )
    def test_text(self, text: str, message: str) -> None:
        """The text form."""
        with pytest.raises(OperationError, match=f"^{re.escape(message)}"):
            from_text(text)

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ({"op": "pause"}, "a program is a list of operations"),
            (None, "a program is a list of operations"),
            ("pause", "a program is a list of operations"),
            (["pause"], "operation 1: an operation is an object, not 'pause'"),
            ([{"op": "pause"}, []], "operation 2: an operation is an object, not []"),
            ([{}], "operation 1: there is no operation None: one of new,"),
            ([{"op": ["new"]}], "operation 1: there is no operation ['new']: one of new,"),
            ([{"op": "new"}], "operation 1: new takes ctx, not []"),
            ([{"op": "new", "key": "c0"}], "operation 1: new takes ctx, not ['key']"),
            ([{"op": "pause", "ctx": "c0"}], "operation 1: pause takes no argument, not ['ctx']"),
            ([{"op": "new", "ctx": 0}], "operation 1: 0 is no context: write c0 to c259"),
            ([{"op": "return", "value": "1"}], "operation 1: '1' is not a whole number"),
            ([{"op": "return", "value": True}], "operation 1: True is not a whole number"),
            ([{"op": "return", "value": None}], "operation 1: None is not a whole number"),
        ],
    )
    def test_json(self, value: object, message: str) -> None:
        """The JSON form."""
        with pytest.raises(OperationError, match=f"^{re.escape(message)}"):
            from_json(value)

    @given(st.text(max_size=30))
    def test_any_text(self, text: str) -> None:
        """Whatever is written, it reads as a program or is refused; nothing else happens."""
        try:
            program = from_text(text)
        except OperationError as error:
            assert str(error).startswith("operation ")  # noqa: PT017 - either way is right
        else:
            assert program == from_text(to_text(program))

    def test_messages_stay_short(self) -> None:
        """However long a word is, the message shows little of it."""
        with pytest.raises(OperationError) as caught:
            from_text("x" * 100_000)

        assert len(str(caught.value)) < 500

    def test_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A program beyond the limit is refused as a whole."""
        monkeypatch.setattr(programs, "MAX_OPERATIONS", 2)
        assert 2 == len(from_text("pause; pause"))

        with pytest.raises(OperationError, match="at most 2 operations, not 3"):
            from_text("pause; pause; pause")
        with pytest.raises(OperationError, match="at most 2 operations, not 3"):
            from_json([{"op": "pause"}] * 3)


@pytest.mark.parametrize("number", ["1_0", "+7", "007", "-0", "٣", "1" * 5_000])
def test_numbers_are_written_in_one_way(number: str) -> None:
    """What Python would read as a number, and no program is written with, is refused."""
    with pytest.raises(OperationError, match="is not a whole number"):
        from_text(f"set_status c0 {number}")
