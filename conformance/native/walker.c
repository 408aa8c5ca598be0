#include "walker.h"

#include <stdlib.h>
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
/* How many pause blocks were left to take away where the program ended inside a job; -1 outside. */
static int64_t left_inside;

/* The same for a pattern in which not every word is given. */
__attribute__((noinline)) static bool fits_loosely(const int64_t *words, size_t count,
                                                   const int64_t *pattern)
{
    for (size_t i = 1; i < count; i++)
        if (words[i] != pattern[i] && pattern[i] != ANYTHING)
            return false;
    return true;
}

static inline bool fits(const int64_t *words, size_t count, const int64_t *pattern)
{
    size_t i = 1;

    if (words[0] != pattern[0]) /* the head, which tells how many follow */
        return false;
    for (; i + 1 < count; i += 2)
        if (words[i] != pattern[i] || words[i + 1] != pattern[i + 1])
            return fits_loosely(words, count, pattern);
    return i == count || words[i] == pattern[i] || pattern[i] == ANYTHING;
}

/* The edge of the step whose pattern an answer fits, or none. */
static uint32_t edge_for(const int64_t *words, size_t count)
{
    uint32_t end = table.first_edge[step + 1];

    for (uint32_t edge = table.first_edge[step]; edge < end; edge++)
        if (fits(words, count, table.words + table.edge_words[edge]))
            return edge;
    return NO_STEP;
}

/* Take the edge that the answer at the end of the log fits. */
static inline void take(uint32_t edge, uint32_t target, uint16_t marks)
{
    result += result_length;
    walk->answered = result;
    hits[edge]++;
    walk->marked |= table.marks[marks];
    here = target;
}

/* Judge the answer at the end of the log; false where it ends the program. */
static bool judge(void)
{
    uint32_t edge = edge_for(result, result_length);

    if (edge == NO_STEP) {
        result += result_length;
        walk->answered = result;
        walk->failing = 1;
        return false;
    }
    take(edge, table.edge_target[edge], table.edge_marks[edge]);
    if (walk->mode == SCRIPTED)
        choices_taken(edge, walk->length - 1);
    return log_end - result > RESULT_WORDS;
}

static bool walker_deliver(const int64_t *words, size_t count)
{
    const struct leg *leg = &table.legs[step];

    if (words != result) { /* a single word that says why there is no answer */
        *result = *words;
        result_length = (uint32_t)count;
    }
    if (walk->mode != RANDOM || !fits(result, count, table.words + leg->words))
        return judge();
    take(leg->edge, leg->target, leg->marks);
    return true;
}

/* What becomes of an operation that is carried out where the program stands. */
enum trial { ANSWERED, NOT_HERE, NO_ANSWER };

__attribute__((always_inline)) static inline enum trial try_here(uint32_t number,
                                                                 const struct frame *frame)
{
    const struct operation *operation = &table.entries[number].operation;
    int64_t place = walk->length;

    walk->path[place] = number;
    walk->length = place + 1;
    now = operation;
    result_begin();
    if (!call(operation, frame)) {
        if (changes_side(operation))
            return NOT_HERE;
        refuse();
        return NO_ANSWER;
    }
    if (UNLIKELY(ended)) /* it was lost on the way */
        return NO_ANSWER;
    result_end(operation->code);
    return ANSWERED;
}

static const struct operation *hand_over(enum trial trial)
{
    return trial == NOT_HERE ? &table.entries[table.legs[step].operation].operation : NULL;
}

/* What is chosen next if the answer is the first that is permitted: found while the operation is
 * under way, for the way to it through the table is long. */
static struct {
    uint32_t node, step;
    uint32_t dice; /* decides on another one if the answer leads elsewhere */
} next;

static void begin_by_chance(void)
{
    next.node = here;
    next.dice = draw();
    next.step = pick(here, next.dice);
}

static const struct operation *walk_by_chance(const struct frame *frame)
{
    uint32_t chosen = here == next.node ? next.step : pick(here, next.dice);

    while (walk->length < wanted && chosen != NO_STEP) {
        const struct leg *leg = &table.legs[chosen];
        uint32_t dice = draw();
        uint32_t ahead = pick(leg->target, dice);
        __builtin_prefetch(&table.legs[ahead]);
        step = chosen;
        enum trial trial = try_here(leg->operation, frame);
        if (trial == ANSWERED && fits(result, result_length, table.words + leg->words)) {
            /* The log has room for all that the table permits. */
            take(leg->edge, leg->target, leg->marks);
            chosen = ahead;
            continue;
        }
        if (trial != ANSWERED) {
            next.node = leg->target;
            next.step = ahead;
            next.dice = dice;
            return hand_over(trial);
        }
        if (!judge())
            return NULL;
        chosen = pick(here, dice);
    }
    left_inside = frame == NULL ? -1 : state.blocks_held;
    return NULL;
}

