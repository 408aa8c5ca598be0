"""The model's rules for jobs: start, pause, resume, return, blocks, and the thread's pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import evolve

from .expectations import Answers, Clauses
from .observations import UNTOUCHED
from .operations import (
    BlockPause,
    CleanupThread,
    GetCurrentJob,
    GetWaitCtx,
    InitThread,
    IsCapable,
    Operation,
    Pause,
    ReadArgs,
    Resume,
    Return,
    Start,
    UnblockPause,
)
from .outcomes import Outcome, Profile, Rule
from .rules_contexts import existing
from .rules_fds import resumed
from .state import Job, Memory, State

if TYPE_CHECKING:
    from collections.abc import Iterator

ASYNC_ERR: Final = 0
ASYNC_NO_JOBS: Final = 1
ASYNC_PAUSE: Final = 2
ASYNC_FINISH: Final = 3

#: Pause blocks may nest so deep: deeper than a number of eight bits can count.
MAX_BLOCKS: Final = 260
#: Every job of a pool's initial size gets a stack at once.
MAX_POOL: Final = 64


def running_job(state: State) -> tuple[str, Job]:
    """Give the job that the program is inside of; the precondition has made sure of one."""
    assert state.running is not None
    job = state.job(state.running)
    assert job is not None
    return state.running, job


def start(state: State, op: Start, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_start_job: the function runs at once, unless the pool is used up or jobs cannot run."""
    outs: tuple[int | str, ...] = (UNTOUCHED,) if profile.pinned else ()
    if not state.capable:
        codes = (ASYNC_NO_JOBS,) if profile.pinned else (ASYNC_ERR, ASYNC_NO_JOBS)
        incapable = (
            Answers("in", ("none",), ("CAP-02",)),
            Answers("start_job", codes, ("CAP-02",)),
            Answers("ret", outs, ("CAP-02",) if outs else ()),
            Answers("job", ("null",) if outs else (), ("CAP-02",) if outs else ()),
            Answers("stray", (0,), ("CAP-02",)),
        )
        yield Outcome(incapable, state)
        return
    full = state.pool and len(state.jobs) >= state.pool
    if full or (state.pool and state.memory is Memory.LOST):
        refused = (
            Answers("in", ("none",), ("POOL-02",)),
            Answers("start_job", (ASYNC_NO_JOBS,), ("POOL-02",)),
            Answers("ret", outs, ("POOL-02",) if outs else ()),
            Answers("job", ("null",) if outs else (), ("POOL-02",) if outs else ()),
            Answers("stray", (0,), ("POOL-02",)),
        )
        yield Outcome(refused, state)
    if full:
        return
    clauses = ("POOL-03", "POOL-05", "CTX-REUSE-01", "POOL-06", "JOB-START-01")
    expected = (
        Answers("in", (op.job,), clauses),
        Answers("block", (op.block,), ("JOB-ARGS-01",)),
    )
    after = state.with_job(op.job, Job(op.ctx, op.block))
    pool = 0 if state.pool is None else state.pool
    yield Outcome(expected, evolve(after, running=op.job, pool=pool))


