#include "walker.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct table table;
struct walk *walk;
int64_t *script;
const int64_t *script_end;

static uint64_t *hits;   /* how often each edge was taken */
static uint8_t *returned; /* how often a step sent its program back to Python */
static int64_t *log_begin, *log_end;
static uint32_t here, step;

static const struct operation *walker_next(void)
{
    step = choose(here, walk->length);
    if (step == NO_STEP)
        return NULL;
    uint32_t number = table.step_operation[step];
    walk->path[walk->length++] = number;
    return &table.entries[number].operation;
}

/* The edge of the step whose pattern an answer fits, or none. */
static uint32_t edge_for(const int64_t *words, size_t count)
{
    uint32_t end = table.first_edge[step + 1];

    for (uint32_t edge = table.first_edge[step]; edge < end; edge++) {
        const int64_t *pattern = table.words + table.edge_words[edge];
        size_t i = 0;
        while (i < count && (words[i] == pattern[i] || (i > 0 && pattern[i] == ANYTHING)))
            i++;
        if (i == count)
            return edge;
    }
    return NO_STEP;
}

static bool walker_deliver(const int64_t *words, size_t count)
{
    uint32_t edge;

    if (words != result) /* a single word that says why there is no answer */
        *result = *words;
    edge = edge_for(words, count);
    walk->answered += (int64_t)count;
    result += count;
    if (edge == NO_STEP || log_end - result < RESULT_WORDS) {
        walk->failing = edge == NO_STEP;
        return false;
    }
    hits[edge]++;
    if (walk->mode == SCRIPTED)
        choices_taken(edge, walk->length - 1);
    here = table.edge_target[edge];
    return true;
}

/* A program was begun by a process that did not survive it: go on behind it. */
static void leave_behind(void)
{
    if (walk->under_way)
        choices_end(walk->length);
    walk->under_way = 0;
}

/* Whether the program that has just failed is to be looked at; of many alike a few are. */
static bool worth_returning(void)
{
    walk->diverged++;
    if (returned[step] >= ALIKE)
        return false;
    returned[step]++;
    return true;
}

static void run_one(void)
{
    static const struct channel channel = {walker_next, walker_deliver};

    here = 0;
    step = NO_STEP;
    result = log_begin;
    walk->length = walk->answered = walk->failing = 0;
    walk->under_way = 1;
    interpret(&channel);
    board->cleaning = 1;
    clean_up(false);
    board->cleaning = 0;
    board->progress++;
    walk->under_way = 0;
    walk->programs++;
    walk->operations += walk->length;
    choices_end(walk->length);
}

static int64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void run_slice(void)
{
    int64_t until = now_ns() + walk->nanoseconds;

    for (int64_t i = 1; walk->programs < walk->most && choices_begin(); i++) {
        run_one();
        if (walk->failing && worth_returning())
            return;
        walk->failing = 0;
        if ((i & 15) != 0)
            continue;
        forget_output();
        if (now_ns() >= until)
            return;
    }
}

static const char *place(const char **at, int64_t count, size_t size)
{
    const char *found = *at;

    *at += ((size_t)count * size + 7) / 8 * 8;
    return found;
}

static bool open_table(const char *bytes)
{
    const int64_t *head = (const int64_t *)bytes;
    const char *at = bytes + 8 * sizeof *head;

    if (head[0] != TABLE_MAGIC)
        return false;
    table = (struct table){head[1], head[2], head[3], head[4], .entries = NULL};
    table.entries = (const void *)place(&at, table.operations, sizeof *table.entries);
    table.first_step = (const void *)place(&at, table.nodes + 1, sizeof(uint32_t));
    table.step_operation = (const void *)place(&at, table.steps, sizeof(uint32_t));
    table.first_edge = (const void *)place(&at, table.steps + 1, sizeof(uint32_t));
    table.edge_target = (const void *)place(&at, table.edges, sizeof(uint32_t));
    table.edge_words = (const void *)place(&at, table.edges, sizeof(uint32_t));
    table.words = (const int64_t *)at;
    return true;
}

/* Walk for a slice of time in a new process, and give its id (-1 if there is none).
 *
 * `graph` is a table of so many bytes, `told` a script of so many words; `asked` has room for a struct walk, a count for each edge and
 * a byte for each step; `log` for so many words, at least RESULT_WORDS. The ending is DONE, or FULL
 * if there is no table. */
EXPORT pid_t waitctx_walk(struct board *shared, char *graph, size_t size, struct walk *asked,
                          int64_t *log, size_t room, int64_t *told, size_t told_words,
                          int control)
{
    enum { ROOM = 64 }; /* a graph's contexts never hold as much */

    memset(shared, 0, sizeof *shared);
    /* Without its cursor, a process that the library forks does not walk on. */
    pid_t child = part(shared, (size_t)((char *)(asked + 1) - (char *)shared), control);
    if (child != 0)
        return child;
    mprotect(graph, size, PROT_READ);
    if (!open_table(graph))
        finish(FULL);
    walk = asked;
    hits = (uint64_t *)(walk + 1);
    returned = (uint8_t *)(hits + table.edges);
    log_begin = log;
    log_end = log + room;
    script = told;
    script_end = told + told_words;
    most_room = ROOM;
    leave_behind();
    run_slice();
    finish(DONE);
}
