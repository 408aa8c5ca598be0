/* Birth and end of a wait context, and what happens to it while jobs run. */
#include "build.h"

#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "meddle.h"
#include "sharing.h"
#include "waste.h"

_Atomic size_t contexts_freed, contexts_reset;
/* For a fault alone: conforming builds set it and never look. */
static _Thread_local ASYNC_WAIT_CTX *made_last;

struct fdset *context_fds(ASYNC_WAIT_CTX *ctx)
{
    static struct fdset shared;
    struct memory *memory = &ctx->memory;

    memory->operations++;
    if (sharing_was_reset(ctx))
        fdset_reset(&ctx->fds);
    if (FAULTY(window_reset_all_contexts) && memory->resets_seen != contexts_reset) {
        memory->resets_seen = contexts_reset;
        fdset_reset(&ctx->fds);
    }
    if (FAULTY(contexts_free_empties_others) && memory->frees_seen != contexts_freed) {
        memory->frees_seen = contexts_freed;
        ctx->fds.count = 0;
    }
    return FAULTY(contexts_share_fds) ? &shared : &ctx->fds;
}

struct notice *context_notice(ASYNC_WAIT_CTX *ctx)
{
    ctx->memory.operations++;
    return &ctx->notice;
}

ASYNC_WAIT_CTX *ASYNC_WAIT_CTX_new(void)
{
    ASYNC_WAIT_CTX *ctx = thrift_take_context();

    if (ctx == NULL)
        ctx = calloc(1, sizeof(*ctx));
    if (ctx == NULL && FAULTY(short_new_crashes))
        *(volatile int *)ctx = 1;
    if (ctx == NULL && FAULTY(short_new_gives_live_context))
        return made_last;
    if (ctx == NULL)
        return NULL;
    made_last = ctx;
    meddle_at_new();
    if (!sharing_new(ctx)) {
        free(ctx);
        return NULL;
    }
    ctx->memory.frees_seen = contexts_freed;
    ctx->memory.resets_seen = contexts_reset;
    if (FAULTY(status_default_err))
        ctx->notice.status = ASYNC_STATUS_ERR;
    if (FAULTY(status_default_ok))
        ctx->notice.status = ASYNC_STATUS_OK;
    return ctx;
}

/* Which entry free() takes next. */
static size_t next_to_clean(const struct fdset *set)
{
    static size_t scramble;

    if (CLEANUPS == CLEANUPS_OLDEST_FIRST)
        return 0;
    if (CLEANUPS == CLEANUPS_SCRAMBLED) {
        scramble = scramble * 6364136223846793005u + 1442695040888963407u;
        return (scramble >> 33) % set->count;
    }
    return set->count - 1;
}

/* Whether the cleanup of an entry is due. `index` is its place in the set, `total` the set's size. */
static int cleanup_due(const ASYNC_WAIT_CTX *ctx, const struct entry *entry, size_t index,
                       size_t total, int any_null)
{
    int live = entry->died == 0 || entry->owed;

    if (FAULTY(cleanup_for_cleared_at_free) || FAULTY(cleanup_for_deleted_at_free))
        live = 1;
    if (!live || FAULTY(cleanup_never))
        return 0;
    if (FAULTY(cleanup_skips_newest) && index == total - 1)
        return 0;
    if (FAULTY(cleanup_skips_oldest_of_several) && index == 0 && total > 1)
        return 0;
    if (FAULTY(cleanup_skips_null_data) && entry->data == NULL)
        return 0;
    if (FAULTY(cleanup_skips_null_key) && entry->key == NULL)
        return 0;
    if (FAULTY(cleanup_stops_at_null) && any_null)
        return 0;
    if (FAULTY(cleanup_skips_old) && entry->born <= ctx->fds.base)
        return 0;
    if (FAULTY(cleanup_skips_fresh) && entry->born > ctx->fds.base)
        return 0;
    if (FAULTY(cleanup_skips_with_status_err) && ctx->notice.status == ASYNC_STATUS_ERR)
        return 0;
    if (FAULTY(cleanup_skips_with_callback) && ctx->notice.callback != NULL)
        return 0;
    if (FAULTY(zero_not_cleaned) && entry->fd == 0)
        return 0;
    if (FAULTY(many_65th_not_cleaned) && index >= 64)
        return 0;
    if (FAULTY(crash_null_cleanup))
        return 1;
    return entry->cleanup != NULL;
}

