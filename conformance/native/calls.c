/* The operations that begin and end on the same side: all but start, pause, resume and return. */
#include "driver.h"

/* Static, for a job's stack is small and its neighbours are not ours. */
static struct cell first, second;
static struct array added, deleted;

static void *pointer(int64_t word)
{
    return (void *)(uintptr_t)word;
}

/* Room for more than any context can hold, so that a wild count can be followed. */
static int *array_for(struct array *array, int64_t wanted)
{
    size_t room = state.most_fds + 64;

    if (wanted != 1)
        return NULL;
    array_prepare(array, room < most_room ? room : most_room);
    return array->elements;
}

/* Beside an array the count holds 0 at first, so that one that is read as the array's capacity shows;
 * otherwise the guard value, so that one that is not written shows. */
static size_t *count_for(struct cell *cell, int64_t wanted)
{
    cell_prepare(cell);
    if (wanted == 1)
        cell->size = 0;
    return &cell->size;
}

/* Put an array if there is one, and give how many guard words beside it were changed. */
static int64_t put_fds(struct array *array, int64_t wanted, const struct cell *count)
{
    uint32_t begin = result_length;

    if (wanted != 1) {
        put(NONE);
        return 0;
    }
    int64_t strays = array_put(array, (int64_t)count->size);
    while (UNLIKELY(files_made) && ++begin < result_length)
        result[begin] = file_symbol(result[begin]);
    return strays;
}

/* -- contexts ---------------------------------------------------------------------------------- */

static void call_new(int64_t slot)
{
    void *ctx = library.ASYNC_WAIT_CTX_new();
    int64_t known = context_slot(ctx);

    state.contexts[slot] = ctx;
    if (slot >= state.contexts_used)
        state.contexts_used = slot + 1;
    put(known == OTHER ? NEW : known);
}

bool contexts_are_kept;

void free_unless_kept(void *ctx)
{
    if (!contexts_are_kept)
        library.ASYNC_WAIT_CTX_free(ctx);
}

static void call_free(int64_t slot)
{
    void *ctx = state.contexts[slot];

    lose_jobs(ctx);
    free_unless_kept(ctx);
    state.contexts[slot] = NULL;
}

/* Carry out an operation on NULL instead of a context; false for those that no release defines. */
static bool call_on_null(const struct operation *operation)
{
    const int64_t *a = operation->arguments;

    if (operation->code == OP_FREE && library.ASYNC_WAIT_CTX_free != NULL) {
        library.ASYNC_WAIT_CTX_free(NULL);
        return true;
    }
    if (operation->code == OP_SET_CALLBACK && library.ASYNC_WAIT_CTX_set_callback != NULL) {
        put(library.ASYNC_WAIT_CTX_set_callback(NULL, callback_routine(a[1]), pointer(a[2])));
        return true;
    }
    return false;
}

static void call_get(void *ctx, int64_t key)
{
    cell_prepare(&first);
    cell_prepare(&second);
    int rc = library.ASYNC_WAIT_CTX_get_fd(ctx, pointer(key), &first.number, &second.pointer);
    int64_t *answers = room_for(4);
    answers[0] = rc;
    answers[1] = fd_word(cell_number(&first));
    answers[2] = cell_word(&second);
    answers[3] = cell_number_strays(&first) + cell_strays(&second) + events.overrun;
}

static void call_all(void *ctx, int64_t wanted)
{
    int *fds = array_for(&added, wanted);

    int rc = library.ASYNC_WAIT_CTX_get_all_fds(ctx, fds, count_for(&first, wanted));
    int64_t *answers = room_for(2);
    answers[0] = rc;
    answers[1] = cell_word(&first);
    int64_t strays = put_fds(&added, wanted, &first);
    put(strays + cell_strays(&first) + events.overrun);
}

static void call_changed(void *ctx, int64_t want_added, int64_t want_deleted)
{
    int *to_add = array_for(&added, want_added);
    int *to_delete = array_for(&deleted, want_deleted);
    size_t *numadd = count_for(&first, want_added);
    size_t *numdel = count_for(&second, want_deleted);

    int rc = library.ASYNC_WAIT_CTX_get_changed_fds(ctx, to_add, numadd, to_delete, numdel);
    int64_t *answers = room_for(3);
    answers[0] = rc;
    answers[1] = cell_word(&first);
    answers[2] = cell_word(&second);
    int64_t strays = put_fds(&added, want_added, &first);
    strays += put_fds(&deleted, want_deleted, &second);
    put(strays + cell_strays(&first) + cell_strays(&second) + events.overrun);
}

static void call_get_callback(void *ctx)
{
    cell_prepare(&first);
    cell_prepare(&second);
    int rc = library.ASYNC_WAIT_CTX_get_callback(ctx, &first.callback, &second.pointer);
    int64_t *answers = room_for(4);
    answers[0] = rc;
    answers[1] = cell_untouched(&first) ? UNTOUCHED : callback_index(first.callback);
    answers[2] = cell_word(&second);
    answers[3] = cell_strays(&first) + cell_strays(&second) + events.overrun;
}

/* -- jobs -------------------------------------------------------------------------------------- */

static int64_t running_slot(const struct frame *frame)
{
    return frame == NULL ? NONE : frame->slot;
}

/* A job that has not paused yet gets to know its handle from ASYNC_get_current_job; if that knows
 * none, or that of another job, there is no answer. */
static bool call_wait_ctx(int64_t slot, const struct frame *frame)
{
    struct job *job = job_at(slot);

    if (job == NULL || job->phase == IDLE)
        return false;
    if (job->known == NULL) {
        if (slot != running_slot(frame) || library.ASYNC_get_current_job == NULL)
            return false;
        job_slot(library.ASYNC_get_current_job(), slot);
    }
    if (job->known == NULL)
        put(ABSENT);
    else
        put(context_slot(library.ASYNC_get_wait_ctx((void *)(uintptr_t)job->known)));
    return true;
}