def pause(state: State, _: Pause, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_pause_job: back to the application, unless blocked or outside a job."""
    if state.running is None:
        clauses: Clauses = ("JOB-PAUSE-04",)
        expected = (Answers("in", ("none",), clauses), Answers("pause_job", (1,), clauses))
        yield Outcome(expected, state)
        return
    name, job = running_job(state)
    if state.blocks:
        clauses = ("BLOCK-02", "BLOCK-01")
        expected = (Answers("in", (name,), clauses), Answers("pause_job", (1,), clauses))
        yield Outcome(expected, state)
        return
    too_many = ("BLOCK-05",) if profile.pinned else ()
    clauses = ("BLOCK-03", *too_many, "BLOCK-04", "JOB-PAUSE-01")
    left = (
        Answers("in", ("none",), clauses),
        Answers("start_job", (ASYNC_PAUSE,), clauses),
        Answers(
            "ret",
            (UNTOUCHED,) if profile.pinned else (),
            ("JOB-PAUSE-03",) if profile.pinned else (),
        ),
        Answers("job", (name,), ("JOB-PAUSE-02",)),
        Answers("stray", (0,), ("JOB-PAUSE-02",)),
    )
    after = state.with_job(name, evolve(job, paused=True))
    yield Outcome(left, evolve(after, running=None))


def resume(state: State, op: Resume, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_start_job on a paused job: it goes on, and its context's next window begins."""
    job = state.job(op.job)
    assert job is not None
    other = ("JOB-RESUME-02",) if op.ctx != job.ctx else ()
    clauses: Clauses = (*other, "JOB-RESUME-01")
    expected = (Answers("in", (op.job,), clauses), Answers("pause_job", (1,), clauses))
    after = state.with_job(op.job, evolve(job, paused=False))
    after = after.with_context(job.ctx, resumed(existing(state, job.ctx), profile))
    yield Outcome(expected, evolve(after, running=op.job))


def finish(state: State, op: Return, _: Profile) -> Iterator[Outcome]:
    """ASYNC_start_job, when the job's function returns: ASYNC_FINISH and the value."""
    name = running_job(state)[0]
    expected = (
        Answers("in", ("none",), ("JOB-FINISH-01",)),
        Answers("start_job", (ASYNC_FINISH,), ("JOB-FINISH-01",)),
        Answers("ret", (op.value,), ("JOB-FINISH-02",)),
        Answers("job", ("null",), ("JOB-FINISH-03",)),
        Answers("stray", (0,), ("JOB-FINISH-02",)),
    )
    yield Outcome(expected, evolve(state.with_job(name, None), running=None))


def current(state: State, _: GetCurrentJob, __: Profile) -> Iterator[Outcome]:
    """ASYNC_get_current_job: the running job, or NULL outside."""
    if state.running is None:
        answer = Answers("job", ("null",), ("JOB-CURRENT-02",))
    else:
        answer = Answers("job", (state.running,), ("JOB-CURRENT-01",))
    yield Outcome((answer,), state)


def wait_ctx(state: State, op: GetWaitCtx, _: Profile) -> Iterator[Outcome]:
    """ASYNC_get_wait_ctx: the context that the job was started with."""
    job = state.job(op.job)
    assert job is not None
    yield Outcome((Answers("ctx", (job.ctx,), ("JOB-CTX-01",)),), state)


def read_args(state: State, _: ReadArgs, __: Profile) -> Iterator[Outcome]:
    """Look at the running job's argument block: its own copy for as long as it lives."""
    block = running_job(state)[1].block
    yield Outcome((Answers("block", (block,), ("JOB-ARGS-02", "JOB-ARGS-01")),), state)


def block_pause(state: State, _: BlockPause, __: Profile) -> Iterator[Outcome]:
    """ASYNC_block_pause: one more block; outside a job nothing."""
    yield Outcome((), evolve(state, blocks=state.blocks + _inside(state)))


def unblock_pause(state: State, _: UnblockPause, __: Profile) -> Iterator[Outcome]:
    """ASYNC_unblock_pause: one block less; with none on, or outside a job, nothing."""
    yield Outcome((), evolve(state, blocks=max(state.blocks - _inside(state), 0)))


def _inside(state: State) -> int:
    return int(state.running is not None)


def init_thread(state: State, op: InitThread, _: Profile) -> Iterator[Outcome]:
    """ASYNC_init_thread: a pool with a limit; more at first than at most is refused."""
    if op.init_size > op.max_size:
        yield Outcome((Answers("rc", (0,), ("POOL-04",)),), state)
        return
    clauses = ("POOL-05", "POOL-01")
    yield Outcome((Answers("rc", (1,), clauses),), evolve(state, pool=op.max_size))


def cleanup_thread(state: State, _: CleanupThread, __: Profile) -> Iterator[Outcome]:
    """ASYNC_cleanup_thread: the pool goes, and its limit with it."""
    yield Outcome((), evolve(state, pool=None))


def is_capable(state: State, _: IsCapable, __: Profile) -> Iterator[Outcome]:
    """ASYNC_is_capable: the same answer at any time."""
    yield Outcome((Answers("rc", (int(state.capable),), ("CAP-01",)),), state)


RULES: Final[dict[type[Operation], Rule]] = {
    Start: start,
    Pause: pause,
    Resume: resume,
    Return: finish,
    GetCurrentJob: current,
    GetWaitCtx: wait_ctx,
    ReadArgs: read_args,
    BlockPause: block_pause,
    UnblockPause: unblock_pause,
    InitThread: init_thread,
    CleanupThread: cleanup_thread,
    IsCapable: is_capable,
}


def defined(state: State, op: Operation, profile: Profile) -> bool:
    """Tell whether what happens is defined.

    Undefined are: to start a job inside a job, or a second one on a context; to resume what is not
    paused; to return with a block on; to set up or take away a pool while jobs live or a pool
    stands.
    """
    outside = state.running is None
    match op:
        case Start():
            free = state.context(op.ctx) is not None and state.job_of(op.ctx) is None
            return outside and free and state.job(op.job) is None
        case Resume():
            job = state.job(op.job)
            if job is None or not job.paused or state.context(op.ctx) is None:
                return False
            return outside and (profile.pinned or op.ctx == job.ctx)
        case Return():
            return not outside and state.blocks == 0
        case ReadArgs():
            return not outside
        case BlockPause():
            return outside or state.blocks < MAX_BLOCKS
        case UnblockPause():
            return outside or state.blocks > 0 or profile.pinned
        case GetWaitCtx():
            return state.job(op.job) is not None
        case InitThread():
            sizes = 0 <= op.init_size <= MAX_POOL and 0 <= op.max_size <= MAX_POOL
            valid = sizes and (profile.pinned or op.init_size <= op.max_size)
            return outside and state.capable and state.pool is None and valid
        case CleanupThread():
            return outside and not state.jobs
        case Pause() | GetCurrentJob() | IsCapable():
            return True
    raise AssertionError(op)
