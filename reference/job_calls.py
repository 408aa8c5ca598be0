"""The job calls: ASYNC_start_job, ASYNC_pause_job and what belongs to them.

As with the context calls, names in capitals are the API and names in lower case its steps.
"""
# ruff: noqa: N802 (the methods carry the names of the C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from .constants import ASYNC_ERR, ASYNC_FINISH, ASYNC_NO_JOBS, ASYNC_PAUSE
from .errors import UndefinedBehaviourError
from .jobs import Job, JobFunction, JobPool, PerThread, Phase, ThreadState

if TYPE_CHECKING:
    from .cells import Cell
    from .context import WaitContext


class JobCalls:
    """Everything that can be done with jobs. Their contexts are carried, never looked into."""

    def __init__(self) -> None:
        """Know no thread as yet."""
        self._local = PerThread()

    @property
    def thread(self) -> ThreadState:
        """The state of the calling thread."""
        return self._local.state

    # -- threads -----------------------------------------------------------------------------

    def ASYNC_is_capable(self) -> int:
        """Tell whether jobs can pause here: 1, greenlets can everywhere."""
        return 1

    def ASYNC_init_thread(self, max_size: int, init_size: int) -> int:
        """Give the thread a new pool of at most ``max_size`` jobs, 0 for any number (JOB-04).

        Gives 1; 0 if ``init_size``, the number to make at once, is above ``max_size``, whatever 0
        means there. Jobs under way go on, and end in the new pool.
        """
        if init_size > max_size:
            return 0
        self.thread.pool = pool = JobPool(max_size)
        try:
            while pool.size < init_size:
                pool.idle.append(self.new_job(pool))
        except MemoryError:
            pass  # Those missing are made when they are needed.
        return 1

    def ASYNC_cleanup_thread(self) -> None:
        """Drop all that is kept for the thread: the pool, and blocks left over (JOB-08).

        It may be called at any time outside a job. A job still paused is lost (JOB-14).
        Raises UndefinedBehaviourError from within a job.
        """
        if self.thread.current is not None:
            raise UndefinedBehaviourError("a job cleaned up the thread it runs on", "JOB-14")
        self._local.state = ThreadState()

    # -- starting and resuming ---------------------------------------------------------------

    def ASYNC_start_job(  # noqa: PLR0913, PLR0917 (as many as in C)
        self,
        job: Cell,
        ctx: WaitContext | None,
        ret: Cell,
        func: JobFunction,
        args: bytes | bytearray | memoryview | None,
        size: int,
    ) -> int:
        """Start a job if ``job.value`` is None, or resume the one it holds (JOB-01, JOB-02).

        Gives ASYNC_PAUSE, and the job's handle in ``job``; or ASYNC_FINISH, NULL in ``job`` and
        the result in ``ret``; or ASYNC_NO_JOBS if the pool is used up; or ASYNC_ERR if there is
        no memory for the arguments. What is not mentioned stays as it was.
        On resume everything but ``job`` and ``ret`` is ignored (NEW-03).

        An exception of the job's body ends the job, sets ``job`` to NULL, and comes out here; the
        thread can start jobs as before, though a block that the body left behind stays (JOB-08).

        Raises UndefinedBehaviourError for a nested start (JOB-09), for a handle that is stale
        (JOB-10) or another thread's (JOB-11), and if fewer than ``size`` bytes are given.
        """
        if self.thread.current is not None:
            raise UndefinedBehaviourError("a job started within a job", "JOB-09")
        if job.value is not None:
            self.check_resumable(job.value)
            return self.dispatch(job.value, job, ret)

        started = self.take_job()
        if started is None:
            return ASYNC_NO_JOBS
        try:
            started.prepare(ctx, func, self.copy_args(args, size))
        except MemoryError:
            self.release_job(started)
            return ASYNC_ERR
        except UndefinedBehaviourError:
            self.release_job(started)
            raise
        return self.dispatch(started, job, ret)

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        """Let the job run until it pauses or ends, and tell the caller which."""
        self.thread.current = running
        try:
            running.enter()
        except BaseException:
            job.value = None
            self.job_ended(running)
            raise
        finally:
            self.thread.current = None
        if running.phase is Phase.PAUSED:
            job.value = running
            return ASYNC_PAUSE
        ret.value = running.result
        job.value = None
        self.job_ended(running)
        return ASYNC_FINISH

    # -- within a job ------------------------------------------------------------------------

    def ASYNC_pause_job(self) -> int:
        """Pause the running job; outside a job (JOB-05) or while blocked (JOB-08) do nothing.

        Gives 1 always: at once, or when the job is resumed.
        """
        job = self.thread.current
        if job is None or self.pause_is_blocked():
            return 1
        self.job_pausing(job)
        job.leave()
        self.job_resumed(job)
        return 1

    def ASYNC_get_current_job(self) -> Job | None:
        """Give the running job, the same handle that start_job gives at PAUSE (JOB-06)."""
        return self.thread.current

    def ASYNC_get_wait_ctx(self, job: Job | None) -> WaitContext | None:
        """Give the context the job was started with; NULL once it has finished (NEW-03).

        Raises UndefinedBehaviourError for a NULL job (JOB-07).
        """
        if job is None:
            raise UndefinedBehaviourError("the context of a NULL job", "JOB-07")
        return job.ctx

    def ASYNC_block_pause(self) -> None:
        """Let pauses of this thread be skipped, until unblocked as often (JOB-08)."""
        if self.thread.current is not None:
            self.thread.blocks += 1

    def ASYNC_unblock_pause(self) -> None:
        """Undo one block; one too many does nothing (JOB-08)."""
        if self.thread.current is not None and self.thread.blocks > 0:
            self.thread.blocks -= 1

    # -- steps -------------------------------------------------------------------------------

    def new_job(self, pool: JobPool) -> Job:
        """Make a job object of the pool. An override may raise MemoryError."""
        pool.size += 1
        return Job(self.thread)

    def pool_is_used_up(self, pool: JobPool) -> bool:
        """Tell whether the pool may not grow any more."""
        return pool.max_size != 0 and pool.size >= pool.max_size

    def take_job(self) -> Job | None:
        """Take the job object last given back, or a new one; None if there is none to be had."""
        pool = self.thread.pool
        if pool.idle:
            return pool.idle.pop()
        if self.pool_is_used_up(pool):
            return None
        try:
            return self.new_job(pool)
        except MemoryError:
            return None

    def release_job(self, job: Job) -> None:
        """Give the job object back to the thread's pool."""
        job.retire()
        self.thread.pool.idle.append(job)

    def copy_args(self, args: bytes | bytearray | memoryview | None, size: int) -> bytearray | None:
        """Give the job its own copy of ``size`` bytes; None if there are none (JOB-03).

        Raises UndefinedBehaviourError if the arguments are shorter. An override may raise
        MemoryError.
        """
        if args is None or size == 0:
            return None
        copy = bytearray(args)[:size]
        if len(copy) < size:
            raise UndefinedBehaviourError(f"{size} bytes were to be copied of fewer", "JOB-03")
        return copy

    def check_resumable(self, job: Job) -> None:
        """Raise UndefinedBehaviourError unless the job is paused, and on this very thread.

        After ASYNC_cleanup_thread the thread counts as another (JOB-14).
        """
        if job.phase is not Phase.PAUSED:
            raise UndefinedBehaviourError("a handle whose job has finished", "JOB-10")
        if job.thread is not self.thread:
            raise UndefinedBehaviourError("a job resumed on another thread", "JOB-11, JOB-14")

    def pause_is_blocked(self) -> bool:
        """Tell whether pauses of the calling thread are to be skipped."""
        return self.thread.blocks > 0

    def job_pausing(self, job: Job) -> None:
        """Do what is due just before a job pauses: nothing."""

    def job_resumed(self, job: Job) -> None:
        """Do what is due, within the job, just after a pause returns."""

    def job_ended(self, job: Job) -> None:
        """Do what is due when a job has ended: give its object back."""
        self.release_job(job)
