"""The native adapter on a real libcrypto, where programs do what the vocabulary says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from waitctx.conformance.adapters import native, words
from waitctx.conformance.adapters.native import NativeAdapter, ProgramSizeError
from waitctx.conformance.operations import FUNCTIONS
from waitctx.conformance.programs import from_text

from .conftest import JOB_ANSWERS, JOBS

CONTEXTS = """
new c0; set c0 k0 7 d0 f0; set c0 null -1 null null; get c0 k0; get c0 k2; all c0 array;
all c0 null; changed c0 array null; clear c0 k0; all c0 array; set c0 k1 9 d1 f3; free c0
"""
CONTEXT_ANSWERS = [
    "ctx=new",
    "rc=1",
    "rc=1",
    "rc=1 fd=7 data=d0 stray=0",
    "rc=0 fd=untouched data=untouched stray=0",
    "rc=1 count=2 fds=[-1 7] stray=0",
    "rc=1 count=2 fds=null stray=0",
    "rc=1 numadd=2 numdel=0 added=[-1 7] deleted=null stray=0",
    "rc=1",
    "rc=1 count=1 fds=[-1] stray=0",
    "rc=1",
    "f3(c0, k1, 9, d1)",
]


def answers(adapter: NativeAdapter, text: str) -> list[str]:
    """Run one program and write its observations."""
    (observations,) = adapter.run([from_text(text)])
    return list(map(str, observations))


def test_contexts(openssl: NativeAdapter) -> None:
    """Every call on a context is carried out and answered in symbols."""
    assert CONTEXT_ANSWERS == answers(openssl, CONTEXTS)


def test_cleanup_that_asks(openssl: NativeAdapter) -> None:
    """The last routine calls the callback that its context gives it, if it gives one."""
    start = "new c0; set c0 k0 7 d0 f4; "
    with_callback = "f4(c0, k0, 7, d0), b1(d2)"

    assert "f4(c0, k0, 7, d0)" == answers(openssl, f"{start} free c0")[-1]
    assert with_callback == answers(openssl, f"{start} set_callback c0 b1 d2; free c0")[-1]


@pytest.fixture
def capable(openssl: NativeAdapter) -> NativeAdapter:
    """Give a libcrypto whose jobs can run."""
    if not openssl.ics.capable:
        pytest.skip("this libcrypto cannot run jobs here")
    return openssl


def test_jobs(capable: NativeAdapter) -> None:
    """A program goes on inside the jobs that it starts and resumes, and outside again."""
    assert JOB_ANSWERS == answers(capable, JOBS)


@pytest.mark.parametrize("text", [CONTEXTS, JOBS], ids=["contexts", "jobs"])
def test_session_answers_as_run_does(capable: NativeAdapter, text: str) -> None:
    """Step by step, a program is answered as in one piece."""
    program = from_text(text)
    (expected,) = capable.run([program])

    with capable.session() as session:
        assert expected == tuple(map(session.perform, program))


def test_identity(openssl: NativeAdapter, libcrypto: str) -> None:
    """The adapter knows which file it is, to the bit, and what that calls itself."""
    assert hashlib.sha256(Path(libcrypto).read_bytes()).hexdigest() == openssl.identity.sha256
    assert libcrypto == openssl.identity.path
    assert openssl.identity.version.startswith("OpenSSL ")
    assert openssl.ics.functions <= set(FUNCTIONS)


def test_pool_runs_out(capable: NativeAdapter) -> None:
    """A job that cannot be had is answered outside, with ret and handle as they were."""
    text = "init_thread 1 0; new c0; new c1; start j0 c0 null; pause; start j1 c1 a0; current"

    expected = ["in=none start_job=1 ret=untouched job=null stray=0", "job=null"]
    assert expected == answers(capable, text)[-2:]


def test_programs_leave_nothing_to_each_other(capable: NativeAdapter) -> None:
    """What a program leaves, even a block on pauses or a small pool, is gone for the next."""
    first = from_text("init_thread 1 0; new c0; new c1; start j0 c0 null; block")
    second = from_text("new c0; start j1 c0 null; pause; new c1; start j2 c1 null; all c1 array")

    (_, after) = capable.run([first, second])
    assert "in=none start_job=2 ret=untouched job=j1 stray=0" == str(after[2])
    assert "in=j2 block=null" == str(after[4])
    assert "rc=1 count=0 fds=[] stray=0" == str(after[5])


@pytest.mark.parametrize(
    ("carried_out", "text"),
    [
        (0, "return 0"),
        (0, "args"),
        (0, "set c0 k0 1 d0 f0"),
        (2, "new c0; free c0; free c0"),
        (0, "start j0 c0 null"),
        (0, "resume j0 c0"),
        (2, "new c0; start j0 c0 null; start j1 c0 null"),
        (2, "new c0; start j0 c0 null; resume j0 c0"),
        (3, "new c0; start j0 c0 null; pause; start j0 c0 null"),
        (3, "new c0; start j0 c0 null; return 1; wait_ctx j0"),
    ],
)
def test_impossible_ends_the_program(capable: NativeAdapter, carried_out: int, text: str) -> None:
    """A program ends before an operation that cannot be carried out where it stands."""
    assert carried_out == len(answers(capable, text))
    with capable.session() as session:
        *before, last = [session.perform(one) for one in from_text(text)]
    assert all(one.get("died") is None for one in before)
    assert "died=the program cannot go on here" == str(last)


def test_large_batches_are_parted(openssl: NativeAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that do not fit the memory at once are carried out in several goes."""
    programs = [from_text(f"new c0; set c0 k0 {fd} d0 f0; all c0 array") for fd in range(10)]
    whole = openssl.run(programs)
    monkeypatch.setattr(native, "PROGRAMS_SIZE", 3 * len(words.encode(programs[0])))

    # Results follow where the worker writes them, so their place must not move along.
    assert whole == openssl.run(programs)


def test_program_beyond_the_memory_is_refused(
    openssl: NativeAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program for which the memory is too small is an error of ours, not the library's."""
    monkeypatch.setattr(native, "PROGRAMS_SIZE", 8)

    with pytest.raises(ProgramSizeError):
        openssl.run([from_text("new c0")])


@pytest.mark.slow
def test_results_beyond_the_memory(openssl: NativeAdapter) -> None:
    """Programs whose results do not fit at once are carried out in several goes."""
    many = "; ".join(["new c0", *["set c0 k0 1 d0 f0"] * 1_000, *["all c0 array"] * 9_000])
    program = from_text(many)

    seen = openssl.run([program] * 4)
    assert [len(program)] * 4 == [len(one) for one in seen]
    assert 1 == len(set(seen))


def test_no_programs(openssl: NativeAdapter) -> None:
    """No programs give no observations, and an empty one gives an empty tuple."""
    assert [] == openssl.run([])
    assert [()] == openssl.run([()])


def test_closing_twice(openssl: NativeAdapter) -> None:
    """An adapter can be closed more than once."""
    openssl.close()
    openssl.close()
