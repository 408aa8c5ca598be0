/* Faults in which threads share what each should have for itself. */
#ifndef SHARING_H
#define SHARING_H

#include "context.h"
#include "pool.h"

/* What a thread has, or in some builds all of them have together. */
struct pool *pool_of(struct thread *self);
int *blocks_of(struct thread *self);
void sharing_job_runs(ASYNC_JOB *job);
ASYNC_JOB *sharing_current(const struct thread *self);

/* Contexts of the whole process. */
int sharing_new(ASYNC_WAIT_CTX *ctx);
int sharing_knows(const ASYNC_WAIT_CTX *ctx);
ASYNC_WAIT_CTX *sharing_free(ASYNC_WAIT_CTX *ctx);
void sharing_reset(ASYNC_WAIT_CTX *ctx);
int sharing_was_reset(ASYNC_WAIT_CTX *ctx);

/* Copy by way of memory that all threads use. */
void sharing_copy_fds(int *fds, size_t count);
void sharing_copy_arguments(void *copy, const void *args, size_t size);

#endif
