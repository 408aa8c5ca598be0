"""The vocabulary: its operations, their arguments, and what is refused."""

from __future__ import annotations

import re
from itertools import islice

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load
from waitctx.conformance.engines import random_programs
from waitctx.conformance.operations import (
    FUNCTIONS,
    INT_MAX,
    INT_MIN,
    LIMITS,
    NULLABLE,
    OPERATIONS,
    New,
    Operation,
    OperationError,
    Pause,
    SetStatus,
    SetWaitFd,
    Symbol,
    check_symbol,
    index_of,
    names,
)
from waitctx.conformance.outcomes import OPENSSL

each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))


class TestEachOperation:
    """What holds for every word."""

    @each_operation
    def test_is_in_the_catalogue(self, operation: type[Operation]) -> None:
        """The catalogue of clauses knows the word, and the same C function behind it."""
        assert operation.function == load().operations[operation.word].function

    @each_operation
    def test_has_a_kind_for_each_argument(self, operation: type[Operation]) -> None:
        """Every argument is of a kind, which is what the adapters encode it by."""
        kinds = [one.metadata["symbol"] for one in attrs.fields(operation)]

        assert all(isinstance(kind, Symbol) for kind in kinds)

    @each_operation
    def test_cannot_be_changed(self, operation: type[Operation]) -> None:
        """An operation is a value: equal to another with the same arguments, and for ever so."""
        words = {Symbol.NUMBER: 3, Symbol.FD: 3, Symbol.FILE: "pipe0", Symbol.ARRAY: "array"}
        arguments = [
            words.get(one.metadata["symbol"], f"{one.metadata['symbol'].value}1")
            for one in attrs.fields(operation)
        ]
        one = operation(*arguments)

        assert {one} == {operation(*arguments)}
        assert arguments == [value for _, _, value in one.arguments]
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            one.word = "other"  # type: ignore[misc]


def test_page_functions() -> None:
    """All eleven functions of the page are among those that are exercised."""
    page = [one for one in FUNCTIONS if one.startswith("ASYNC_WAIT_CTX_")]

    assert 11 == len(page)
    assert len(FUNCTIONS) == len(set(FUNCTIONS))


def test_answers_are_what_implementations_give() -> None:
    """The reference gives the answers that its operations announce, in that order."""
    made = random_programs.programs(OPENSSL, list(OPERATIONS), 1, capable=True)
    given_answers: dict[str, set[str]] = {}
    for program in islice(made, 200):
        (seen,) = InProcessAdapter.open("waitctx.reference:AsyncLibrary").run([program])
        for operation, observation in zip(program, seen, strict=True):
            found = [name for name, _ in observation.answers]
            given_answers.setdefault(operation.word, set()).update(found)

            assert found == [name for name in operation.answers if name in found]

    switches = {"start", "pause", "resume", "return"}
    assert {word: set(one.answers) for word, one in OPERATIONS.items() if word not in switches} == {
        word: found for word, found in given_answers.items() if word not in switches
    }


class TestText:
    """How an operation is written."""

    @pytest.mark.parametrize(
        ("text", "operation"),
        [
            ("pause", Pause()),
            ("new c63", New("c63")),
            ("set c0 null -1 d4095 f3", SetWaitFd("c0", "null", -1, "d4095", "f3")),
            ("set_status c0 -2147483648", SetStatus("c0", INT_MIN)),
        ],
    )
    def test_text(self, text: str, operation: Operation) -> None:
        """The word comes first, then every argument, parted by a blank."""
        assert text == str(operation)


class TestSymbols:
    """The names of arguments."""

    @pytest.mark.parametrize("kind", LIMITS)
    def test_names(self, kind: Symbol) -> None:
        """Every name of a kind is accepted, and counts from 0 to its limit."""
        for index, name in enumerate(names(kind)):
            check_symbol(kind, name)
            assert index == index_of(name)

        assert LIMITS[kind] == len(names(kind))

    @pytest.mark.parametrize("kind", list(Symbol))
    def test_null(self, kind: Symbol) -> None:
        """The word null stands for NULL where a pointer may be that."""
        if kind in NULLABLE:
            check_symbol(kind, "null")
        else:
            with pytest.raises(OperationError):
                check_symbol(kind, "null")

        assert -1 == index_of("null")

    @given(st.integers(INT_MIN, INT_MAX))
    def test_numbers(self, value: int) -> None:
        """Whatever fits a C int is a number."""
        check_symbol(Symbol.NUMBER, value)

    @pytest.mark.parametrize(
        ("kind", "value", "message"),
        [
            (Symbol.NUMBER, INT_MAX + 1, "2147483648 is not a whole number that fits a C int"),
            (Symbol.NUMBER, INT_MIN - 1, "-2147483649 is not a whole number"),
            (Symbol.NUMBER, True, "True is not a whole number"),
            (Symbol.NUMBER, 1.0, "1.0 is not a whole number"),
            (Symbol.NUMBER, "1", "'1' is not a whole number"),
            (Symbol.CONTEXT, "c260", "'c260' is no context: write c0 to c259"),
            (Symbol.CONTEXT, "k0", "'k0' is no context: write c0 to c259"),
            (Symbol.CONTEXT, None, "None is no context: write c0 to c259"),
            (Symbol.JOB, "j01", "'j01' is no job: write j0 to j259"),
            (Symbol.JOB, "j-1", "'j-1' is no job"),
            (Symbol.JOB, "j\u0663", "'j\u0663' is no job"),
            (Symbol.KEY, "k4096", "'k4096' is no key: write k0 to k4095 or null"),
            (Symbol.KEY, "k0\n", r"'k0\n' is no key"),
            (Symbol.DATA, ["d0"], "['d0'] is no data: write d0 to d4095 or null"),
            (Symbol.ROUTINE, "f5", "'f5' is no routine: write f0 to f4 or null"),
            (Symbol.CALLBACK, "b", "'b' is no callback: write b0 to b3 or null"),
            (Symbol.BLOCK, "a13", "'a13' is no block: write a0 to a12 or null"),
            (Symbol.ARRAY, "a0", "'a0' is neither array nor null"),
        ],
    )
    def test_refused(self, kind: Symbol, value: object, message: str) -> None:
        """What is no symbol of its kind is refused with what to write."""
        with pytest.raises(OperationError, match=f"^{re.escape(message)}"):
            check_symbol(kind, value)

    def test_refused_when_made(self) -> None:
        """No operation can be made of what is no symbol."""
        with pytest.raises(OperationError, match="'c260' is no context"):
            New("c260")
