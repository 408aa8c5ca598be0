"""Jobs that start, pause, resume and finish: JOB-01 to JOB-07, JOB-09, JOB-10, NEW-02, NEW-03."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from greenlet import greenlet

from waitctx.reference import AsyncLibrary, Job, JobPool, Ref, UndefinedBehaviourError, WaitContext

if TYPE_CHECKING:
    from .conftest import Driver

PAUSE, FINISH, ERR = AsyncLibrary.ASYNC_PAUSE, AsyncLibrary.ASYNC_FINISH, AsyncLibrary.ASYNC_ERR


def nothing() -> None:
    """Do nothing: a job's step between two pauses."""


def test_the_result_is_stored_only_at_the_finish(driver: Driver, ctx: WaitContext) -> None:
    """A pause gives a handle and no result, the finish a result and no handle (JOB-01, 02)."""
    run = driver.start(ctx, driver.pausing(nothing, nothing))
    paused = run.code, run.job.value is None, run.ret.value
    run.step()

    assert (PAUSE, False, driver.untouched) == paused
    assert (FINISH, None, 1) == (run.code, run.job.value, run.ret.value)


@pytest.mark.parametrize("result", [0, -1, 42])
def test_any_result_comes_back(driver: Driver, ctx: WaitContext, result: int) -> None:
    """The result is whatever the job's function returned (JOB-01)."""
    assert result == driver.start(ctx, lambda _args: result).ret.value


def test_code_after_the_pause_runs_at_the_resume(driver: Driver, ctx: WaitContext) -> None:
    """A job goes on exactly where it paused."""
    trail: list[str] = []
    body = driver.pausing(lambda: trail.append("one"), lambda: trail.append("two"))
    run = driver.start(ctx, body)
    trail.append("between")
    run.step()

    assert ["one", "between", "two"] == trail


