/* The two sources of programs, each carried out by a process of its own.
 *
 * The caller has loaded the library and stays as it is: every process forked here starts from the
 * library's pristine state, and may crash, exit or hang. What it achieved stands on a board in
 * memory that it shares with the caller. */
#include "driver.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

struct board *board;

/* -- the process ------------------------------------------------------------------------------- */

/* Where glibc keeps what it prints before it calls abort(): of assert(), or of a damaged heap. It
 * begins with the size of a mapping, which is more than the text. Other C libraries have none. */
struct last_words {
    unsigned int size;
    char text[];
};

static struct last_words *const *last_words;

static void note_last_words(void)
{
    const char *text = last_words == NULL || *last_words == NULL ? "" : (*last_words)->text;

    for (size_t i = 0; i < MESSAGE - 1 && text[i] != '\0'; i++)
        board->message[i] = text[i];
}

/* Keep where a fault was, then let it kill us as it would have; a use of memory that is watched is
 * logged, and nothing more. There is an address unless another
 * process sent the signal (0 and below) or no address can be meant (SI_KERNEL). */
static void note_fault(int signal_number, siginfo_t *info, void *context)
{
    bool known = info->si_code > 0 && info->si_code != SI_KERNEL;

    (void)context;
    if (known && heap_forgive(info->si_addr))
        return;
    board->signal = signal_number;
    board->address = known ? (int64_t)(uintptr_t)info->si_addr : -1;
    if (signal_number == SIGABRT)
        note_last_words();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void prepare_for_faults(void)
{
    static char stack[1 << 16]; /* a job's own stack may be what overflowed */

    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
}

void watch_faults(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_sigaction = note_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    last_words = dlsym(RTLD_DEFAULT, "__abort_msg");
    prepare_for_faults();
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigaction(faults[i], &action, NULL);
}

/* In a process just forked by `caller`: part from it in everything but life. What it shares with
 * the caller, `size` bytes from the board on, is not passed on to processes that it forks in turn: a
 * library that does so would go on twice, and answer twice. */
EXPORT void waitctx_settle(struct board *shared, size_t size, pid_t caller, int control)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != caller)
        _exit(0);
    close(control);
    setsid(); /* so that kill(0, ...) reaches nobody else */
    madvise(shared, size, MADV_DONTFORK);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    /* What its children start becomes ours when they end, so that waitctx_conduct sees it. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    forget_output();
    board = shared;
    watch_faults();
    note_conduct();
    denial_told = &board->denied;
    *denial_told = ABSENT;
    heap_watch();
}

pid_t part(struct board *shared, size_t size, int control)
{
    pid_t caller = getpid();
    pid_t watcher = fork();

    if (watcher != 0)
        return watcher;
    waitctx_stand_between(caller);
    watcher = getpid();
    pid_t child = fork();
    if (child != 0)
        waitctx_watch(shared, child, control);
    waitctx_settle(shared, size, watcher, control);
    leave_host();
    return 0;
}

_Noreturn void finish(enum ending ending)
{
    board->ending = ending;
    _exit(0);
}

/* End if the library has left the process otherwise than it was. */
static void take_leave(void)
{
    enum ending conduct = (enum ending)waitctx_conduct(true);

    if (conduct != DONE)
        finish(conduct);
}

/* -- batches ----------------------------------------------------------------------------------- */

enum { OPERATION_WORDS = sizeof(struct operation) / sizeof(int64_t) };

static struct {
    const int64_t *program; /* the number of its operations, and these */
    const int64_t *next;    /* operations of the program under way */
    int64_t left;
    int64_t *out, *out_end;
    int64_t *words; /* where the length of the program's results stands */
    bool full, late;
    int64_t counting; /* OP_LEAKS or OP_DESCRIPTORS if the program came to it, 0 */
    enum care care;
    bool here; /* in a process that has children of its own */
} batch;

