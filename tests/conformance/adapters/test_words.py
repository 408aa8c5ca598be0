"""Words: the two sides of the native driver agree on them."""

from __future__ import annotations

import re
from pathlib import Path
from struct import pack

import pytest

from waitctx.conformance.adapters import words
from waitctx.conformance.observations import Event, Observation
from waitctx.conformance.operations import FUNCTIONS, VOCABULARY
from waitctx.conformance.programs import from_text

HEADER = Path(words.__file__).parents[1] / "native" / "driver.h"

KEY_0, KEY_1, DATA_2 = 0x500000001000, 0x500100001000, 0x600000001008
UNTOUCHED, ABSENT = -(2**63), -(2**63) + 1


def result(word: str, *rest: int) -> bytes:
    """Write a result as the driver does."""
    head = list(VOCABULARY).index(word) << 32 | len(rest)
    return pack(f"={1 + len(rest)}q", head, *rest)


def read(word: str, *rest: int) -> Observation:
    """Read a single result."""
    (observation,) = words.decode(result(word, *rest))
    return observation


def test_codes_are_the_vocabulary() -> None:
    """The driver's codes have the names and the order of the vocabulary."""
    (codes,) = re.findall(r"enum code \{(.*?)\}", HEADER.read_text(encoding="utf-8"), re.DOTALL)

    assert [word.upper() for word in VOCABULARY] == re.findall(r"OP_(\w+)", codes)


def test_functions_are_the_interface() -> None:
    """The driver binds the vocabulary's functions, no more and no less."""
    interface = HEADER.read_text(encoding="utf-8").split("#define MEMBER")[0]

    assert set(FUNCTIONS) == set(re.findall(r"F\([^,]+?, (ASYNC_\w+)", interface))


def test_program_is_counted_and_padded() -> None:
    """A program is the number of its operations and six words for each."""
    program = from_text("new c3; set c3 k1 -1 d2 null; all c3 array")

    expected = [3, 0, 3, 0, 0, 0, 0, 2, 3, KEY_1, -1, DATA_2, -1, 4, 3, 1, 0, 0, 0]
    assert pack(f"={len(expected)}q", *expected) == words.encode(program)


@pytest.mark.parametrize(
    ("expected", "word", "rest"),
    [
        ("ctx=c1", "new", (1,)),
        ("ctx=null", "new", (-1,)),
        ("ctx=new", "new", (-2,)),
        ("ctx=other", "wait_ctx", (-3,)),
        ("rc=1 fd=7 data=d2 stray=0", "get", (1, 7, DATA_2, 0)),
        ("rc=1 fd=untouched data=null stray=2", "get", (1, UNTOUCHED, 0, 2)),
        ("rc=1 fd=7 data=0x1000 stray=0", "get", (1, 7, 0x1000, 0)),
        ("rc=1 fd=7 data=0xffffffffffffffff stray=0", "get", (1, 7, -1, 0)),
        ("rc=1 count=2 fds=[untouched 5] stray=0", "all", (1, 2, 2, UNTOUCHED, 5, 0)),
        ("rc=1 count=0 fds=[] stray=0", "all", (1, 0, 0, 0)),
        ("rc=1 count=2 fds=null stray=0", "all", (1, 2, -1, 0)),
        ("rc=1 callback=b3 arg=null stray=0", "get_callback", (1, 3, 0, 0)),
        ("rc=0 callback=untouched arg=untouched stray=0", "get_callback", (0, *[UNTOUCHED] * 2, 0)),
        ("in=j2 block=a12", "start", (2, *[ABSENT] * 4, 12, ABSENT)),
        ("in=j0 block=shared", "start", (0, *[ABSENT] * 4, -2, ABSENT)),
        ("in=j0 pause_job=1", "resume", (0, ABSENT, 1, *[ABSENT] * 4)),
        (
            "in=none start_job=2 ret=untouched job=null stray=0",
            "pause",
            (-1, 2, ABSENT, UNTOUCHED, -1, ABSENT, 0),
        ),
    ],
)
def test_answers_are_read(expected: str, word: str, rest: tuple[int, ...]) -> None:
    """Each kind of answer is read as the symbol or word that it stands for."""
    assert expected == str(read(word, *rest))


def test_events_are_read() -> None:
    """Calls follow the answers, in the order in which they happened."""
    cleanup = (1, 2, 0, KEY_0, -1, 0x2000)
    callback = (2, 1, -1, 0, 0, DATA_2)

    expected = (Event("f2", ("c0", "k0", -1, "0x2000")), Event("b1", ("d2",)))
    assert expected == read("free", *cleanup, *callback).events


def test_results_end_where_the_program_cannot_go_on() -> None:
    """A 0 ends a program's results."""
    assert 1 == len(words.decode(result("get_status", 3) + pack("=q", 0)))


def test_equal_results_are_one_object() -> None:
    """Results recur, and are read once."""
    assert read("get_status", 2) is read("get_status", 2)


def test_batch_is_parted() -> None:
    """The results of several programs are told apart by their lengths."""
    one, other = result("get_status", 3), result("new", -2) + result("get_status", 0)
    batch = pack("=q", 2) + one + pack("=q", 0) + pack("=q", 4) + other + bytes(8)

    seen = list(words.decode_batch(memoryview(batch), 3))
    assert [words.decode(one), (), words.decode(other)] == seen


@pytest.mark.parametrize(
    "garbage",
    [
        pack("=2q", 1, 99 << 32),
        pack("=3q", 2, (4 << 32) | 1, 5),
        pack("=2q", 1, (4 << 32) | 1),
        pack("=3q", 2, 1, -2)[:-8],
        pack("=2q", -5, 0),
        pack("=2q", 1 << 40, 0),
        pack("=5q", 4, (1 << 32) | 3, 1, 2, 3),
    ],
    ids=["operation", "short", "cut", "end", "negative", "long", "event"],
)
def test_garbage_is_refused(garbage: bytes) -> None:
    """Results that the driver cannot have written are refused rather than misread."""
    with pytest.raises(words.WordsError):
        list(words.decode_batch(memoryview(garbage), 1))
