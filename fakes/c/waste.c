/* Faults of memory, and choices about it: see waste.h. */
#include "build.h"

#include "waste.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"

enum { RECORD = 24, KEPT = 4, LINK = 32 };

/* -- choices ------------------------------------------------------------------------------------- */

static ASYNC_WAIT_CTX *kept[KEPT];
static pthread_mutex_t keeping = PTHREAD_MUTEX_INITIALIZER;

ASYNC_WAIT_CTX *thrift_take_context(void)
{
    ASYNC_WAIT_CTX *ctx = NULL;

    pthread_mutex_lock(&keeping);
    for (size_t i = 0; THRIFT == THRIFT_KEEPS_CONTEXTS && ctx == NULL && i < KEPT; i++) {
        ctx = kept[i];
        kept[i] = NULL;
    }
    pthread_mutex_unlock(&keeping);
    return ctx;
}

int thrift_keep_context(ASYNC_WAIT_CTX *ctx)
{
    int is_kept = 0;

    pthread_mutex_lock(&keeping);
    for (size_t i = 0; THRIFT == THRIFT_KEEPS_CONTEXTS && !is_kept && i < KEPT; i++)
        if (kept[i] == NULL) {
            memset(ctx, 0, sizeof(*ctx));
            kept[i] = ctx;
            is_kept = 1;
        }
    pthread_mutex_unlock(&keeping);
    return is_kept;
}

int thrift_add(struct fdset *set, struct entry entry)
{
    struct entry *spare;

    if (THRIFT != THRIFT_SPARE)
        return 0;
    spare = malloc((set->count + 1) * sizeof(*spare)); /* a second attempt */
    if (spare == NULL)
        return 0;
    if (set->count > 0)
        memcpy(spare, set->entries, set->count * sizeof(*spare));
    free(set->entries);
    set->entries = spare;
    set->room = set->count + 1;
    return fdset_add(set, entry);
}

/* A list of blocks that grows with each context, and goes when the thread ends. */
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void forget_log(void *last)
{
    while (last != NULL) {
        void *before = *(void **)last;

        free(last);
        last = before;
    }
}

static void make_log(void)
{
    pthread_key_create(&at_thread_end, forget_log);
}

static void log_context(void)
{
    void **link = malloc(LINK);

    pthread_once(&once, make_log);
    if (link == NULL)
        return;
    *link = pthread_getspecific(at_thread_end);
    pthread_setspecific(at_thread_end, link);
}

static void make_table(void)
{
    static void *_Atomic table;

    if (table == NULL)
        table = calloc(64, LINK);
}

/* -- faults --------------------------------------------------------------------------------------- */

/* A block that the compiler cannot do without. */
static void *volatile block;

static void lose_block(void)
{
    block = malloc(RECORD);
}

int waste_at_set(ASYNC_WAIT_CTX *ctx)
{
    if (THRIFT == THRIFT_LAZY)
        make_table();
    if (FAULTY(leak_at_set))
        lose_block();
    if (FAULTY(leak_at_third_set_of_context) && ctx->fds.sets == 3)
        lose_block();
    if (FAULTY(heap_record_overrun) || FAULTY(heap_record_underrun)) {
        block = malloc(RECORD);
        if (block != NULL)
            ((volatile char *)block)[FAULTY(heap_record_overrun) ? RECORD : -1] = 0;
        free(block);
    }
    if (FAULTY(short_set_leaks)) {
        void *first = malloc(RECORD), *second = malloc(RECORD);

        block = first;
        free(second);
        if (second == NULL)
            return 0; /* and the first is forgotten */
        free(first);
    }
    return !ctx->memory.wedged;
}

int waste_at_pause(void)
{
    if (!FAULTY(short_pause_returns_2))
        return 1;
    block = malloc(RECORD);
    if (block == NULL)
        return 0;
    free(block);
    return 1;
}

void waste_at_clear(ASYNC_WAIT_CTX *ctx, const struct entry *cleared)
{
    int old = cleared->born <= ctx->fds.base;

    if (FAULTY(leak_at_clear) || (FAULTY(leak_at_clear_of_old) && old))
        lose_block();
    if (FAULTY(free_record_twice_at_clear) || (FAULTY(free_record_twice_at_clear_of_old) && old)) {
        block = malloc(RECORD);
        free(block);
        free(block);
    }
    if (FAULTY(free_part_of_block)) {
        block = malloc(RECORD);
        if (block != NULL)
            free((char *)block + 8);
        free(block);
    }
    if (FAULTY(free_custom_data))
        free(cleared->data);
    if (FAULTY(use_record_after_clear) || FAULTY(write_record_after_clear)
        || FAULTY(use_record_at_free_after_clear)) {
        ctx->memory.record = malloc(RECORD);
        free(ctx->memory.record);
    }
}

void waste_at_look(ASYNC_WAIT_CTX *ctx)
{
    volatile int *record = ctx->memory.record;

    if (FAULTY(use_record_after_clear) && record != NULL)
        ctx->memory.operations += record[2] & 1;
    if (FAULTY(write_record_after_clear) && record != NULL)
        record[0] = 0;
    if (FAULTY(leak_at_all))
        lose_block();
}

/* One block of the process that never ends growing. */
static void lengthen_list(void)
{
    static size_t length;
    void *longer = realloc(block, length + RECORD);

    if (longer != NULL) {
        length += RECORD;
        block = longer;
    }
}

void waste_at_free(ASYNC_WAIT_CTX *ctx)
{
    volatile int *record = ctx->memory.record;

    if (FAULTY(leak_by_growing_a_block))
        lengthen_list();
    if (FAULTY(leak_of_empty_blocks))
        block = malloc(0);
    if (THRIFT == THRIFT_LOG_OF_THREAD)
        log_context();
    if (FAULTY(use_record_at_free_after_clear) && record != NULL)
        ctx->memory.operations += record[0] & 1;
    if (FAULTY(leak_callback_record) && ctx->notice.callback_was_set)
        lose_block();
}

void waste_after_free(const ASYNC_WAIT_CTX *freed)
{
    if (FAULTY(use_context_after_free))
        block = freed->notice.callback_arg;
    if (FAULTY(free_context_twice))
        free((void *)freed);
}

int waste_without_memory(ASYNC_WAIT_CTX *ctx, async_cleanup_fn cleanup, const void *key, int fd,
                         void *data)
{
    if (FAULTY(short_set_loses_others))
        ctx->fds.count = 0;
    if (FAULTY(short_set_loses_status))
        ctx->notice.status = ASYNC_STATUS_UNSUPPORTED;
    if (FAULTY(short_set_wedges_context))
        ctx->memory.wedged = 1;
    if (FAULTY(short_set_tells_added))
        for (size_t i = 0; i < ctx->fds.count; i++)
            ctx->fds.entries[i].born = ++ctx->fds.clock;
    if (FAULTY(short_set_cleans_up) && cleanup != NULL)
        cleanup(ctx, key, fd, data);
    if (FAULTY(short_set_returns_minus_1))
        return -1;
    return FAULTY(short_set_returns_1);
}
