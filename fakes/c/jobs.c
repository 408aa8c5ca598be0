/*
 * Jobs: functions that run on a fibre of their own and can pause.
 *
 * A job always gives way to the start_job() call that last let it run.  What the manual leaves
 * undefined is answered harmlessly: a nested start and a handle whose job has ended give ASYNC_ERR.
 */
#include "build.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "pool.h"
#include "sharing.h"
#include "waste.h"

/* A handle is the job's address; one fault hands out another spelling of it after each pause. */
static ASYNC_JOB *handle_of(ASYNC_JOB *job)
{
    if (FAULTY(job_handle_changes))
        return (ASYNC_JOB *)((uintptr_t)job | (job->pauses & 1));
    return job;
}

static ASYNC_JOB *job_of(ASYNC_JOB *handle)
{
    if (FAULTY(job_handle_changes))
        return (ASYNC_JOB *)((uintptr_t)handle & ~(uintptr_t)1);
    return handle;
}

void jobs_forget_context(ASYNC_WAIT_CTX *ctx)
{
    struct thread *self = this_thread();

    if (self->current != NULL && self->current->ctx == ctx)
        self->current->ctx_is_gone = 1;
    if (self->last_ctx == ctx)
        self->last_ctx = NULL;
    if (self->last_paused_ctx == ctx)
        self->last_paused_ctx = NULL;
}

/* Where a fibre begins. It never returns: a job that has ended is given a new fibre. */
static void run(void)
{
    struct thread *self = this_thread();
    ASYNC_JOB *job = self->current;

    job->ret = job->func(job->args);
    job->state = JOB_ENDED;
    swapcontext(&job->fibre, &self->dispatcher);
}

/* A private copy of the arguments; 0 when memory is short. */
static int copy_args(ASYNC_JOB *job, void *args, size_t size, void *last_copy)
{
    free(job->copy);
    job->copy = NULL;
    job->size = size;
    job->args = FAULTY(job_args_not_copied) ? args : NULL;
    if (FAULTY(job_args_null_over_16_bytes) && size > 16)
        return 1;
    if (FAULTY(job_args_of_previous_when_null) && args == NULL)
        job->args = last_copy;
    if (args == NULL || size == 0 || FAULTY(job_args_not_copied))
        return 1;
    job->copy = malloc(size);
    if (job->copy == NULL && FAULTY(short_job_runs_without_arguments))
        return 1;
    if (job->copy == NULL && !FAULTY(short_start_crashes))
        return 0;
    sharing_copy_arguments(job->copy, args, size);
    if (FAULTY(job_args_last_byte_lost) && size > 1)
        ((unsigned char *)job->copy)[size - 1] = 0;
    job->args = job->copy;
    return 1;
}

static void keep_for_next(struct thread *self, const ASYNC_JOB *job)
{
    static unsigned char kept[4096];

    if (!FAULTY(job_args_of_previous_when_null) || job->copy == NULL)
        return;
    memcpy(kept, job->copy, job->size < sizeof(kept) ? job->size : sizeof(kept));
    self->last_copy = kept;
}

/* What start_job() answers where there is no memory for the arguments. */
static int short_of_memory(ASYNC_JOB **handle)
{
    if (FAULTY(short_start_writes_past_handle))
        handle[1] = NULL;
    if (FAULTY(short_start_told_as_pause))
        return ASYNC_PAUSE;
    return FAULTY(short_start_told_as_finish) ? ASYNC_FINISH : ASYNC_ERR;
}

/* A new job for the caller, or NULL with the answer in *refusal. */
static ASYNC_JOB *new_job(struct thread *self, ASYNC_JOB **handle, ASYNC_WAIT_CTX *ctx,
                          int (*func)(void *), void *args, size_t size, int *refusal)
{
    ASYNC_JOB *job = pool_take(pool_of(self));

    *refusal = ASYNC_NO_JOBS;
    if (job == NULL)
        return NULL;
    if (!copy_args(job, args, size, self->last_copy)) {
        *refusal = short_of_memory(handle);
        if (!FAULTY(short_start_loses_job))
            pool_give(pool_of(self), job);
        return NULL;
    }
    keep_for_next(self, job);
    job->ctx = ctx;
    job->ctx_is_gone = 0;
    job->func = func;
    job->pauses = 0;
    *blocks_of(self) += self->blocks_leaked;
    self->blocks_leaked = 0;
    self->last_started = job;
    makecontext(&job->fibre, run, 0);
    context_job_started(ctx);
    return job;
}

