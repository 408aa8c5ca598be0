/* The native driver: carries programs to a shared library that offers ASYNC_WAIT_CTX_*.
 *
 *   library.c      the library under test: its functions, found by name
 *   symbols.c      the same where they are not exported
 *   guards.c       out-parameters and arrays with guard words beside them
 *   events.c       the cleanup routines and callbacks that programs name; they log their calls
 *   state.c        the program under way: which pointer is which
 *   calls.c        the operations that begin and end on the same side
 *   interpreter.c  one program, outside and inside of jobs
 *   driver.c       two sources of programs (a batch in memory, a session on a socket), each in a
 *                  process of its own
 *   conduct.c      whether a program left the process as it was
 *   walker.c       the third: the operations of a graph, chosen and judged on the spot
 *   choices.c      which operations the walker chooses
 *   limit.c        the same calls in a plain loop, to compare the walker with
 *   watched.c      programs whose memory is watched: carried out more than once
 *   malloc.c       the allocation functions of the process, where the driver is preloaded
 *   heap.c         blocks of memory that are watched
 *   unit.c         what is done for each operation, compiled as one
 *   files.c        real descriptors that programs open
 *   threads.c      programs that go on in several threads, each with a copy of all this
 *   stepping.c     calls that are interrupted after so many instructions
 *
 * Nothing of OpenSSL is needed to build it. Everything here is one thread's business; the state is
 * global because a job function starts with nothing but its argument block.
 */
#ifndef WAITCTX_DRIVER_H
#define WAITCTX_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is seldom so is kept out of the way of the rest. */
#define UNLIKELY(condition) __builtin_expect((condition), 0)
/* Names stay inside, for they are plain ones; what worker.py calls is marked EXPORT. */
#define EXPORT __attribute__((visibility("default")))
#pragma GCC visibility push(hidden)

enum { CONTEXTS = 260, JOBS = 260, ROUTINES = 5, CALLBACKS = 4, BLOCKS = 13, ARGUMENTS = 5 };

/* -- the library under test -------------------------------------------------------------------- */

/* A context and a job are opaque: void * stands for ASYNC_WAIT_CTX * and ASYNC_JOB *. */
typedef void cleanup_fn(void *ctx, const void *key, int fd, void *data);
typedef int callback_fn(void *arg);
typedef int job_fn(void *args);

/* F(type, name, parameters) of each function of the interface. */
#define INTERFACE(F) \
    F(void *, ASYNC_WAIT_CTX_new, (void)) \
    F(void, ASYNC_WAIT_CTX_free, (void *ctx)) \
    F(int, ASYNC_WAIT_CTX_set_wait_fd, \
      (void *ctx, const void *key, int fd, void *data, cleanup_fn *cleanup)) \
    F(int, ASYNC_WAIT_CTX_get_fd, (void *ctx, const void *key, int *fd, void **data)) \
    F(int, ASYNC_WAIT_CTX_get_all_fds, (void *ctx, int *fds, size_t *count)) \
    F(int, ASYNC_WAIT_CTX_get_changed_fds, \
      (void *ctx, int *added, size_t *numadd, int *deleted, size_t *numdel)) \
    F(int, ASYNC_WAIT_CTX_clear_fd, (void *ctx, const void *key)) \
    F(int, ASYNC_WAIT_CTX_set_callback, (void *ctx, callback_fn *callback, void *arg)) \
    F(int, ASYNC_WAIT_CTX_get_callback, (void *ctx, callback_fn **callback, void **arg)) \
    F(int, ASYNC_WAIT_CTX_set_status, (void *ctx, int status)) \
    F(int, ASYNC_WAIT_CTX_get_status, (void *ctx)) \
    F(int, ASYNC_start_job, \
      (void **job, void *ctx, int *ret, job_fn *function, void *args, size_t size)) \
    F(int, ASYNC_pause_job, (void)) \
    F(void *, ASYNC_get_current_job, (void)) \
    F(void *, ASYNC_get_wait_ctx, (void *job)) \
    F(void, ASYNC_block_pause, (void)) \
    F(void, ASYNC_unblock_pause, (void)) \
    F(int, ASYNC_init_thread, (size_t max_size, size_t init_size)) \
    F(void, ASYNC_cleanup_thread, (void)) \
    F(int, ASYNC_is_capable, (void))

