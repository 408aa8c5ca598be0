/* One linear list of operations, carried out on both sides of the jobs that it starts.
 *
 * `start` and `resume` make the list go on inside the job, `pause` and `return` outside. Which side
 * it really goes on is up to the library: whoever gets control next completes the operation that is
 * under way, and its answers tell where that was. Job functions stand on a small stack without a
 * guard page: nothing here takes more than a few words of it. */
#include "driver.h"

#include <string.h>

static const struct channel *channel;
static const struct operation *now; /* the operation under way */
static uint64_t number;      /* which one it is, to see when another took its place */
static bool ended;
static int64_t starting;     /* the job that ASYNC_start_job was last called for */

/* -- operations -------------------------------------------------------------------------------- */

/* Begin the next operation; false when there is none. */
static bool fetch(const struct frame *frame)
{
    const struct operation *next = ended ? NULL : channel->next(frame);

    if (next == NULL)
        ended = true;
    else
        now = next;
    number++;
    result_begin();
    return !ended;
}

static void complete(void)
{
    if (!result_deliver(channel, now->code))
        ended = true;
}

static void end_with(int64_t word)
{
    channel->deliver(&word, 1);
    ended = true;
}

/* What the program asks for next cannot be done where it stands, so it ends there. */
static void refuse(void)
{
    end_with(0);
}

/* Control went elsewhere in the middle of a call: there is no saying which answers are whose. */
static void lose(void)
{
    if (!ended)
        end_with(-1);
}

static void stay(const struct frame *frame)
{
    uint64_t mine = number;

    if (!call(now, frame))
        refuse();
    else if (mine == number)
        complete();
    else
        lose();
}

/* -- changing sides ---------------------------------------------------------------------------- */

static inline bool changes_side(const struct operation *operation)
{
    return operation->code >= OP_START && operation->code <= OP_RETURN;
}

/* Whether control may change sides now. */
static bool landing_expected(void)
{
    if (!ended && !changes_side(now))
        lose();
    return !ended;
}

/* An operation that changes sides has the answers in, start_job, pause_job, ret, job, block, stray. */
static void land_inside(const struct frame *frame, int64_t pause_job, int64_t block)
{
    state.jobs[frame->slot].phase = RUNNING;
    if (!landing_expected())
        return;
    int64_t *answers = room_for(7);
    answers[0] = frame->slot;
    answers[2] = pause_job;
    answers[5] = block;
    answers[1] = answers[3] = answers[4] = answers[6] = ABSENT;
    complete();
}

static void land_outside(int64_t start_job, const struct cell *ret, const struct job *job)
{
    if (!landing_expected())
        return;
    int64_t *answers = room_for(7);
    answers[0] = NONE;
    answers[1] = start_job;
    answers[3] = cell_number(ret);
    answers[4] = job_slot(job->handle.pointer, job->entered ? starting : NONE);
    answers[2] = answers[5] = ABSENT;
    answers[6] = cell_number_strays(ret) + cell_strays(&job->handle) + events.overrun;
    complete();
}

/* Every job's function. */
static int job_function(void *args)
{
    struct frame frame = {.slot = starting, .args = args};

    state.jobs[frame.slot].entered = true;
    land_inside(&frame, ABSENT, ended ? ABSENT : block_held(&frame));
    while (fetch(&frame)) {
        if (now->code == OP_PAUSE && library.ASYNC_pause_job != NULL) {
            int rc = library.ASYNC_pause_job();
            land_inside(&frame, rc, ABSENT);
        } else if (now->code == OP_RETURN) {
            break;
        } else {
            stay(&frame);
        }
    }
    /* What a job that returns with a block leaves behind is not defined. */
    if (ended && library.ASYNC_unblock_pause != NULL)
        for (; state.blocks_held > 0; state.blocks_held--, state.blocks--)
            library.ASYNC_unblock_pause();
    state.jobs[frame.slot].returned = true;
    return ended ? 0 : (int)now->arguments[0];
}

