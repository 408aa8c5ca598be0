/* The limit: the calls that the walker makes, made again by a plain loop that looks at no answer.
 *
 * Programs are walked once and written down as calls, their arguments resolved as far as can be. Then
 * the loop and the walker take turns over the same programs, so that both meet the same machine. */
#include "walker.h"

#include <stdlib.h>
#include <time.h>

struct limit *limit;

/* -- the plain loop -------------------------------------------------------------------------------- */

struct plain {
    uint8_t code, ctx, job, arrays; /* arrays: 1 for the first, 2 for the second */
    int32_t number;
    const void *key;
    void *data;
    union {
        cleanup_fn *cleanup;
        callback_fn *callback;
        size_t size;
    };
};

static const struct plain *at, *end;
static void *contexts[CONTEXTS], *jobs[JOBS];

static int plain_function(void *args);

/* Go on inside a job or outside, until the job returns or nothing is left. */
static int carry_on(bool inside)
{
    static int number, first[MOST_PLAIN], second[MOST_PLAIN];
    static size_t sizes[2];
    static void *data;
    static callback_fn *callback;
    static unsigned char block[1 << (BLOCKS - 1)];

    while (at < end) {
        const struct plain *now = at++;
        void *ctx = contexts[now->ctx];
        switch ((enum code)now->code) {
        case OP_NEW:
            contexts[now->ctx] = library.ASYNC_WAIT_CTX_new();
            break;
        case OP_FREE:
            library.ASYNC_WAIT_CTX_free(ctx);
            break;
        case OP_SET:
            library.ASYNC_WAIT_CTX_set_wait_fd(ctx, now->key, now->number, now->data, now->cleanup);
            break;
        case OP_GET:
            library.ASYNC_WAIT_CTX_get_fd(ctx, now->key, &number, &data);
            break;
        case OP_ALL:
            library.ASYNC_WAIT_CTX_get_all_fds(ctx, now->arrays & 1 ? first : NULL, sizes);
            break;
        case OP_CHANGED:
            library.ASYNC_WAIT_CTX_get_changed_fds(ctx, now->arrays & 1 ? first : NULL, sizes,
                                                   now->arrays & 2 ? second : NULL, sizes + 1);
            break;
        case OP_CLEAR:
            library.ASYNC_WAIT_CTX_clear_fd(ctx, now->key);
            break;
        case OP_SET_CALLBACK:
            library.ASYNC_WAIT_CTX_set_callback(ctx, now->callback, now->data);
            break;
        case OP_GET_CALLBACK:
            library.ASYNC_WAIT_CTX_get_callback(ctx, &callback, &data);
            break;
        case OP_SET_STATUS:
            library.ASYNC_WAIT_CTX_set_status(ctx, now->number);
            break;
        case OP_GET_STATUS:
            library.ASYNC_WAIT_CTX_get_status(ctx);
            break;
        case OP_START:
            jobs[now->job] = NULL;
            /* fall through */
        case OP_RESUME:
            library.ASYNC_start_job(&jobs[now->job], ctx, &number, plain_function,
                                    now->size > 0 ? block : NULL, now->size);
            break;
        case OP_PAUSE:
            library.ASYNC_pause_job();
            break;
        case OP_RETURN:
            if (inside)
                return now->number;
            break;
        case OP_CURRENT:
            library.ASYNC_get_current_job();
            break;
        case OP_WAIT_CTX:
            library.ASYNC_get_wait_ctx(jobs[now->job] == NULL ? library.ASYNC_get_current_job()
                                                              : jobs[now->job]);
            break;
        case OP_BLOCK:
            library.ASYNC_block_pause();
            break;
        case OP_UNBLOCK:
            library.ASYNC_unblock_pause();
            break;
        case OP_INIT_THREAD:
            library.ASYNC_init_thread((size_t)now->number, now->size);
            break;
        case OP_CLEANUP_THREAD:
            library.ASYNC_cleanup_thread();
            break;
        case OP_IS_CAPABLE:
            library.ASYNC_is_capable();
            break;
        case OP_ARGS: /* no call */
        case OP_FAIL_ALLOC:
        case OP_LEAKS:
        case OP_THREAD:
        case OP_RACE:
        case OP_MEET:
        case OP_INTERRUPT:
        case OP_OPEN:
        case OP_CLOSE:
        case OP_WAKE:
        case OP_DRAIN:
        case OP_LOOK:
        case OP_DESCRIPTORS:
            break;
        }
    }
    return 0;
}

static int plain_function(void *args)
{
    (void)args;
    return carry_on(true);
}

/* -- writing programs down ------------------------------------------------------------------------- */

static struct plain *written;
static int64_t room, length;

static void write_down(struct plain one)
{
    if (length < room)
        written[length++] = one;
}

