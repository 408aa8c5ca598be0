/* The walker: programs chosen along a graph of the model, and judged on the spot.
 *
 * The graph is a table that graph/table.py writes. An answer that no pattern of the table fits ends
 * the program and goes back to Python, where the model itself judges it. */
#ifndef WAITCTX_WALKER_H
#define WAITCTX_WALKER_H

#include "driver.h"

#pragma GCC visibility push(hidden)

#define TABLE_MAGIC INT64_C(0x3130687461776377)
/* In a pattern: any word will do. */
#define ANYTHING (INT64_MIN + 2)

/* A bit for each clause: two words of 64, which are combined at once. */
typedef uint64_t clause_set __attribute__((vector_size(16), aligned(8), may_alias));

enum { NO_STEP = UINT32_MAX, LISTED = 56 };

struct entry {
    struct operation operation;
    int64_t symbols; /* how many contexts, keys and jobs it needs, a byte each */
    int64_t spare;
};

struct table {
    int64_t operations, nodes, steps, edges;
    const struct entry *entries;
    const uint32_t *first_step, *step_operation, *first_edge, *edge_target, *edge_words;
    const int64_t *words;
    const uint16_t *edge_marks;
    const clause_set *marks; /* the clauses that are exercised */
    /* The same once more, as it is wanted together: made when the table is opened. */
    struct node *at;
    const struct leg *legs;
};

/* A node and which of its steps are liked how much, as one line of the processor's cache. */
struct node {
    uint32_t first; /* step; NO_STEP if it has none */
    uint32_t swarm; /* whose tastes the list is of, 0 for none */
    uint8_t list[LISTED];
} __attribute__((aligned(64)));

/* A step and the first of its edges, which is the only one in most graphs. */
struct leg {
    uint16_t operation, marks;
    uint32_t edge, target, words;
};

enum { MOST_OPERATIONS = 1 << 10, MOST_STEPS = 1 << 8 };

enum { EXHAUSTIVE, RANDOM, SCRIPTED };
enum { LONGEST = 4096, DEEPEST = 32, ALIKE = 3, PLACES = 62 };

/* What is asked of the walker, and how far it has come; walking.py has the same. The cursor is
 * whole between two programs, so that another process can go on. */
struct walk {
    int64_t mode, seed, depth, part, parts;
    int64_t nanoseconds;  /* end after so long */
    int64_t most;         /* or when so many programs were run since the beginning */
    int64_t over;         /* every program was run */
    int64_t number;       /* of the next program (random, scripted) */
    int64_t programs, operations;
    int64_t diverged;     /* how many programs met an answer that the table has not */
    int64_t unstable;     /* how often the same operations were not answered the same */
    int64_t others;       /* programs that are another part's: given up when that was seen */
    int64_t under_way;    /* a program was begun and not ended */
    int64_t failing;      /* the program under way is the one to look at */
    int64_t length;       /* how many operations of it were begun */
    const int64_t *log, *answered; /* where its answers begin and end */
    int64_t known;        /* how many places of the cursor are settled (exhaustive) */
    int64_t used[DEEPEST];
    uint32_t nodes[DEEPEST], choices[DEEPEST];
    uint32_t path[LONGEST]; /* the operations of the program under way */
    clause_set marked; /* the clauses that it has exercised */
    /* How many programs have exercised each: the binary places of the numbers, lowest first. */
    clause_set counted[PLACES];
};

extern struct table table;
extern struct walk *walk;
extern int64_t *script;
extern const int64_t *script_end;

/* -- choices.c ------------------------------------------------------------------------------------ */

/* Begin a program; false when there is none left. */
bool choices_begin(void);
/* End the program after so many operations. */
void choices_end(int64_t length);

/* -- walker.c ------------------------------------------------------------------------------------- */

/* Walk one program, as chosen. */
void run_one(void);

/* -- limit.c -------------------------------------------------------------------------------------- */

enum { MOST_PLAIN = 4096, MOST_ROUNDS = 1024 };

struct turn {
    int64_t wall, cpu; /* nanoseconds */
};

struct round {
    int64_t programs, operations, calls; /* calls include those that clean up */
    struct turn plain, walker;
};

/* What is asked of the comparison, and what came of it; bench/limit.py has the same. */
struct limit {
    int64_t first;   /* the number of the first program */
    int64_t most;    /* in each round about so many calls are made */
    int64_t rounds;
    int64_t done;    /* rounds */
    int64_t strayed; /* how many programs met an answer that the table has not */
    struct round round[MOST_ROUNDS];
};

extern struct limit *limit;

/* Write down what run_one() has walked, before it is cleaned up. */
void limit_write(int64_t left_inside);
/* Let the plain loop and the walker take turns. */
void limit_run(void);

#pragma GCC visibility pop
#endif
