/* The cleanup routines f0, f1, ... and the callbacks b0, b1, ... that programs name.
 *
 * They log how they were called, and but for f4 do nothing else, for the fds of a program need not be
 * open; but real descriptors they close. What the implementation did to its memory stands in the same
 * log. */
#include "driver.h"

enum { ASKING = ROUTINES - 1 };
enum { CLEANUP = 1, CALLBACK = 2, HEAP = 3, DENIAL = 4 };

struct events events;
int64_t *denial_told;

static void log_event(int64_t kind, int64_t routine, int64_t ctx, const void *key, int64_t fd,
                      const void *data)
{
    if (events.count == MOST_EVENTS) {
        events.overrun = true;
        return;
    }
    int64_t *words = events.words + EVENT_WORDS * events.count++;
    words[0] = kind;
    words[1] = routine;
    words[2] = ctx;
    words[3] = (int64_t)(uintptr_t)key;
    words[4] = fd;
    words[5] = (int64_t)(uintptr_t)data;
}

void heap_fault(enum heap_fault fault, int64_t size, int64_t offset)
{
    log_event(HEAP, fault, size, NULL, offset, NULL);
}

void log_denial(int64_t size)
{
    log_event(DENIAL, 0, size, NULL, 0, NULL);
    if (denial_told != NULL)
        *denial_told = size;
}

static void log_cleanup(int64_t i, void *ctx, const void *key, int fd, void *data)
{
    log_event(CLEANUP, i, context_slot(ctx), key, fd_word(fd), data);
    if (UNLIKELY(files_made))
        file_clean(fd);
    /* The context has to be there still. What it is, is no business of ours: where memory is watched,
     * to touch it is enough. */
    if (heap_owns(ctx))
        (void)*(const volatile unsigned char *)ctx;
}

/* One function for each name, so that a wrong one is told from the right one. */
#define ROUTINE(i) \
    static void cleanup_##i(void *ctx, const void *key, int fd, void *data) \
    { \
        log_cleanup(i, ctx, key, fd, data); \
    } \
    static int callback_##i(void *arg) \
    { \
        log_event(CALLBACK, i, NONE, NULL, 0, arg); \
        return 1; \
    }

ROUTINE(0)
ROUTINE(1)
ROUTINE(2)
ROUTINE(3)

/* As some engines' cleanups do, it asks the context for the callback, and calls that. */
static void cleanup_asking(void *ctx, const void *key, int fd, void *data)
{
    callback_fn *callback = NULL;
    void *arg = NULL;

    log_cleanup(ASKING, ctx, key, fd, data);
    if (library.ASYNC_WAIT_CTX_get_callback != NULL
        && library.ASYNC_WAIT_CTX_get_callback(ctx, &callback, &arg) == 1
        && callback_index(callback) >= 0)
        callback(arg);
}

static cleanup_fn *const cleanups[ROUTINES] = {cleanup_0, cleanup_1, cleanup_2, cleanup_3,
                                               cleanup_asking};
static callback_fn *const callbacks[CALLBACKS] = {callback_0, callback_1, callback_2, callback_3};

cleanup_fn *cleanup_routine(int64_t index)
{
    return index >= 0 && index < ROUTINES ? cleanups[index] : NULL;
}

callback_fn *callback_routine(int64_t index)
{
    return index >= 0 && index < CALLBACKS ? callbacks[index] : NULL;
}

int64_t callback_index(callback_fn *callback)
{
    if (callback == NULL)
        return NONE;
    for (int64_t i = 0; i < CALLBACKS; i++)
        if (callbacks[i] == callback)
            return i;
    return OTHER;
}
