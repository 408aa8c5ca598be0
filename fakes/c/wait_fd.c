/* The functions on the descriptors of a wait context. */
#include "build.h"

#include <stdint.h>
#include <string.h>

#include "context.h"
#include "meddle.h"
#include "sharing.h"
#include "waste.h"

/* What happens to associations that a key already has. 0 refuses the new one. */
static int displace(struct fdset *set, ASYNC_WAIT_CTX *ctx, const void *key)
{
    struct entry *entry = fdset_find(set, key);
    struct entry displaced;

    if (entry != NULL && LIVE_KEY == LIVE_KEY_SHADOWED)
        meddle_at_replace(entry->fd);
    if (entry == NULL || LIVE_KEY == LIVE_KEY_SHADOWED)
        return 1;
    if (LIVE_KEY == LIVE_KEY_REFUSED)
        return 0;
    displaced = *entry;
    meddle_at_replace(displaced.fd);
    entry->owed = LIVE_KEY == LIVE_KEY_REPLACED_CLEANED_AT_FREE && entry->cleanup != NULL;
    fdset_end(set, entry);
    if (LIVE_KEY == LIVE_KEY_REPLACED_CLEANED_AT_ONCE && displaced.cleanup != NULL)
        displaced.cleanup(ctx, displaced.key,
                          FAULTY(replaced_key_cleaned_with_no_fd) ? -1 : displaced.fd,
                          displaced.data);
    return 1;
}

/* How a fault stores an association. */
static void distort(struct fdset *set, const ASYNC_WAIT_CTX *ctx, struct entry *entry)
{
    if (FAULTY(data_dropped))
        entry->data = NULL;
    if (FAULTY(data_low_32_bits))
        entry->data = (void *)(uintptr_t)(uint32_t)(uintptr_t)entry->data;
    if (FAULTY(data_low_bit_lost))
        entry->data = (void *)((uintptr_t)entry->data & ~(uintptr_t)1);
    if (FAULTY(data_of_first_set_with_any_key) && set->count > 0)
        entry->data = set->entries[0].data;
    if (FAULTY(data_kept_from_cleared) && ctx->memory.last_data != NULL
        && ctx->memory.last_key == entry->key)
        entry->data = ctx->memory.last_data;
    if (FAULTY(fd_low_8_bits))
        entry->fd = (unsigned char)entry->fd;
    if (FAULTY(fd_low_16_bits))
        entry->fd = (uint16_t)entry->fd;
}

/* Faults of a set that leave the set without the new association; -1 when there is none. */
static int lose(struct fdset *set, const ASYNC_WAIT_CTX *ctx, const struct entry *entry)
{
    if (FAULTY(key_null_refused) && entry->key == NULL)
        return 0;
    if (FAULTY(key_null_lost) && entry->key == NULL)
        return 1;
    if (FAULTY(zero_refused) && entry->fd == 0)
        return 0;
    if (FAULTY(negative_fd_refused) && entry->fd < 0)
        return 0;
    if (FAULTY(many_9th_refused) && set->count >= 8)
        return 0;
    if (FAULTY(many_9th_lost) && set->count >= 8)
        return 1;
    if (FAULTY(deep_set_lost_after_50_sets) && set->sets > 50)
        return 1;
    if (FAULTY(set_outside_job_lost) && ASYNC_get_current_job() == NULL)
        return 1;
    if (FAULTY(fd_shared_by_two_keys_refused))
        for (size_t i = 0; i < set->count; i++)
            if (set->entries[i].died == 0 && set->entries[i].fd == entry->fd
                && set->entries[i].key != entry->key)
                return 0;
    if (FAULTY(set_in_second_job_lost) && ASYNC_get_current_job() != NULL
        && ctx->memory.jobs_started > 1)
        return 1;
    return -1;
}

