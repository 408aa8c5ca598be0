"""Faults in pools of jobs, and in whether jobs can run at all."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import ASYNC_ERR, ASYNC_NO_JOBS

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Job, JobFunction, JobPool, WaitContext


class PoolInitReturns0(Fake):
    """init_thread answers 0 though the pool is ready."""

    clauses = ("POOL-01",)

    def ASYNC_init_thread(self, max_size: int, init_size: int) -> int:
        super().ASYNC_init_thread(max_size, init_size)
        return 0


class PoolInitOverMaxAccepted(Fake):
    """init_thread answers 1 when the initial size is above the maximum."""

    clauses = ("POOL-04",)
    profile = "openssl"

    def ASYNC_init_thread(self, max_size: int, init_size: int) -> int:
        return super().ASYNC_init_thread(max(max_size, init_size), init_size)


class PoolLimitIgnored(Fake):
    """The maximum of the pool is ignored."""

    clauses = ("POOL-02",)

    def pool_is_used_up(self, pool: JobPool) -> bool:  # noqa: ARG002
        return False


class PoolLimitOneMore(Fake):
    """The pool holds one job more than its maximum."""

    clauses = ("POOL-02",)

    def pool_is_used_up(self, pool: JobPool) -> bool:
        return pool.max_size != 0 and pool.size > pool.max_size


class PoolUsedUpToldAsErr(Fake):
    """start_job answers ASYNC_ERR when the pool is used up."""

    clauses = ("POOL-02",)

    def ASYNC_start_job(  # noqa: PLR0913, PLR0917 (as many as in C)
        self,
        job: Cell,
        ctx: WaitContext | None,
        ret: Cell,
        func: JobFunction,
        args: bytes | bytearray | memoryview | None,
        size: int,
    ) -> int:
        code = super().ASYNC_start_job(job, ctx, ret, func, args, size)
        return ASYNC_ERR if code == ASYNC_NO_JOBS else code


class PoolLimitOneLess(Fake):
    """A pool for several jobs holds one job less than its maximum."""

    clauses = ("POOL-06",)

    def pool_is_used_up(self, pool: JobPool) -> bool:
        return pool.max_size != 0 and pool.size >= max(1, pool.max_size - 1)


class PoolLimitIsInitialSize(Fake):
    """The initial size is taken for the maximum."""

    clauses = ("POOL-06", "POOL-02")

    def ASYNC_init_thread(self, max_size: int, init_size: int) -> int:
        del max_size
        return super().ASYNC_init_thread(init_size, init_size)


class PoolUnlimitedIs4(Fake):
    """A maximum of 0 is taken for 4."""

    clauses = ("POOL-06",)

    def pool_is_used_up(self, pool: JobPool) -> bool:
        return pool.size >= (pool.max_size or 4)


class PoolLimitSurvivesCleanup(Fake):
    """cleanup_thread does not take the maximum away."""

    clauses = ("POOL-05", "POOL-06")

    def ASYNC_cleanup_thread(self) -> None:
        limit = self.thread.pool.max_size
        super().ASYNC_cleanup_thread()
        self.thread.pool.max_size = limit


class PoolNoJobsForEver(Fake):
    """After one ASYNC_NO_JOBS there is never a job again."""

    clauses = ("POOL-03",)

    def __init__(self) -> None:
        super().__init__()
        self.used_up = False

    def take_job(self) -> Job | None:
        job = None if self.used_up else super().take_job()
        self.used_up = job is None
        return job


class PoolFinishedJobNotReturned(Fake):
    """A job that paused stays counted after it has finished."""

    clauses = ("POOL-03",)

    def __init__(self) -> None:
        super().__init__()
        self.paused: set[Job] = set()

    def job_pausing(self, job: Job) -> None:
        self.paused.add(job)

    def release_job(self, job: Job) -> None:
        if job not in self.paused:
            super().release_job(job)


class CapableOutsideJobsOnly(Fake):
    """is_capable answers 0 within a job."""

    clauses = ("CAP-01",)

    def ASYNC_is_capable(self) -> int:
        return int(self.thread.current is None)


class IsCapableDenied(Fake):
    """is_capable answers 0 although jobs run, pause and resume."""

    clauses = ("CAP-02",)

    def ASYNC_is_capable(self) -> int:
        return 0