#define MEMBER(type, name, parameters) type(*name) parameters;
struct library {
    INTERFACE(MEMBER)
};
#undef MEMBER

/* The functions that were found; NULL those that the library lacks. */
extern struct library library;
/* OpenSSL's OPENSSL_thread_stop, NULL in other libraries. */
extern void (*end_of_thread)(void);

void leave_host(void);

void open_symbols(void *handle, const char *path);
void *find_symbol(const char *name);
void close_symbols(void);

/* -- words ------------------------------------------------------------------------------------- */

/* What an answer can be beside an index or a value; words.py knows the same. */
#define UNTOUCHED INT64_MIN  /* the out-parameter holds what it held */
#define ABSENT (INT64_MIN + 1) /* this answer did not occur */
enum { NONE = -1, NEW = -2, SHARED = -2, OTHER = -3 };

/* In the order of the vocabulary, operations.py. */
enum code {
    OP_NEW,
    OP_FREE,
    OP_SET,
    OP_GET,
    OP_ALL,
    OP_CHANGED,
    OP_CLEAR,
    OP_SET_CALLBACK,
    OP_GET_CALLBACK,
    OP_SET_STATUS,
    OP_GET_STATUS,
    OP_START,
    OP_PAUSE,
    OP_RESUME,
    OP_RETURN,
    OP_CURRENT,
    OP_WAIT_CTX,
    OP_ARGS,
    OP_BLOCK,
    OP_UNBLOCK,
    OP_INIT_THREAD,
    OP_CLEANUP_THREAD,
    OP_IS_CAPABLE,
    OP_FAIL_ALLOC,
    OP_LEAKS,
    OP_THREAD,
    OP_RACE,
    OP_MEET,
    OP_INTERRUPT,
    OP_OPEN,
    OP_CLOSE,
    OP_WAKE,
    OP_DRAIN,
    OP_LOOK,
    OP_DESCRIPTORS,
};

struct operation {
    int64_t code;
    int64_t arguments[ARGUMENTS];
};

/* -- guards.c ---------------------------------------------------------------------------------- */

/* One out-parameter; an int takes the lower-addressed half of it. */
struct cell {
    uint64_t before[2];
    union {
        uint64_t word;
        void *pointer;
        callback_fn *callback;
        size_t size;
        struct {
            int32_t number, beside;
        };
    };
    uint64_t after[2];
};

/* All are filled with a value that no implementation writes by chance: neither an fd or a count nor
 * a pointer that could be followed. */
#define GUARD UINT64_C(0x6bad5eed6bad5eed)
#define GUARD_INT INT32_C(0x6bad5eed)

static inline void cell_prepare(struct cell *cell)
{
    cell->before[0] = cell->before[1] = cell->after[0] = cell->after[1] = GUARD;
    cell->word = GUARD;
}

static inline bool cell_untouched(const struct cell *cell)
{
    return cell->word == GUARD;
}

static inline int64_t cell_number(const struct cell *cell)
{
    return cell->number == GUARD_INT ? UNTOUCHED : cell->number;
}

static inline int64_t cell_word(const struct cell *cell)
{
    return cell_untouched(cell) ? UNTOUCHED : (int64_t)cell->word;
}

/* Two guard words, which the compiler compares at once. */
typedef uint64_t guards __attribute__((vector_size(16), aligned(8), may_alias));

static inline guards changed_guards(const uint64_t *two)
{
    return *(const guards *)two ^ (guards){GUARD, GUARD};
}

/* How many guard words beside the cell were changed. */
static inline int64_t cell_strays(const struct cell *cell)
{
    const uint64_t *before = cell->before, *after = cell->after;
    guards changed = changed_guards(before) | changed_guards(after);

    if ((changed[0] | changed[1]) == 0)
        return 0;
    return (before[0] != GUARD) + (before[1] != GUARD) + (after[0] != GUARD) + (after[1] != GUARD);
}