/* What a faulty set does to the associations that are already there. */
static void disturb(struct fdset *set, ASYNC_WAIT_CTX *ctx, const struct entry *entry)
{
    for (size_t i = set->count; i-- > 0;) {
        struct entry *other = &set->entries[i];

        if (other->key != entry->key || other->died == 0)
            continue;
        if (FAULTY(window_deleted_told_with_new_fd))
            other->fd = entry->fd;
        if (FAULTY(window_readd_hides_deleted))
            fdset_take(set, i);
    }
    if (FAULTY(status_changed_by_set_wait_fd))
        ctx->notice.status = ASYNC_STATUS_UNSUPPORTED;
    if (FAULTY(callback_cleared_by_set_wait_fd))
        ctx->notice.callback = NULL;
    if (FAULTY(many_17th_overwrites_first) && set->count >= 16)
        fdset_take(set, 0);
}

int ASYNC_WAIT_CTX_set_wait_fd(ASYNC_WAIT_CTX *ctx, const void *key, OSSL_ASYNC_FD fd,
                               void *custom_data, async_cleanup_fn cleanup)
{
    struct fdset *set = context_fds(ctx);
    struct entry entry = {.key = key, .fd = fd, .data = custom_data, .cleanup = cleanup};
    int again = fdset_find(set, key) != NULL;
    int lost;

    if (!sharing_knows(ctx))
        return 0;
    set->sets++;
    lost = lose(set, ctx, &entry);
    if (lost >= 0)
        return lost;
    if (!displace(set, ctx, key))
        return 0;
    if (!waste_at_set(ctx))
        return 0;
    distort(set, ctx, &entry);
    disturb(set, ctx, &entry);
    meddle_at_set(entry.fd);
    if (!fdset_add(set, entry) && !thrift_add(set, entry))
        return waste_without_memory(ctx, entry.cleanup, entry.key, entry.fd, entry.data);
    if ((FAULTY(set_live_key_returns_2) || FAULTY(replaced_key_returns_2)) && again)
        return 2;
    if (FAULTY(set_wait_fd_returns_count))
        return (int)set->count;
    if (FAULTY(set_wait_fd_returns_0_without_cleanup) && cleanup == NULL)
        return 0;
    return !FAULTY(set_wait_fd_returns_0);
}

/* The association that get_fd() tells of. */
static struct entry *look_up(struct fdset *set, const ASYNC_WAIT_CTX *ctx, const void *key)
{
    struct entry *entry = fdset_find(set, key);

    if (FAULTY(get_fd_oldest_of_duplicates))
        entry = fdset_find_oldest(set, key);
    if (FAULTY(get_fd_finds_cleared) && entry == NULL)
        entry = fdset_find_ended(set, key);
    if (FAULTY(get_fd_any_key) && set->count > 0 && entry == NULL)
        entry = fdset_find(set, set->entries[set->count - 1].key);
    if (FAULTY(get_fd_only_in_job) && ASYNC_get_current_job() == NULL)
        return NULL;
    if (FAULTY(get_fd_only_fresh) && entry != NULL && entry->born <= set->base)
        return NULL;
    if (FAULTY(zero_get_is_miss) && entry != NULL && entry->fd == 0)
        return NULL;
    if (FAULTY(many_33rd_not_found) && entry != NULL && entry - set->entries >= 32)
        return NULL;
    if (FAULTY(deep_get_fd_misses_after_100_operations) && ctx->memory.operations > 100)
        return NULL;
    return entry;
}

/* After a failure the out-pointers may hold anything; how this build leaves them. */
static void leave_outs(OSSL_ASYNC_FD *fd, void **custom_data)
{
    if (ON_FAILURE == ON_FAILURE_UNTOUCHED || fd == NULL || custom_data == NULL)
        return;
    *fd = ON_FAILURE == ON_FAILURE_GARBAGE ? 0x5a5a5a : 0;
    *custom_data = ON_FAILURE == ON_FAILURE_GARBAGE ? (void *)(uintptr_t)0x5a5a5a5a : NULL;
}

