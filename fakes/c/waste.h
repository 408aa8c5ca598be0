/* What builds do with memory that a plain one does not: faults, and choices that are no fault. */
#ifndef WASTE_H
#define WASTE_H

#include "fdset.h"

struct async_wait_ctx_st;

/* Faults, each at the end of the call that it is named after. `waste_at_set` gives 0 if the set has
 * to be refused, `waste_at_pause` if there was no memory for it, `waste_without_memory` what a set
 * answers that could not store. */
int waste_at_set(ASYNC_WAIT_CTX *ctx);
int waste_at_pause(void);
void waste_at_clear(ASYNC_WAIT_CTX *ctx, const struct entry *cleared);
void waste_at_look(ASYNC_WAIT_CTX *ctx);
void waste_at_free(ASYNC_WAIT_CTX *ctx);
void waste_after_free(const ASYNC_WAIT_CTX *freed);
int waste_without_memory(ASYNC_WAIT_CTX *ctx, async_cleanup_fn cleanup, const void *key, int fd,
                         void *data);

/* Choices. A context that was kept, or NULL; whether a context is kept; whether an association found
 * room although memory is short. */
ASYNC_WAIT_CTX *thrift_take_context(void);
int thrift_keep_context(ASYNC_WAIT_CTX *ctx);
int thrift_add(struct fdset *set, struct entry entry);

#endif