/* The same of a cell that was passed as an int. */
static inline int64_t cell_number_strays(const struct cell *cell)
{
    return cell_strays(cell) + (cell->beside != GUARD_INT);
}

enum { MOST_ELEMENTS = 100064, ARRAY_GUARDS = 4 };

/* An array of fds: room for `limit` elements, then guard words again. */
struct array {
    int32_t before[ARRAY_GUARDS];
    int32_t elements[MOST_ELEMENTS + ARRAY_GUARDS];
    size_t limit;
    size_t clean; /* so many elements hold the guard value: 0 when nothing is known */
};

/* -- events.c ---------------------------------------------------------------------------------- */

enum { MOST_EVENTS = 1000, EVENT_WORDS = 6 };

struct events {
    size_t count;
    bool overrun;
    int64_t words[MOST_EVENTS * EVENT_WORDS];
};

extern struct events events;

/* What can be wrong with how memory is used; heap.py knows the same. */
enum heap_fault { FREED_TWICE = 1, FREED_NO_BLOCK, USED_AFTER_FREE, OUT_OF_BOUNDS };

void heap_fault(enum heap_fault fault, int64_t size, int64_t offset);
void log_denial(int64_t size);
/* Let the faults of this thread be handled, on a stack of their own. */
void watch_faults(void);
/* The same where they are handled already, but for the stack. */
void prepare_for_faults(void);
/* Where it stands how large a request was denied during the operation under way, ABSENT if none. */
extern int64_t *denial_told;

cleanup_fn *cleanup_routine(int64_t index);
callback_fn *callback_routine(int64_t index);
int64_t callback_index(callback_fn *callback);

/* -- state.c: the program under way ------------------------------------------------------------- */

enum phase { IDLE, RUNNING, PAUSED };

struct job {
    enum phase phase;
    struct cell handle;  /* what ASYNC_start_job is given to keep its handle in */
    const void *known;   /* the handle under which the job was first seen */
    void *ctx;
    int64_t block;       /* the symbol of its argument block, NONE */
    bool entered, returned; /* whether its function was, since ASYNC_start_job was called */
    bool lost;           /* paused, but what it stands on was taken away: never touch it again */
};

/* What is known of the job whose function runs; it lives on the job's own stack, so that a mixed-up
 * stack is seen. Outside of jobs there is none (NULL). */
struct frame {
    int64_t slot;
    const void *args;
};

struct state {
    void *contexts[CONTEXTS];
    struct job jobs[JOBS];
    int64_t contexts_used, jobs_used; /* those from here on were not touched by the program */
    size_t most_fds;     /* no array can need more: as often was an fd set */
    int64_t blocks;      /* ASYNC_block_pause without ASYNC_unblock_pause */
    int64_t blocks_held; /* those of them that were made inside a job */
    bool thread_touched; /* ASYNC_init_thread was called */
    bool pool_used;      /* ASYNC_start_job was, so there is a pool */
};

extern struct state state;

/* No array gets more room than this. */
extern size_t most_room;

/* The live context of a slot, or NULL: no operation is tried on what is not there. */
static inline void *context_at(int64_t slot)
{
    return slot >= 0 && slot < CONTEXTS ? state.contexts[slot] : NULL;
}

int64_t context_slot(const void *ctx);
int64_t job_slot(const void *handle, int64_t own);
struct job *job_at(int64_t slot);
void lose_jobs(const void *ctx);
void fill_block(int64_t block, int64_t slot);
void spoil_block(int64_t block);
void *block_at(int64_t block);
int64_t block_held(const struct frame *frame);

/* Whether the library's memory is (malloc.c). */
extern bool heap_watching;

static inline bool heap_is_watched(void)
{
    return heap_watching;
}

/* -- results.c: the result of the operation under way ---------------------------------------------- */

