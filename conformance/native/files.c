/* Real descriptors, for programs that wait on something: the reading end of a pipe, an eventfd, one of
 * two sockets.
 *
 * Each has the same number in every process, if that is free. When it is closed, by the
 * program or by a cleanup routine, another file takes its place, so that whoever closes it once more
 * is found out. */
#define _GNU_SOURCE
#include "driver.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OF_A_KIND = 8, KINDS = 3, FILES = OF_A_KIND * KINDS, FIRST_NUMBER = 600, ASIDE = 650 };
enum kind { A_PIPE, AN_EVENT, A_SOCKET };

/* In the order of operations.py's Fate. */
enum fate { FILE_OPEN, FILE_CLOSED, FILE_LOST, FILE_REPLACED, FILE_CLOSED_AGAIN };

static struct file {
    bool made, closed; /* by the program, or by a routine */
    bool lost, replaced; /* and that somebody was there before */
    int number;
    int peer; /* what makes it readable */
    struct stat self;
    int descriptor_flags, status_flags;
} files[FILES];

bool files_made;

static int placeholder = -1;
static struct stat placeholder_self;

int real_number(int64_t file)
{
    return files[(file - FILE_WORD) % FILES].number;
}

int64_t file_symbol(int64_t fd)
{
    for (int place = 0; place < FILES; place++)
        if (files[place].made && files[place].number == fd)
            return FILE_WORD + place;
    return fd;
}

static bool is_at(int number, const struct stat *self)
{
    struct stat found;

    return fstat(number, &found) == 0 && found.st_ino == self->st_ino
           && found.st_dev == self->st_dev;
}

/* Open both ends, the one to wait on first; false when that cannot be done. */
static bool open_ends(enum kind kind, int ends[2])
{
    switch (kind) {
    case A_PIPE:
        return pipe(ends) == 0;
    case AN_EVENT:
        ends[0] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        ends[1] = dup(ends[0]);
        return ends[1] >= 0;
    case A_SOCKET:
        return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
    }
    return false;
}

static bool prepare_placeholder(void)
{
    if (placeholder < 0) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        placeholder = fcntl(null, F_DUPFD_CLOEXEC, ASIDE);
        close(null);
        fstat(placeholder, &placeholder_self);
    }
    return placeholder >= 0;
}

static bool open_file(struct file *file, int place)
{
    int ends[2];
    enum kind kind = place / OF_A_KIND;

    if (file->made || !prepare_placeholder() || !open_ends(kind, ends))
        return false;
    *file = (struct file){
        .number = fcntl(ends[0], kind == AN_EVENT ? F_DUPFD_CLOEXEC : F_DUPFD, FIRST_NUMBER + place),
        .peer = fcntl(ends[1], F_DUPFD_CLOEXEC, ASIDE),
    };
    close(ends[0]);
    close(ends[1]);
    if (file->number < 0 || file->peer < 0)
        return false;
    fstat(file->number, &file->self);
    file->descriptor_flags = fcntl(file->number, F_GETFD);
    file->status_flags = fcntl(file->number, F_GETFL);
    file->made = files_made = true;
    return true;
}

static enum fate fate_of(const struct file *file)
{
    bool there = fcntl(file->number, F_GETFD) >= 0;

    if (file->lost || file->replaced)
        return file->lost ? FILE_LOST : FILE_REPLACED;
    if (file->closed && is_at(file->number, &placeholder_self))
        return FILE_CLOSED;
    if (file->closed)
        return there ? FILE_REPLACED : FILE_CLOSED_AGAIN;
    if (is_at(file->number, &file->self))
        return FILE_OPEN;
    return there ? FILE_REPLACED : FILE_LOST;
}

static void close_file(struct file *file)
{
    enum fate fate = fate_of(file);

    file->lost |= fate == FILE_LOST;
    file->replaced |= fate == FILE_REPLACED;
    if (fate != FILE_OPEN)
        return;
    dup3(placeholder, file->number, O_CLOEXEC);
    file->closed = true;
}

void file_clean(int fd)
{
    int64_t symbol = file_symbol(fd);

    if (symbol != fd)
        close_file(&files[symbol - FILE_WORD]);
}

static bool is_readable(const struct file *file)
{
    struct pollfd readable = {.fd = file->number, .events = POLLIN};

    return poll(&readable, 1, 0) == 1 && (readable.revents & POLLIN) != 0;
}

static void look_at(const struct file *file)
{
    enum fate fate = fate_of(file);

    put(fate);
    if (fate != FILE_OPEN) {
        put(ABSENT);
        put(ABSENT);
        return;
    }
    put(fcntl(file->number, F_GETFD) != file->descriptor_flags
        || fcntl(file->number, F_GETFL) != file->status_flags);
    put(is_readable(file));
}

/* An eventfd counts in eight bytes; elsewhere one will do. */
static size_t signal_size(int64_t place)
{
    return place / OF_A_KIND == AN_EVENT ? sizeof(uint64_t) : 1;
}

bool file_operation(int64_t code, int64_t fd)
{
    uint64_t signal = 1;
    int64_t place = fd - FILE_WORD;

    if (place < 0 || place >= FILES || (code != OP_OPEN && !files[place].made))
        return false;
    struct file *file = &files[place];
    switch (code) {
    case OP_OPEN:
        return open_file(file, (int)place);
    case OP_CLOSE:
        close_file(file);
        return true;
    case OP_WAKE:
        if (fate_of(file) == FILE_OPEN) /* where nobody reads, a write to a pipe is fatal */
            (void)!write(file->peer, &signal, signal_size(place));
        return true;
    case OP_DRAIN:
        if (is_readable(file))
            (void)!read(file->number, &signal, signal_size(place));
        return true;
    case OP_LOOK:
        look_at(file);
        return true;
    }
    return false;
}

void files_forget(void)
{
    for (struct file *file = files; file < files + FILES; file++) {
        if (!file->made)
            continue;
        close(file->peer);
        close(file->number);
        *file = (struct file){.made = false};
    }
    files_made = false;
}

/* -- what stays open ----------------------------------------------------------------------------- */

static int64_t descriptors_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int64_t count = 0;

    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count;
}

/* As with memory, what is opened once in the life of a library is none that stays open: there are no
 * more of it each time. */
int64_t descriptors_leaked(run_fn *run, const struct channel *source)
{
    enum { QUIET_RUNS = 2, MOST_RUNS = 20 };
    const struct channel silent = unheard(source);
    int64_t most = descriptors_open(), more = 0;

    for (int runs = 0, quiet = 0; runs < MOST_RUNS && quiet < QUIET_RUNS; runs++) {
        run(&silent, false);
        int64_t now = descriptors_open();
        quiet = now > most ? 0 : quiet + 1;
        more = quiet > 0 ? more : now - most;
        most = now > most ? now : most;
        if (quiet == QUIET_RUNS)
            more = 0;
    }
    return more;
}
