/* Faults with descriptors, and what else a process can have: see meddle.h. */
#define _GNU_SOURCE
#include "build.h"

#include "meddle.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Whether it is a descriptor, and none of those that every process needs. */
static int is_open(int fd)
{
    return fd > STDERR_FILENO && fcntl(fd, F_GETFD) >= 0;
}

static void close_it(int fd)
{
    if (is_open(fd))
        close(fd);
}

static void read_it(int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    uint64_t signal;

    if (is_open(fd) && poll(&readable, 1, 0) == 1 && (readable.revents & POLLIN))
        (void)!read(fd, &signal, sizeof(signal));
}

void meddle_at_new(void)
{
    static int kept = -1;

    if (FAULTY(fd_leaked_by_context) || FAULTY(fd_leaked_by_context_not_inherited))
        (void)eventfd(0, FAULTY(fd_leaked_by_context_not_inherited) ? EFD_CLOEXEC : 0);
    if (FILES == FILES_ONE_OF_PROCESS && kept < 0)
        kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static _Thread_local int of_context = -1;

void meddle_at_free(void)
{
    if (FILES == FILES_ONE_AT_A_TIME) {
        close_it(of_context);
        of_context = -1;
    }
}

void meddle_at_set(int fd)
{
    if (FILES == FILES_ONE_AT_A_TIME && of_context < 0)
        of_context = eventfd(0, EFD_CLOEXEC);
    if (!is_open(fd))
        return;
    if (FAULTY(fd_replaced_at_set)) {
        int null = open("/dev/null", O_RDONLY);

        dup2(null, fd);
        close(null);
    }
    if (FAULTY(fd_made_nonblocking))
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (FAULTY(fd_made_blocking))
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    if (FAULTY(fd_made_close_on_exec))
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void meddle_at_replace(int fd)
{
    if (FAULTY(fd_closed_at_replace))
        close_it(fd);
}

void meddle_at_clear(int fd)
{
    if (FAULTY(fd_closed_at_clear))
        close_it(fd);
    if (FAULTY(fd_read_at_clear))
        read_it(fd);
}

void meddle_at_look(const struct fdset *set)
{
    for (size_t i = 0; FAULTY(fd_read_at_look) && i < set->count; i++)
        read_it(set->entries[i].fd);
}

static void *stay(void *arg)
{
    for (;;)
        pause();
    return arg;
}

void meddle_at_miss(void)
{
    enum { MANY = 300 };
    static void *volatile block;
    pthread_t thread;

    for (int i = 0; FAULTY(miss_leaves_descriptors) && i < MANY; i++)
        (void)dup(STDIN_FILENO);
    for (int i = 0; FAULTY(miss_leaves_threads) && i < MANY; i++)
        pthread_create(&thread, NULL, stay, NULL);
    if (FAULTY(miss_keeps_a_gigabyte))
        block = malloc((size_t)1 << 30);
}

void meddle_at_start(void)
{
    if (FAULTY(fd_leaked_by_job))
        (void)dup(STDIN_FILENO);
}

void meddle_at_pause(const struct fdset *set)
{
    uint64_t signal = 1;

    for (size_t i = 0; i < set->count; i++) {
        int fd = set->entries[i].fd;

        if (FAULTY(fd_written_at_pause) && is_open(fd))
            (void)!write(fd, &signal, sizeof(signal));
    }
}

void meddle_at_resume(const struct fdset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (FAULTY(fd_read_at_resume))
            read_it(set->entries[i].fd);
        if (FAULTY(fd_closed_when_forgotten) && set->entries[i].died != 0)
            close_it(set->entries[i].fd);
    }
}

void meddle_before_cleanup(const struct entry *entry)
{
    if (entry->died != 0)
        return;
    if (FAULTY(fd_closed_before_cleanup) && entry->cleanup != NULL)
        close_it(entry->fd);
    if (FAULTY(fd_closed_without_cleanup) && entry->cleanup == NULL)
        close_it(entry->fd);
}

void meddle_after_cleanup(const struct entry *entry)
{
    if (FAULTY(fd_closed_after_cleanup) && entry->died == 0 && entry->cleanup != NULL)
        close_it(entry->fd);
}
