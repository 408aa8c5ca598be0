/* Blocks that are watched: each stands on pages of its own, which no other block gets until the
 * program has ended.
 *
 *   | canary | block | canary | a page that cannot be touched |
 *
 * A block ends as near to the end of its pages as its alignment permits. Pages of a block that was
 * freed cannot be touched either. So reading and writing in the wrong place is a fault of the
 * machine, but for the few bytes within the block's own pages; these hold canaries, which are looked
 * at after every operation. After a fault the page is opened and the program goes on: what else it
 * shows is judged by itself. */
#include "driver.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Address space; what is not used costs nothing. */
#define REGION ((size_t)1 << 30)
enum { MOST_PAGES = REGION / 4096, MOST_BLOCKS = MOST_PAGES / 2, CANARIES = 64 };
/* A fresh block holds what no implementation takes for zero, as far as it is likely to be read. */
enum { CANARY = 0xc5, FRESH = 0xa5, MOST_FRESH = 4096 };

struct block {
    unsigned char *start;
    size_t size;
    uint32_t page, pages;       /* its first page and their number, without the last one */
    uint32_t previous, following; /* among those that live */
    bool live;
};

static unsigned char *region;
static size_t page_size;
static uint32_t next_page, next_block; /* those before are in use, or were in this program */
static uint32_t kept_page, kept_block; /* the same when the program began */
static struct block blocks[MOST_BLOCKS]; /* 0 is none: the ring of those that live begins there */
static uint32_t owner[MOST_PAGES];       /* whose page it is, or whose last one */
static struct heap_use use;

bool heap_reserve(void)
{
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    next_page = next_block = kept_page = kept_block = 1;
    use = (struct heap_use){0, 0};
    region = mmap(NULL, REGION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED)
        region = NULL;
    return region != NULL;
}

bool heap_owns(const void *address)
{
    const unsigned char *at = address;
    return region != NULL && at >= region && at < region + REGION;
}

struct heap_use heap_in_use(void)
{
    return use;
}

void heap_count(int64_t more, int64_t bytes)
{
    use.blocks += more;
    use.bytes += bytes;
}

static unsigned char *page_at(uint32_t page)
{
    return region + page * page_size;
}

static struct block *block_of(const void *address)
{
    uint32_t number = owner[(size_t)((const unsigned char *)address - region) / page_size];
    return number == 0 ? NULL : &blocks[number];
}

size_t heap_size(const void *address)
{
    const struct block *block = block_of(address);
    return block == NULL ? 0 : block->size;
}

/* -- canaries ------------------------------------------------------------------------------------ */

/* The canaries before a block, and those after it. */
static unsigned char *first_canary(const struct block *block)
{
    unsigned char *base = page_at(block->page);
    return block->start - base > CANARIES ? block->start - CANARIES : base;
}

static unsigned char *last_canary(const struct block *block)
{
    return page_at(block->page + block->pages);
}

/* Report the first canary of a stretch that was changed, and put it right. */
static bool is_changed(const struct block *block, unsigned char *from, unsigned char *to)
{
    for (unsigned char *at = from; at < to; at++)
        if (*at != CANARY) {
            heap_fault(OUT_OF_BOUNDS, (int64_t)block->size, at - block->start);
            memset(at, CANARY, (size_t)(to - at));
            return true;
        }
    return false;
}

static void check(const struct block *block)
{
    if (!is_changed(block, first_canary(block), block->start))
        is_changed(block, block->start + block->size, last_canary(block));
}

void heap_check(bool all)
{
    for (uint32_t n = blocks[0].previous; n != 0 && (all || n >= kept_block); n = blocks[n].previous)
        check(&blocks[n]);
}

/* -- blocks ------------------------------------------------------------------------------------ */

static bool set_access(uint32_t page, uint32_t pages, int access)
{
    return mprotect(page_at(page), pages * page_size, access) == 0;
}