/* Where operations come from and results go to. */
struct channel {
    /* Give the next operation; NULL at the end of the program. It may carry out some itself, where
     * the program stands. */
    const struct operation *(*next)(const struct frame *frame);
    /* Take one result; false when no more can be taken. A result is `code << 32 | n` and n words. A
     * single 0 stands for an operation that cannot be carried out where the program stands, a single
     * -1 for one during which control went elsewhere; the program ends there. */
    bool (*deliver)(const int64_t *words, size_t count);
    /* Give the operation so many places after the next one without taking it; NULL past the end.
     * There is no such function where the program is not known beforehand. */
    const struct operation *(*peek)(int64_t places);
};

enum { RESULT_WORDS = 2 * MOST_ELEMENTS + 16 + MOST_EVENTS * EVENT_WORDS };

/* Where the result is written, a place with room for RESULT_WORDS, and how long it is so far. */
extern int64_t *result;
extern uint32_t result_length; /* no int64_t, lest a word that is written might be it */

static inline void result_begin(void)
{
    result_length = 1;
    events.count = 0;
    events.overrun = false;
    if (UNLIKELY(heap_is_watched()))
        *denial_told = ABSENT;
}

/* Make room for so many answers, and give the place; no operation has so many that there is none. */
static inline int64_t *room_for(uint32_t answers)
{
    int64_t *place = result + result_length;

    result_length += answers;
    return place;
}

/* Add an answer. */
static inline void put(int64_t answer)
{
    *room_for(1) = answer;
}

/* Add the events since it was begun, and write its head; gives how many words there are. */
size_t result_end(int64_t code);

/* Hand it over, with the events since it was begun; false when it could not be taken. */
bool result_deliver(const struct channel *channel, int64_t code);

/* -- files.c: real descriptors ---------------------------------------------------------------------- */

/* In words a descriptor's symbol is this and its place; words.py knows the same. */
#define FILE_WORD (INT64_C(1) << 40)

/* Whether the program has any. */
extern bool files_made;

int real_number(int64_t file);
int64_t file_symbol(int64_t fd);
/* Carry out an operation on a descriptor, and put() its answers; false when it cannot be. */
bool file_operation(int64_t code, int64_t file);
/* What a cleanup routine does with the fd that it is called with. */
void file_clean(int fd);
void files_forget(void);

/* The number that a word for an fd stands for. */
static inline int file_number(int64_t fd)
{
    return fd < FILE_WORD ? (int)fd : real_number(fd);
}

/* The word for an fd that was answered. */
static inline int64_t fd_word(int64_t fd)
{
    return UNLIKELY(files_made) ? file_symbol(fd) : fd;
}

/* -- malloc.c and heap.c: memory that is watched ---------------------------------------------------- */

struct heap_use {
    int64_t blocks, bytes;
};

void heap_watch(void);
/* Look at the canaries of this program's blocks, or of all. */
void heap_check(bool all);
bool heap_forgive(const void *address);
void heap_recycle(void);
struct heap_use heap_in_use(void);
/* Deny the request with this number, counted from the next one as 1; 0 for none. */
void heap_deny(int64_t number);
void heap_be_generous(bool generously);

/* For malloc.c alone. */
bool heap_reserve(void);
bool heap_denies(size_t size);
void *heap_new(size_t size, size_t alignment);
void heap_free(void *address);
bool heap_owns(const void *address);
size_t heap_size(const void *address);
void heap_count(int64_t more, int64_t bytes);

/* -- watched.c -------------------------------------------------------------------------------------- */

/* Carries out the program under way from its start, and cleans up; false when not all of its results
 * could be delivered. */
typedef bool run_fn(const struct channel *channel, bool thread_ends);

/* Run a program again, and tell how much more memory it takes each time. */
struct heap_use leaked(run_fn *run, const struct channel *source);
/* The same of open descriptors; files.c. */
int64_t descriptors_leaked(run_fn *run, const struct channel *source);
/* The channel, but for what becomes of results: nothing. */
struct channel unheard(const struct channel *source);