int ASYNC_WAIT_CTX_get_fd(ASYNC_WAIT_CTX *ctx, const void *key, OSSL_ASYNC_FD *fd,
                          void **custom_data)
{
    struct fdset *set = context_fds(ctx);
    const struct entry *entry = look_up(set, ctx, key);

    if (entry == NULL) {
        meddle_at_miss();
        leave_outs(fd, custom_data);
        if (FAULTY(get_fd_miss_writes_fd))
            *fd = OSSL_BAD_ASYNC_FD;
        if (FAULTY(get_fd_miss_writes_data))
            *custom_data = NULL;
        if (FAULTY(get_fd_clears_outs_on_miss) && fd != NULL && custom_data != NULL) {
            *fd = OSSL_BAD_ASYNC_FD;
            *custom_data = NULL;
        }
        return FAULTY(get_fd_returns_1_on_miss);
    }
    if (!FAULTY(get_fd_fd_unwritten))
        *fd = entry->fd;
    if (!FAULTY(data_unwritten_when_null) || entry->data != NULL)
        *custom_data = entry->data;
    if (FAULTY(get_fd_writes_8_bytes))
        memcpy(fd, &(int64_t){entry->fd}, sizeof(int64_t));
    if (FAULTY(get_fd_fd_of_newest))
        *fd = set->entries[set->count - 1].fd;
    if (FAULTY(data_of_newest))
        *custom_data = set->entries[set->count - 1].data;
    if (FAULTY(data_is_key))
        *custom_data = (void *)entry->key;
    if (FAULTY(get_fd_returns_0_without_data) && entry->data == NULL)
        return 0;
    return !FAULTY(get_fd_returns_0);
}

/* Write a share, never more than was counted: only faults count less than there is. */
static void write_share(struct fdset *set, enum share share, int *out, size_t count)
{
    int whole[4096];
    size_t all = fdset_list(set, share, NULL);

    if (all <= count)
        fdset_list(set, share, out);
    else if (all <= 4096) {
        fdset_list(set, share, whole);
        memcpy(out, whole, count * sizeof(*out));
    }
}

/* Faults in what get_all_fds() tells; the answer has been given in full already. */
static int misreport_all(ASYNC_WAIT_CTX *ctx, struct fdset *set, OSSL_ASYNC_FD *fd,
                         size_t *numfds, size_t before)
{
    struct memory *memory = &ctx->memory;
    size_t count = *numfds;

    if (FAULTY(all_count_one_more))
        *numfds = count + 1;
    if (FAULTY(all_count_one_less) && count > 1)
        *numfds = count - 1;
    if (FAULTY(all_count_one_more_without_array) && fd == NULL)
        *numfds = count + 1;
    if (FAULTY(all_count_one_more_with_array) && fd != NULL)
        *numfds = count + 1;
    if (FAULTY(all_writes_before_array) && fd != NULL)
        fd[-1] = OSSL_BAD_ASYNC_FD;
    if (FAULTY(all_count_unwritten_without_array) && fd == NULL)
        *numfds = before;
    if (FAULTY(all_count_unwritten_when_none) && count == 0)
        *numfds = before;
    if (FAULTY(all_count_is_added) && fd == NULL)
        *numfds = fdset_list(set, ADDED, NULL);
    if (FAULTY(all_count_with_deleted) && fd == NULL)
        *numfds = count + fdset_list(set, DELETED, NULL);
    if (FAULTY(all_count_capped_at_32) && count > 32)
        *numfds = 32;
    if (FAULTY(all_consumes_changes) && fd != NULL)
        fdset_reset(set);
    if (fd != NULL && FAULTY(all_one_over))
        fd[count] = OSSL_BAD_ASYNC_FD;
    if (fd != NULL && FAULTY(all_second_repeats_first) && count > 1)
        fd[1] = fd[0];
    if (fd != NULL && FAULTY(all_stale_while_count_is_same)) {
        if (count == memory->listed_count && count <= 64)
            memcpy(fd, memory->listed, count * sizeof(*fd));
        memory->listed_count = count;
        if (count <= 64)
            memcpy(memory->listed, fd, count * sizeof(*fd));
    }
    if (FAULTY(get_all_fds_returns_0_when_none) && count == 0)
        return 0;
    if (FAULTY(get_all_fds_returns_count))
        return (int)count;
    if (FAULTY(get_all_fds_returns_0_without_array) && fd == NULL)
        return 0;
    return !FAULTY(get_all_fds_returns_0);
}