/* Nobody runs outside: jobs that did have paused, or have returned. */
static void settle(void)
{
    for (struct job *job = state.jobs; job < state.jobs + state.jobs_used; job++) {
        if (job->returned)
            *job = (struct job){.phase = IDLE};
        else if (job->phase == RUNNING)
            job->phase = PAUSED;
    }
}

static void enter(int64_t slot, void *ctx, int64_t block)
{
    static struct cell ret;
    struct job *job = &state.jobs[slot];

    cell_prepare(&ret);
    starting = slot;
    state.pool_used = true;
    int rc = library.ASYNC_start_job(&job->handle.pointer, ctx, &ret.number, job_function,
                                     block_at(block), block < 0 ? 0 : (size_t)1 << block);
    spoil_block(block);
    starting = slot; /* a job function that was left half-way may have started another */
    land_outside(rc, &ret, job);
    settle();
}

static bool start(int64_t slot, void *ctx, int64_t block)
{
    struct job *job = job_at(slot);

    if (library.ASYNC_start_job == NULL || job == NULL || job->phase != IDLE || ctx == NULL
        || block >= BLOCKS)
        return false;
    *job = (struct job){.phase = IDLE, .ctx = ctx, .block = block};
    if (slot >= state.jobs_used)
        state.jobs_used = slot + 1;
    cell_prepare(&job->handle);
    job->handle.pointer = NULL;
    fill_block(block, slot);
    enter(slot, ctx, block);
    return true;
}

/* A job without a handle cannot be resumed: NULL would start another. Function and arguments are
 * ignored then, as ASYNC_start_job(3) says. */
static bool resume(int64_t slot, void *ctx)
{
    struct job *job = job_at(slot);

    if (job == NULL || job->phase != PAUSED || job->handle.pointer == NULL || ctx == NULL)
        return false;
    enter(slot, ctx, NONE);
    return true;
}

/* A pause that nothing can come of, for no job runs. */
static void pause_outside(void)
{
    uint64_t mine = number;
    int rc = library.ASYNC_pause_job();

    if (mine != number) {
        lose();
        return;
    }
    int64_t *answers = room_for(7);
    answers[0] = NONE;
    answers[2] = rc;
    answers[1] = answers[3] = answers[4] = answers[5] = answers[6] = ABSENT;
    complete();
}

/* -- programs ---------------------------------------------------------------------------------- */

void interpret(const struct channel *through)
{
    channel = through;
    ended = false;
    while (fetch(NULL)) {
        const int64_t *a = now->arguments;

        switch (now->code) {
        case OP_START:
            if (!start(a[0], context_at(a[1]), a[2]))
                refuse();
            break;
        case OP_RESUME:
            if (!resume(a[0], context_at(a[1])))
                refuse();
            break;
        case OP_PAUSE:
            if (library.ASYNC_pause_job != NULL)
                pause_outside();
            else
                refuse();
            break;
        default:
            stay(NULL);
        }
    }
}

void clean_up(bool thread_ends)
{
    bool pool_changed = state.thread_touched || state.blocks > 0;

    ended = true; /* a job that goes on finds no operation, and returns */
    for (int64_t i = 0; i < state.jobs_used; i++)
        if (!state.jobs[i].lost)
            resume(i, state.jobs[i].ctx);
    for (int64_t i = 0; i < state.contexts_used; i++) {
        void *ctx = state.contexts[i];
        if (ctx != NULL && context_slot(ctx) == i && library.ASYNC_WAIT_CTX_free != NULL)
            free_unless_kept(ctx);
    }
    /* Blocks are the thread's: left over, they would keep the next program's jobs from pausing. */
    if ((pool_changed || (thread_ends && state.pool_used)) && library.ASYNC_cleanup_thread != NULL)
        library.ASYNC_cleanup_thread();
    /* What is kept for this thread until it ends, such as its errors, is no leak. */
    if (heap_is_watched() && end_of_thread != NULL)
        end_of_thread();
    if (files_made)
        files_forget();
    memset(state.contexts, 0, (size_t)state.contexts_used * sizeof *state.contexts);
    memset(state.jobs, 0, (size_t)state.jobs_used * sizeof *state.jobs);
    memset(&state.contexts_used, 0, sizeof state - offsetof(struct state, contexts_used));
}
