"""Programs in several threads and with real descriptors, on both kinds of implementation."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters import threads
from waitctx.conformance.clauses import load
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.programs import from_text
from waitctx.conformance.targets import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.adapters.base import Adapter

TURNS = (
    "init_thread 1 0; new c0; start j0 c0 null; block; thread t1; new c1; set c1 k0 7 null f0;"
    "current; start j1 c1 a3; pause; thread t0; unblock; thread t2; new c2; start j2 c2 null;"
    "current; thread t1; resume j1 c1; args; thread t0; return 1; thread t2; return 3;"
    "thread t1; return 4; free c1; thread t0; free c0"
)
RACE = (
    "race; new c0; start j0 c0 null; thread t1; new c1; start j1 c1 null; meet; thread t0; current;"
    "pause; thread t1; current; pause; meet; thread t0; resume j0 c0; return 1; free c0; thread t1;"
    "resume j1 c1; return 2; free c1"
)
INTERRUPT = (
    "new c0; thread t1; new c1; set c1 k0 7 null null; thread t0; interrupt {}; thread t1;"
    "all c1 array; thread t0; set c0 k0 8 null null; all c0 array; free c0; thread t1; free c1"
)
FILES = (
    "new c0; open pipe0; open event1; open socket2; set c0 k0 pipe0 null f0;"
    "set c0 k1 event1 d0 f1;"
    "set c0 k2 socket2 d0 null; wake pipe0; look pipe0; look event1; wake event1; look event1;"
    "get c0 k0; all c0 array; changed c0 array null; clear c0 k1; look event1; drain event1; "
    "look event1; drain pipe0; free c0; look pipe0; "
    "close event1; look socket2; close socket2; look socket2"
)
#: Left in the middle: in jobs, in a pause, on another thread.
LEFT = (
    "new c0; start j0 c0 null; thread t1; new c1; start j1 c1 null; thread t2; new c2;"
    "start j2 c2 null; pause; thread t1; pause"
)


@pytest.fixture(scope="module", params=["openssl", "reference", "in process"])
def adapter(request: pytest.FixtureRequest) -> Iterator[Adapter]:
    """Give an implementation of each kind, that conforms."""
    in_process = request.param == "in process"
    opened = open_target("reference" if in_process else request.param, in_process=in_process)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "text",
    [TURNS, RACE, FILES, LEFT, f"{FILES}; descriptors", *map(INTERRUPT.format, (1, 20, 9_999))],
)
def test_all_is_permitted(adapter: Adapter, text: str) -> None:
    """Every operation is carried out, and answered as it would be alone; time and again."""
    program = from_text(text)
    judge = Judge(Model(OPENSSL), load())

    judged = [judge.judge_all(program, seen) for seen in adapter.run([program] * 3)]

    assert [None] * 3 == [one.failure for one in judged]
    assert [len(program)] * 3 == [one.judged for one in judged]


def test_sessions_take_turns(adapter: Adapter) -> None:
    """Step by step a program goes through threads just as in one go."""
    program = from_text(TURNS)
    (expected,) = adapter.run([program])

    with adapter.session() as session:
        assert expected == tuple(map(session.perform, program))


def test_sessions_use_descriptors(adapter: Adapter) -> None:
    """Step by step real descriptors are as in one go."""
    program = from_text(FILES)
    (expected,) = adapter.run([program])

    with adapter.session() as session:
        assert expected == tuple(map(session.perform, program))


def test_leaves_no_descriptor(adapter: Adapter) -> None:
    """What a program opened and left open is closed before the next, which finds its numbers."""
    left = from_text("open pipe0; open event0; open socket7; look pipe0")
    seen = adapter.run([left] * 3)

    assert 1 == len(set(seen))
    assert "open" == seen[2][-1].get("file")


SLOW = """
import threading
from waitctx.reference import AsyncLibrary


class Shared(AsyncLibrary):
    def ASYNC_WAIT_CTX_get_status(self, ctx):
        self.asked = ctx
        return super().ASYNC_WAIT_CTX_get_status(self.asked)
"""


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 13), reason="Python 3.13 tells no bytecodes where it is asked here"
)
def test_an_interrupt_shows_what_is_shared(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At some bytecode, and at no other, the other thread's call comes between."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "shared_status.py").write_text(SLOW)
    monkeypatch.syspath_prepend(folder)
    # Nothing is locked here, so the other thread does come back, however busy the machine is.
    monkeypatch.setattr(threads, "_PATIENCE", 60.0)
    adapter = open_target("shared_status:Shared", in_process=True)
    text = (
        "new c0; set_status c0 2; thread t1; new c1; set_status c1 3; thread t0; interrupt {};"
        "thread t1; get_status c1; thread t0; get_status c0"
    )

    answers = Counter(
        adapter.run([from_text(text.format(n))])[0][-1].get("status") for n in range(1, 30)
    )

    assert {2, 3} == set(answers)
    assert answers[3] < answers[2]