/* Give a block, or NULL where pages are used up. */
void *heap_new(size_t size, size_t alignment)
{
    size_t pages = size / page_size + (size % page_size != 0);

    if (pages == 0)
        pages = 1;
    if (size >= REGION || alignment > page_size || next_block == MOST_BLOCKS
        || next_page + pages + 1 > REGION / page_size
        || !set_access(next_page, (uint32_t)pages, PROT_READ | PROT_WRITE))
        return NULL;
    uint32_t number = next_block++;
    struct block *block = &blocks[number];
    size_t room = (pages * page_size - size) & ~(alignment - 1);
    *block = (struct block){
        .start = page_at(next_page) + room,
        .size = size,
        .page = next_page,
        .pages = (uint32_t)pages,
        .previous = blocks[0].previous,
        .live = true,
    };
    blocks[blocks[0].previous].following = number;
    blocks[0].previous = number;
    for (size_t n = 0; n <= pages; n++)
        owner[next_page + n] = number;
    next_page += (uint32_t)pages + 1;
    memset(first_canary(block), CANARY, (size_t)(block->start - first_canary(block)));
    memset(block->start, FRESH, size < MOST_FRESH ? size : MOST_FRESH);
    memset(block->start + size, CANARY, (size_t)(last_canary(block) - block->start) - size);
    heap_count(1, (int64_t)size);
    return block->start;
}

void heap_free(void *address)
{
    struct block *block = block_of(address);

    if (block == NULL || block->start != address) {
        heap_fault(FREED_NO_BLOCK, 0, 0);
        return;
    }
    if (!block->live) {
        heap_fault(FREED_TWICE, (int64_t)block->size, 0);
        return;
    }
    check(block);
    block->live = false;
    blocks[block->previous].following = block->following;
    blocks[block->following].previous = block->previous;
    heap_count(-1, -(int64_t)block->size);
    set_access(block->page, block->pages, PROT_NONE);
}

/* If `address`, which could not be touched, belongs to a block, log that and open the page; false if
 * it is nobody's. */
bool heap_forgive(const void *address)
{
    if (!heap_owns(address))
        return false;
    const struct block *block = block_of(address);
    if (block == NULL)
        return false;
    uint32_t page = (uint32_t)((size_t)((const unsigned char *)address - region) / page_size);
    bool beyond = page == block->page + block->pages;
    heap_fault(beyond ? OUT_OF_BOUNDS : USED_AFTER_FREE, (int64_t)block->size,
               (const unsigned char *)address - block->start);
    return set_access(page, 1, PROT_READ | PROT_WRITE);
}

/* Between programs: give the pages of freed blocks to the next program, those at the end at least;
 * the others at least take no more memory. */
void heap_recycle(void)
{
    uint32_t last = blocks[0].previous;
    uint32_t block = last >= kept_block ? last + 1 : kept_block;
    uint32_t page = last >= kept_block ? blocks[last].page + blocks[last].pages + 1 : kept_page;

    for (uint32_t n = kept_block; n < block; n++)
        if (!blocks[n].live)
            madvise(page_at(blocks[n].page), blocks[n].pages * page_size, MADV_DONTNEED);
    if (next_page > page) {
        madvise(page_at(page), (next_page - page) * page_size, MADV_DONTNEED);
        set_access(page, next_page - page, PROT_NONE);
        memset(owner + page, 0, (next_page - page) * sizeof *owner);
    }
    next_page = kept_page = page;
    next_block = kept_block = block;
}

/* -- requests that are denied -------------------------------------------------------------------- */

static int64_t until_denied; /* requests up to the one that is denied, and with it; 0 for none */
static bool generous;

void heap_deny(int64_t number)
{
    until_denied = number;
}

/* Deny nothing for a while, whatever the program says. */
void heap_be_generous(bool generously)
{
    generous = generously;
}

bool heap_denies(size_t size)
{
    if (generous || until_denied == 0 || --until_denied > 0)
        return false;
    log_denial((int64_t)size);
    return true;
}
