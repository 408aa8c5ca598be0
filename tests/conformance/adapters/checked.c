/* A real libcrypto, to which it is linked, but for one function. FAULT chooses what is wrong with that
 * which shows in no answer, and which guard pages around the blocks of the heap do not see. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

enum { NOTHING, STACK, GLOBAL, UNSET, AFTER, TWICE };
#ifndef FAULT
#define FAULT NOTHING
#endif

static int table[4];
static volatile int sink, last = 4;

int ASYNC_WAIT_CTX_set_status(void *ctx, int status)
{
    int (*real)(void *, int) = dlsym(RTLD_NEXT, "ASYNC_WAIT_CTX_set_status");
    int local[4] = {0};
    int *volatile block = malloc(4 * sizeof *block);

    if (block == NULL)
        return real(ctx, status);
    if (FAULT == STACK)
        local[last] = status;
    if (FAULT == GLOBAL)
        sink = table[last];
    if (FAULT == UNSET && block[2] == 12345)
        sink = 1;
    sink = local[0];
    free(block);
    if (FAULT == AFTER)
        sink = block[1];
    if (FAULT == TWICE)
        free(block);
    return real(ctx, status);
}
