/* Whether the library leaves the process as a host program needs it.
 *
 * What there was when the process began is noted, and compared later. What libraries may well do the
 * first time that they are used, such as keeping a device open or a thread running, is no concern of
 * ours: it goes with the process. */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Beyond the standard signals nobody has set anything. */
enum { SIGNALS = 32, STANDARD = STDERR_FILENO + 1, LIMITS = 16 };
/* So many descriptors a library may keep for itself. */
enum { MOST_KEPT = 32 };
/* And so many threads running. */
enum { MOST_THREADS = 64 };
/* And so much address space: the C library takes 64 MiB of it for each of some threads. */
#define MOST_MEMORY ((size_t)4 << 30)

typedef void handler_fn(int, siginfo_t *, void *);

static struct {
    struct stat folder, root, standard[STANDARD];
    handler_fn *handlers[SIGNALS];
    struct rlimit limits[LIMITS];
    int priority, first_free;
    size_t threads, memory;
    mode_t mask;
    char *environment; /* its strings one after the other, each with its end */
    size_t environment_size;
} before;

static handler_fn *handler_of(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 ? action.sa_sigaction : NULL;
}

/* The lowest descriptor that is not open; more than any where there is none left. */
static int first_free(void)
{
    int found = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

    if (found >= 0)
        close(found);
    return found >= 0 || errno != EMFILE ? found : INT_MAX;
}

/* How many threads this process has; 0 if that cannot be known. */
static size_t threads(void)
{
    struct stat tasks;

    return stat("/proc/self/task", &tasks) == 0 ? (size_t)tasks.st_nlink : 0;
}

/* How much address space is in use, in bytes; 0 if that cannot be known. */
static size_t memory(void)
{
    char text[32] = "";
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return 0;
    (void)!read(file, text, sizeof text - 1);
    close(file);
    return strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static mode_t creation_mask(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return mask;
}

static bool same_file(const struct stat *one, const struct stat *other)
{
    return one->st_ino == other->st_ino && one->st_dev == other->st_dev;
}

static void note_environment(void)
{
    size_t size = 0;

    for (char **one = environ; one != NULL && *one != NULL; one++)
        size += strlen(*one) + 1;
    /* Not from malloc, which may be the library's, or watched. */
    char *copy = mmap(NULL, size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    before.environment = copy == MAP_FAILED ? NULL : copy;
    before.environment_size = size;
    for (char **one = environ; before.environment != NULL && one != NULL && *one != NULL; one++)
        copy = stpcpy(copy, *one) + 1;
}

static bool environment_is_same(void)
{
    const char *at = before.environment;

    if (at == NULL)
        return true;
    for (char **one = environ; one != NULL && *one != NULL; one++) {
        size_t size = strlen(*one) + 1;
        if (size > (size_t)(before.environment + before.environment_size - at)
            || memcmp(at, *one, size) != 0)
            return false;
        at += size;
    }
    return at == before.environment + before.environment_size;
}

/* What is printed goes to a file without a name, which must not grow for ever: each program may
 * print as much. Whatever else a library has put in its place is left alone. */
void forget_output(void)
{
    struct stat output;

    if (fstat(STDOUT_FILENO, &output) == 0 && S_ISREG(output.st_mode) && output.st_nlink == 0
        && output.st_size > 0)
        (void)!ftruncate(STDOUT_FILENO, 0);
}

/* Note how the process is now. */
void note_conduct(void)
{
    stat(".", &before.folder);
    stat("/", &before.root);
    for (int fd = 0; fd < STANDARD; fd++)
        fstat(fd, &before.standard[fd]);
    for (int one = 1; one < SIGNALS; one++)
        before.handlers[one] = handler_of(one);
    for (int one = 0; one < LIMITS; one++)
        getrlimit(one, &before.limits[one]);
    before.priority = getpriority(PRIO_PROCESS, 0);
    before.first_free = first_free();
    before.threads = threads();
    before.memory = memory();
    before.mask = creation_mask();
    note_environment();
}

static enum ending descriptors(void)
{
    struct stat now;

    for (int fd = 0; fd < STANDARD; fd++) {
        if (fstat(fd, &now) != 0)
            return CUT_OFF;
        if (!same_file(&now, &before.standard[fd]))
            return REPLACED;
    }
    return first_free() - MOST_KEPT > before.first_free ? DESCRIPTORS_LEFT : DONE;
}

static enum ending leftovers(void)
{
    if (threads() > before.threads + MOST_THREADS)
        return THREADS_LEFT;
    return memory() > before.memory + MOST_MEMORY ? MEMORY_LEFT : DONE;
}

static enum ending signals(void)
{
    sigset_t blocked;

    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int one = 1; one < SIGRTMIN; one++)
        if (sigismember(&blocked, one))
            return SIGNALS_BLOCKED;
    for (int one = 1; one < SIGNALS; one++)
        if (handler_of(one) != before.handlers[one])
            return HANDLERS_CHANGED;
    for (int one = ITIMER_REAL; one <= ITIMER_PROF; one++) {
        struct itimerval timer;
        if (getitimer(one, &timer) == 0
            && (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0))
            return TIMER_LEFT;
    }
    return DONE;
}

static enum ending places(void)
{
    struct stat now;

    if (stat("/", &now) == 0 && !same_file(&now, &before.root))
        return ANOTHER_ROOT;
    if (stat(".", &now) == 0 && !same_file(&now, &before.folder))
        return MOVED;
    if (creation_mask() != before.mask)
        return MASK_CHANGED;
    return environment_is_same() ? DONE : ENVIRONMENT_CHANGED;
}

static enum ending limits(void)
{
    struct rlimit now;

    for (int one = 0; one < LIMITS; one++)
        if (getrlimit(one, &now) == 0
            && (now.rlim_cur != before.limits[one].rlim_cur
                || now.rlim_max != before.limits[one].rlim_max))
            return LIMITS_CHANGED;
    return getpriority(PRIO_PROCESS, 0) == before.priority ? DONE : LIMITS_CHANGED;
}

/* DONE, or what is wrong. To look at everything takes long enough to ask once for many programs, and
 * after each of them only if something was found. A program's output is forgotten by the way. */
int waitctx_conduct(int everything)
{
    static enum ending (*const looks[])(void) = {signals, places, limits, descriptors, leftovers};
    siginfo_t info;

    /* Those too that were cloned so that nobody is told of their end. */
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 || errno != ECHILD)
        return CHILDREN_LEFT;
    forget_output();
    for (size_t i = 0; everything && i < sizeof looks / sizeof *looks; i++) {
        enum ending found = looks[i]();
        if (found != DONE)
            return found;
    }
    return DONE;
}
