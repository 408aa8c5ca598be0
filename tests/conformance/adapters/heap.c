/* A small library to watch the memory of: contexts that hold a number of blocks. FAULT chooses what is
 * wrong with it, or what it does in a way of its own that is not. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NOTHING, TWICE, STRANGER, PART, AFTER_READ, AFTER_WRITE, OVER, UNDER, OVER_PAGE, LEAK, GROWS, CACHE,
       SELDOM, THREAD, ALIGNED, ZERO, MOVES, FRESH, HUGE, GREED, UNCHECKED, GONE };
#ifndef FAULT
#define FAULT NOTHING
#endif

typedef void cleanup_fn(void *, const void *, int, void *);

struct ctx {
    char *block;
    cleanup_fn *cleanup;
};

static void *volatile lost, *volatile global;
static pthread_key_t key;

static void drop(void *block)
{
    free(block);
}

__attribute__((constructor)) static void begin(void)
{
    pthread_key_create(&key, drop);
    global = malloc(100);
}

void *ASYNC_WAIT_CTX_new(void)
{
    struct ctx *ctx = malloc(sizeof(struct ctx));

    if (ctx == NULL && FAULT != UNCHECKED)
        return NULL;
    ctx->block = malloc(24);
    if (ctx->block == NULL) {
        free(ctx);
        return NULL;
    }
    return ctx;
}

static void *aligned(size_t alignment, size_t size)
{
    void *block = NULL;

    return posix_memalign(&block, alignment, size) == 0 && (size_t)block % alignment == 0 ? block : NULL;
}

int ASYNC_WAIT_CTX_set_wait_fd(struct ctx *ctx, const void *unused, int fd, void *data,
                               cleanup_fn *cleanup)
{
    static size_t size = 8;
    static int calls;
    char *volatile block = ctx->block;

    (void)unused;
    ctx->cleanup = cleanup;
    switch (FAULT) {
    case TWICE:
        lost = malloc(40);
        free(lost);
        free(lost);
        break;
    case STRANGER:
        free(data);
        break;
    case PART:
        free(block + 8);
        break;
    case AFTER_READ:
    case AFTER_WRITE:
        block = malloc(40);
        free(block);
        if (FAULT == AFTER_READ)
            return block[3] != 77;
        block[3] = 1;
        break;
    case OVER:
        block[25] = 1;
        break;
    case UNDER:
        block[-2] = 1;
        break;
    case OVER_PAGE:
        return block[32] != 77;
    case LEAK:
        lost = malloc(24);
        break;
    case GROWS:
        lost = global = realloc(global, size += 8);
        break;
    case CACHE:
        if (++calls <= 20)
            lost = malloc(24);
        break;
    case SELDOM:
        if (++calls % 2 == 0)
            lost = malloc(24);
        break;
    case THREAD:
        lost = malloc(24);
        *(void **)lost = pthread_getspecific(key);
        drop(*(void **)lost);
        pthread_setspecific(key, lost);
        break;
    case ALIGNED:
        for (size_t alignment = 8; alignment <= 4096; alignment *= 2) {
            void *one = aligned(alignment, 24), *other = aligned_alloc(alignment, 4096);
            if (one == NULL || (size_t)other % alignment != 0)
                return 0;
            memset(one, 1, 24);
            memset(other, 1, 4096);
            free(one);
            free(other);
        }
        break;
    case ZERO:
        for (size_t n = 1; n < 100000; n *= 3) {
            char *zeros = calloc(n, 3);
            int sum = 0;
            for (size_t i = 0; i < 3 * n; i++)
                sum |= zeros[i];
            free(zeros);
            if (sum != 0)
                return 0;
        }
        break;
    case MOVES:
        lost = block;
        ctx->block = realloc(block, 5000);
        ctx->block[4999] = 1;
        return ctx->block != lost;
    case GREED:
        free(malloc((size_t)100 << 30));
        return 1;
    case HUGE:
        block = malloc((size_t)3 << 30);
        if (block == NULL)
            return 0;
        block[(size_t)2 << 30] = 1;
        free(block);
        break;
    case FRESH:
        block = malloc(24);
        fd = block[0] != 0;
        free(block);
        return fd;
    }
    return 1;
}

void ASYNC_WAIT_CTX_free(struct ctx *ctx)
{
    cleanup_fn *cleanup = FAULT == GONE ? ctx->cleanup : NULL;

    free(ctx->block);
    free(ctx);
    if (cleanup != NULL)
        cleanup(ctx, NULL, 1, NULL);
}
