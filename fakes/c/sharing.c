/* Faults of threads: see sharing.h. */
#include "build.h"

#include "sharing.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* -- what a thread has ----------------------------------------------------------------------------- */

struct pool *pool_of(struct thread *self)
{
    static struct pool shared;

    return FAULTY(threads_share_pool) ? &shared : &self->pool;
}

int *blocks_of(struct thread *self)
{
    static int shared;

    return FAULTY(threads_share_block_count) ? &shared : &self->blocks;
}

static ASYNC_JOB *volatile runs_anywhere;
static pthread_mutex_t while_job_runs = PTHREAD_MUTEX_INITIALIZER;

/* NULL for a job that gives way. */
void sharing_job_runs(ASYNC_JOB *job)
{
    if (FAULTY(threads_lock_while_job_runs) && job != NULL)
        pthread_mutex_lock(&while_job_runs);
    if (FAULTY(threads_lock_while_job_runs) && job == NULL)
        pthread_mutex_unlock(&while_job_runs);
    runs_anywhere = job;
}

ASYNC_JOB *sharing_current(const struct thread *self)
{
    return FAULTY(threads_share_current_job) ? runs_anywhere : self->current;
}

/* -- contexts of the whole process ------------------------------------------------------------------ */

/* A list without a lock. */
struct known {
    const ASYNC_WAIT_CTX *ctx;
    struct known *next;
};
static struct known *volatile all_known;

static ASYNC_WAIT_CTX *volatile made_last;
static pthread_t made_last_by, reset_last_by;
static volatile size_t resets;

/* Memory that is set up when it is first needed, by whoever comes first. */
static int use_table(void)
{
    static volatile int is_ready;
    static void *volatile *volatile table;

    if (!FAULTY(race_table_ready_too_soon))
        return 1;
    if (!is_ready) {
        is_ready = 1;
        table = calloc(1 << 12, sizeof(*table));
    }
    return table != NULL;
}

int sharing_new(ASYNC_WAIT_CTX *ctx)
{
    made_last = ctx;
    made_last_by = pthread_self();
    ctx->memory.resets_of_all = resets;
    if (FAULTY(race_list_of_contexts)) {
        struct known *known = malloc(sizeof(*known));

        if (known == NULL)
            return 0;
        known->ctx = ctx;
        known->next = all_known;
        all_known = known;
    }
    return use_table();
}

int sharing_knows(const ASYNC_WAIT_CTX *ctx)
{
    const struct known *one = all_known;

    if (!FAULTY(race_list_of_contexts))
        return 1;
    while (one != NULL && one->ctx != ctx)
        one = one->next;
    return one != NULL;
}

static void forget(const ASYNC_WAIT_CTX *ctx)
{
    for (struct known *volatile *link = &all_known; *link != NULL; link = &(*link)->next)
        if ((*link)->ctx == ctx) {
            *link = (*link)->next; /* which leaks, for another may stand on it */
            return;
        }
}

/* A context of another thread that is emptied too, or NULL. */
ASYNC_WAIT_CTX *sharing_free(ASYNC_WAIT_CTX *ctx)
{
    ASYNC_WAIT_CTX *other = made_last;

    if (FAULTY(race_list_of_contexts))
        forget(ctx);
    if (other == ctx)
        made_last = NULL;
    if (!FAULTY(threads_free_empties_last_made) || other == ctx || other == NULL
        || pthread_equal(made_last_by, pthread_self()))
        return NULL;
    return other;
}

void sharing_reset(ASYNC_WAIT_CTX *ctx)
{
    resets++;
    ctx->memory.resets_of_all = resets;
    reset_last_by = pthread_self();
}

/* Whether a resume on another thread has begun a new window here as well. */
int sharing_was_reset(ASYNC_WAIT_CTX *ctx)
{
    size_t seen = ctx->memory.resets_of_all;

    ctx->memory.resets_of_all = resets;
    return FAULTY(threads_resume_resets_others) && seen != resets
           && !pthread_equal(reset_last_by, pthread_self());
}

/* -- memory that all use ---------------------------------------------------------------------------- */

void sharing_copy_fds(int *fds, size_t count)
{
    static volatile int shared[4096];

    for (size_t i = 0; FAULTY(race_fds_through_static) && i < count && i < 4096; i++)
        shared[i] = fds[i];
    for (size_t i = 0; FAULTY(race_fds_through_static) && i < count && i < 4096; i++)
        fds[i] = shared[i];
}

void sharing_copy_arguments(void *copy, const void *args, size_t size)
{
    static volatile unsigned char shared[4096];

    if (!FAULTY(race_arguments_through_static) || size > sizeof(shared)) {
        memcpy(copy, args, size);
        return;
    }
    for (size_t i = 0; i < size; i++)
        shared[i] = ((const unsigned char *)args)[i];
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)copy)[i] = shared[i];
}
