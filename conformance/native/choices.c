/* Which operations the walker chooses: all in turn, by chance, or as it is told. */
#include "walker.h"

#include <string.h>

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
        walk->marked = (clause_set){0};
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

/* Programs like some operations better than others, and some not at all; so many in a row have the
 * same tastes, for these have to be worked out for each node. */
enum { ALIKE_IN_TASTE = 32, MOST_LIKED = 4 };

static uint64_t chance;
static int64_t wanted; /* how long the program is to be */
static int64_t swarm;  /* whose tastes are known, counted from 1 */
static uint8_t tastes[MOST_OPERATIONS];

/* A multiplier alone (Steele, Vigna, 2022): quick, and good as far as the upper half is used. */
static inline uint32_t draw(void)
{
    chance *= UINT64_C(0xd1342543de82ef95);
    return (uint32_t)(chance >> 32);
}

/* Begin what is drawn from a seed: SplitMix64 (Steele, Lea, Flood, 2014). */
static void take_chance(int64_t number)
{
    uint64_t z = (uint64_t)walk->seed * UINT64_C(0x2545f4914f6cdd1d)
                 + (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    chance = (z ^ z >> 31) | 1;
}

/* A number below a limit. */
static inline uint32_t draw_below(uint32_t limit)
{
    return (uint32_t)((uint64_t)draw() * limit >> 32);
}

static void acquire_tastes(int64_t number)
{
    static const uint8_t all[] = {0, 0, 0, 1, 2, MOST_LIKED, MOST_LIKED, MOST_LIKED};

    swarm = number;
    take_chance(-number);
    for (int64_t i = 0; i < table.operations; i++)
        tastes[i] = table.entries[i].operation.code == OP_NEW ? MOST_LIKED : all[draw_below(8)];
}

static void begin_random(void)
{
    static const uint32_t lengths[] = {8, 16, 64, 256, 1024, 4096};

    if (swarm != 1 + walk->number / ALIKE_IN_TASTE)
        acquire_tastes(1 + walk->number / ALIKE_IN_TASTE);
    take_chance(walk->number);
    wanted = 1 + draw_below(lengths[draw_below(6)]);
    if (wanted > walk->depth)
        wanted = walk->depth;
}

/* List the steps of a node, each as often as it is liked; if none is, each once. Where that is more
 * than the list has room for, chance decides who is left out until tastes change. */
__attribute__((noinline, cold)) static void list_steps(struct node *node, uint32_t steps)
{
    uint32_t wishes = 0, granted = 0, place = 0;

    for (uint32_t i = 0; i < steps; i++)
        wishes += tastes[table.legs[node->first + i].operation];
    bool indifferent = wishes == 0;
    if (indifferent)
        wishes = steps;
    uint32_t luck = (uint32_t)((uint64_t)swarm * UINT64_C(0x9e3779b97f4a7c15) >> 32) % wishes;
    for (uint32_t i = 0; i < steps; i++) {
        granted += LISTED * (indifferent ? 1 : tastes[table.legs[node->first + i].operation]);
        for (; place < (granted + luck) / wishes; place++)
            node->list[place] = (uint8_t)i;
    }
    node->swarm = (uint32_t)swarm;
}

/* The step at a node that a number decides on; NO_STEP if there is none. */
static inline uint32_t pick(uint32_t number, uint32_t dice)
{
    struct node *node = &table.at[number];

    if (UNLIKELY(node->swarm != (uint32_t)swarm) && node->first != NO_STEP)
        list_steps(node, table.first_step[number + 1] - node->first);
    return node->first + node->list[(uint64_t)dice * LISTED >> 32];
}

/* -- as it is told --------------------------------------------------------------------------------- */

/* A script holds for each program the number of its operations, then these. Where one was answered,
 * -1 - the edge that was taken takes its place. */
static int64_t *told;
static int64_t told_number; /* which one it is */

static bool begin_scripted(void)
{
    if (told == NULL) {
        told = script;
        told_number = 0;
    }
    for (; told_number < walk->number && told < script_end; told_number++)
        told += 1 + *told;
    walk->over = told >= script_end;
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

static void choices_taken(uint32_t edge, int64_t place)
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

static uint32_t choose(uint32_t node, int64_t place)
{
    return walk->mode == EXHAUSTIVE ? choose_next(node, place) : choose_told(node, place);
}

void choices_end(int64_t length)
{
    if (walk->mode == EXHAUSTIVE)
        advance(length);
    else
        walk->number += walk->parts;
}