/* -- notes.c: marks for memory checkers ------------------------------------------------------------ */

void note_program(void);
void note_operation(const int64_t *words, size_t count);

/* -- calls.c ----------------------------------------------------------------------------------------- */

/* Set while contexts are left alone when they are to be freed. */
extern bool contexts_are_kept;
void free_unless_kept(void *ctx);

/* -- interpreter.c: the program's way through them, and through jobs ------------------------------- */

/* Carry out one program. */
void interpret(const struct channel *channel);
/* After a program: let its jobs return and free its contexts, whatever the answers; if the thread
 * ends too, take its pool away. */
void clean_up(bool thread_ends);

/* -- stepping.c ---------------------------------------------------------------------------------- */

/* Call `then` on this thread when it has carried out so many instructions of the library from here on;
 * false where that cannot be done. */
bool step_until(int64_t instructions, void (*then)(void));
/* Forget about it, if it has not come to that yet. */
void step_no_more(void);

/* -- threads.c -------------------------------------------------------------------------------------- */

/* Carry out one program, wherever it goes on. */
void walk_threads(const struct channel *channel);
/* Carry out one of so many operations that begins with OP_RACE, and clean up. */
void race(const struct operation *program, int64_t length, const struct channel *channel);
/* End the threads that a program has made, but for this one. */
void end_threads(void);

/* -- driver.c: what a process says about itself ---------------------------------------------------- */

enum { MESSAGE = 128 };

/* worker.py reads it as these, in this order. */
struct board {
    int64_t ending;   /* how it ended, if it did so of its own accord */
    int64_t programs; /* how many were begun */
    int64_t progress; /* grows with each step */
    int64_t cleaning; /* 1 while it cleans up after a program */
    int64_t signal;   /* what killed it, 0 */
    int64_t address;  /* and what it had touched */
    int64_t denied;   /* the size of a request that was denied meanwhile, ABSENT */
    int64_t process;  /* the id of the one that runs the library */
    int64_t mirrored; /* an enum mirror: who ended last as the process ended that it waited for */
    char message[MESSAGE]; /* what the C library said when it gave up */
};

/* worker.py has the texts. */
enum ending {
    UNDER_WAY,
    DONE,
    FULL,
    CUT_OFF,
    CHILDREN_LEFT,
    SIGNALS_BLOCKED,
    MOVED,
    REPLACED,
    HANDLERS_CHANGED,
    TIMER_LEFT,
    ANOTHER_ROOT,
    MASK_CHANGED,
    ENVIRONMENT_CHANGED,
    LIMITS_CHANGED,
    LATE,
    NO_PROCESS,
    NO_THREADS,
    DESCRIPTORS_LEFT,
    TOO_MUCH_MEMORY,
    THREADS_LEFT = 22, /* between are those of Python objects */
    MEMORY_LEFT,
};

/* What is looked at after each operation: nothing, or the process. SPARING is nothing too, but no
 * context is freed in a rehearsal: whoever always dies of that would die before anything was denied.
 * ABRUPT is as SPARING, and ends with the last answer, so that what comes of freeing what a program
 * leaves is told from what comes of its operations. */
enum care { CARELESS, CAREFUL, SPARING, ABRUPT };

extern struct board *board;

/* Fork; in the child (0), part from the caller in everything but life. It shares `size` bytes with
 * the caller, from the board on. */
pid_t part(struct board *shared, size_t size, int control);
_Noreturn void finish(enum ending ending);

/* -- watch.c: the processes between ------------------------------------------------------------------ */

/* worker.py knows the same. */
enum mirror { BY_WATCHER = 1, BY_GUARD };

EXPORT void waitctx_stand_between(pid_t caller);
EXPORT _Noreturn void waitctx_watch(struct board *shared, pid_t child, int control);

/* -- conduct.c: whether the process is still as it was ----------------------------------------------- */

void note_conduct(void);
EXPORT int waitctx_conduct(int everything);
void forget_output(void);

#pragma GCC visibility pop
#endif
