/* Leaks: what a program leaves in use, and leaves again each time that it is run.
 *
 * Memory that a library sets up once, or keeps for the next time, is no leak, however long it lives:
 * it stops growing. So the program is run again until there is no more of it for a while. Some
 * libraries keep more and more for a thread, until it ends; to those each run is given its own. */
#include "driver.h"

#include <pthread.h>

/* Runs without growth that will do; after so many with it each has a thread; the most there are. */
enum { QUIET_RUNS = 2, RUNS_HERE = 3, MOST_RUNS = 60 };

struct task {
    run_fn *run;
    const struct channel *channel;
};

static void *run_in_thread(void *argument)
{
    const struct task *task = argument;

    watch_faults();
    task->run(task->channel, true);
    return NULL;
}

static void run_apart(const struct task *task)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run_in_thread, (void *)(uintptr_t)task) == 0)
        pthread_join(thread, NULL);
}

static bool discard(const int64_t *words, size_t count)
{
    (void)words;
    (void)count;
    return true;
}

struct channel unheard(const struct channel *source)
{
    return (struct channel){source->next, discard, source->peek};
}

static int64_t larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

struct heap_use leaked(run_fn *run, const struct channel *source)
{
    const struct channel silent = unheard(source);
    const struct task task = {run, &silent};
    struct heap_use most = heap_in_use(), more = {0, 0};

    for (int runs = 0, quiet = 0; runs < MOST_RUNS; runs++) {
        if (runs < RUNS_HERE)
            run(&silent, false);
        else
            run_apart(&task);
        heap_recycle();
        struct heap_use now = heap_in_use();
        if (now.blocks <= most.blocks && now.bytes <= most.bytes) {
            if (++quiet == QUIET_RUNS)
                return (struct heap_use){0, 0};
            continue;
        }
        quiet = 0;
        more.blocks = larger(now.blocks - most.blocks, 0);
        more.bytes = larger(now.bytes - most.bytes, 0);
        most.blocks = larger(most.blocks, now.blocks);
        most.bytes = larger(most.bytes, now.bytes);
    }
    return more;
}
