/* The two sources of programs, each carried out by a process of its own.
 *
 * The caller has loaded the library and stays as it is: every process forked here starts from the
 * library's pristine state, and may crash, exit or hang. What it achieved stands on a board in
 * memory that it shares with the caller. */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* worker.py has the texts. */
enum ending { UNDER_WAY, DONE, FULL, CUT_OFF, CHILDREN_LEFT, SIGNALS_BLOCKED, MOVED };

/* worker.py and words.py read it as these words, in this order. */
struct board {
    int64_t ending;   /* how it ended, if it did so of its own accord */
    int64_t programs; /* how many were begun */
    int64_t progress; /* grows with each step */
    int64_t cleaning; /* 1 while it cleans up after a program */
    int64_t signal;   /* what killed it, 0 */
    int64_t address;  /* and what it had touched */
};

static struct board *board;
static struct stat folder;

/* -- the process ------------------------------------------------------------------------------- */

/* Keep where a fault was, then let it kill us as it would have. There is an address unless another
 * process sent the signal (0 and below) or no address can be meant (SI_KERNEL). */
static void note_fault(int signal_number, siginfo_t *info, void *context)
{
    bool known = info->si_code > 0 && info->si_code != SI_KERNEL;

    (void)context;
    board->signal = signal_number;
    board->address = known ? (int64_t)(uintptr_t)info->si_addr : -1;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void watch_faults(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    static char stack[1 << 16]; /* a job's own stack may be what overflowed */
    struct sigaction action = {.sa_sigaction = note_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigaction(faults[i], &action, NULL);
}

/* In a process just forked by `caller`: part from it in everything but life. */
EXPORT void waitctx_settle(struct board *shared, pid_t caller, int control)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != caller)
        _exit(0);
    /* Of its own, so that a signal to the group reaches nobody else. */
    setsid();
    close(control);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    /* What its children start becomes ours when they end, so that waitctx_conduct sees it. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)!ftruncate(STDOUT_FILENO, 0);
    stat(".", &folder);
    board = shared;
    watch_faults();
}

/* Whether the library has left the process as a host program needs it; DONE or what is wrong. The
 * harness asks after each program, so that the one is known that did it. */
EXPORT int waitctx_conduct(void)
{
    siginfo_t info;
    sigset_t mask;
    struct stat here;

    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD)
        return CHILDREN_LEFT;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int one = 1; one < SIGRTMIN; one++)
        if (sigismember(&mask, one))
            return SIGNALS_BLOCKED;
    /* Each program may print as much; where output goes elsewhere this does nothing. */
    (void)!ftruncate(STDOUT_FILENO, 0);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            return CUT_OFF;
    if (stat(".", &here) == 0 && (here.st_ino != folder.st_ino || here.st_dev != folder.st_dev))
        return MOVED;
    return DONE;
}

/* Fork; in the child (0), settle. */
static pid_t part(struct board *shared, int control)
{
    pid_t caller = getpid();
    pid_t child = fork();

    if (child != 0)
        return child;
    waitctx_settle(shared, caller, control);
    leave_host();
    return 0;
}

static _Noreturn void finish(enum ending ending)
{
    board->ending = ending;
    _exit(0);
}

/* -- batches ----------------------------------------------------------------------------------- */

static struct {
    const int64_t *next; /* operations of the program under way */
    int64_t left;
    int64_t *out, *out_end;
    int64_t *words; /* where the length of the program's results stands */
    bool full;
} batch;

static bool batch_next(struct operation *operation)
{
    if (batch.left == 0)
        return false;
    batch.left--;
    memcpy(operation, batch.next, sizeof *operation);
    batch.next += sizeof *operation / sizeof *batch.next;
    return true;
}

/* The length grows after its words: results are whole whenever the process ends. */
static bool batch_deliver(const int64_t *words, size_t count)
{
    if ((size_t)(batch.out_end - batch.out) < count) {
        batch.full = true;
        return false;
    }
    memcpy(batch.out, words, count * sizeof *words);
    batch.out += count;
    *(volatile int64_t *)batch.words += (int64_t)count;
    board->progress++;
    return true;
}

static void run_batch(const int64_t *programs, const int64_t *end)
{
    static const struct channel memory = {batch_next, batch_deliver};

    while (programs < end && batch.out < batch.out_end) {
        batch.left = *programs;
        batch.next = programs + 1;
        programs = batch.next + batch.left * (int64_t)(sizeof(struct operation) / sizeof *programs);
        batch.words = batch.out++;
        *batch.words = 0;
        board->programs++;
        interpret(&memory);
        if (batch.full)
            return;
        board->cleaning = 1;
        clean_up();
        board->cleaning = 0;
        board->progress++;
        enum ending conduct = waitctx_conduct();
        if (conduct != DONE)
            finish(conduct);
    }
    batch.full = programs < end;
}

/* Carry out programs in a new process, and give its id (-1 if there is none).
 *
 * `programs` holds for each the number of its operations, then these. `out` receives for each the
 * number of words that follow, then the results. The ending is FULL when it has no room for all:
 * the program begun last is to be tried again. */
EXPORT pid_t waitctx_batch(struct board *shared, const int64_t *programs, size_t words,
                           int64_t *out, size_t room, int control)
{
    memset(shared, 0, sizeof *shared);
    pid_t child = part(shared, control);
    if (child != 0)
        return child;
    batch.out = out;
    batch.out_end = out + room;
    run_batch(programs, programs + words);
    finish(batch.full ? FULL : DONE);
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

static bool session_next(struct operation *operation)
{
    if (!transfer(read, operation, sizeof *operation))
        finish(DONE);
    return true;
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
    static const struct channel conversation = {session_next, session_deliver};

    memset(shared, 0, sizeof *shared);
    pid_t child = part(shared, control);
    if (child != 0)
        return child;
    /* Low numbers are what programs, and libraries that close at random, talk about. */
    socket_fd = fcntl(socket, F_DUPFD, 700);
    if (socket_fd < 0)
        socket_fd = socket;
    else
        close(socket);
    interpret(&conversation);
    finish(DONE);
}
