"""The reference implementation of OpenSSL's asynchronous wait contexts, in Python.

:class:`AsyncLibrary` carries the C functions as methods, under their own names::

    library = AsyncLibrary()
    ctx = library.ASYNC_WAIT_CTX_new()
    job, ret = Ref(), Ref(0)


    def body(args):
        library.ASYNC_WAIT_CTX_set_wait_fd(ctx, "engine", 7, None, None)
        library.ASYNC_pause_job()
        return 1


    library.ASYNC_start_job(job, ctx, ret, body, None, 0)  # ASYNC_PAUSE
    library.ASYNC_start_job(job, ctx, ret, body, None, 0)  # ASYNC_FINISH, and ret.value is 1

It is written to be read beside the page, and behaves as every release of OpenSSL 3 does, also where
the page is silent: descriptors are listed newest first, a second association of a key hides the
first, out-parameters stay untouched on a miss, the window of get_changed_fds begins when a job is
resumed. What the API leaves undefined raises :class:`UndefinedBehaviourError`. Clause names such as
CHG-03 in the docstrings are those of the semantics ledger.
"""

from __future__ import annotations

from .cells import Cell, FdArray, Ref
from .constants import (
    ASYNC_ERR,
    ASYNC_FINISH,
    ASYNC_NO_JOBS,
    ASYNC_PAUSE,
    ASYNC_STATUS_EAGAIN,
    ASYNC_STATUS_ERR,
    ASYNC_STATUS_OK,
    ASYNC_STATUS_UNSUPPORTED,
)
from .context import Callback, Cleanup, Entry, WaitContext
from .errors import UndefinedBehaviourError
from .jobs import Job, JobFunction, JobPool, ThreadState
from .library import AsyncLibrary

__all__ = [
    "ASYNC_ERR",
    "ASYNC_FINISH",
    "ASYNC_NO_JOBS",
    "ASYNC_PAUSE",
    "ASYNC_STATUS_EAGAIN",
    "ASYNC_STATUS_ERR",
    "ASYNC_STATUS_OK",
    "ASYNC_STATUS_UNSUPPORTED",
    "AsyncLibrary",
    "Callback",
    "Cell",
    "Cleanup",
    "Entry",
    "FdArray",
    "Job",
    "JobFunction",
    "JobPool",
    "Ref",
    "ThreadState",
    "UndefinedBehaviourError",
    "WaitContext",
]
