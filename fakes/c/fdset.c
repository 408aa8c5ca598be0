/* The journal of descriptors: see fdset.h. */
#include "fdset.h"

#include <stdlib.h>
#include <string.h>

#include "choices.h"

int fdset_add(struct fdset *set, struct entry entry)
{
    if (set->count == set->room + FAULTY(heap_entry_past_the_array) * (set->room > 0)) {
        size_t room = set->room == 0 ? 4 : 2 * set->room;
        struct entry *grown = realloc(set->entries, room * sizeof(*grown));

        if (grown == NULL && FAULTY(short_set_crashes))
            set->room = room;
        else if (grown == NULL)
            return 0;
        set->entries = grown;
        set->room = room;
    }
    entry.born = ++set->clock;
    entry.died = 0;
    entry.owed = 0;
    set->entries[set->count++] = entry;
    return 1;
}

struct entry fdset_take(struct fdset *set, size_t index)
{
    struct entry taken = set->entries[index];

    set->count--;
    memmove(&set->entries[index], &set->entries[index + 1],
            (set->count - index) * sizeof(taken));
    return taken;
}

int fdset_same_key(const void *stored, const void *asked)
{
    uintptr_t a = (uintptr_t)stored, b = (uintptr_t)asked;

    if (FAULTY(key_low_32_bits))
        return (uint32_t)a == (uint32_t)b;
    if (FAULTY(key_low_16_bits))
        return (uint16_t)a == (uint16_t)b;
    if (FAULTY(key_low_4_bits_ignored))
        return a >> 4 == b >> 4;
    if (FAULTY(key_top_bit_ignored))
        return a << 1 == b << 1;
    if (FAULTY(key_null_matches_any) && asked == NULL)
        return 1;
    return a == b;
}

static int matches(const struct entry *entry, const void *key)
{
    return entry->died == 0 && fdset_same_key(entry->key, key);
}

struct entry *fdset_find(struct fdset *set, const void *key)
{
    for (size_t i = set->count; i-- > 0;)
        if (matches(&set->entries[i], key))
            return &set->entries[i];
    return NULL;
}

struct entry *fdset_find_ended(struct fdset *set, const void *key)
{
    for (size_t i = set->count; i-- > 0;)
        if (set->entries[i].died != 0 && fdset_same_key(set->entries[i].key, key))
            return &set->entries[i];
    return NULL;
}

struct entry *fdset_find_oldest(struct fdset *set, const void *key)
{
    for (size_t i = 0; i < set->count; i++)
        if (matches(&set->entries[i], key))
            return &set->entries[i];
    return NULL;
}

void fdset_end(struct fdset *set, struct entry *entry)
{
    uint64_t remember = set->mark; /* who was born later was never seen by anybody */

    if (WHILE_PAUSED == WHILE_PAUSED_KEPT_BY_FLAG)
        remember = set->base;
    if (FAULTY(window_old_clear_untold) || (FAULTY(window_third_clear_untold) && set->resets >= 2))
        remember = 0;
    if (FAULTY(window_set_clear_told) || FAULTY(window_set_clear_told_deleted)
        || FAULTY(cleanup_for_cleared_at_free) || FAULTY(all_lists_cleared_fresh))
        remember = UINT64_MAX;
    entry->died = ++set->clock;
    if (entry->born > remember && !entry->owed) {
        set->ghosts++;
        fdset_take(set, (size_t)(entry - set->entries));
    }
}

void fdset_pause(struct fdset *set)
{
    if (FAULTY(window_reset_at_pause)) {
        fdset_reset(set);
        return;
    }
    if (WHILE_PAUSED != WHILE_PAUSED_LOST)
        set->mark = set->clock;
}

/* Faults that tell again, in the window that just began, what an earlier window told. */
static void repeat(struct fdset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct entry *entry = &set->entries[i];

        if (FAULTY(window_reset_adds_only) && entry->died != 0)
            entry->died = ++set->clock;
        if (FAULTY(window_first_told_again_in_third) && set->resets == 2 && entry->died == 0
            && entry->born <= set->first_mark)
            entry->born = ++set->clock;
    }
}

void fdset_reset(struct fdset *set)
{
    uint64_t old_base = set->base;

    set->resets++;
    if (WHILE_PAUSED == WHILE_PAUSED_LOST)
        set->mark = set->clock;
    if (FAULTY(window_reset_keeps_last_change) && set->mark > old_base)
        set->mark--;
    set->base = set->mark;
    set->ghosts = 0;
    if (set->resets == 1)
        set->first_mark = set->mark;
    repeat(set);
    for (size_t i = set->count; i-- > 0;)
        if (set->entries[i].died != 0 && set->entries[i].died <= set->base
            && !set->entries[i].owed && !FAULTY(cleanup_for_cleared_at_free))
            fdset_take(set, i);
}

