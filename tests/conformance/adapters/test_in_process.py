"""The Python adapter: what it opens, what it runs, and what it makes of exceptions."""
# ruff: noqa: ANN401, D102, N802 (the classes say what their methods do, with the names of C; what
# they are handed is the library's own)

from __future__ import annotations

import asyncio
import sys
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.engines import random_programs
from waitctx.conformance.observations import died
from waitctx.conformance.operations import FUNCTIONS, OPERATIONS, IsCapable, Start
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.programs import from_text
from waitctx.reference import AsyncLibrary

if TYPE_CHECKING:
    from collections.abc import Callable

    Open = Callable[..., InProcessAdapter]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open something as the only thing in a module."""

    def opened(thing: object, suffix: str = ":thing") -> InProcessAdapter:
        module = ModuleType("under_test")
        module.__dict__["thing"] = thing
        monkeypatch.setitem(sys.modules, "under_test", module)
        return InProcessAdapter.open(f"under_test{suffix}")

    return opened


class TestOpen:
    """What can be opened."""

    def test_class(self, opened: Open) -> None:
        """A class makes an implementation for each program."""
        adapter = opened(AsyncLibrary)

        assert ("under_test:thing", "Python object", "waitctx.reference.library.AsyncLibrary") == (
            adapter.identity.target,
            adapter.identity.kind,
            adapter.identity.version,
        )
        assert adapter.identity.path.endswith("library.py")
        assert frozenset(FUNCTIONS) == adapter.ics.functions
        assert ((), True) == (adapter.ics.missing, adapter.ics.capable)

    def test_factory(self, opened: Open) -> None:
        """So does any function that gives one."""
        made = []

        def factory() -> AsyncLibrary:
            made.append(AsyncLibrary())
            return made[-1]

        opened(factory).run([from_text("new c0"), from_text("new c0")])

        assert 3 == len(made)

    def test_nested(self, opened: Open) -> None:
        """What is in something else is found by its dotted name."""
        holder = ModuleType("holder")
        holder.__dict__["Kind"] = AsyncLibrary

        assert opened(holder, ":thing.Kind").ics.capable

    def test_object(self, opened: Open) -> None:
        """An object serves every program, though it was made but once."""
        adapter = opened(AsyncLibrary())
        (first, second) = adapter.run([from_text("new c0; set c0 k0 7 d0 f0; free c0")] * 2)

        assert first == second

    def test_module(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A module can be the implementation itself."""
        module = ModuleType("under_test")
        library = AsyncLibrary()
        for name in FUNCTIONS:
            setattr(module, name, getattr(library, name))
        module.__dict__["__version__"] = "7.1"
        monkeypatch.setitem(sys.modules, "under_test", module)
        adapter = InProcessAdapter.open("under_test:")

        assert ("7.1", True) == (adapter.identity.version, adapter.ics.capable)
        assert [()] == adapter.run([()])

    def test_partial(self, opened: Open) -> None:
        """What it does not offer is missing, and no operation that needs it is supported."""

        class Release11(AsyncLibrary):
            ASYNC_WAIT_CTX_set_status: Any = None
            ASYNC_is_capable: Any = None

        ics = opened(Release11).ics

        assert ("ASYNC_WAIT_CTX_set_status", "ASYNC_is_capable") == ics.missing
        assert ics.capable
        assert not ics.supports(IsCapable)

    @pytest.mark.parametrize("without", ["ASYNC_start_job", "ASYNC_is_capable"])
    def test_incapable(self, opened: Open, without: str) -> None:
        """Without a way to start jobs, or where it says so, none can run."""

        class NoJobs(AsyncLibrary):
            locals()[without] = None if without == "ASYNC_start_job" else lambda _: 0

        ics = opened(NoJobs).ics

        assert not ics.capable
        assert ics.supports(Start) == (without != "ASYNC_start_job")
        assert not ics.supports(OPERATIONS["resume"])

    def test_refused(self, opened: Open) -> None:
        """What cannot make a context, or raises when it is made, is refused in one line."""
        with pytest.raises(TargetError, match="it has no ASYNC_WAIT_CTX_new"):
            opened(object)
        with pytest.raises(TargetError, match=r"cannot be opened: ZeroDivisionError: "):
            opened(lambda: 1 // 0)
        with pytest.raises(TargetError, match=r"cannot be opened: SystemExit: 3$"):
            opened(lambda: sys.exit(3))

    def test_closing_twice(self, opened: Open) -> None:
        """An adapter can be closed more than once."""
        adapter = opened(AsyncLibrary)
        adapter.close()
        adapter.close()


class Raising(AsyncLibrary):
    """Raises one thing or another, by the status that is set."""

    def ASYNC_WAIT_CTX_set_status(self, ctx: Any, status: int) -> int:
        errors = [
            ValueError("no\nsuch   status"),
            SystemExit(3),
            asyncio.CancelledError(),
            MemoryError(),
            RecursionError("x" * 1_000),
        ]
        if status:
            raise errors[status - 1]
        return super().ASYNC_WAIT_CTX_set_status(ctx, status)


class TestExceptions:
    """What an implementation raises is its answer."""

    @pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
    @pytest.mark.parametrize(
        ("status", "cause"),
        [
            (1, "raised ValueError: no such status"),
            (2, "raised SystemExit: 3"),
            (3, "raised CancelledError"),
            (4, "raised MemoryError"),
            (5, "raised RecursionError: " + "x" * 101 + "..."),
        ],
    )
    def test_died(self, opened: Open, status: int, cause: str, *, inside: bool) -> None:
        """It ends the program with the cause, in a run as in a session, in a job as outside."""
        start = "start j0 c0 null; " if inside else ""
        program = from_text(f"new c0; {start}set_status c0 {status}; get_status c0")
        adapter = opened(Raising)
        (seen,) = adapter.run([program])
        with adapter.session() as session:
            stepwise = list(map(session.perform, program))

        assert died(cause) == seen[-1]
        assert len(program) - 1 == len(seen)
        assert [*seen, died("the program cannot go on here")] == stepwise

    def test_next_program(self, opened: Open) -> None:
        """The next program is not concerned."""
        bad, good = from_text("new c0; set_status c0 1"), from_text("new c0; set_status c0 0")
        first, second = opened(Raising).run([bad, good])

        assert ["ctx=new", "died=raised ValueError: no such status"] == list(map(str, first))
        assert ["ctx=new", "rc=1"] == list(map(str, second))

    def test_factory_raises(self, opened: Open) -> None:
        """A factory that fails later on fails the first operation of its program."""
        made = []

        def once() -> AsyncLibrary:
            made.append(1)
            if len(made) > 1:
                raise OSError("no more")
            return AsyncLibrary()

        adapter = opened(once)

        assert [(died("raised OSError: no more"),)] == adapter.run([from_text("new c0; free c0")])

    def test_while_tidying_up(self, opened: Open) -> None:
        """What is raised while tidying up belongs to no operation, and is not told."""

        class Untidy(AsyncLibrary):
            def ASYNC_cleanup_thread(self) -> None:
                raise OSError("no end")

        (seen,) = opened(Untidy).run([from_text("new c0; get_status c0")])

        assert ["ctx=new", "status=0"] == list(map(str, seen))

    def test_interrupt(self, opened: Open) -> None:
        """Ctrl-C is the user's, not the implementation's."""

        class Interrupted(AsyncLibrary):
            def ASYNC_WAIT_CTX_get_status(self, *_: Any) -> int:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            opened(Interrupted).run([from_text("new c0; get_status c0")])


class TestSession:
    """Step by step."""

    def test_answers_as_run_does(self) -> None:
        """A program is answered step by step as it is in one piece."""
        adapter = InProcessAdapter.open("waitctx.reference:AsyncLibrary")
        made = random_programs.programs(OPENSSL, list(OPERATIONS), 9, capable=True)
        programs = list(islice(made, 40))

        for program, seen in zip(programs, adapter.run(programs), strict=True):
            with adapter.session() as session:
                assert seen == tuple(map(session.perform, program))

    @pytest.mark.parametrize(
        "text",
        ["return 0", "new c0; free c0; free c0", "new c0; start j0 c0 null; start j1 c0 null"],
    )
    def test_unfit(self, opened: Open, text: str) -> None:
        """Where an operation makes no sense the program is over, and stays so."""
        *before, last = from_text(text)
        with opened(AsyncLibrary).session() as session:
            seen = [session.perform(one) for one in before]
            ends = [
                session.perform(last),
                session.perform(last),
                session.perform(before[0] if before else last),
            ]

        assert all(one.get("died") is None for one in seen)
        assert {died("the program cannot go on here")} == set(ends)

    def test_left_inside_a_job(self, opened: Open) -> None:
        """A session can end anywhere; what is left is tidied up."""
        ended = []

        class Watched(AsyncLibrary):
            def job_ended(self, job: Any) -> None:
                ended.append(job)
                super().job_ended(job)

        with opened(Watched).session() as session:
            for operation in from_text("new c0; start j0 c0 null; block"):
                session.perform(operation)

        assert 1 == len(ended)

    def test_nothing_asked(self, opened: Open) -> None:
        """A session may be left at once."""
        with opened(AsyncLibrary).session():
            pass


def test_programs_are_apart(opened: Open) -> None:
    """What one program leaves is gone for the next, even a block on pauses or a small pool."""
    first = from_text("init_thread 1 0; new c0; new c1; start j0 c0 null; block")
    second = from_text("new c0; start j1 c0 null; pause; new c1; start j2 c1 null; all c1 array")
    (_, after) = opened(AsyncLibrary).run([first, second])

    assert "in=none start_job=2 ret=untouched job=j1 stray=0" == str(after[2])
    assert "in=j2 block=null" == str(after[4])


def test_no_programs(opened: Open) -> None:
    """No programs give no observations, and an empty one gives none either."""
    adapter = opened(AsyncLibrary)

    assert [] == adapter.run([])
    assert [()] == adapter.run([()])
