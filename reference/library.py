"""The whole API in one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import constants
from .context import live
from .job_calls import JobCalls
from .wait_calls import WaitCalls

if TYPE_CHECKING:
    from .jobs import Job


class AsyncLibrary(WaitCalls, JobCalls):
    """A complete implementation of ASYNC_WAIT_CTX_* and the job calls, as OpenSSL 3.x behaves.

    Every instance is an implementation of its own: it shares no thread state with another.
    Here the two halves meet, and in one place only: when a job is resumed, the window of its
    context begins anew.
    """

    ASYNC_ERR: Final = constants.ASYNC_ERR
    ASYNC_NO_JOBS: Final = constants.ASYNC_NO_JOBS
    ASYNC_PAUSE: Final = constants.ASYNC_PAUSE
    ASYNC_FINISH: Final = constants.ASYNC_FINISH

    ASYNC_STATUS_UNSUPPORTED: Final = constants.ASYNC_STATUS_UNSUPPORTED
    ASYNC_STATUS_ERR: Final = constants.ASYNC_STATUS_ERR
    ASYNC_STATUS_OK: Final = constants.ASYNC_STATUS_OK
    ASYNC_STATUS_EAGAIN: Final = constants.ASYNC_STATUS_EAGAIN

    def job_resumed(self, job: Job) -> None:
        """Reset the context the job was started with, whatever start_job was given (CHG-03)."""
        self.reset(live(job.ctx))

    def check_resumable(self, job: Job) -> None:
        """Refuse, too, a job whose context is NULL (NEW-02) or was freed meanwhile (FREE-04)."""
        super().check_resumable(job)
        live(job.ctx)
