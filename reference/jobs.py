"""What a job, a pool of jobs and a thread hold.

A job runs on a greenlet, so that it can pause from any depth of calls. A job object is a slot
that serves one job after another, as in C: after FINISH the same handle may come back as another
session's job (NEW-03). A paused job whose handle is lost is unwound by Python (GreenletExit is
raised where it paused) when the handle is collected; in C it would leak (JOB-15).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from attrs import define, field
from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from .context import WaitContext

JobFunction = Callable[["bytearray | None"], int]
"""The body of a job: called with the job's own copy of the arguments."""


class Phase(Enum):
    """What a job object is doing."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"


@define(eq=False)
class Job:
    """An ASYNC_JOB. Callers treat it as opaque; it is compared by identity."""

    thread: ThreadState = field(repr=False)
    ctx: WaitContext | None = None
    phase: Phase = Phase.IDLE
    result: int = 0
    fibre: greenlet = field(factory=greenlet, repr=False)

    def prepare(self, ctx: WaitContext | None, func: JobFunction, args: bytearray | None) -> None:
        """Take up a new job, to run at the next :meth:`enter`."""
        self.ctx = ctx
        self.fibre = greenlet(partial(self.run, func, args))

    def run(self, func: JobFunction, args: bytearray | None) -> None:
        """Run the body to its end. On the fibre."""
        self.result = func(args)

    def enter(self) -> None:
        """Run the job until it pauses or ends. An exception of its body comes out here."""
        self.phase = Phase.RUNNING
        # Whoever resumes is where the next pause leads back to, also if another greenlet started.
        self.fibre.parent = getcurrent()
        self.fibre.switch()

    def leave(self) -> None:
        """Give control back to whoever entered; return at the next :meth:`enter`."""
        self.phase = Phase.PAUSED
        dispatcher = self.fibre.parent
        assert dispatcher is not None
        dispatcher.switch()

    def retire(self) -> None:
        """Let go of the job that was served: its context above all (NEW-03)."""
        self.ctx = None
        self.phase = Phase.IDLE


@define(eq=False)
class JobPool:
    """A thread's job objects: at most ``max_size`` of them, 0 for no limit (JOB-04)."""

    max_size: int = 0
    size: int = 0
    idle: list[Job] = field(factory=list)


@define(eq=False)
class ThreadState:
    """What one library keeps for one thread, from the first use to ASYNC_cleanup_thread.

    Its identity marks the jobs that it may resume. Until ASYNC_init_thread the pool is unlimited.
    """

    current: Job | None = None
    blocks: int = 0
    pool: JobPool = field(factory=JobPool)


class PerThread(threading.local):
    """One library's thread states: each thread sees its own, made at its first look."""

    def __init__(self) -> None:
        """Begin a thread's state. Called anew in every thread."""
        self.state = ThreadState()
