"""Single calls on a Python implementation, and what is made of odd answers."""
# ruff: noqa: ANN401, ARG002, N802 (the classes say what their methods do, with the names of C; what
# they are handed is the library's own)

from __future__ import annotations

from typing import Any

import pytest

from waitctx.conformance.adapters.calls import Calls, Cell, UnfitOperationError, number
from waitctx.conformance.observations import UNTOUCHED, Observation
from waitctx.conformance.programs import from_text
from waitctx.reference import AsyncLibrary

PROGRAM = """
new c0; set c0 k0 7 d0 f0; set c0 null -1 null null; get c0 k0; get c0 k2; all c0 array;
all c0 null; changed c0 array null; changed c0 null array; clear c0 k0; set_callback c0 b0 d1;
get_callback c0; set_callback c0 null d1; get_callback c0; set_status c0 -5; get_status c0;
new c1; init_thread 2 1; cleanup_thread; is_capable; block; unblock; set c0 k1 9 d1 f3; free c0
"""
ANSWERS = [
    "ctx=new",
    "rc=1",
    "rc=1",
    "rc=1 fd=7 data=d0 stray=0",
    "rc=0 fd=untouched data=untouched stray=0",
    "rc=1 count=2 fds=[-1 7] stray=0",
    "rc=1 count=2 fds=null stray=0",
    "rc=1 numadd=2 numdel=0 added=[-1 7] deleted=null stray=0",
    "rc=1 numadd=2 numdel=0 added=null deleted=[] stray=0",
    "rc=1",
    "rc=1",
    "rc=1 callback=b0 arg=d1 stray=0",
    "rc=1",
    "rc=0 callback=untouched arg=untouched stray=0",
    "rc=1",
    "status=-5",
    "ctx=new",
    "rc=1",
    "-",
    "rc=1",
    "-",
    "-",
    "rc=1",
    "f3(c0, k1, 9, d1)",
]


def perform(library: Any, text: str) -> list[str]:
    """Make the calls of a program, and write what each was answered."""
    calls = Calls(library)
    seen = []
    for operation in from_text(text):
        answers = calls.perform(operation)
        seen.append(str(Observation.of(answers, calls.events)))
        calls.events.clear()
    return seen


def last(library: Any, text: str) -> str:
    """Give the last observation of a program."""
    return perform(library, text)[-1]


def test_answers() -> None:
    """Every call is made and answered in symbols."""
    assert ANSWERS == perform(AsyncLibrary(), PROGRAM)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (7, 7),
        (True, 1),
        (-1, -1),
        (1 << 80, 1 << 80),
        pytest.param(1 << 20_000, "a number of 20001 bits", id="huge"),
        (None, "None"),
        (1.0, "1.0"),
        ("one\n two", r"'one\n two'"),
        ([7], "[7]"),
        (Cell().value, UNTOUCHED),
        ("x" * 100, "'" + "x" * 36 + "..."),
    ],
)
def test_numbers(value: object, shown: int | str) -> None:
    """What is no number is shown as Python does, in short."""
    assert shown == number(value)


class TestArrays:
    """What is written to arrays."""

    @pytest.mark.parametrize(
        ("written", "count", "answer"),
        [
            ({}, 2, "count=2 fds=[]"),
            ({0: 8}, 2, "count=2 fds=[8]"),
            ({1: 7}, 2, "count=2 fds=[untouched 7]"),
            ({0: 8, 1: 7, 2: 9}, 2, "count=2 fds=[8 7 9]"),
            ({0: 8, 1: 7, 5: 0}, 2, "count=2 fds=[8 7 untouched untouched untouched 0]"),
            ({0: 8, 1: "seven"}, 2, "count=2 fds=[8 'seven']"),
            ({0: 8, 1: 7}, None, "count=None fds=[8 7]"),
        ],
    )
    def test_written(self, written: dict[int, Any], count: Any, answer: str) -> None:
        """Short, with gaps, or further than the number says: what was written is what is seen."""

        class Odd(AsyncLibrary):
            def ASYNC_WAIT_CTX_get_all_fds(self, ctx: Any, fd: Any, numfds: Any) -> int:
                for index, value in written.items():
                    fd[index] = value
                numfds.value = count
                return 1

        program = "new c0; set c0 k0 7 null null; set c0 k1 8 null null; all c0 array"

        assert f"rc=1 {answer} stray=0" == last(Odd(), program)

    def test_number_not_written(self) -> None:
        """An out-parameter that nobody wrote to is untouched."""

        class Silent(AsyncLibrary):
            def ASYNC_WAIT_CTX_get_changed_fds(self, *_: Any) -> int:
                return 1

        assert "rc=1 numadd=untouched numdel=untouched added=[] deleted=[] stray=0" == last(
            Silent(), "new c0; changed c0 array array"
        )

    def test_far_overrun(self) -> None:
        """Who writes far beyond what there is fails by himself, as Python has it."""

        class Wild(AsyncLibrary):
            def ASYNC_WAIT_CTX_get_all_fds(self, ctx: Any, fd: Any, numfds: Any) -> int:
                fd[100_000] = ctx, numfds
                return 1

        with pytest.raises(IndexError):
            last(Wild(), "new c0; all c0 array")