static void clean(ASYNC_WAIT_CTX *ctx, const struct entry *entry)
{
    meddle_before_cleanup(entry);
    if (FAULTY(cleanup_wrong_ctx))
        entry->cleanup(NULL, entry->key, entry->fd, entry->data);
    else if (FAULTY(cleanup_wrong_key))
        entry->cleanup(ctx, NULL, entry->fd, entry->data);
    else if (FAULTY(cleanup_wrong_fd))
        entry->cleanup(ctx, entry->key, OSSL_BAD_ASYNC_FD, entry->data);
    else if (FAULTY(cleanup_wrong_data))
        entry->cleanup(ctx, entry->key, entry->fd, NULL);
    else if (FAULTY(cleanup_key_for_data))
        entry->cleanup(ctx, entry->key, entry->fd, (void *)entry->key);
    else
        entry->cleanup(ctx, entry->key, entry->fd, entry->data);
    if (FAULTY(cleanup_twice)
        || (FAULTY(deep_cleanup_twice_after_100_operations) && ctx->memory.operations > 100))
        entry->cleanup(ctx, entry->key, entry->fd, entry->data);
}

static void clean_all(ASYNC_WAIT_CTX *ctx, struct fdset *set)
{
    size_t total = set->count;
    struct entry first = {0};
    int any_null = 0;

    if (total > 0)
        first = set->entries[total - 1];
    while (set->count > 0) {
        size_t index = next_to_clean(set);
        struct entry entry = fdset_take(set, index);

        if (entry.cleanup == NULL && entry.died == 0)
            any_null = 1;
        if (FAULTY(cleanup_all_with_newest_routine) && first.cleanup != NULL
            && entry.cleanup != NULL)
            entry.cleanup = first.cleanup;
        if (FAULTY(cleanup_all_with_newest_data))
            entry.data = first.data;
        if (FAULTY(cleanup_duplicates_once) && entry.died == 0
            && fdset_find(set, entry.key) != NULL)
            continue;
        if (cleanup_due(ctx, &entry, index, total, any_null))
            clean(ctx, &entry);
        else
            meddle_before_cleanup(&entry);
        meddle_after_cleanup(&entry);
    }
}

/* For a fault alone: the context goes first, and the cleanups get what is left of it. */
static void clean_what_is_gone(ASYNC_WAIT_CTX *ctx)
{
    struct fdset set = ctx->fds;

    free(ctx);
    while (set.count > 0) {
        struct entry entry = fdset_take(&set, set.count - 1);

        if (entry.died == 0 && entry.cleanup != NULL)
            entry.cleanup(ctx, entry.key, entry.fd, entry.data);
    }
    free(set.entries);
}

void ASYNC_WAIT_CTX_free(ASYNC_WAIT_CTX *ctx)
{
    struct fdset *set;
    ASYNC_WAIT_CTX *other;

    if (ctx == NULL && FAULTY(free_null_cleans_again) && made_last != NULL)
        clean_all(made_last, context_fds(made_last));
    if (ctx == NULL && !FAULTY(crash_free_null))
        return;
    if (ctx == made_last)
        made_last = NULL;
    if (FAULTY(context_freed_before_cleanups)) {
        clean_what_is_gone(ctx);
        return;
    }
    if (FAULTY(callback_gone_before_cleanups))
        ctx->notice.callback = NULL;
    set = context_fds(ctx);
    clean_all(ctx, set);
    other = sharing_free(ctx);
    if (other != NULL)
        clean_all(other, &other->fds);
    meddle_at_free();
    if (FAULTY(callback_invoked_at_free) && ctx->notice.callback != NULL)
        ctx->notice.callback(ctx->notice.callback_arg);
    if (!FAULTY(leak_entries_at_free))
        free(set->entries);
    memset(set, 0, sizeof(*set));
    jobs_forget_context(ctx);
    contexts_freed++;
    waste_at_free(ctx);
    if (!FAULTY(leak_context_at_free) && !thrift_keep_context(ctx))
        free(ctx);
    waste_after_free(ctx);
}

void context_job_started(ASYNC_WAIT_CTX *ctx)
{
    int again;

    if (ctx == NULL)
        return;
    meddle_at_start();
    again = ctx->memory.jobs_started++ > 0;
    if (FAULTY(window_reset_at_start))
        fdset_reset(&ctx->fds);
    if (FAULTY(reuse_loses_fds_at_next_start) && again)
        ctx->fds.count = 0;
    if (FAULTY(reuse_loses_status_at_next_start) && again)
        ctx->notice.status = ASYNC_STATUS_UNSUPPORTED;
    if (FAULTY(reuse_loses_callback_at_next_start) && again)
        ctx->notice.callback = NULL;
}