static void count(int64_t *blocks, int64_t change)
{
    *blocks += change;
    if (*blocks < 0)
        *blocks = 0;
}

static void call_block(int64_t change, const struct frame *frame)
{
    count(&state.blocks, change);
    if (frame != NULL)
        count(&state.blocks_held, change);
    if (change > 0)
        library.ASYNC_block_pause();
    else
        library.ASYNC_unblock_pause();
}

static void call_init_thread(int64_t max_size, int64_t init_size)
{
    state.thread_touched = true;
    put(library.ASYNC_init_thread((size_t)max_size, (size_t)init_size));
}

/* Leave `call` unless the library has the function. */
#define NEED(name) \
    if (library.name == NULL) \
    return false
/* The same for a function that works on the live context `ctx`. */
#define NEED_ON_CTX(name) \
    if (library.name == NULL || ctx == NULL) \
    return false

/* Carry an operation out and put() its answers; false when it cannot be carried out here. */
__attribute__((always_inline)) static inline bool call(const struct operation *operation,
                                                       const struct frame *frame)
{
    const int64_t *a = operation->arguments;
    void *ctx = context_at(a[0]);

    if (a[0] == NONE && call_on_null(operation))
        return true;
    switch ((enum code)operation->code) {
    case OP_NEW:
        NEED(ASYNC_WAIT_CTX_new);
        if (a[0] < 0 || a[0] >= CONTEXTS || ctx != NULL)
            return false;
        call_new(a[0]);
        return true;
    case OP_FREE:
        NEED_ON_CTX(ASYNC_WAIT_CTX_free);
        call_free(a[0]);
        return true;
    case OP_SET:
        NEED_ON_CTX(ASYNC_WAIT_CTX_set_wait_fd);
        state.most_fds++;
        put(library.ASYNC_WAIT_CTX_set_wait_fd(ctx, pointer(a[1]), file_number(a[2]),
                                               pointer(a[3]), cleanup_routine(a[4])));
        return true;
    case OP_GET:
        NEED_ON_CTX(ASYNC_WAIT_CTX_get_fd);
        call_get(ctx, a[1]);
        return true;
    case OP_ALL:
        NEED_ON_CTX(ASYNC_WAIT_CTX_get_all_fds);
        call_all(ctx, a[1]);
        return true;
    case OP_CHANGED:
        NEED_ON_CTX(ASYNC_WAIT_CTX_get_changed_fds);
        call_changed(ctx, a[1], a[2]);
        return true;
    case OP_CLEAR:
        NEED_ON_CTX(ASYNC_WAIT_CTX_clear_fd);
        put(library.ASYNC_WAIT_CTX_clear_fd(ctx, pointer(a[1])));
        return true;
    case OP_SET_CALLBACK:
        NEED_ON_CTX(ASYNC_WAIT_CTX_set_callback);
        put(library.ASYNC_WAIT_CTX_set_callback(ctx, callback_routine(a[1]), pointer(a[2])));
        return true;
    case OP_GET_CALLBACK:
        NEED_ON_CTX(ASYNC_WAIT_CTX_get_callback);
        call_get_callback(ctx);
        return true;
    case OP_SET_STATUS:
        NEED_ON_CTX(ASYNC_WAIT_CTX_set_status);
        put(library.ASYNC_WAIT_CTX_set_status(ctx, (int)a[1]));
        return true;
    case OP_GET_STATUS:
        NEED_ON_CTX(ASYNC_WAIT_CTX_get_status);
        put(library.ASYNC_WAIT_CTX_get_status(ctx));
        return true;
    case OP_CURRENT:
        NEED(ASYNC_get_current_job);
        put(job_slot(library.ASYNC_get_current_job(), running_slot(frame)));
        return true;
    case OP_WAIT_CTX:
        NEED(ASYNC_get_wait_ctx);
        return call_wait_ctx(a[0], frame);
    case OP_ARGS:
        if (frame == NULL)
            return false;
        put(block_held(frame));
        return true;
    case OP_BLOCK:
        NEED(ASYNC_block_pause);
        call_block(1, frame);
        return true;
    case OP_UNBLOCK:
        NEED(ASYNC_unblock_pause);
        call_block(-1, frame);
        return true;
    case OP_INIT_THREAD:
        NEED(ASYNC_init_thread);
        call_init_thread(a[0], a[1]);
        return true;
    case OP_CLEANUP_THREAD:
        NEED(ASYNC_cleanup_thread);
        lose_jobs(NULL);
        library.ASYNC_cleanup_thread();
        state.blocks = state.blocks_held = 0;
        return true;
    case OP_IS_CAPABLE:
        NEED(ASYNC_is_capable);
        put(library.ASYNC_is_capable());
        return true;
    case OP_FAIL_ALLOC:
        if (!heap_is_watched())
            return false;
        heap_deny(a[0]);
        return true;
    case OP_OPEN:
    case OP_CLOSE:
    case OP_WAKE:
    case OP_DRAIN:
    case OP_LOOK:
        return file_operation(operation->code, a[0]);
    case OP_START:
    case OP_PAUSE:
    case OP_RESUME:
    case OP_RETURN:
    case OP_LEAKS: /* ends the program; driver.c does it */
    case OP_DESCRIPTORS:
    case OP_THREAD: /* threads.c does it */
    case OP_RACE:
    case OP_INTERRUPT:
    case OP_MEET:
        break;
    }
    return false;
}