int ASYNC_WAIT_CTX_get_all_fds(ASYNC_WAIT_CTX *ctx, OSSL_ASYNC_FD *fd, size_t *numfds)
{
    struct fdset *set = context_fds(ctx);
    size_t before = *numfds;
    int kept = 0;

    waste_at_look(ctx);
    meddle_at_look(set);
    *numfds = fdset_list(set, LIVE, NULL);
    if (fd == NULL)
        return misreport_all(ctx, set, fd, numfds, before);
    if (FAULTY(all_capped_at_8) && *numfds > 8)
        *numfds = 8;
    if (FAULTY(all_limited_by_count_passed_in) && before < *numfds)
        *numfds = before;
    if (*numfds > 0 && FAULTY(all_one_short))
        kept = fd[*numfds - 1];
    write_share(set, LIVE, fd, *numfds);
    if (*numfds > 0 && FAULTY(all_one_short))
        fd[*numfds - 1] = kept;
    sharing_copy_fds(fd, *numfds);
    return misreport_all(ctx, set, fd, numfds, before);
}

/* Faults in the counts of get_changed_fds(). */
static void miscount(struct fdset *set, const ASYNC_WAIT_CTX *ctx, const OSSL_ASYNC_FD *addfd,
                     size_t *added, const OSSL_ASYNC_FD *delfd, size_t *deleted)
{
    size_t a = *added, d = *deleted;

    if (FAULTY(changed_counts_swapped)) {
        *added = d;
        *deleted = a;
    }
    if (FAULTY(changed_counts_swapped_without_arrays) && addfd == NULL && delfd == NULL) {
        *added = d;
        *deleted = a;
    }
    if (FAULTY(changed_writes_before_array) && addfd != NULL)
        ((OSSL_ASYNC_FD *)addfd)[-1] = OSSL_BAD_ASYNC_FD;
    if (FAULTY(changed_counts_0_without_arrays) && addfd == NULL && delfd == NULL)
        *added = *deleted = 0;
    if (FAULTY(changed_deleted_0_without_array) && delfd == NULL)
        *deleted = 0;
    if (FAULTY(changed_added_0_without_array) && addfd == NULL)
        *added = 0;
    if (FAULTY(changed_added_one_more_without_array) && addfd == NULL && a > 0)
        *added = a + 1;
    if (FAULTY(changed_added_counts_deleted))
        *added = a + d;
    if (FAULTY(changed_added_is_all))
        *added = fdset_list(set, LIVE, NULL);
    if (FAULTY(changed_deleted_at_most_1) && d > 1)
        *deleted = 1;
    if (FAULTY(changed_added_capped_at_16) && a > 16)
        *added = 16;
    if (FAULTY(window_set_clear_counted)) {
        *added = a + set->ghosts;
        *deleted = d + set->ghosts;
    }
    if (FAULTY(deep_changes_untold_after_100_operations) && ctx->memory.operations > 100)
        *added = *deleted = 0;
}

/* Fill the arrays of get_changed_fds(). */
static void write_changes(struct fdset *set, OSSL_ASYNC_FD *addfd, size_t added,
                          OSSL_ASYNC_FD *delfd, size_t deleted)
{
    int swap = FAULTY(changed_arrays_swapped);

    if (FAULTY(changed_arrays_need_both) && (addfd == NULL || delfd == NULL))
        return;
    if (addfd != NULL && !FAULTY(changed_added_unwritten))
        write_share(set, swap ? DELETED : ADDED, addfd, added);
    if (addfd != NULL && FAULTY(changed_added_from_oldest)) {
        size_t n = 0;

        for (size_t i = 0; i < set->count && n < added; i++)
            if (set->entries[i].died == 0)
                addfd[n++] = set->entries[i].fd;
    }
    if (delfd != NULL && !FAULTY(changed_deleted_unwritten))
        write_share(set, swap ? ADDED : DELETED, delfd, deleted);
    if (delfd != NULL && FAULTY(changed_deleted_repeats_first))
        for (size_t i = 1; i < deleted; i++)
            delfd[i] = delfd[0];
    if (addfd != NULL && FAULTY(changed_added_one_over))
        addfd[added] = OSSL_BAD_ASYNC_FD;
}

