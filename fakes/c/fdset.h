/*
 * The descriptors of one wait context, as a journal.
 *
 * Every set and every clear takes the next number of a clock.  An association knows when it was
 * born and when it died, so the changes since any moment are a question of comparing numbers;
 * nothing is flagged and nothing has to be counted along.
 */
#ifndef FDSET_H
#define FDSET_H

#include <stdint.h>

#include "async_api.h"

struct entry {
    const void *key;
    int fd;
    void *data;
    async_cleanup_fn cleanup;
    uint64_t born;
    uint64_t died; /* 0 while live */
    int owed;      /* dead, but its cleanup is still due when the context goes */
};

struct fdset {
    struct entry *entries; /* in order of birth */
    size_t count, room;
    uint64_t clock; /* number of the last change */
    uint64_t base;  /* what is told are the changes after this one */
    uint64_t mark;  /* the base that comes into force at the next resume */
    uint64_t first_mark;
    unsigned turns;  /* arrays written so far, for ORDER_ROTATING */
    size_t resets, sets, clears, ghosts;
    int was_read;
};

enum share { LIVE, ADDED, DELETED };

/* Append an association; 0 when memory is short, and then nothing has changed. */
int fdset_add(struct fdset *set, struct entry entry);

/* Take the association at `index` out for good. */
struct entry fdset_take(struct fdset *set, size_t index);

/* The live association of a key, the newest when there are several, or NULL. */
struct entry *fdset_find(struct fdset *set, const void *key);

/* The same, the oldest. */
struct entry *fdset_find_oldest(struct fdset *set, const void *key);

/* The newest association of a key that has ended and is still remembered, or NULL. */
struct entry *fdset_find_ended(struct fdset *set, const void *key);

/* End a live association; it is remembered as long as its end may have to be told. */
void fdset_end(struct fdset *set, struct entry *entry);

/* The job pauses: from here on changes belong to the application. */
void fdset_pause(struct fdset *set);

/* The job goes on: a new window of changes begins. */
void fdset_reset(struct fdset *set);

/* How many descriptors are in a share; written to `out` unless it is NULL. */
size_t fdset_list(struct fdset *set, enum share share, int *out);

/* Whether two keys are the same. `asked` is the one that a caller gave. */
int fdset_same_key(const void *stored, const void *asked);

/* Whether entry `index` belongs to a share. */
int fdset_belongs(const struct fdset *set, size_t index, enum share share);

#endif