static const struct operation *batch_next(const struct frame *frame)
{
    const struct operation *operation = (const struct operation *)batch.next;

    (void)frame;
    if (batch.left == 0)
        return NULL;
    batch.left--;
    batch.next += OPERATION_WORDS;
    /* The last operation of all: what is left is counted when the program has ended. */
    if (batch.left == 0
        && (operation->code == OP_DESCRIPTORS
            || (operation->code == OP_LEAKS && heap_is_watched())))
        batch.counting = operation->code;
    return batch.counting ? NULL : operation;
}

static const struct operation *batch_peek(int64_t places)
{
    return places < batch.left ? (const struct operation *)batch.next + places : NULL;
}

/* Look at what the operation under way did, before its answer is told: it then is that one's doing. */
static void take_care(void)
{
    if (batch.care == CAREFUL)
        take_leave();
}

/* The length grows after its words: results are whole whenever the process ends. */
static bool batch_deliver(const int64_t *words, size_t count)
{
    take_care();
    if ((size_t)(batch.out_end - batch.out) < count) {
        batch.full = true;
        return false;
    }
    memcpy(batch.out, words, count * sizeof *words);
    batch.out += count;
    *(volatile int64_t *)batch.words += (int64_t)count;
    board->progress++;
    note_operation(words, count);
    return true;
}

/* Carry out the program under way from its start, and clean up. */
static bool run_program(const struct channel *channel, bool thread_ends)
{
    batch.left = *batch.program;
    batch.next = batch.program + 1;
    batch.counting = 0;
    if (batch.left > 0 && *batch.next == OP_RACE)
        race((const struct operation *)batch.next, batch.left, channel);
    else
        walk_threads(channel);
    heap_deny(0);
    if (batch.full)
        return false;
    board->cleaning = 1;
    end_threads();
    clean_up(thread_ends);
    board->cleaning = 0;
    board->progress++;
    return true;
}

static bool denies(const int64_t *program)
{
    for (int64_t n = 0; n < *program; n++)
        if (program[1 + n * OPERATION_WORDS] == OP_FAIL_ALLOC)
            return true;
    return false;
}

/* What a library sets up once in its life may fail for ever if memory is denied just then, so a
 * program that denies some is rehearsed without. If it ends there, that is what it is told by. */
static bool rehearse(const struct channel *channel)
{
    int64_t *begin = batch.out;

    heap_be_generous(true);
    contexts_are_kept = batch.care == SPARING;
    bool done = run_program(channel, false);
    contexts_are_kept = false;
    heap_be_generous(false);
    if (done) {
        *batch.words = 0;
        batch.out = begin;
    }
    return done;
}

static void run_watched(const struct channel *channel)
{
    if (denies(batch.program) && !rehearse(channel))
        return;
    if (run_program(channel, false) && batch.counting == OP_LEAKS) {
        struct heap_use more = leaked(run_program, channel);
        result_begin();
        heap_check(true);
        put(more.blocks);
        put(more.bytes);
        result_deliver(channel, OP_LEAKS);
    }
    heap_recycle();
}

static void run_plain(const struct channel *channel)
{
    if (run_program(channel, false) && batch.counting == OP_DESCRIPTORS) {
        int64_t more = descriptors_leaked(run_program, channel);
        result_begin();
        put(more);
        result_deliver(channel, OP_DESCRIPTORS);
    }
}

/* What Python's monotonic() tells, in seconds. */
static double monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run_batch(const int64_t *programs, const int64_t *end, double until)
{
    static const struct channel memory = {batch_next, batch_deliver, batch_peek};

    while (programs < end && batch.out < batch.out_end) {
        batch.late = board->programs > 0 && monotonic() > until;
        if (batch.late)
            return;
        batch.program = programs;
        programs += 1 + *programs * OPERATION_WORDS;
        batch.words = batch.out++;
        *batch.words = 0;
        board->programs++;
        note_program();
        if (heap_is_watched())
            run_watched(&memory);
        else
            run_plain(&memory);
        if (batch.full)
            return;
        take_care();
        if (!batch.here && waitctx_conduct(false) != DONE)
            finish(CHILDREN_LEFT);
    }
    batch.full = programs < end;
}

