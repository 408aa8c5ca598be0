/* The allocation functions of the whole process, if the driver is preloaded.
 *
 * Until heap_watch() they pass requests on to the C library, and remember which blocks there are, so
 * that a pointer to none is told later. From then on blocks come from heap.c. Where the driver is
 * loaded in the ordinary way nobody finds these functions, and memory is not watched. */
#include "driver.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    size_t (*malloc_usable_size)(void *);
} next;

bool heap_watching;

/* A library under test may have threads of its own. */
static atomic_flag busy = ATOMIC_FLAG_INIT;

static void lock(void)
{
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
        continue;
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

/* -- the next in line, the C library ----------------------------------------------------------- */

/* What dlsym itself may ask for; it is never given back. */
static _Alignas(16) unsigned char first_aid[1 << 12];
static size_t first_aid_used;

static void *from_first_aid(size_t size)
{
    size_t at = first_aid_used;

    if (size > sizeof first_aid - at)
        return NULL;
    first_aid_used += (size + 15) & ~(size_t)15;
    return first_aid + at;
}

static bool is_first_aid(const void *block)
{
    const unsigned char *at = block;
    return at >= first_aid && at < first_aid + sizeof first_aid;
}

static void find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

/* Tell whether there is a C library yet: not while it is being looked up. */
static bool ready(void)
{
    static bool finding;

    if (next.malloc_usable_size != NULL)
        return true;
    if (finding)
        return false;
    finding = true;
    find(&next.malloc, "malloc");
    find(&next.calloc, "calloc");
    find(&next.realloc, "realloc");
    find(&next.free, "free");
    find(&next.posix_memalign, "posix_memalign");
    find(&next.malloc_usable_size, "malloc_usable_size");
    return true;
}

/* -- the blocks of the C library that live ------------------------------------------------------- */

enum { PLACES = 1 << 18 };

/* Open addressing: a block stands at its place or after it, with none free in between. */
static struct {
    const void *block;
    size_t size; /* what counts as in use; 0 for blocks from before the watch */
} known[PLACES];
static size_t known_count;
static bool known_all = true; /* false once there was no room for one */

static size_t place_of(const void *block)
{
    return (uintptr_t)block / 16 * UINT64_C(0x9e3779b97f4a7c15) >> 46;
}

static size_t find_known(const void *block)
{
    size_t at = place_of(block);

    while (known[at].block != NULL && known[at].block != block)
        at = (at + 1) % PLACES;
    return at;
}

static void *remember(void *block, size_t size)
{
    if (block == NULL)
        return NULL;
    lock();
    if (known_count < PLACES / 4 * 3) {
        size_t at = find_known(block);
        known_count += known[at].block == NULL;
        known[at].block = block;
        known[at].size = size;
    } else {
        known_all = false;
    }
    unlock();
    return block;
}

/* Forget a block; false if it was not known. */
static bool forget(const void *block, size_t *size)
{
    size_t at, gap;

    lock();
    gap = at = find_known(block);
    bool was_known = known[at].block != NULL;
    *size = known[at].size;
    while (was_known && known[at = (at + 1) % PLACES].block != NULL) {
        size_t wanted = place_of(known[at].block);
        /* It may move into the gap unless its own place lies after that. */
        if ((at - wanted) % PLACES >= (at - gap) % PLACES) {
            known[gap] = known[at];
            gap = at;
        }
    }
    if (was_known) {
        known[gap].block = NULL;
        known_count--;
    }
    unlock();
    return was_known;
}

/* -- requests ------------------------------------------------------------------------------------ */

static struct {
    uintptr_t from, to;
} loader;

/* Find where the dynamic loader is. */
static void find_loader(void)
{
    uintptr_t base = getauxval(AT_BASE);

    if (base == 0)
        return;
    const ElfW(Ehdr) *header = (const void *)base;
    const ElfW(Phdr) *segment = (const void *)(base + header->e_phoff);
    loader.from = base;
    for (int n = 0; n < header->e_phnum; n++)
        if (segment[n].p_type == PT_LOAD)
            loader.to = base + segment[n].p_vaddr + segment[n].p_memsz;
}

/* The loader ends the process if it cannot have the memory for a thread's variables. */
static bool can_be_denied(const void *caller)
{
    return (uintptr_t)caller < loader.from || (uintptr_t)caller >= loader.to;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

/* Who asks for so much has lost count. */
#define EXCESSIVE ((size_t)16 << 30)

#define CALLER __builtin_return_address(0)

/* A block on pages of its own, or, where these are used up, one from the C library. */
static void *watched_block(size_t size, size_t alignment, const void *caller)
{
    void *block = NULL;

    if (size >= EXCESSIVE)
        finish(TOO_MUCH_MEMORY);
    lock();
    bool denied = can_be_denied(caller) && heap_denies(size);
    if (!denied)
        block = heap_new(size, alignment);
    unlock();
    if (denied)
        return no_memory();
    if (block == NULL) {
        int refused = next.posix_memalign(&block, alignment, size);

        if (refused == ENOMEM) /* a whole region is used up, and all that the process may have */
            finish(TOO_MUCH_MEMORY);
        if (refused == 0) {
            remember(block, size);
            heap_count(1, (int64_t)size);
        }
    }
    return block == NULL ? no_memory() : block;
}

static void *aligned_block(size_t size, size_t alignment, const void *caller)
{
    void *block = NULL;

    if (!ready())
        return no_memory();
    if (alignment < 16)
        alignment = 16;
    if (heap_watching)
        return watched_block(size, alignment, caller);
    return next.posix_memalign(&block, alignment, size) == 0 ? remember(block, 0) : no_memory();
}

EXPORT void *malloc(size_t size)
{
    if (!ready())
        return from_first_aid(size);
    return heap_watching ? watched_block(size, 16, CALLER) : remember(next.malloc(size), 0);
}

EXPORT void free(void *block)
{
    int kept = errno;
    size_t size;

    if (block == NULL || is_first_aid(block) || !ready())
        return;
    if (heap_owns(block)) {
        lock();
        heap_free(block);
        unlock();
    } else if (forget(block, &size)) {
        if (size > 0)
            heap_count(-1, -(int64_t)size);
        next.free(block);
    } else if (heap_watching && known_all) {
        heap_fault(FREED_NO_BLOCK, 0, 0);
    } else {
        next.free(block);
    }
    errno = kept;
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(count, size, &all))
        return no_memory();
    if (!ready())
        return from_first_aid(all);
    if (!heap_watching)
        return remember(next.calloc(count, size), 0);
    void *block = watched_block(all, 16, CALLER);
    return block == NULL ? NULL : memset(block, 0, all);
}

EXPORT size_t malloc_usable_size(void *block)
{
    if (block == NULL || !ready())
        return 0;
    return heap_owns(block) ? heap_size(block) : next.malloc_usable_size(block);
}

EXPORT void *realloc(void *block, size_t size)
{
    if (block == NULL || !ready())
        return malloc(size);
    if (!heap_watching && !heap_owns(block)) {
        size_t counted;
        void *moved = next.realloc(block, size);
        /* With a size of 0 the block may be gone, and NULL is what came of it. */
        if (moved != NULL || size == 0)
            forget(block, &counted);
        return remember(moved, 0);
    }
    if (size == 0) {
        free(block);
        return NULL;
    }
    void *moved = malloc(size);
    if (moved != NULL) {
        size_t held = malloc_usable_size(block);
        memcpy(moved, block, held < size ? held : size);
        free(block);
    }
    return moved;
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t all;

    return __builtin_mul_overflow(count, size, &all) ? no_memory() : realloc(block, all);
}

EXPORT int posix_memalign(void **result, size_t alignment, size_t size)
{
    int kept = errno;
    void *block = aligned_block(size, alignment, CALLER);

    errno = kept;
    if (block == NULL)
        return ENOMEM;
    *result = block;
    return 0;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return aligned_block(size, alignment, CALLER);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return aligned_block(size, alignment, CALLER);
}

/* -- the watch ----------------------------------------------------------------------------------- */

/* From here on watch every block that is asked for, if this driver was preloaded. */
void heap_watch(void)
{
    /* Only those who were preloaded are asked: then the first request, at the latest the loader's,
     * has made it ready. */
    find_loader();
    heap_watching = next.malloc != NULL && heap_reserve();
}