int ASYNC_WAIT_CTX_get_changed_fds(ASYNC_WAIT_CTX *ctx, OSSL_ASYNC_FD *addfd, size_t *numaddfds,
                                   OSSL_ASYNC_FD *delfd, size_t *numdelfds)
{
    struct fdset *set = context_fds(ctx);
    size_t added = fdset_list(set, ADDED, NULL);
    size_t deleted = fdset_list(set, DELETED, NULL);

    miscount(set, ctx, addfd, &added, delfd, &deleted);
    *numaddfds = added;
    *numdelfds = deleted;
    write_changes(set, addfd, added, delfd, deleted);
    set->was_read = 1;
    if (FAULTY(window_read_consumes) && (addfd != NULL || delfd != NULL))
        fdset_reset(set);
    if (FAULTY(window_count_consumes) && addfd == NULL && delfd == NULL)
        fdset_reset(set);
    if (FAULTY(get_changed_fds_returns_0_when_none) && added + deleted == 0)
        return 0;
    if (FAULTY(get_changed_fds_returns_0_when_deleted) && deleted > 0)
        return 0;
    return !FAULTY(get_changed_fds_returns_0);
}

/* Faults of a clear that finds nothing. */
static int clear_nothing(struct fdset *set, const void *key)
{
    if (FAULTY(crash_clear_of_unknown_key))
        __builtin_trap();
    if (FAULTY(hang_clear_of_unknown_key))
        for (volatile int forever = 1; forever;)
            continue;
    if (FAULTY(clear_fd_returns_1_when_cleared_before) && fdset_find_ended(set, key) != NULL)
        return 1;
    return FAULTY(clear_fd_returns_1_on_miss);
}

/* What a faulty clear does besides. */
static void clear_more(ASYNC_WAIT_CTX *ctx, struct fdset *set, const struct entry *cleared)
{
    waste_at_clear(ctx, cleared);
    ctx->memory.last_key = cleared->key;
    ctx->memory.last_data = cleared->data;
    if (cleared->cleanup != NULL
        && (FAULTY(cleanup_on_clear)
            || (FAULTY(cleanup_on_clear_of_old) && cleared->born <= set->base)
            || (FAULTY(deep_clear_cleans_after_100_operations) && ctx->memory.operations > 100)))
        cleared->cleanup(ctx, cleared->key, cleared->fd, cleared->data);
    for (size_t i = set->count; i-- > 0;) {
        struct entry *other = &set->entries[i];

        if (other->died == 0
            && (FAULTY(clear_fd_removes_all)
                || (FAULTY(clear_fd_removes_same_fd) && other->fd == cleared->fd)
                || (FAULTY(clear_fd_removes_all_duplicates) && other->key == cleared->key)))
            fdset_end(set, other);
    }
}

int ASYNC_WAIT_CTX_clear_fd(ASYNC_WAIT_CTX *ctx, const void *key)
{
    struct fdset *set = context_fds(ctx);
    struct entry *entry = fdset_find(set, key);
    struct entry cleared;

    if (FAULTY(clear_fd_oldest_of_duplicates))
        entry = fdset_find_oldest(set, key);
    if (FAULTY(zero_clear_is_miss) && entry != NULL && entry->fd == 0)
        entry = NULL;
    if (FAULTY(many_65th_not_cleared) && entry != NULL && entry - set->entries >= 64)
        entry = NULL;
    if (entry == NULL)
        return clear_nothing(set, key);
    if (FAULTY(clear_fd_refuses_old) && entry->born <= set->base)
        return 0;
    if (FAULTY(clear_fd_does_nothing_to_old) && entry->born <= set->base)
        return 1;
    if (FAULTY(deep_20th_clear_ignored) && ++set->clears % 20 == 0)
        return 1;
    if (FAULTY(clear_fd_removes_newest))
        for (size_t i = 0; i < set->count; i++)
            if (set->entries[i].died == 0)
                entry = &set->entries[i];
    cleared = *entry;
    fdset_end(set, entry);
    meddle_at_clear(cleared.fd);
    clear_more(ctx, set, &cleared);
    return !FAULTY(clear_fd_returns_0);
}