/* Map the pages that will be needed in one go: fault by fault it takes a good part of a batch's time.
 * Older kernels cannot, and then the faults come. Results take about as much room as programs. */
static void map_ahead(const int64_t *programs, size_t words, int64_t *out, size_t room)
{
#ifdef MADV_POPULATE_WRITE
    madvise((void *)(uintptr_t)programs, words * sizeof *programs, MADV_POPULATE_READ);
    madvise(out, (words < room ? words : room) * sizeof *out, MADV_POPULATE_WRITE);
#else
    (void)programs, (void)words, (void)out, (void)room;
#endif
}

/* Carry out programs in a new process, and give its id (-1 if there is none).
 *
 * `programs` holds for each the number of its operations, then these. `out` receives for each the
 * number of words that follow, then the results. The ending is FULL when it has no room for all:
 * the program begun last is to be tried again. No program but the first is begun when the clock says
 * `until`; the ending is LATE then. What a program did to the process is looked for
 * after each operation if that is asked for, else, but for children, after the last program, whose
 * doing it need not be. */
EXPORT pid_t waitctx_batch(struct board *shared, const int64_t *programs, size_t words,
                           int64_t *out, size_t room, int control, double until,
                           enum care care)
{
    memset(shared, 0, sizeof *shared);
    pid_t child = part(shared, (size_t)((char *)(out + room) - (char *)shared), control);
    if (child != 0)
        return child;
    batch.out = out;
    batch.out_end = out + room;
    batch.care = care;
    map_ahead(programs, words, out, room);
    run_batch(programs, programs + words, until);
    take_leave();
    finish(batch.full ? FULL : batch.late ? LATE : DONE);
}

/* The same in this very process, where nobody looks after what the library does to it: it shows what
 * a process apart costs. Gives how it ended. */
EXPORT int waitctx_batch_here(struct board *shared, const int64_t *programs, size_t words,
                              int64_t *out, size_t room)
{
    memset(shared, 0, sizeof *shared);
    board = shared;
    denial_told = &board->denied;
    batch.out = out;
    batch.out_end = out + room;
    batch.care = CARELESS;
    batch.here = true;
    run_batch(programs, programs + words, INFINITY);
    return batch.full ? FULL : DONE;
}

/* -- sessions ---------------------------------------------------------------------------------- */

static int socket_fd;

/* Blocking I/O does not mind standing on a job's stack. */
static bool transfer(ssize_t (*move)(int, void *, size_t), void *data, size_t size)
{
    char *at = data;

    while (size > 0) {
        ssize_t moved = move(socket_fd, at, size);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved < 0)
            finish(CUT_OFF);
        if (moved == 0)
            return false;
        at += moved;
        size -= (size_t)moved;
    }
    return true;
}

static ssize_t put_bytes(int fd, void *data, size_t size)
{
    return write(fd, data, size);
}

static const struct operation *session_next(const struct frame *frame)
{
    static struct operation operation;

    (void)frame;
    if (!transfer(read, &operation, sizeof operation))
        finish(DONE);
    return &operation;
}

static bool session_deliver(const int64_t *words, size_t count)
{
    board->progress++;
    return transfer(put_bytes, (void *)(uintptr_t)words, count * sizeof *words);
}

/* Carry out one program in a new process that takes operations from `socket` and answers each
 * there, until the other side closes it. */
EXPORT pid_t waitctx_session(struct board *shared, int socket, int control)
{
    static const struct channel conversation = {session_next, session_deliver, NULL};

    memset(shared, 0, sizeof *shared);
    pid_t child = part(shared, sizeof *shared, control);
    if (child != 0)
        return child;
    /* Low numbers are what programs, and libraries that close at random, talk about. */
    socket_fd = fcntl(socket, F_DUPFD, 700);
    if (socket_fd < 0)
        socket_fd = socket;
    else
        close(socket);
    walk_threads(&conversation);
    finish(DONE);
}