/* Whether an entry is in a share, each association taken by itself. */
static int happened(const struct fdset *set, const struct entry *entry, enum share share)
{
    int fresh = entry->born > set->base;

    switch (share) {
    case LIVE:
        if (FAULTY(all_lists_cleared_old) && entry->died != 0 && !fresh && !entry->owed)
            return 1;
        if (FAULTY(all_lists_cleared_fresh) && entry->died != 0 && fresh && !entry->owed)
            return 1;
        return entry->died == 0;
    case ADDED:
        if (FAULTY(window_reset_dels_only))
            fresh = 1;
        return fresh && (entry->died == 0 || FAULTY(window_set_clear_told));
    default:
        if (FAULTY(window_set_clear_told) || FAULTY(window_set_clear_told_deleted))
            return entry->died > set->base;
        return !fresh && entry->died > set->base;
    }
}

static int identical(const struct entry *a, const struct entry *b)
{
    if (FAULTY(window_readd_untold))
        return a->key == b->key;
    return a->fd == b->fd && (SAME == SAME_FD || a->key == b->key);
}

/*
 * Whether what happened to an entry is undone by the opposite change of an identical one.
 * Identical entries pair off in order of birth: the n-th has a partner when the other share holds
 * more than n of them.
 */
static int undone(const struct fdset *set, size_t index, enum share share)
{
    enum share other = share == ADDED ? DELETED : ADDED;
    size_t rank = 0, partners = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct entry *entry = &set->entries[i];

        if (!identical(entry, &set->entries[index]))
            continue;
        rank += i < index && happened(set, entry, share);
        partners += happened(set, entry, other);
    }
    return rank < partners;
}

int fdset_belongs(const struct fdset *set, size_t index, enum share share)
{
    const struct entry *entry = &set->entries[index];

    if (!happened(set, entry, share))
        return 0;
    if (FAULTY(zero_not_listed) && share == LIVE && entry->fd == 0)
        return 0;
    if (FAULTY(zero_not_told_added) && share == ADDED && entry->fd == 0)
        return 0;
    if (FAULTY(zero_not_told_deleted) && share == DELETED && entry->fd == 0)
        return 0;
    if (FAULTY(negative_fd_not_listed) && entry->fd < 0)
        return 0;
    if (FAULTY(large_fd_not_listed) && share == LIVE && entry->fd > 1023)
        return 0;
    if (FAULTY(many_17th_not_told) && share == ADDED && index >= 16)
        return 0;
    if (FAULTY(many_33rd_not_listed) && share == LIVE && index >= 32)
        return 0;
    if (FAULTY(all_lists_equal_fds_once) && share == LIVE)
        for (size_t i = 0; i < index; i++)
            if (set->entries[i].died == 0 && set->entries[i].fd == entry->fd)
                return 0;
    if (share == LIVE || (SAME == SAME_NEVER && !FAULTY(window_readd_untold)))
        return 1;
    return !undone(set, index, share);
}

static int ascending(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

static void reverse(int *from, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        int kept = from[i];

        from[i] = from[count - 1 - i];
        from[count - 1 - i] = kept;
    }
}

/* Put an array that is newest first into the order of this build. */
static void arrange(struct fdset *set, int *fds, size_t count)
{
    if (ORDER == ORDER_OLDEST_FIRST)
        reverse(fds, count);
    if (ORDER == ORDER_SORTED && count > 1)
        qsort(fds, count, sizeof(*fds), ascending);
    if (ORDER == ORDER_ROTATING && count > 1) {
        size_t shift = ++set->turns % count;

        reverse(fds, shift);
        reverse(fds + shift, count - shift);
        reverse(fds, count);
    }
}

size_t fdset_list(struct fdset *set, enum share share, int *out)
{
    size_t count = 0;

    if (FAULTY(heap_entry_read_past_the_array) && set->count > 0 && set->count == set->room)
        set->turns += ((volatile struct entry *)set->entries)[set->count].fd != 0;
    for (size_t i = set->count; i-- > 0;) {
        if (!fdset_belongs(set, i, share))
            continue;
        if (out != NULL)
            out[count] = set->entries[i].fd;
        count++;
    }
    if (out != NULL)
        arrange(set, out, count);
    return count;
}