def test_a_job_pauses_from_any_depth(driver: Driver, ctx: WaitContext) -> None:
    """A pause within nested calls keeps every caller's state, and gives 1 when resumed."""

    def descend(depth: int) -> int:
        if depth == 0:
            return driver.library.ASYNC_pause_job()
        return depth + descend(depth - 1)

    run = driver.start(ctx, lambda _args: descend(50) + descend(3))
    codes = [run.code, run.step(), run.step()]

    assert ([PAUSE, PAUSE, FINISH], 50 * 51 // 2 + 1 + 6 + 1) == (codes, run.ret.value)


def test_handles_are_opaque(driver: Driver, ctx: WaitContext) -> None:
    """A handle can be a key, and shows neither its thread nor the stack that it runs on."""
    handle = driver.start(ctx, driver.pausing(nothing, nothing)).job.value

    assert handle is not None
    assert {handle: 1}[handle] == 1
    assert f"Job(ctx={ctx!r}, phase=<Phase.PAUSED: 'paused'>, result=0)" == repr(handle)


def test_a_pool_has_as_many_jobs_as_it_was_asked_for(ctx: WaitContext) -> None:
    """As many jobs as were asked for are made at once, and no more than the most can be started."""
    made = []

    class Counting(AsyncLibrary):
        def new_job(self, pool: JobPool) -> Job:
            assert len(made) < 300
            made.append(pool)
            return super().new_job(pool)

    library = Counting()
    begun = library.ASYNC_init_thread(300, 300), len(made)
    refs = [Ref[Any](None) for _ in range(301)]

    def body(_args: bytearray | None) -> int:
        return library.ASYNC_pause_job()

    codes = [library.ASYNC_start_job(one, ctx, Ref(0), body, None, 0) for one in refs]

    assert (1, 300) == begun
    assert [PAUSE] * 300 + [library.ASYNC_NO_JOBS] == codes


def test_jobs_interleave(driver: Driver) -> None:
    """Paused jobs are resumed in any order, each with its own context, place and result."""
    library = driver.library
    contexts = [driver.context() for _ in range(3)]

    def body(number: int) -> int:
        for turn in range(3):
            driver.set(contexts[number], "key", 10 * number + turn)
            library.ASYNC_pause_job()
            driver.clear(contexts[number], "key")
        return 100 + number

    runs = [
        driver.start(ctx, lambda _args, number=number: body(number))  # type: ignore[misc]
        for number, ctx in enumerate(contexts)
    ]
    for number in (2, 0, 0, 1, 2, 0):
        runs[number].step()

    assert [FINISH, PAUSE, PAUSE] == [run.code for run in runs]
    assert [100, driver.untouched, driver.untouched] == [run.ret.value for run in runs]
    assert [[], [11], [22]] == [driver.all(ctx) for ctx in contexts]
    assert [([], [2]), ([11], [10]), ([22], [21])] == [driver.changed(ctx) for ctx in contexts]


def test_the_current_job_is_the_handle(driver: Driver, ctx: WaitContext) -> None:
    """Within a job the current job is the handle given at the pause; outside it is NULL (06)."""
    library = driver.library
    seen: list[Job | None] = []
    run = driver.start(
        ctx, driver.pausing(lambda: seen.append(library.ASYNC_get_current_job()), nothing)
    )

    assert [run.job.value] == seen
    assert library.ASYNC_get_current_job() is None


def test_a_job_knows_the_context_it_was_started_with(driver: Driver, ctx: WaitContext) -> None:
    """The context, function and arguments given to a resume are ignored (NEW-03)."""
    library = driver.library
    other = driver.context()
    driver.set(other, "b", 4)
    seen: list[object] = []

    def look() -> None:
        job = library.ASYNC_get_current_job()
        seen.append(library.ASYNC_get_wait_ctx(job))

    def set_and_look() -> None:
        driver.set(ctx, "a", 3)
        look()

    run = driver.start(ctx, driver.pausing(set_and_look, look))
    run.ctx, run.body = other, lambda _args: 99
    run.step(b"other", 5)

    assert ([ctx, ctx], 1) == (seen, run.ret.value)
    assert (([], []), ([4], [])) == (driver.changed(ctx), driver.changed(other))


def test_a_finished_handle_has_no_context_until_reused(driver: Driver, ctx: WaitContext) -> None:
    """A handle kept after FINISH has no context, and later the next session's (NEW-03)."""
    library = driver.library
    other = driver.context()
    run = driver.start(ctx, driver.pausing(nothing, nothing))
    kept = run.job.value
    before = library.ASYNC_get_wait_ctx(kept)
    run.step()
    finished = library.ASYNC_get_wait_ctx(kept)
    driver.start(other, driver.pausing(nothing, nothing))

    assert [ctx, None, other] == [before, finished, library.ASYNC_get_wait_ctx(kept)]


def test_the_context_of_a_null_job_is_caught(library: AsyncLibrary) -> None:
    """Asking for the context of a NULL job is undefined (JOB-07)."""
    with pytest.raises(UndefinedBehaviourError, match="JOB-07"):
        library.ASYNC_get_wait_ctx(None)


def test_a_job_without_context_may_finish(driver: Driver) -> None:
    """A job with a NULL context that never pauses finishes normally (NEW-02)."""
    assert driver.start(None, driver.pausing(nothing)).code == FINISH


def test_resuming_without_context_is_caught(driver: Driver) -> None:
    """A job with a NULL context may pause, but its resume is undefined (NEW-02)."""
    run = driver.start(None, driver.pausing(nothing, nothing))

    assert run.code == PAUSE
    with pytest.raises(UndefinedBehaviourError, match="NULL context"):
        run.step()


def test_a_pause_outside_a_job_does_nothing(library: AsyncLibrary) -> None:
    """Pausing outside a job gives 1 (JOB-05)."""
    assert library.ASYNC_pause_job() == 1


def test_the_arguments_are_copied(driver: Driver, ctx: WaitContext) -> None:
    """Neither the job's writes reach the caller, nor the caller's the job (JOB-03)."""
    library = driver.library
    seen = []

    def body(args: bytearray | None) -> int:
        assert args is not None
        args[0] = ord("J")
        library.ASYNC_pause_job()
        seen.append(bytes(args))
        return 1

    mine = bytearray(b"abcd")
    job: Ref[Job | None] = Ref(None)
    library.ASYNC_start_job(job, ctx, Ref(0), body, mine, 3)
    mine[1] = ord("X")
    library.ASYNC_start_job(job, ctx, Ref(0), body, mine, 3)

    assert ([b"Jbc"], b"aXcd") == (seen, mine)


@pytest.mark.parametrize(("args", "size"), [(None, 0), (None, 8), (b"abc", 0)])
def test_no_arguments_are_null(
    library: AsyncLibrary, ctx: WaitContext, args: bytes | None, size: int
) -> None:
    """Without arguments, or with none of their bytes, the job gets NULL (JOB-03)."""
    seen: list[bytearray | None] = []

    def body(copy: bytearray | None) -> int:
        seen.append(copy)
        return 1

    code = library.ASYNC_start_job(Ref(None), ctx, Ref(0), body, args, size)

    assert (FINISH, [None]) == (code, seen)


def test_too_few_arguments_are_caught(driver: Driver, ctx: WaitContext) -> None:
    """Asking for more bytes than there are is undefined, and takes no job (JOB-03)."""
    library = driver.library
    library.ASYNC_init_thread(1, 0)

    with pytest.raises(UndefinedBehaviourError, match="JOB-03"):
        library.ASYNC_start_job(Ref(None), ctx, Ref(0), lambda _args: 1, b"ab", 3)
    assert driver.start(ctx, driver.pausing(nothing)).code == FINISH


def test_no_memory_for_the_arguments_is_an_error(ctx: WaitContext) -> None:
    """If there is no memory for the copy the answer is ERR and the cells stay (JOB-02)."""

    class Exhausted(AsyncLibrary):
        def copy_args(self, *_: object) -> bytearray | None:
            raise MemoryError

    library = Exhausted()
    library.ASYNC_init_thread(1, 0)
    job: Ref[Job | None] = Ref(None)
    ret = Ref(7)

    codes = [library.ASYNC_start_job(job, ctx, ret, lambda _args: 1, b"a", 1) for _ in range(2)]

    assert ([ERR, ERR], None, 7) == (codes, job.value, ret.value)


def test_a_nested_start_is_caught(driver: Driver, ctx: WaitContext) -> None:
    """Starting a job within a job is undefined, and the outer job goes on (JOB-09)."""
    caught = []

    def nest() -> None:
        with pytest.raises(UndefinedBehaviourError, match="JOB-09") as error:
            driver.start(ctx, driver.pausing(nothing))
        caught.append(error)

    run = driver.start(ctx, driver.pausing(nest, nest))
    run.step()

    assert (2, FINISH) == (len(caught), run.code)


def test_a_stale_handle_is_caught(driver: Driver, ctx: WaitContext) -> None:
    """Resuming by a handle kept after FINISH is undefined (JOB-10)."""
    run = driver.start(ctx, driver.pausing(nothing, nothing))
    kept = Ref(run.job.value)
    run.step()

    with pytest.raises(UndefinedBehaviourError, match="JOB-10"):
        driver.library.ASYNC_start_job(kept, ctx, Ref(0), run.body, None, 0)


@pytest.mark.parametrize("pauses", [0, 2])
def test_an_exception_ends_the_job(driver: Driver, ctx: WaitContext, pauses: int) -> None:
    """An exception reaches whoever ran the job; the handle is NULL and its place is free."""
    library = driver.library
    library.ASYNC_init_thread(1, 0)

    def body(_args: object) -> int:
        for _ in range(pauses):
            library.ASYNC_pause_job()
        raise LookupError

    def run_to_the_end() -> None:
        while True:
            library.ASYNC_start_job(job, ctx, ret, body, None, 0)

    job: Ref[Job | None] = Ref(None)
    ret = Ref(7)
    with pytest.raises(LookupError):
        run_to_the_end()

    assert (None, 7, None) == (job.value, ret.value, library.ASYNC_get_current_job())
    assert driver.start(ctx, driver.pausing(nothing)).code == FINISH


def test_the_pause_leads_back_to_whoever_resumed(driver: Driver, ctx: WaitContext) -> None:
    """A job may be started from one greenlet of the thread and resumed from another."""
    runs = []
    greenlet(lambda: runs.append(driver.start(ctx, driver.pausing(*[nothing] * 3)))).switch()
    codes: list[int] = []
    greenlet(lambda: codes.append(runs[0].step())).switch()
    codes.append(runs[0].step())

    assert [PAUSE, FINISH] == codes
