/* A small implementation: contexts, and jobs that cannot pause. -DFAULT=NAME makes it misbehave. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum fault {
    NOTHING,
    SHORT,      /* all: counts one fd more than it writes */
    GAP,        /* all: leaves the first element as it is */
    BEFORE,     /* all: writes before the array */
    FAR,        /* all: writes far behind the array */
    WIDE,       /* get: writes 8 bytes for an int */
    SILENT,     /* get: says 1 and writes nothing */
    MIXED_UP,   /* get: gives back only half of a pointer */
    SHARED,     /* start: gives the job the caller's block */
    CALLS,      /* set_status: calls the callback */
    SWARM,      /* free: calls each cleanup 5,000 times */
    CRASH,      /* clear */
    ABORT,      /* clear */
    EXIT,       /* clear */
    HANG,       /* clear */
    CRASH_FREE, /* free */
    PACK_FREE,  /* free: kills the group of the process that started it */
    CLOSE,      /* clear: closes every descriptor */
    TWICE,      /* clear: frees memory twice */
    GROUP,      /* clear: kills its process group */
    DAEMON,     /* clear: leaves a process behind, in a session of its own */
    FORK,       /* clear: goes on in two processes */
    MURDER,     /* clear: kills the process that started it */
    STOP,       /* clear: stops the process that started it */
    ORPHAN,     /* clear: leaves a process behind, and kills the one that started it */
    HALT,       /* clear: stops itself */
    STEAL,      /* clear: puts a file of its own in the place of standard output */
    HANDLER,    /* clear: handles a signal */
    TIMER,      /* clear: lets a timer run */
    CLONE,      /* clear: leaves a process of which nobody is told when it ends */
    SIBLING,    /* clear: leaves a process as a child of the one that started it */
    ENVIRON,    /* clear: sets a variable of the environment */
    RENAME,     /* clear: changes a variable where it stands */
    UMASK,      /* clear: changes the mask of file modes */
    LIMITS,     /* clear: lowers the number of open files */
    SCRIBBLE,   /* clear: writes over all memory that is shared with others */
    HOARD,      /* clear: opens as many files as it can */
    THRONG,     /* clear: starts as many threads as it can */
    GORGE,      /* clear: takes as much memory as it can */
    LAZY,       /* clear: takes its time, but comes to an end */
    FINISH,     /* start: ends the process when the job has finished */
    INCAPABLE,  /* is_capable: says that jobs cannot run */
    UNASKED,    /* is_capable: crashes */
    NOISE,      /* new: writes much to standard output */
    ELSEWHERE,  /* new: some milliseconds in one call of the C library */
    LOAD_CRASH, /* when loaded */
    LOAD_EXIT, LOAD_CLOSE, LOAD_MUTE, LOAD_POOR,  /* when loaded */
    LOAD_MURDER, LOAD_PACK, LOAD_HALT, LOAD_FORK, LOAD_DAEMON, /* when loaded */
};

#ifndef FAULT
#define FAULT NOTHING
#endif

static const enum fault fault = FAULT;

struct entry {
    const void *key;
    int fd;
    void *data;
    void (*cleanup)(void *, const void *, int, void *);
};

struct ctx {
    struct entry entries[64];
    int count, status;
    int (*callback)(void *);
    void *arg;
};

__attribute__((constructor)) static void load(void)
{
    if (fault == LOAD_CRASH)
        raise(SIGSEGV);
    if (fault == LOAD_POOR)
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0});
    if (fault == LOAD_MURDER || fault == LOAD_PACK) {
        kill(fault == LOAD_PACK ? -getpgid(getppid()) : getppid(), SIGKILL);
        pause();
    }
    if (fault == LOAD_HALT)
        kill(getppid(), SIGSTOP);
    if (fault == LOAD_FORK)
        fork();
    if (fault == LOAD_DAEMON && fork() == 0)
        execlp("sleep", "sleep", "86397", NULL);
    if (fault == LOAD_EXIT)
        _exit(3);
    for (int fd = 0; fault == LOAD_CLOSE && fd < 1024; fd++)
        close(fd);
    for (int fd = 0; fault == LOAD_MUTE && fd < 3; fd++)
        close(fd);
}

void *ASYNC_WAIT_CTX_new(void)
{
    static const char noise[1 << 16];

    if (fault == NOISE)
        write(1, noise, sizeof noise);
    if (fault == ELSEWHERE)
        snprintf(NULL, 0, "%*d", 1 << 22, 1);
    return calloc(1, sizeof(struct ctx));
}

#if defined LACKS_FREE
void free_by_another_name(struct ctx *ctx)
#else
void ASYNC_WAIT_CTX_free(struct ctx *ctx)
#endif
{
    if (fault == CRASH_FREE)
        *(volatile int *)0x20 = 0;
    if (fault == PACK_FREE)
        kill(-getpgid(getppid()), SIGKILL);
    for (int i = 0; i < ctx->count; i++)
        for (int n = 0; ctx->entries[i].cleanup != NULL && n < (fault == SWARM ? 5000 : 1); n++)
            ctx->entries[i].cleanup(ctx, ctx->entries[i].key, ctx->entries[i].fd,
                                    ctx->entries[i].data);
    free(ctx);
}

