"""Chores of the C calling convention, taken off the tests of the reference implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from waitctx.reference import AsyncLibrary, Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from waitctx.reference import Job, JobFunction, WaitContext

UNTOUCHED: Any = object()


class Run:
    """One job as the application sees it: the two cells, and the last answer of start_job."""

    def __init__(self, driver: Driver, ctx: WaitContext | None, body: JobFunction) -> None:
        """Start the job."""
        self.driver, self.ctx, self.body = driver, ctx, body
        self.job: Ref[Job | None] = Ref(None)
        self.ret: Ref[Any] = Ref(UNTOUCHED)
        self.code = self.step()

    def step(self, args: bytes | None = None, size: int = 0) -> int:
        """Start the job, or resume it; keep and give the answer."""
        library = self.driver.library
        self.code = library.ASYNC_start_job(self.job, self.ctx, self.ret, self.body, args, size)
        return self.code


class Driver:
    """A library whose answers come back as plain Python values.

    ``untouched`` is what cells hold beforehand, and ``guard`` what arrays do, to see what is
    written.
    """

    untouched = UNTOUCHED
    guard = -7777

    def __init__(self, library: AsyncLibrary) -> None:
        """Drive ``library``; no cleanup has run."""
        self.library = library
        self.cleaned: list[tuple[WaitContext, object, int, object]] = []

    def context(self) -> WaitContext:
        """Make a context."""
        ctx = self.library.ASYNC_WAIT_CTX_new()
        assert ctx is not None
        return ctx

    def cleanup(self, ctx: WaitContext, key: object, fd: int, custom_data: object) -> None:
        """Be a cleanup routine: write down the call."""
        self.cleaned.append((ctx, key, fd, custom_data))

    def set(self, ctx: WaitContext, key: object, fd: int, data: object = None) -> int:
        """Associate ``fd`` with ``key``, to be cleaned up by :meth:`cleanup`."""
        return self.library.ASYNC_WAIT_CTX_set_wait_fd(ctx, key, fd, data, self.cleanup)

    def clear(self, ctx: WaitContext, key: object) -> int:
        """Undo the association of ``key``."""
        return self.library.ASYNC_WAIT_CTX_clear_fd(ctx, key)

    def get(self, ctx: WaitContext, key: object) -> tuple[int, object, object]:
        """Give the answer for ``key``, and what both cells hold after it."""
        fd, data = Ref(UNTOUCHED), Ref(UNTOUCHED)
        answer = self.library.ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
        return answer, fd.value, data.value

    def all(self, ctx: WaitContext) -> list[int]:
        """Give all descriptors, asking twice as applications do, with a guard behind them."""
        count = Ref(0)
        assert self.library.ASYNC_WAIT_CTX_get_all_fds(ctx, None, count) == 1
        fds = [self.guard] * (count.value + 1)
        assert self.library.ASYNC_WAIT_CTX_get_all_fds(ctx, fds, count) == 1
        assert fds.pop() == self.guard
        return fds

    def changed(self, ctx: WaitContext) -> tuple[list[int], list[int]]:
        """Give the descriptors added and deleted, in the same way."""
        get_changed = self.library.ASYNC_WAIT_CTX_get_changed_fds
        adds, dels = Ref(0), Ref(0)
        assert get_changed(ctx, None, adds, None, dels) == 1
        added, deleted = [self.guard] * (adds.value + 1), [self.guard] * (dels.value + 1)
        assert get_changed(ctx, added, adds, deleted, dels) == 1
        assert (added.pop(), deleted.pop()) == (self.guard, self.guard)
        return added, deleted

    def start(self, ctx: WaitContext | None, body: JobFunction) -> Run:
        """Start a job."""
        return Run(self, ctx, body)

    def pausing(self, *steps: Callable[[], object]) -> JobFunction:
        """Make a body that does each step and pauses after each but the last; it returns 1."""

        def body(_args: bytearray | None) -> int:
            for number, step in enumerate(steps):
                if number:
                    self.library.ASYNC_pause_job()
                step()
            return 1

        return body


@pytest.fixture
def driver() -> Driver:
    """Drive a library of the test's own."""
    return Driver(AsyncLibrary())


@pytest.fixture
def library(driver: Driver) -> AsyncLibrary:
    """Give the library that is driven."""
    return driver.library


@pytest.fixture
def ctx(driver: Driver) -> WaitContext:
    """Give a context of that library."""
    return driver.context()