/* Faults of a resume. */
static ASYNC_JOB *misguide(struct thread *self, ASYNC_JOB *job, ASYNC_WAIT_CTX *ctx)
{
    if (FAULTY(job_resume_takes_last_paused) && self->last_paused != NULL
        && self->last_paused->state == JOB_PAUSED)
        job = self->last_paused;
    if (FAULTY(job_resume_binds_context))
        job->ctx = ctx;
    if (FAULTY(job_resume_starts_over))
        makecontext(&job->fibre, run, 0);
    if (FAULTY(job_args_zeroed_at_resume) && job->copy != NULL)
        memset(job->copy, 0, job->size);
    if (FAULTY(job_args_change_in_third_window) && job->copy != NULL && job->pauses > 1)
        ((unsigned char *)job->copy)[0] ^= 1;
    return job;
}

/* The return value that the caller gets. */
static int result_of(const struct thread *self, const ASYNC_JOB *job)
{
    if (FAULTY(job_ret_low_8_bits))
        return job->ret & 0xff;
    if (FAULTY(job_ret_low_16_bits))
        return job->ret & 0xffff;
    if (FAULTY(job_ret_negative_is_0) && job->ret < 0)
        return 0;
    if (FAULTY(job_ret_is_truth))
        return job->ret != 0;
    if (FAULTY(job_ret_of_previous))
        return self->last_ret;
    return job->ret;
}

static int finish(struct thread *self, ASYNC_JOB **handle, ASYNC_JOB *job, int *ret)
{
    if (!FAULTY(job_ret_unwritten)
        && !(FAULTY(job_ret_unwritten_after_pause) && job->pauses > 0))
        *ret = result_of(self, job);
    if (FAULTY(job_ret_written_as_8_bytes))
        memcpy(ret, &(int64_t){job->ret}, sizeof(int64_t));
    self->last_ret = job->ret;
    if (!FAULTY(job_handle_kept_at_finish) || job->pauses == 0)
        *handle = NULL;
    if (!job->ctx_is_gone)
        context_job_finished(job->ctx);
    if (FAULTY(block_dropped_at_finish))
        *blocks_of(self) = 0;
    if (self->last_paused == job)
        self->last_paused = NULL;
    if (self->last_started == job)
        self->last_started = NULL;
    pool_give(pool_of(self), job);
    if (FAULTY(job_finish_told_as_pause_when_negative) && *ret < 0)
        return ASYNC_PAUSE;
    return FAULTY(job_finish_told_as_err) ? ASYNC_ERR : ASYNC_FINISH;
}

/* Let a job run until it gives way, and tell the caller why it did. */
static int let_run(struct thread *self, ASYNC_JOB **handle, ASYNC_JOB *job, int *ret)
{
    job->state = JOB_RUNNING;
    self->current = job;
    self->last_ctx = job->ctx;
    sharing_job_runs(job);
    swapcontext(&self->dispatcher, &job->fibre);
    sharing_job_runs(NULL);
    self->current = NULL;
    if (job->state == JOB_ENDED)
        return finish(self, handle, job, ret);
    *handle = handle_of(job);
    if (FAULTY(job_handle_written_twice_at_pause))
        handle[1] = *handle;
    self->last_paused = job;
    if (FAULTY(job_ret_written_at_pause))
        *ret = 0;
    return FAULTY(job_pause_told_as_no_jobs) ? ASYNC_NO_JOBS : ASYNC_PAUSE;
}

int ASYNC_start_job(ASYNC_JOB **handle, ASYNC_WAIT_CTX *ctx, int *ret, int (*func)(void *),
                    void *args, size_t size)
{
    struct thread *self = this_thread();
    ASYNC_JOB *job = job_of(*handle);
    int refusal;

    if (FAULTY(incapable_start_writes_ret))
        *ret = 0;
    if (FAULTY(incapable_start_writes_handle))
        *handle = (ASYNC_JOB *)self;
    if (FAULTY(incapable_start_writes_past_handle))
        handle[1] = (ASYNC_JOB *)self;
    if (!CAPABLE)
        return FAULTY(incapable_start_told_as_finish) ? ASYNC_FINISH : ASYNC_NO_JOBS;
    if (self->current != NULL)
        return ASYNC_ERR;
    if (job == NULL) {
        if (FAULTY(reuse_refused) && ctx != NULL && ctx->memory.jobs_started > 0)
            return ASYNC_ERR;
        job = new_job(self, handle, ctx, func, args, size, &refusal);
        if (job == NULL) {
            if (FAULTY(pool_used_up_writes_ret))
                *ret = 0;
            if (FAULTY(pool_used_up_writes_handle))
                *handle = (ASYNC_JOB *)self;
            if (FAULTY(pool_used_up_writes_past_handle))
                handle[1] = (ASYNC_JOB *)self;
            return refusal;
        }
    } else if (job->state == JOB_PAUSED) {
        if (FAULTY(job_resume_refuses_other_context) && ctx != job->ctx)
            return ASYNC_ERR;
        job = misguide(self, job, ctx);
    } else {
        *handle = NULL;
        return ASYNC_ERR;
    }
    return let_run(self, handle, job, ret);
}