static const struct operation *walk_as_chosen(const struct frame *frame)
{
    while ((step = choose(here, walk->length)) != NO_STEP) {
        enum trial trial = try_here(table.legs[step].operation, frame);
        if (trial != ANSWERED)
            return hand_over(trial);
        if (!judge())
            return NULL;
    }
    return NULL;
}

/* Operations that change sides are the interpreter's; others are carried out here. */
static const struct operation *walker_next(const struct frame *frame)
{
    return walk->mode == RANDOM ? walk_by_chance(frame) : walk_as_chosen(frame);
}

/* Count the program for each clause that it has marked: to all these numbers one is added at once,
 * as on paper, and few have a carry that goes far. */
static void count_marked(void)
{
    clause_set carry = walk->marked;

    for (int i = 0; (carry[0] | carry[1]) != 0 && i < PLACES; i++) {
        clause_set before = walk->counted[i];
        walk->counted[i] = before ^ carry;
        carry &= before;
    }
    walk->marked = (clause_set){0};
}

/* A program was begun by a process that did not survive it: go on behind it. */
static void leave_behind(void)
{
    if (walk->under_way) {
        count_marked();
        choices_end(walk->length);
    }
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

void run_one(void)
{
    static const struct channel channel = {walker_next, walker_deliver, NULL};

    here = 0;
    step = NO_STEP;
    result = log_begin;
    left_inside = -1;
    walk->log = walk->answered = log_begin;
    walk->length = walk->failing = 0;
    walk->under_way = 1;
    if (walk->mode == RANDOM)
        begin_by_chance();
    interpret(&channel);
    limit_write(left_inside);
    board->cleaning = 1;
    clean_up(false);
    board->cleaning = 0;
    board->progress++;
    walk->under_way = 0;
    walk->programs++;
    walk->operations += walk->length;
    count_marked();
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

/* Put together what is wanted together; walking.py makes sure that it fits. */
static bool gather(void)
{
    size_t size = (size_t)table.steps * sizeof *table.legs;
    struct leg *legs = mmap(NULL, size + 1, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    table.at = aligned_alloc(sizeof *table.at, (size_t)table.nodes * sizeof *table.at);
    if (legs == MAP_FAILED || table.at == NULL || table.operations > MOST_OPERATIONS)
        return false;
    for (int64_t i = 0; i < table.nodes; i++) {
        uint32_t first = table.first_step[i], steps = table.first_step[i + 1] - first;
        if (steps > MOST_STEPS)
            return false;
        table.at[i] = (struct node){.first = steps > 0 ? first : NO_STEP};
    }
    for (int64_t i = 0; i < table.steps; i++) {
        uint32_t edge = table.first_edge[i];
        legs[i] = (struct leg){(uint16_t)table.step_operation[i], table.edge_marks[edge], edge,
                               table.edge_target[edge], table.edge_words[edge]};
    }
    mprotect(legs, size, PROT_READ);
    table.legs = legs;
    return true;
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
    table.words = (const void *)place(&at, head[5], sizeof *table.words);
    table.edge_marks = (const void *)place(&at, table.edges, sizeof *table.edge_marks);
    table.marks = (const void *)at;
    return gather();
}

static pid_t walk_apart(struct board *shared, char *graph, size_t size, struct walk *asked,
                        int64_t *log, size_t room, int control)
{
    enum { ROOM = 8 }; /* a graph's contexts never hold as much */

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
    most_room = ROOM;
    return 0;
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
    pid_t child = walk_apart(shared, graph, size, asked, log, room, control);

    if (child != 0)
        return child;
    script = told;
    script_end = told + told_words;
    leave_behind();
    run_slice();
    finish(DONE);
}

/* Let a plain loop and the walker take turns over the same programs, in a new process; otherwise as
 * waitctx_walk. */
EXPORT pid_t waitctx_limit(struct board *shared, char *graph, size_t size, struct walk *asked,
                           int64_t *log, size_t room, struct limit *compared, int control)
{
    pid_t child = walk_apart(shared, graph, size, asked, log, room, control);

    if (child != 0)
        return child;
    limit = compared;
    limit_run();
    finish(DONE);
}
