/* A wait context, and what the jobs tell it. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "fdset.h"

/* How user code is notified without a descriptor. */
struct notice {
    ASYNC_callback_fn callback;
    void *callback_arg;
    int callback_was_set;
    int status;
    size_t status_sets;
};

/* Memory that only faults have: what a conforming context never needs to know. */
struct memory {
    size_t operations, jobs_started, pauses;
    size_t frees_seen, resets_seen;
    const void *last_key; /* of the last association cleared, and its data */
    void *last_data;
    int listed[64]; /* the array of the last get_all_fds() */
    size_t listed_count;
    void *record; /* a block that a fault has, or had */
    size_t resets_of_all; /* how many windows there were in the whole process */
    int wedged;
};

struct async_wait_ctx_st {
    struct fdset fds;
    struct notice notice;
    struct memory memory;
};

/* The parts of a context; every function asks for them here, so that faults can share them. */
struct fdset *context_fds(ASYNC_WAIT_CTX *ctx);
struct notice *context_notice(ASYNC_WAIT_CTX *ctx);

/* Contexts freed and windows begun in the whole process so far. */
extern _Atomic size_t contexts_freed, contexts_reset;

/* The life of a job, told to its context. All of them accept NULL. */
void context_job_started(ASYNC_WAIT_CTX *ctx);
void context_job_paused(ASYNC_WAIT_CTX *ctx);
void context_job_pause_skipped(ASYNC_WAIT_CTX *ctx, int blocked);
void context_job_resumed(ASYNC_WAIT_CTX *ctx);
void context_job_finished(ASYNC_WAIT_CTX *ctx);

/* A context goes away: whoever remembers it forgets it. Defined with the jobs. */
void jobs_forget_context(ASYNC_WAIT_CTX *ctx);

#endif
