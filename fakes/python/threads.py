"""Faults in which threads share what each should have for itself."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from waitctx.reference.jobs import JobPool, ThreadState

from .base import Fake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.reference import Cell, Entry, FdArray, Job, WaitContext


class ThreadsSharePool(Fake):
    """All threads have one pool."""

    clauses = ("THREAD-POOL-01", "THREAD-JOB-01", "THREAD-RACE-01")

    def __init__(self) -> None:
        super().__init__()
        self.shared = JobPool()

    @property
    def thread(self) -> ThreadState:
        state = super().thread
        state.pool = self.shared
        return state

    def ASYNC_init_thread(self, max_size: int, init_size: int) -> int:
        self.shared = JobPool(max_size)
        return int(init_size <= max_size)

    def ASYNC_cleanup_thread(self) -> None:
        super().ASYNC_cleanup_thread()
        self.shared = JobPool()


class ThreadsSharePoolLimit(Fake):
    """init_thread sets the limit of every thread's pool."""

    clauses = ("THREAD-POOL-01", "THREAD-RACE-01")

    def __init__(self) -> None:
        super().__init__()
        self.limit = 0

    def ASYNC_init_thread(self, max_size: int, init_size: int) -> int:
        self.limit = max_size
        return super().ASYNC_init_thread(max_size, init_size)

    def ASYNC_cleanup_thread(self) -> None:
        super().ASYNC_cleanup_thread()
        self.limit = 0

    def pool_is_used_up(self, pool: JobPool) -> bool:
        return self.limit != 0 and pool.size >= self.limit


class ThreadsShareBlockCount(Fake):
    """block_pause keeps the jobs of every thread from pausing."""

    clauses = ("THREAD-BLOCK-01", "THREAD-JOB-01", "THREAD-RACE-01")

    def __init__(self) -> None:
        super().__init__()
        self.blocks = 0

    def ASYNC_block_pause(self) -> None:
        self.blocks += self.thread.current is not None

    def ASYNC_unblock_pause(self) -> None:
        self.blocks -= self.thread.current is not None and self.blocks > 0

    def pause_is_blocked(self) -> bool:
        return self.blocks > 0

    def ASYNC_cleanup_thread(self) -> None:
        super().ASYNC_cleanup_thread()
        self.blocks = 0


class ThreadsShareCurrentJob(Fake):
    """get_current_job tells the job that was entered last, on whichever thread."""

    clauses = ("THREAD-CURRENT-01", "THREAD-RACE-01")

    def __init__(self) -> None:
        super().__init__()
        self.entered: Job | None = None

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        self.entered = running
        code = super().dispatch(running, job, ret)
        self.entered = None
        return code

    def ASYNC_get_current_job(self) -> Job | None:
        return self.entered


class ThreadsShareArguments(Fake):
    """A job's copy of its arguments is wiped when a job starts on another thread."""

    clauses = ("THREAD-JOB-01", "THREAD-RACE-01")

    def __init__(self) -> None:
        super().__init__()
        self.copied = bytearray()
        self.copied_on = 0

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        copy = super().copy_args(args, size)
        if copy is not None:
            if self.copied_on != threading.get_ident():
                self.copied[:] = bytes(len(self.copied))
            self.copied, self.copied_on = copy, threading.get_ident()
        return copy


class ThreadsShareState(Fake):
    """All threads are taken for one."""

    clauses = (
        *("THREAD-POOL-01", "THREAD-JOB-01", "THREAD-BLOCK-01"),
        *("THREAD-CURRENT-01", "THREAD-RACE-01"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.shared = ThreadState()

    @property
    def thread(self) -> ThreadState:
        return self.shared

    def ASYNC_cleanup_thread(self) -> None:
        self.shared = ThreadState()


class ThreadsResumeResetsOthers(Fake):
    """A resume begins new windows in the contexts of other threads too."""

    clauses = ("THREAD-CTX-01", "THREAD-RACE-01")

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[int, WaitContext]] = []

    def new_context(self) -> WaitContext:
        ctx = super().new_context()
        self.made.append((threading.get_ident(), ctx))
        return ctx

    def reset(self, ctx: WaitContext) -> None:
        super().reset(ctx)
        for thread, other in self.made:
            if thread != threading.get_ident():
                super().reset(other)


class ThreadsFreeEmptiesLastMade(Fake):
    """free runs the cleanups of the context that another thread has made last."""

    clauses = (
        *("THREAD-CTX-01", "THREAD-RACE-01"),
        *("THREAD-JOB-01", "THREAD-POOL-01", "THREAD-BLOCK-01"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.last: tuple[int, WaitContext] | None = None

    def new_context(self) -> WaitContext:
        ctx = super().new_context()
        self.last = (threading.get_ident(), ctx)
        return ctx

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        entries = super().entries_to_clean(ctx)
        if self.last is not None:
            thread, other = self.last
            if thread != threading.get_ident():
                entries += other.entries
                other.entries = []
            if other is ctx:
                self.last = None
        return entries


class RaceFdsThroughAttribute(Fake):
    """get_all_fds and get_changed_fds use a list that all threads share."""

    clauses = ("THREAD-CTX-01", "THREAD-RACE-01")

    def report(self, entries: Sequence[Entry], fds: FdArray | None, count: Cell | None) -> None:
        self.listed = list(entries)
        super().report(list(self.listed), fds, count)