static struct plain resolved(const struct operation *operation)
{
    const int64_t *a = operation->arguments;
    struct plain one = {.code = (uint8_t)operation->code, .ctx = (uint8_t)a[0]};

    switch ((enum code)operation->code) {
    case OP_SET:
        one.number = (int32_t)a[2];
        one.data = pointer(a[3]);
        one.cleanup = cleanup_routine(a[4]);
        /* fall through */
    case OP_GET:
    case OP_CLEAR:
        one.key = pointer(a[1]);
        break;
    case OP_ALL:
        one.arrays = a[1] == 1;
        break;
    case OP_CHANGED:
        one.arrays = (uint8_t)((a[1] == 1) | (a[2] == 1) << 1);
        break;
    case OP_SET_CALLBACK:
        one.callback = callback_routine(a[1]);
        one.data = pointer(a[2]);
        break;
    case OP_SET_STATUS:
        one.number = (int32_t)a[1];
        break;
    case OP_START:
    case OP_RESUME:
        one.job = (uint8_t)a[0];
        one.ctx = (uint8_t)a[1];
        one.size = operation->code == OP_START && a[2] >= 0 ? (size_t)1 << a[2] : 0;
        break;
    case OP_RETURN:
        one.number = (int32_t)a[0];
        one.ctx = 0;
        break;
    case OP_WAIT_CTX:
        one.job = (uint8_t)a[0];
        break;
    case OP_INIT_THREAD:
        one.number = (int32_t)a[0];
        one.size = (size_t)a[1];
        one.ctx = 0;
        break;
    default:
        break;
    }
    return one;
}

/* What clean_up() is about to do counts as calls too. */
static void write_cleaning(int64_t left_inside)
{
    const struct plain leave = {.code = OP_RETURN};

    for (int64_t i = 0; i < left_inside; i++)
        write_down((struct plain){.code = OP_UNBLOCK});
    if (left_inside >= 0)
        write_down(leave);
    for (int64_t i = 0; i < state.jobs_used; i++) {
        const struct job *job = &state.jobs[i];
        if (job->lost || job->phase != PAUSED || job->handle.pointer == NULL)
            continue;
        int64_t ctx = context_slot(job->ctx);
        if (ctx < 0)
            continue;
        write_down((struct plain){.code = OP_RESUME, .job = (uint8_t)i, .ctx = (uint8_t)ctx});
        write_down(leave);
    }
    for (int64_t i = 0; i < state.contexts_used; i++)
        if (state.contexts[i] != NULL && context_slot(state.contexts[i]) == i)
            write_down((struct plain){.code = OP_FREE, .ctx = (uint8_t)i});
    if ((state.thread_touched || state.blocks > 0) && library.ASYNC_cleanup_thread != NULL)
        write_down((struct plain){.code = OP_CLEANUP_THREAD});
}

void limit_write(int64_t left_inside)
{
    if (limit == NULL || written == NULL || walk->failing)
        return;
    for (int64_t i = 0; i < walk->length; i++)
        write_down(resolved(&table.entries[walk->path[i]].operation));
    write_cleaning(left_inside);
}

/* -- taking turns ---------------------------------------------------------------------------------- */

static int64_t clock_ns(clockid_t id)
{
    struct timespec time;

    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct turn begin(void)
{
    return (struct turn){clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct turn taken(struct turn since)
{
    struct turn now = begin();

    return (struct turn){now.wall - since.wall, now.cpu - since.cpu};
}

/* Walk the programs from `first` on, until there were so many, or so many calls were written down. */
static int64_t walk_programs(int64_t first, int64_t programs, int64_t calls)
{
    int64_t walked = 0;

    walk->number = first;
    for (; walked < programs && length < calls && choices_begin(); walked++) {
        run_one();
        limit->strayed += walk->failing;
        walk->failing = 0;
    }
    return walked;
}

static void take_turns(struct plain *all, struct round *round, bool plain_first)
{
    int64_t first = walk->number, before = walk->operations;

    length = 0;
    written = all;
    round->programs = walk_programs(first, INT64_MAX, limit->most);
    written = NULL;
    round->operations = walk->operations - before;
    round->calls = length;
    for (int turn = 0; turn < 2; turn++) {
        struct turn since = begin();
        if ((turn == 0) == plain_first) {
            at = all;
            end = all + length;
            carry_on(false);
            round->plain = taken(since);
        } else {
            walk_programs(first, round->programs, INT64_MAX);
            round->walker = taken(since);
        }
        board->progress++;
    }
}

void limit_run(void)
{
    room = limit->most + 2 * (LONGEST + JOBS + CONTEXTS);
    struct plain *all = calloc((size_t)room, sizeof *all);

    walk->number = limit->first;
    for (int64_t i = 0; all != NULL && i < limit->rounds && i < MOST_ROUNDS; i++) {
        take_turns(all, &limit->round[i], i % 2 == 0);
        limit->done = i + 1;
    }
    free(all);
}