class TestPointers:
    """What comes back instead of pointers."""

    @pytest.mark.parametrize(
        ("value", "shown"),
        [(None, "null"), (5, "0x5"), (0, "0"), ("d0", "'d0'"), (object, "<class 'object'>")],
    )
    def test_data(self, value: object, shown: str) -> None:
        """Data that nobody has passed is shown for what it is."""

        class Odd(AsyncLibrary):
            def ASYNC_WAIT_CTX_get_fd(self, ctx: Any, key: object, fd: Any, data: Any) -> int:
                found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
                data.value = value
                return found

        program = "new c0; set c0 k0 7 d0 null; get c0 k0"

        assert f"rc=1 fd=7 data={shown} stray=0" == last(Odd(), program)

    def test_callback(self) -> None:
        """A callback that nobody has passed is another one; None is NULL."""

        class Odd(AsyncLibrary):
            def ASYNC_WAIT_CTX_get_callback(self, ctx: Any, callback: Any, arg: Any) -> int:
                callback.value, arg.value = (print if ctx.status else None), None
                return 1

        program = "new c0; get_callback c0"

        assert "rc=1 callback=null arg=null stray=0" == last(Odd(), program)
        assert "rc=1 callback=other arg=null stray=0" == last(
            Odd(), program.replace(";", "; set_status c0 1;")
        )

    def test_context(self) -> None:
        """A context that is given twice has the name that it got first; none is null."""

        class One(AsyncLibrary):
            known = AsyncLibrary().ASYNC_WAIT_CTX_new()

            def ASYNC_WAIT_CTX_new(self) -> Any:
                return self.known

        class Out(AsyncLibrary):
            def ASYNC_WAIT_CTX_new(self) -> Any:
                return None

        assert ["ctx=new", "ctx=c0"] == perform(One(), "new c0; new c1")
        assert ["ctx=null"] == perform(Out(), "new c0")

    def test_cleanup_arguments(self) -> None:
        """What a cleanup routine is called with is told as it was, however odd."""

        class Odd(AsyncLibrary):
            def clean_up(self, ctx: Any, entry: Any) -> None:
                entry.cleanup(None, 0x10, "fd", entry.custom_data)
                entry.cleanup(object(), entry.key, entry.fd, None)

        assert "f1(null, 0x10, 'fd', d0), f1(other, k0, 7, null)" == last(
            Odd(), "new c0; set c0 k0 7 d0 f1; free c0"
        )

    def test_cleanup_that_asks(self) -> None:
        """The last routine calls the callback that its context gives it, if it gives one."""
        start = "new c0; set c0 k0 7 d0 f4;"

        assert "f4(c0, k0, 7, d0), b1(d2)" == last(
            AsyncLibrary(), f"{start} set_callback c0 b1 d2; free c0"
        )
        assert "f4(c0, k0, 7, d0)" == last(AsyncLibrary(), f"{start} free c0")

    def test_cleanup_that_asks_for_nothing_known(self) -> None:
        """What is no callback of the program is not called."""

        class Odd(AsyncLibrary):
            def ASYNC_WAIT_CTX_get_callback(self, ctx: Any, callback: Any, arg: Any) -> int:
                callback.value, arg.value = print, ctx
                return 1

        assert "f4(c0, k0, 7, d0)" == last(Odd(), "new c0; set c0 k0 7 d0 f4; free c0")

    def test_callback_called(self) -> None:
        """A callback that the library calls is told with its argument."""

        class Eager(AsyncLibrary):
            def ASYNC_WAIT_CTX_set_callback(self, ctx: Any, callback: Any, arg: Any) -> int:
                return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, arg) and callback(arg)

        assert "rc=1 | b2(d3)" == last(Eager(), "new c0; set_callback c0 b2 d3")


@pytest.mark.parametrize(
    "text",
    ["free c0", "set c0 k0 7 d0 f0", "all c0 array", "get_status c0", "new c0; free c0; free c0"],
)
def test_no_such_context(text: str) -> None:
    """A context that is not there cannot be used."""
    with pytest.raises(UnfitOperationError):
        perform(AsyncLibrary(), text)
