"""Whole programs on a Python implementation, in and out of jobs."""
# ruff: noqa: ANN401, N802 (the classes say what their methods do, with the names of C; what
# they are handed is the library's own)

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.interpreter import Interpreter
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.engines import random_programs, scenarios
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.programs import from_text, to_text
from waitctx.reference import AsyncLibrary

from .conftest import JOB_ANSWERS, JOBS

if TYPE_CHECKING:
    from waitctx.conformance.observations import Observation


def run(library: Any, text: str) -> list[str]:
    """Carry out a program and write its observations."""
    seen: list[Observation] = []
    Interpreter(library, iter(from_text(text)).__next__, seen.append).run()
    return list(map(str, seen))


def last(library: Any, text: str) -> str:
    """Give the last observation of a program."""
    return run(library, text)[-1]


def test_jobs() -> None:
    """A program goes on inside the jobs that it starts and resumes, and outside again."""
    assert JOB_ANSWERS == run(AsyncLibrary(), JOBS)


@pytest.mark.slow
def test_like_the_native_one(libcrypto: str) -> None:
    """The reference and a real libcrypto give the same observations, to the last answer."""
    adapter = NativeAdapter.open(libcrypto, "openssl")
    words = [word for word, one in OPERATIONS.items() if adapter.ics.supports(one)]
    if not adapter.ics.capable:
        pytest.skip("this libcrypto cannot run jobs here")
    made = random_programs.programs(OPENSSL, words, 6, capable=True)
    programs = [*scenarios.programs(OPENSSL, words, capable=True), *islice(made, 200)]
    native = adapter.run(programs)
    adapter.close()
    python = InProcessAdapter.open("waitctx.reference:AsyncLibrary").run(programs)

    for program, one, other in zip(programs, native, python, strict=True):
        assert one == other, to_text(program)


@pytest.mark.parametrize(
    ("carried_out", "text"),
    [
        (0, "return 0"),
        (0, "args"),
        (0, "set c0 k0 1 d0 f0"),
        (0, "start j0 c0 null"),
        (0, "resume j0 c0"),
        (0, "wait_ctx j0"),
        (2, "new c0; free c0; free c0"),
        (2, "new c0; start j0 c0 null; start j1 c0 null"),
        (2, "new c0; start j0 c0 null; resume j0 c0"),
        (3, "new c0; start j0 c0 null; pause; start j0 c0 null"),
        (3, "new c0; start j0 c0 null; return 1; wait_ctx j0"),
        (3, "new c0; start j0 c0 null; return 1; resume j0 c0"),
        (2, "new c0; start j0 c0 null; get_status c1; get_status c0"),
    ],
)
def test_unfit_ends_the_program(carried_out: int, text: str) -> None:
    """A program ends before an operation that cannot be carried out where it stands."""
    assert carried_out == len(run(AsyncLibrary(), text))


class TestJobs:
    """What is told of a job that goes wrong."""

    def test_never_entered(self) -> None:
        """A job that is not entered leaves the program outside."""

        class Refusing(AsyncLibrary):
            def ASYNC_start_job(self, *_: Any) -> int:  # type: ignore[override]
                return self.ASYNC_ERR

        seen = run(Refusing(), "new c0; start j0 c0 null; pause; return 1")

        assert "in=none start_job=0 ret=untouched job=null stray=0" == seen[1]
        assert 3 == len(seen)

    def test_runs_through(self) -> None:
        """A pause that does nothing leaves the program inside."""

        class Unstoppable(AsyncLibrary):
            def ASYNC_pause_job(self) -> int:
                return 1

        assert "in=j0 pause_job=1" == last(Unstoppable(), "new c0; start j0 c0 null; pause")

    def test_handles(self) -> None:
        """Each job keeps the handle that it was first seen with; another one is told."""

        class Shared(AsyncLibrary):
            def ASYNC_get_current_job(self) -> Any:
                return object() if self.thread.blocks else super().ASYNC_get_current_job()

        program = "new c0; start j0 c0 null; current; block; current; unblock; pause"

        assert ["job=j0", "-", "job=other", "-"] == run(Shared(), program)[2:6]

    def test_handles_mixed_up(self) -> None:
        """A job that runs with the handle of another one is told by the other's name."""

        class Mixed(AsyncLibrary):
            paused: Any = None

            def ASYNC_get_current_job(self) -> Any:
                return self.paused

            def job_pausing(self, job: Any) -> None:
                self.paused = self.paused or job

        program = "new c0; new c1; start j0 c0 null; pause; start j1 c1 null; current"

        assert "job=j0" == last(Mixed(), program)

    def test_wait_ctx(self) -> None:
        """A job's context is asked for by its handle, inside and outside."""
        program = "new c0; new c1; start j0 c1 null; wait_ctx j0; pause; wait_ctx j0"

        assert ["ctx=c1", "ctx=c1"] == [run(AsyncLibrary(), program)[place] for place in (3, 5)]


class TestBlocks:
    """Argument blocks."""

    PROGRAM = "new c0; start j0 c0 a3; pause; resume j0 c0; args"

    def test_own_copy(self) -> None:
        """A copy is right at first and after the pause, whatever became of the application's."""
        seen = run(AsyncLibrary(), self.PROGRAM)

        assert ("in=j0 block=a3", "block=a3") == (seen[1], seen[4])
        assert "in=j0 block=null" == last(AsyncLibrary(), "new c0; start j0 c0 null")

    @pytest.mark.parametrize(
        ("copy", "first", "later"),
        [
            (lambda args, _: args, "shared", "shared"),
            (lambda args, _: memoryview(args), "a3", "other"),
            (lambda args, _: bytes(args)[:-1], "other", "other"),
            (lambda args, _: args and bytes(args) + b"0", "other", "other"),
            (lambda *_: None, "null", "null"),
        ],
        ids=["shared", "aliasing", "short", "long", "none"],
    )
    def test_others(self, copy: Any, first: str, later: str) -> None:
        """A block that is no copy, or a wrong one, is told, at once or after the pause."""

        class Odd(AsyncLibrary):
            def copy_args(self, args: Any, size: int) -> Any:
                return copy(args, size)

        seen = run(Odd(), self.PROGRAM)

        assert (f"in=j0 block={first}", f"block={later}") == (seen[1], seen[4])


class TestTidying:
    """What a program leaves behind."""

    def test_everything_goes(self) -> None:
        """Jobs are brought to their end, contexts are freed, and nobody is told of it."""
        ended: list[str] = []

        class Watched(AsyncLibrary):
            def job_ended(self, job: Any) -> None:
                ended.append("job")
                super().job_ended(job)

            def ASYNC_WAIT_CTX_free(self, ctx: Any) -> None:
                ended.append("context")
                super().ASYNC_WAIT_CTX_free(ctx)

            def ASYNC_cleanup_thread(self) -> None:
                ended.append("thread")
                super().ASYNC_cleanup_thread()

        program = (
            "new c0; set c0 k0 7 d0 f0; new c1; start j0 c0 null; pause; start j1 c1 null; block"
        )
        seen = run(Watched(), program)

        assert 7 == len(seen)
        assert ["job", "job", "context", "context", "thread"] == ended

    def test_calls_of_the_last_operation(self) -> None:
        """A cleanup routine that runs while tidying up belongs to no operation."""
        assert "rc=1" == last(AsyncLibrary(), "new c0; set c0 k0 7 d0 f0")
