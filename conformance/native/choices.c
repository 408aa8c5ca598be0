/* Which operations the walker chooses: all in turn, by chance, or as it is told. */
#include "walker.h"

/* -- every program of a length, in order ---------------------------------------------------------- */

enum { PARTED = 3 }; /* programs are shared out by their first operations */

/* Symbols are used in the order of their numbers: other programs are the same but for names. */
static bool in_order(int64_t needs, int64_t used)
{
    for (int shift = 0; shift < 24; shift += 8)
        if ((needs >> shift & 255) > (used >> shift & 255) + 1)
            return false;
    return true;
}

static int64_t with(int64_t used, int64_t needs)
{
    for (int shift = 0; shift < 24; shift += 8)
        if ((needs >> shift & 255) > (used >> shift & 255))
            used += INT64_C(1) << shift;
    return used;
}

static int64_t symbols_of(uint32_t step)
{
    return table.entries[table.step_operation[step]].symbols;
}

static int64_t used_before(int64_t place)
{
    return place == 0 ? 0 : with(walk->used[place - 1], symbols_of(walk->choices[place - 1]));
}

/* Settle a place on the first step from `step` on that may stand there. */
static bool settle_on(int64_t place, uint32_t step)
{
    uint32_t end = table.first_step[walk->nodes[place] + 1];

    while (step < end && !in_order(symbols_of(step), walk->used[place]))
        step++;
    walk->choices[place] = step;
    walk->known = step < end ? place + 1 : place;
    return step < end;
}

static bool is_mine(void)
{
    uint64_t hash = 0;

    for (int i = 0; i < PARTED; i++)
        hash = hash * 31 + walk->choices[i];
    return (int64_t)(hash % (uint64_t)walk->parts) == walk->part;
}

static uint32_t choose_next(uint32_t node, int64_t place)
{
    if (place >= walk->depth)
        return NO_STEP;
    if (place == PARTED && walk->parts > 1 && !is_mine()) {
        walk->others++;
        walk->operations -= place; /* it counts there */
        return NO_STEP;
    }
    if (place < walk->known && walk->nodes[place] != node) {
        walk->unstable++; /* what follows is another program than it was */
        walk->known = place;
    }
    if (place < walk->known)
        return walk->choices[place];
    walk->nodes[place] = node;
    walk->used[place] = used_before(place);
    return settle_on(place, table.first_step[node]) ? walk->choices[place] : NO_STEP;
}

/* Go on to the next program that differs within the first `length` operations. */
static void advance(int64_t length)
{
    int64_t place = length - 1;

    while (place >= 0 && !settle_on(place, walk->choices[place] + 1))
        place--;
    if (place < 0)
        walk->over = 1;
}

/* -- by chance ------------------------------------------------------------------------------------- */

enum { MOST_OPERATIONS = 1024, TRIES = 8 };

static uint64_t chance;
static int64_t wanted; /* how long the program is to be */
static uint8_t weights[MOST_OPERATIONS];

/* SplitMix64 (Steele, Lea, Flood, 2014). */
static uint64_t draw(void)
{
    uint64_t z = chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Each program likes operations of its own, and leaves some out. */
static void begin_random(void)
{
    static const uint8_t tastes[] = {0, 0, 0, 32, 96, 255, 255, 255};
    static const int64_t lengths[] = {8, 16, 64, 256, 1024, 4096};

    chance = (uint64_t)walk->seed * UINT64_C(0x2545f4914f6cdd1d) + (uint64_t)walk->number;
    draw();
    wanted = 1 + (int64_t)(draw() % (uint64_t)lengths[draw() % 6]);
    if (wanted > walk->depth)
        wanted = walk->depth;
    for (int64_t i = 0; i < table.operations && i < MOST_OPERATIONS; i++)
        weights[i] = table.entries[i].operation.code == OP_NEW ? 255 : tastes[draw() & 7];
}

static uint32_t choose_random(uint32_t node, int64_t place)
{
    uint32_t first = table.first_step[node];
    uint64_t number = table.first_step[node + 1] - first;
    uint32_t step = NO_STEP;

    if (place >= wanted || number == 0)
        return NO_STEP;
    for (int i = 0; i < TRIES; i++) {
        uint64_t random = draw();
        step = first + (uint32_t)((random >> 32) * number >> 32);
        if ((random & 255) <= weights[table.step_operation[step]])
            break;
    }
    return step;
}

/* -- as it is told --------------------------------------------------------------------------------- */

/* A script holds for each program the number of its operations, then these. Where one was answered,
 * -1 - the edge that was taken takes its place. */
static int64_t *told;

static bool begin_scripted(void)
{
    int64_t *at = script;

    for (int64_t i = 0; i < walk->number && at < script_end; i++)
        at += 1 + *at;
    told = at;
    walk->over = at >= script_end;
    return !walk->over;
}

/* A program ends where its operation is none of the graph's: answers led it elsewhere. */
static uint32_t choose_told(uint32_t node, int64_t place)
{
    if (place >= told[0] || place >= LONGEST)
        return NO_STEP;
    for (uint32_t step = table.first_step[node]; step < table.first_step[node + 1]; step++)
        if (table.step_operation[step] == told[1 + place])
            return step;
    return NO_STEP;
}

void choices_taken(uint32_t edge, int64_t place)
{
    told[1 + place] = -1 - (int64_t)edge;
}

/* -- any of them ----------------------------------------------------------------------------------- */

bool choices_begin(void)
{
    if (walk->mode == EXHAUSTIVE) {
        if (walk->depth <= PARTED && walk->part > 0)
            walk->over = 1; /* so few programs are not shared out */
        return !walk->over;
    }
    if (walk->mode == SCRIPTED)
        return begin_scripted();
    begin_random();
    return true;
}

uint32_t choose(uint32_t node, int64_t place)
{
    if (walk->mode == EXHAUSTIVE)
        return choose_next(node, place);
    return walk->mode == SCRIPTED ? choose_told(node, place) : choose_random(node, place);
}

void choices_end(int64_t length)
{
    if (walk->mode == EXHAUSTIVE)
        advance(length);
    else
        walk->number += walk->parts;
}
