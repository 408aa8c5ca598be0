/* The pool of jobs of a thread. */
#include "build.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "sharing.h"

#define STACK_BYTES ((size_t)64 * 1024)

static _Thread_local struct thread state;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_job(ASYNC_JOB *job)
{
    free(job->copy);
    free(job->stack);
    free(job);
}

static void empty(struct pool *pool)
{
    while (pool->count > 0)
        free_job(pool->idle[--pool->count]);
    if (!FAULTY(leak_pool_at_cleanup))
        free(pool->idle);
    memset(pool, 0, sizeof(*pool));
}

static void thread_ends(void *pool)
{
    empty(pool);
}

static void prepare(void)
{
    pthread_key_create(&at_thread_end, thread_ends);
}

struct thread *this_thread(void)
{
    static struct thread of_all;

    return FAULTY(threads_share_state) ? &of_all : &state;
}

static void prepare_fibre(ASYNC_JOB *job)
{
    getcontext(&job->fibre);
    job->fibre.uc_stack.ss_sp = job->stack;
    job->fibre.uc_stack.ss_size = STACK_BYTES;
    job->fibre.uc_link = NULL;
}

static ASYNC_JOB *make_job(void)
{
    ASYNC_JOB *job = calloc(1, sizeof(*job));

    if (job == NULL)
        return NULL;
    job->stack = malloc(STACK_BYTES);
    if (job->stack == NULL) {
        free(job);
        return NULL;
    }
    prepare_fibre(job);
    return job;
}

/* Make room first, so that giving a job back cannot fail. */
static int reserve(struct pool *pool)
{
    size_t room = pool->room == 0 ? 4 : 2 * pool->room;
    ASYNC_JOB **grown;

    if (pool->made < pool->room)
        return 1;
    grown = realloc(pool->idle, room * sizeof(*grown));
    if (grown == NULL)
        return 0;
    pool->idle = grown;
    pool->room = room;
    return 1;
}

static int begin(struct pool *pool, size_t limit)
{
    empty(pool);
    pthread_once(&once, prepare);
    pthread_setspecific(at_thread_end, pool);
    pool->limit = limit;
    pool->is_ready = 1;
    return 1;
}

static size_t limit_of_all;

static size_t limit_of(const struct pool *pool)
{
    if (FAULTY(threads_share_pool_limit))
        return limit_of_all;
    if (FAULTY(pool_limit_ignored))
        return 0;
    if (FAULTY(pool_unlimited_is_4) && pool->limit == 0)
        return 4;
    if (FAULTY(pool_limit_one_more) && pool->limit > 0)
        return pool->limit + 1;
    if (FAULTY(pool_limit_one_less) && pool->limit > 1)
        return pool->limit - 1;
    return pool->limit;
}

ASYNC_JOB *pool_take(struct pool *pool)
{
    ASYNC_JOB *job;

    if (!pool->is_ready)
        begin(pool, 0);
    if (FAULTY(pool_no_jobs_for_ever) && pool->was_empty)
        return NULL;
    if (pool->count > 0)
        return pool->idle[--pool->count];
    if (limit_of(pool) > 0 && pool->made >= limit_of(pool)) {
        pool->was_empty = 1;
        return NULL;
    }
    if (!reserve(pool) || (job = make_job()) == NULL)
        return NULL;
    pool->made++;
    return job;
}

void pool_give(struct pool *pool, ASYNC_JOB *job)
{
    job->state = JOB_IDLE;
    job->ctx = NULL;
    if (FAULTY(leak_job_arguments))
        job->copy = NULL;
    if (FAULTY(pool_finished_job_not_returned) && job->pauses > 0)
        return; /* a leak, and for ever counted as in use */
    if (!pool->is_ready)
        begin(pool, 0);
    if (pool->count == pool->room && !reserve(pool)) {
        free_job(job);
        return;
    }
    pool->idle[pool->count++] = job;
}

int ASYNC_init_thread(size_t max_size, size_t init_size)
{
    struct pool *pool = pool_of(this_thread());

    if (!CAPABLE)
        return 1;
    if (init_size > max_size && !FAULTY(pool_init_over_max_accepted))
        return 0;
    begin(pool, max_size);
    limit_of_all = max_size;
    while (pool->count < init_size && (max_size == 0 || pool->made < max_size)) {
        ASYNC_JOB *job = NULL;

        if (!reserve(pool) || (job = make_job()) == NULL)
            break;
        pool->made++;
        pool->idle[pool->count++] = job;
    }
    if (FAULTY(pool_limit_is_initial_size) && init_size > 0)
        pool->limit = init_size;
    return !FAULTY(pool_init_returns_0);
}

void ASYNC_cleanup_thread(void)
{
    struct thread *self = this_thread();
    size_t limit = pool_of(self)->limit;
    int blocks = self->blocks;

    if (self->current != NULL)
        return;
    if (FAULTY(crash_cleanup_without_pool) && !pool_of(self)->is_ready)
        abort();
    empty(pool_of(self));
    limit_of_all = 0;
    memset(self, 0, sizeof(*self));
    if (LEFT_BLOCKS == LEFT_BLOCKS_KEPT)
        self->blocks = blocks;
    if (FAULTY(pool_limit_survives_cleanup))
        begin(&self->pool, limit);
}