/* A pause that does not happen. */
static int skip_pause(struct thread *self, const ASYNC_JOB *job)
{
    if (job == NULL) {
        context_job_pause_skipped(self->last_ctx, 0);
        return !FAULTY(pause_outside_job_returns_0);
    }
    context_job_pause_skipped(job->ctx, 1);
    return !FAULTY(pause_blocked_returns_0);
}

int ASYNC_pause_job(void)
{
    struct thread *self = this_thread();
    ASYNC_JOB *job = self->current;

    if (job == NULL || (*blocks_of(self) != 0 && !FAULTY(block_ignored)))
        return skip_pause(self, job);
    if (!waste_at_pause())
        return 2;
    job->pauses++;
    if (FAULTY(deep_10th_pause_ignored) && job->pauses == 10)
        return 1;
    if (!job->ctx_is_gone)
        context_job_paused(job->ctx);
    if (FAULTY(use_job_arguments_freed_at_pause)) {
        free(job->copy);
        job->copy = NULL;
    }
    if (FAULTY(window_resume_resets_last_paused))
        self->last_paused_ctx = job->ctx;
    job->state = JOB_PAUSED;
    swapcontext(&job->fibre, &self->dispatcher);
    job->state = JOB_RUNNING;
    if (FAULTY(window_resume_resets_last_paused))
        context_job_resumed(self->last_paused_ctx);
    else if (!job->ctx_is_gone)
        context_job_resumed(job->ctx);
    return !FAULTY(pause_returns_0_after_resume);
}

ASYNC_JOB *ASYNC_get_current_job(void)
{
    struct thread *self = this_thread();

    if (FAULTY(current_job_null_in_job))
        return NULL;
    if (FAULTY(current_job_null_after_resume) && self->current != NULL
        && self->current->pauses > 0)
        return NULL;
    if (FAULTY(current_job_told_outside) && self->current == NULL)
        return self->last_paused;
    if (FAULTY(current_job_is_last_started) && self->current != NULL
        && self->last_started != NULL)
        return self->last_started;
    return sharing_current(self) == NULL ? NULL : handle_of(sharing_current(self));
}

ASYNC_WAIT_CTX *ASYNC_get_wait_ctx(ASYNC_JOB *handle)
{
    const struct thread *self = this_thread();

    if (FAULTY(wait_ctx_of_last_started) && self->last_started != NULL)
        return self->last_started->ctx;
    if (FAULTY(wait_ctx_null_while_paused) && job_of(handle)->state == JOB_PAUSED)
        return NULL;
    if (FAULTY(wait_ctx_null_after_resume) && job_of(handle)->state == JOB_RUNNING
        && job_of(handle)->pauses > 0)
        return NULL;
    return job_of(handle)->ctx;
}

void ASYNC_block_pause(void)
{
    struct thread *self = this_thread();

    if (FAULTY(crash_block))
        abort();
    if (self->current == NULL && !FAULTY(block_works_outside_job))
        return;
    if (FAULTY(block_not_counted) && *blocks_of(self) > 0)
        return;
    if (FAULTY(block_counts_to_2) && *blocks_of(self) == 2)
        return;
    if (FAULTY(block_ignored_after_resume) && self->current != NULL && self->current->pauses > 0)
        return;
    (*blocks_of(self))++;
}

void ASYNC_unblock_pause(void)
{
    struct thread *self = this_thread();

    if (self->current == NULL || (*blocks_of(self) == 0 && !FAULTY(unblock_counts_below_0)))
        return;
    if (FAULTY(unblock_ignored))
        return;
    if (FAULTY(block_stays_for_next_job) && *blocks_of(self) == 1)
        self->blocks_leaked = 1;
    (*blocks_of(self))--;
}

int ASYNC_is_capable(void)
{
    return CAPABLE && !FAULTY(is_capable_denied);
}