int ASYNC_WAIT_CTX_set_wait_fd(struct ctx *ctx, const void *key, int fd, void *data,
                               void (*cleanup)(void *, const void *, int, void *))
{
    ctx->entries[ctx->count++] = (struct entry){key, fd, data, cleanup};
    return 1;
}

int ASYNC_WAIT_CTX_get_fd(struct ctx *ctx, const void *key, int *fd, void **data)
{
    for (int i = 0; i < ctx->count; i++) {
        if (ctx->entries[i].key != key)
            continue;
        if (fault == SILENT)
            return 1;
        if (fault == WIDE)
            *(long *)fd = ctx->entries[i].fd;
        *fd = ctx->entries[i].fd;
        *data = ctx->entries[i].data;
        if (fault == MIXED_UP)
            *data = (void *)((unsigned long)*data & 0xffffffff);
        return 1;
    }
    return 0;
}

int ASYNC_WAIT_CTX_get_all_fds(struct ctx *ctx, int *fds, size_t *count)
{
    *count = (size_t)ctx->count + (fault == SHORT);
    if (fds == NULL)
        return 1;
    for (int i = fault == GAP; i < ctx->count; i++)
        fds[i] = ctx->entries[i].fd;
    if (fault == BEFORE)
        fds[-1] = 0;
    if (fault == FAR)
        fds[ctx->count + 64] = 0;
    return 1;
}

static void *stay(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static void scribble(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    unsigned long from, to;

    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx rw-s", &from, &to) == 2 && strstr(line, "memfd:waitctx") != NULL)
            memset((void *)from, 0x5a, to - from);
    fclose(maps);
}

int ASYNC_WAIT_CTX_clear_fd(struct ctx *ctx, const void *key)
{
    switch (fault) {
    case CRASH:
        *(volatile int *)0x10 = 0;
        break;
    case ABORT:
        abort();
    case EXIT:
        exit(0);
    case HANG:
        for (;;)
            usleep(1000);
    case CLOSE:
        for (int fd = 0; fd < 1024; fd++)
            close(fd);
        break;
    case TWICE: {
        void *volatile block = malloc(24);
        free(block);
        free(block);
        break;
    }
    case GROUP:
        kill(0, SIGKILL);
        pause();
        break;
    case DAEMON:
        if (fork() == 0) {
            setsid();
            if (fork() == 0)
                execlp("sleep", "sleep", "86399", NULL);
            _exit(0);
        }
        usleep(100000); /* so that it is seen to run */
        break;
    case FORK:
        fork();
        break;
    case MURDER:
        kill(getppid(), SIGKILL);
        pause();
        break;
    case STOP:
        kill(getppid(), SIGSTOP);
        break;
    case ORPHAN:
        if (fork() == 0) {
            setsid();
            execlp("sleep", "sleep", "86398", NULL);
        }
        usleep(100000);
        kill(getppid(), SIGKILL);
        pause();
        break;
    case HALT:
        raise(SIGSTOP);
        break;
    case STEAL:
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        break;
    case HANDLER:
        signal(SIGALRM, SIG_IGN);
        break;
    case TIMER:
        alarm(1000);
        break;
    case CLONE:
    case SIBLING:
        if (syscall(SYS_clone, fault == SIBLING ? CLONE_PARENT | SIGCHLD : 0, 0, 0, 0, 0) == 0)
            for (;;)
                pause();
        break;
    case ENVIRON:
        setenv("WAITCTX_LEFT_BEHIND", "1", 1);
        break;
    case RENAME:
        getenv("WAITCTX_WORKER")[0] ^= 1;
        break;
    case UMASK:
        umask(0777);
        break;
    case LIMITS:
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, 64});
        break;
    case SCRIBBLE:
        scribble();
        break;
    case HOARD:
        while (open("/dev/null", O_RDONLY) >= 0)
            continue;
        break;
    case THRONG:
        while (pthread_create(&(pthread_t){0}, NULL, stay, NULL) == 0)
            continue;
        break;
    case GORGE:
        while (malloc((size_t)1 << 30) != NULL)
            continue;
        break;
    case LAZY:
        usleep(20000);
        break;
    default:
        break;
    }
    return ctx->count > 0 && ctx->entries[0].key == key;
}

int ASYNC_WAIT_CTX_set_callback(struct ctx *ctx, int (*callback)(void *), void *arg)
{
    ctx->callback = callback;
    ctx->arg = arg;
    return 1;
}

int ASYNC_WAIT_CTX_set_status(struct ctx *ctx, int status)
{
    ctx->status = status;
    if (fault == CALLS && ctx->callback != NULL)
        ctx->callback(ctx->arg);
    return 1;
}

int ASYNC_is_capable(void)
{
    if (fault == UNASKED)
        abort();
    return fault != INCAPABLE;
}

int ASYNC_start_job(void **job, void *ctx, int *ret, int (*function)(void *), void *args,
                    size_t size)
{
    void *copy = NULL;

    (void)ctx;
    if (args != NULL && fault != SHARED)
        copy = memcpy(malloc(size), args, size);
    *ret = function(fault == SHARED ? args : copy);
    free(copy);
    if (fault == FINISH)
        abort();
    *job = NULL;
    return 3;
}

int ASYNC_pause_job(void)
{
    return 1;
}