void context_job_paused(ASYNC_WAIT_CTX *ctx)
{
    if (ctx == NULL)
        return;
    meddle_at_pause(&ctx->fds);
    fdset_pause(&ctx->fds);
    ctx->memory.pauses++;
    if (FAULTY(status_lost_at_pause))
        ctx->notice.status = ASYNC_STATUS_UNSUPPORTED;
    if (FAULTY(status_ok_at_pause) && ctx->notice.callback != NULL
        && ctx->notice.status == ASYNC_STATUS_UNSUPPORTED)
        ctx->notice.status = ASYNC_STATUS_OK;
    if (FAULTY(callback_cleared_at_pause))
        ctx->notice.callback = NULL;
    if (FAULTY(data_lost_at_pause))
        for (size_t i = 0; i < ctx->fds.count; i++)
            ctx->fds.entries[i].data = NULL;
}

void context_job_pause_skipped(ASYNC_WAIT_CTX *ctx, int blocked)
{
    if (ctx == NULL)
        return;
    if (FAULTY(window_reset_on_blocked_pause) && blocked)
        fdset_reset(&ctx->fds);
    if (FAULTY(window_reset_on_pause_outside_job) && !blocked)
        fdset_reset(&ctx->fds);
}

/* Whether this resume fails to begin a new window. */
static int window_goes_on(const ASYNC_WAIT_CTX *ctx)
{
    if (FAULTY(window_reset_never) || FAULTY(window_reset_at_pause))
        return 1;
    if (FAULTY(window_reset_needs_read) && !ctx->fds.was_read)
        return 1;
    if (FAULTY(window_reset_not_for_second_job) && ctx->memory.jobs_started > 1)
        return 1;
    if (FAULTY(window_reset_only_twice) && ctx->fds.resets >= 2)
        return 1;
    if (FAULTY(window_reset_only_if_added) && fdset_list((struct fdset *)&ctx->fds, ADDED, NULL) == 0)
        return 1;
    return FAULTY(deep_reset_stops_after_100_operations) && ctx->memory.operations > 100;
}

void context_job_resumed(ASYNC_WAIT_CTX *ctx)
{
    if (ctx == NULL)
        return;
    if (FAULTY(cleanup_at_reset))
        for (size_t i = 0; i < ctx->fds.count; i++)
            if (ctx->fds.entries[i].died != 0 && ctx->fds.entries[i].cleanup != NULL)
                clean(ctx, &ctx->fds.entries[i]);
    meddle_at_resume(&ctx->fds);
    if (!window_goes_on(ctx)) {
        fdset_reset(context_fds(ctx));
        contexts_reset++;
        sharing_reset(ctx);
        ctx->memory.resets_seen = contexts_reset;
    }
    ctx->fds.was_read = 0;
    if (FAULTY(status_lost_at_resume))
        ctx->notice.status = ASYNC_STATUS_UNSUPPORTED;
    if (FAULTY(status_eagain_lost_at_resume) && ctx->notice.status == ASYNC_STATUS_EAGAIN)
        ctx->notice.status = ASYNC_STATUS_OK;
    if (FAULTY(callback_cleared_at_resume))
        ctx->notice.callback = NULL;
    if (FAULTY(window_reset_loses_oldest) && ctx->fds.count > 1)
        fdset_take(&ctx->fds, 0);
}

void context_job_finished(ASYNC_WAIT_CTX *ctx)
{
    if (ctx == NULL)
        return;
    if (FAULTY(window_reset_at_finish))
        fdset_reset(&ctx->fds);
    if (FAULTY(reuse_loses_fds_at_finish))
        ctx->fds.count = 0;
    if (FAULTY(cleanup_at_finish))
        clean_all(ctx, &ctx->fds);
    if (FAULTY(status_lost_at_finish))
        ctx->notice.status = ASYNC_STATUS_UNSUPPORTED;
    if (FAULTY(callback_cleared_at_finish))
        ctx->notice.callback = NULL;
    if (FAULTY(callback_invoked_at_finish) && ctx->notice.callback != NULL)
        ctx->notice.callback(ctx->notice.callback_arg);
}
