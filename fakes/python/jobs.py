"""Faults in how jobs are started, paused, resumed and finished."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import ASYNC_ERR, ASYNC_FINISH, ASYNC_NO_JOBS, ASYNC_PAUSE
from waitctx.reference.jobs import Phase

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Job


class JobStartsPaused(Fake):
    """start_job answers ASYNC_PAUSE at once; the function begins at the first resume."""

    clauses = ("JOB-START-01",)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        if job.value is not None:
            return super().dispatch(running, job, ret)
        running.phase = Phase.PAUSED
        job.value = running
        return ASYNC_PAUSE


class JobPauseToldAsNoJobs(Fake):
    """start_job answers ASYNC_NO_JOBS when the job has paused."""

    clauses = ("JOB-PAUSE-01",)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        code = super().dispatch(running, job, ret)
        return ASYNC_NO_JOBS if code == ASYNC_PAUSE else code


class JobPausesWithoutHandle(Fake):
    """The handle that start_job gives at ASYNC_PAUSE is NULL."""

    clauses = ("JOB-PAUSE-02",)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        code = super().dispatch(running, job, ret)
        job.value = None
        return code


class JobPausesWithHandleOfFirst(Fake):
    """start_job gives the handle of the job that has been paused longest."""

    clauses = ("JOB-PAUSE-02",)

    def __init__(self) -> None:
        super().__init__()
        self.paused: list[Job] = []

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        self.paused = [one for one in self.paused if one.phase is Phase.PAUSED]
        code = super().dispatch(running, job, ret)
        if code == ASYNC_PAUSE:
            self.paused.append(running)
            job.value = self.paused[0]
        return code


class JobRetWrittenAtPause(Fake):
    """The return value is set to 0 when the job pauses."""

    clauses = ("JOB-PAUSE-03",)
    profile = "openssl"

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        code = super().dispatch(running, job, ret)
        if code == ASYNC_PAUSE:
            ret.value = 0
        return code


class PauseOutsideJobReturns0(Fake):
    """pause_job answers 0 outside a job."""

    clauses = ("JOB-PAUSE-04",)

    def ASYNC_pause_job(self) -> int:
        return 0 if self.thread.current is None else super().ASYNC_pause_job()


class PauseReturns0AfterResume(Fake):
    """pause_job answers 0 once the job is resumed."""

    clauses = ("JOB-RESUME-01",)

    def ASYNC_pause_job(self) -> int:
        pauses = self.thread.current is not None and not self.pause_is_blocked()
        return 0 if super().ASYNC_pause_job() and pauses else 1


class JobResumeTakesLastPaused(Fake):
    """A resume lets the job go on that paused last, whatever the handle."""

    clauses = ("JOB-RESUME-01",)

    def __init__(self) -> None:
        super().__init__()
        self.last: Job | None = None

    def job_pausing(self, job: Job) -> None:
        self.last = job

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        if job.value is not None and self.last and self.last.phase is Phase.PAUSED:
            running = self.last
        return super().dispatch(running, job, ret)


class JobFinishToldAsErrWhenNegative(Fake):
    """start_job answers ASYNC_ERR when the job has returned a negative value."""

    clauses = ("JOB-FINISH-01",)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        code = super().dispatch(running, job, ret)
        return ASYNC_ERR if code == ASYNC_FINISH and ret.value < 0 else code


class JobHandleKeptAtFinish(Fake):
    """The handle is not set to NULL when a job that paused has finished."""

    clauses = ("JOB-FINISH-03",)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        handle = job.value
        code = super().dispatch(running, job, ret)
        if code == ASYNC_FINISH:
            job.value = handle
        return code


class JobRetUnwrittenAfterPause(Fake):
    """The return value of a job that paused is not handed over."""

    clauses = ("JOB-FINISH-02",)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        kept, resumed = ret.value, job.value is not None
        code = super().dispatch(running, job, ret)
        if resumed:
            ret.value = kept
        return code


class JobRetLow8Bits(Fake):
    """The return value keeps only its low 8 bits."""

    clauses = ("JOB-FINISH-02",)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        code = super().dispatch(running, job, ret)
        if code == ASYNC_FINISH:
            ret.value &= 0xFF
        return code


class JobRetOfPrevious(Fake):
    """The return value is that of the job that finished before."""

    clauses = ("JOB-FINISH-02",)

    def __init__(self) -> None:
        super().__init__()
        self.results: list[int] = []

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        code = super().dispatch(running, job, ret)
        if code == ASYNC_FINISH:
            self.results.append(ret.value)
            ret.value = self.results[-2:][0]
        return code
