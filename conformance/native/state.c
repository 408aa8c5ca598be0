/* The program under way: its contexts, jobs and argument blocks, and which pointer is which. */
#include "driver.h"

#include <string.h>

struct state state;
size_t most_room = MOST_ELEMENTS;

/* The slot of a live context, NONE for NULL, OTHER. */
int64_t context_slot(const void *ctx)
{
    if (ctx == NULL)
        return NONE;
    for (int64_t i = 0; i < state.contexts_used; i++)
        if (state.contexts[i] == ctx)
            return i;
    return OTHER;
}

struct job *job_at(int64_t slot)
{
    return slot >= 0 && slot < JOBS ? &state.jobs[slot] : NULL;
}

/* The slot of the live job with this handle, NONE for NULL, OTHER. A handle that is seen for the
 * first time becomes that of job `own`, if it has none; pass NONE where no job can be meant. */
int64_t job_slot(const void *handle, int64_t own)
{
    struct job *job = job_at(own);

    if (handle == NULL)
        return NONE;
    for (int64_t i = 0; i < state.jobs_used; i++)
        if (state.jobs[i].known == handle)
            return i;
    if (job == NULL || job->known != NULL)
        return OTHER;
    job->known = handle;
    return own;
}

/* Forget paused jobs that can no longer be resumed: those on `ctx`, or all for NULL. */
void lose_jobs(const void *ctx)
{
    for (struct job *job = state.jobs; job < state.jobs + state.jobs_used; job++)
        if (job->phase == PAUSED && (ctx == NULL || job->ctx == ctx))
            job->lost = true;
}

/* -- argument blocks --------------------------------------------------------------------------- */

/* The caller's own block; a job should only ever see a copy of it. */
static unsigned char callers[1 << (BLOCKS - 1)] __attribute__((aligned(16)));

/* Blocks differ from byte to byte, from size to size and from job to job. */
static unsigned char content(int64_t block, int64_t slot, size_t n)
{
    return (unsigned char)((uint64_t)(37 * block + 101 * slot + 1) + 11 * n);
}

void fill_block(int64_t block, int64_t slot)
{
    for (size_t n = 0; block >= 0 && n < (size_t)1 << block; n++)
        callers[n] = content(block, slot, n);
}

/* The caller may do with his block what he likes once ASYNC_start_job has returned. */
void spoil_block(int64_t block)
{
    if (block >= 0)
        memset(callers, 0xee, (size_t)1 << block);
}

void *block_at(int64_t block)
{
    return block >= 0 && block < BLOCKS ? callers : NULL;
}

/* What the running job's argument block holds: its symbol, NONE for NULL, SHARED, OTHER. */
int64_t block_held(const struct frame *frame)
{
    const unsigned char *args = frame->args;
    int64_t block = state.jobs[frame->slot].block;

    if (args == NULL)
        return NONE;
    if (args >= callers && args < callers + sizeof callers)
        return SHARED;
    if (block < 0)
        return OTHER;
    for (size_t n = 0; n < (size_t)1 << block; n++)
        if (args[n] != content(block, frame->slot, n))
            return OTHER;
    return block;
}
