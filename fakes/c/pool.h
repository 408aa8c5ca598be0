/* Jobs, and the supply of them that each thread has. */
#ifndef POOL_H
#define POOL_H

#include <stddef.h>
#include <ucontext.h>

#include "async_api.h"

enum job_state { JOB_IDLE, JOB_RUNNING, JOB_PAUSED, JOB_ENDED };

struct async_job_st {
    enum job_state state;
    ASYNC_WAIT_CTX *ctx;
    int ctx_is_gone; /* the job itself has freed it */
    int (*func)(void *);
    void *args, *copy; /* what func gets; our copy of it, if there is one */
    size_t size;
    int ret;
    unsigned pauses;
    ucontext_t fibre;
    unsigned char *stack;
};

/* Jobs that are not in use, and how many there may be. */
struct pool {
    ASYNC_JOB **idle;
    size_t count, room;
    size_t made, limit; /* limit 0: none */
    int is_ready, was_empty;
};

/* Everything that one thread knows. */
struct thread {
    ASYNC_JOB *current;
    ucontext_t dispatcher; /* where start_job() waits for the job to give way */
    int blocks;            /* nesting of block_pause(); outlives the job, as in OpenSSL */
    struct pool pool;
    /* Only faults look at these. */
    ASYNC_JOB *last_started, *last_paused;
    ASYNC_WAIT_CTX *last_ctx, *last_paused_ctx;
    int last_ret, blocks_leaked;
    void *last_copy;
};

/* The state of the calling thread; its pool is freed when the thread ends. */
struct thread *this_thread(void);

/* A job ready for use, or NULL: the limit is reached or memory is short. */
ASYNC_JOB *pool_take(struct pool *pool);

/* Give a job back. */
void pool_give(struct pool *pool, ASYNC_JOB *job);

#endif
