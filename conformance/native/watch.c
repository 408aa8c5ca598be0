/* The processes that stand between those that run a library and those that started them.
 *
 * A library may kill its parent process, or that one's group. What it meets is one of these, which
 * does nothing but to end as its child does: nothing is lost with it, and whoever started it sees that
 * it was killed. */
#include "driver.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* When those who started it are gone a worker gets so many tenths of a second to clean up. */
enum { LEAVING = 5 };

/* End as the child did, or stop with it, and leave word that it was not somebody's doing. */
static void mirror(struct board *shared, enum mirror who, int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : SIGSTOP;
    sigset_t one;

    shared->mirrored = who;
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    raise(number);
}

/* In a process just forked by `caller`: live no longer than that, out of reach of its group. */
EXPORT void waitctx_stand_between(pid_t caller)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != caller)
        _exit(0);
    setsid();
}

/* Wait for the process just forked from here that runs the library. */
EXPORT _Noreturn void waitctx_watch(struct board *shared, pid_t child, int control)
{
    int status;

    close(control);
    if (child < 0) {
        shared->mirrored = BY_WATCHER;
        board = shared;
        finish(NO_PROCESS);
    }
    shared->process = child;
    for (;;)
        if (waitpid(child, &status, WUNTRACED) == child)
            mirror(shared, BY_WATCHER, status);
}

/* Before stopping: end at once when `parent` does, and tell if it still lives. A signal to go on
 * would be lost if it came before the stop. */
static bool end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}

/* Wait for a worker just forked from here, and end it soon after `parent`, which started both. */
EXPORT _Noreturn void waitctx_guard(struct board *shared, pid_t child, pid_t parent, int control)
{
    const struct timespec slice = {.tv_nsec = 100000000};
    sigset_t told;
    int status;

    close(control);
    sigemptyset(&told);
    sigaddset(&told, SIGCHLD);
    sigaddset(&told, SIGCONT);
    sigprocmask(SIG_BLOCK, &told, NULL);
    prctl(PR_SET_PDEATHSIG, SIGCONT); /* it may be stopped */
    for (int left = LEAVING;;) {
        if (waitpid(child, &status, WNOHANG | WUNTRACED) == child) {
            if (WIFSTOPPED(status) && !end_with(parent))
                kill(child, SIGKILL);
            else
                mirror(shared, BY_GUARD, status);
        }
        if (getppid() != parent && left-- == 0)
            kill(child, SIGKILL);
        sigtimedwait(&told, NULL, getppid() == parent ? NULL : &slice);
    }
}
