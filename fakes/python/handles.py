"""Faults in which job runs, on which context, and with which arguments."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference.constants import ASYNC_ERR
from waitctx.reference.jobs import Phase

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Job, JobFunction, WaitContext


class Starting(Fake):
    """The reference, which notes down the job that was started last."""

    def __init__(self) -> None:
        super().__init__()
        self.last: Job | None = None

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        if job.value is None:
            self.last = running
        return super().dispatch(running, job, ret)


class CurrentJobNullAfterResume(Fake):
    """get_current_job gives NULL in a job that was resumed."""

    clauses = ("JOB-CURRENT-01",)

    def __init__(self) -> None:
        super().__init__()
        self.resumed: set[Job] = set()

    def job_resumed(self, job: Job) -> None:
        self.resumed.add(job)
        super().job_resumed(job)

    def job_ended(self, job: Job) -> None:
        self.resumed.discard(job)
        super().job_ended(job)

    def ASYNC_get_current_job(self) -> Job | None:
        job = self.thread.current
        return None if job in self.resumed else job


class CurrentJobToldOutside(Starting):
    """get_current_job outside a job gives the job that was started last, while it is paused."""

    clauses = ("JOB-CURRENT-02",)

    def ASYNC_get_current_job(self) -> Job | None:
        if self.thread.current is None and self.last and self.last.phase is Phase.PAUSED:
            return self.last
        return self.thread.current


class CurrentJobIsLastStarted(Starting):
    """get_current_job in a job gives the job that was started last."""

    clauses = ("JOB-CURRENT-01",)

    def ASYNC_get_current_job(self) -> Job | None:
        return None if self.thread.current is None else self.last


class WaitCtxNullAfterResume(Fake):
    """get_wait_ctx gives NULL for a job that runs again after a pause."""

    clauses = ("JOB-CTX-01",)

    def __init__(self) -> None:
        super().__init__()
        self.resumed: set[Job] = set()

    def job_resumed(self, job: Job) -> None:
        self.resumed.add(job)
        super().job_resumed(job)

    def job_ended(self, job: Job) -> None:
        self.resumed.discard(job)
        super().job_ended(job)

    def ASYNC_get_wait_ctx(self, job: Job | None) -> WaitContext | None:
        return None if job in self.resumed else super().ASYNC_get_wait_ctx(job)


class WaitCtxNullWhilePaused(Fake):
    """get_wait_ctx gives NULL for a paused job."""

    clauses = ("JOB-CTX-01",)

    def ASYNC_get_wait_ctx(self, job: Job | None) -> WaitContext | None:
        ctx = super().ASYNC_get_wait_ctx(job)
        return None if job is not None and job.phase is Phase.PAUSED else ctx


class WaitCtxOfLastStarted(Starting):
    """get_wait_ctx gives the context of the job that was started last."""

    clauses = ("JOB-CTX-01",)

    def ASYNC_get_wait_ctx(self, job: Job | None) -> WaitContext | None:
        return super().ASYNC_get_wait_ctx(self.last or job)


class JobResumeBindsContext(Fake):
    """A resume binds the job to the context that it is given."""

    clauses = ("JOB-RESUME-02", "JOB-CTX-01")
    profile = "openssl"

    def ASYNC_start_job(  # noqa: PLR0913, PLR0917 (as many as in C)
        self,
        job: Cell,
        ctx: WaitContext | None,
        ret: Cell,
        func: JobFunction,
        args: bytes | bytearray | memoryview | None,
        size: int,
    ) -> int:
        if job.value is not None and ctx is not None:
            job.value.ctx = ctx
        return super().ASYNC_start_job(job, ctx, ret, func, args, size)


class JobResumeRefusesOtherContext(Fake):
    """A resume that is given another context than the start is refused with ASYNC_ERR."""

    clauses = ("JOB-RESUME-02",)
    profile = "openssl"

    def ASYNC_start_job(  # noqa: PLR0913, PLR0917 (as many as in C)
        self,
        job: Cell,
        ctx: WaitContext | None,
        ret: Cell,
        func: JobFunction,
        args: bytes | bytearray | memoryview | None,
        size: int,
    ) -> int:
        if job.value is not None and ctx is not job.value.ctx:
            return ASYNC_ERR
        return super().ASYNC_start_job(job, ctx, ret, func, args, size)


class JobArgsNotCopied(Fake):
    """The job gets the caller's arguments instead of a copy."""

    clauses = ("JOB-ARGS-01", "JOB-ARGS-02")

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        return args if isinstance(args, bytearray) else super().copy_args(args, size)


class JobArgsNullOver16Bytes(Fake):
    """The job gets NULL for arguments of more than 16 bytes."""

    clauses = ("JOB-ARGS-01",)

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        return None if size > 16 else super().copy_args(args, size)  # noqa: PLR2004


class JobArgsLastByteLost(Fake):
    """The last byte of the arguments is not copied."""

    clauses = ("JOB-ARGS-01",)

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        copy = super().copy_args(args, size)
        if copy is not None:
            copy[-1] = 0
        return copy


class JobArgsOfPreviousWhenNull(Fake):
    """A job without arguments gets those of the job before."""

    clauses = ("JOB-ARGS-01",)

    def __init__(self) -> None:
        super().__init__()
        self.previous: bytearray | None = None

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        self.previous = super().copy_args(args, size) or self.previous
        return self.previous


class JobArgsShareABuffer(Fake):
    """The copies of all jobs stand in one buffer, which the next start overwrites."""

    clauses = ("JOB-ARGS-02",)

    def __init__(self) -> None:
        super().__init__()
        self.buffer = bytearray()

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        copy = super().copy_args(args, size)
        if copy is None:
            return None
        self.buffer[:] = copy
        return self.buffer
