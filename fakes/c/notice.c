/* Callback and status: how user code is notified without a descriptor. */
#include "build.h"

#if WITH_NOTICES

#include <stdint.h>

#include "context.h"

static ASYNC_callback_fn shared_callback;
static void *shared_callback_arg;
static int shared_status;

/* After a failure the out-pointers may hold anything; how this build leaves them. */
static void leave_outs(ASYNC_callback_fn *callback, void **callback_arg)
{
    if (ON_FAILURE == ON_FAILURE_UNTOUCHED || callback == NULL || callback_arg == NULL)
        return;
    *callback = NULL;
    *callback_arg = ON_FAILURE == ON_FAILURE_GARBAGE ? (void *)(uintptr_t)0x5a5a5a5a : NULL;
}

int ASYNC_WAIT_CTX_set_callback(ASYNC_WAIT_CTX *ctx, ASYNC_callback_fn callback,
                                void *callback_arg)
{
    struct notice *notice;

    if (ctx == NULL && !FAULTY(crash_set_callback_on_null))
        return FAULTY(set_callback_on_null_returns_1);
    notice = context_notice(ctx);
    if (FAULTY(callback_second_set_ignored) && notice->callback != NULL && callback != NULL)
        return 1;
    if (FAULTY(callback_null_ignored) && callback == NULL)
        return 1;
    if (FAULTY(set_callback_second_returns_0) && notice->callback_was_set) {
        notice->callback = callback;
        notice->callback_arg = callback_arg;
        return 0;
    }
    if (!FAULTY(callback_second_arg_ignored) || !notice->callback_was_set)
        notice->callback_arg = callback_arg;
    notice->callback = callback;
    notice->callback_was_set = 1;
    if (FAULTY(callback_arg_dropped))
        notice->callback_arg = NULL;
    if (FAULTY(callback_arg_low_32_bits))
        notice->callback_arg = (void *)(uintptr_t)(uint32_t)(uintptr_t)callback_arg;
    if (FAULTY(callback_fn_dropped_without_arg) && callback_arg == NULL)
        notice->callback = NULL;
    if (FAULTY(status_changed_by_set_callback))
        notice->status = callback != NULL ? ASYNC_STATUS_OK : ASYNC_STATUS_UNSUPPORTED;
    if (FAULTY(callback_set_drops_fds))
        ctx->fds.count = 0;
    if (FAULTY(contexts_share_callback)) {
        shared_callback = callback;
        shared_callback_arg = callback_arg;
    }
    if (FAULTY(callback_cleared_by_free_of_other))
        ctx->memory.frees_seen = contexts_freed;
    if (FAULTY(set_callback_null_returns_0) && callback == NULL)
        return 0;
    if (FAULTY(set_callback_function_returns_0) && callback != NULL)
        return 0;
    return !FAULTY(set_callback_returns_0);
}

int ASYNC_WAIT_CTX_get_callback(ASYNC_WAIT_CTX *ctx, ASYNC_callback_fn *callback,
                                void **callback_arg)
{
    struct notice *notice = context_notice(ctx);
    int told;

    if (FAULTY(contexts_share_callback)) {
        notice->callback = shared_callback;
        notice->callback_arg = shared_callback_arg;
    }
    if (FAULTY(callback_cleared_by_free_of_other) && ctx->memory.frees_seen != contexts_freed)
        notice->callback = NULL;
    if (FAULTY(deep_callback_lost_after_100_operations) && ctx->memory.operations > 100)
        notice->callback = NULL;
    if (FAULTY(get_callback_returns_1_unwritten) && notice->callback == NULL)
        return 1;
    told = notice->callback != NULL || NO_CALLBACK == NO_CALLBACK_IS_NULL
           || (NO_CALLBACK == NO_CALLBACK_IS_NULL_ONCE_SET && notice->callback_was_set);
    if (!told) {
        leave_outs(callback, callback_arg);
        if (FAULTY(get_callback_miss_writes_callback) || FAULTY(get_callback_miss_returns_2))
            *callback = NULL;
        if (FAULTY(get_callback_miss_writes_arg) || FAULTY(get_callback_miss_returns_2))
            *callback_arg = NULL;
        if (FAULTY(get_callback_miss_returns_2))
            return 2;
        return 0;
    }
    if (!FAULTY(callback_fn_not_told))
        *callback = notice->callback;
    if (!FAULTY(callback_arg_not_told_without_arg) || notice->callback_arg != NULL)
        *callback_arg = notice->callback_arg;
    if (FAULTY(callback_arg_is_context))
        *callback_arg = ctx;
    if (FAULTY(get_callback_writes_behind_arg))
        callback_arg[1] = ctx;
    if (FAULTY(callback_get_consumes))
        notice->callback = NULL;
    return !FAULTY(get_callback_returns_0);
}

int ASYNC_WAIT_CTX_set_status(ASYNC_WAIT_CTX *ctx, int status)
{
    struct notice *notice = context_notice(ctx);

    if (OTHER_STATUS == OTHER_STATUS_REFUSED
        && (status < ASYNC_STATUS_UNSUPPORTED || status > ASYNC_STATUS_EAGAIN))
        return 0;
    if (FAULTY(set_status_other_returns_minus_1) && (status < 0 || status > ASYNC_STATUS_EAGAIN))
        return -1;
    if (FAULTY(set_status_refuses_unsupported) && status == ASYNC_STATUS_UNSUPPORTED)
        return 0;
    if (FAULTY(status_err_sticks) && notice->status == ASYNC_STATUS_ERR)
        return 1;
    if (FAULTY(status_never_falls) && status < notice->status)
        return 1;
    if (FAULTY(status_needs_callback) && notice->callback == NULL)
        return 1;
    if (FAULTY(status_eagain_stored_as_err) && status == ASYNC_STATUS_EAGAIN)
        status = ASYNC_STATUS_ERR;
    if (FAULTY(status_low_2_bits))
        status &= 3;
    if (FAULTY(deep_20th_status_lost) && ++notice->status_sets % 20 == 0)
        return 1;
    notice->status = status;
    if (FAULTY(contexts_share_status))
        shared_status = status;
    if (FAULTY(callback_invoked_by_set_status) && status == ASYNC_STATUS_OK
        && notice->callback != NULL)
        notice->callback(notice->callback_arg);
    if (FAULTY(callback_cleared_by_status_err) && status == ASYNC_STATUS_ERR)
        notice->callback = NULL;
    if (FAULTY(set_status_returns_status))
        return status;
    if (FAULTY(set_status_eagain_returns_0) && status == ASYNC_STATUS_EAGAIN)
        return 0;
    return !FAULTY(set_status_returns_0);
}

int ASYNC_WAIT_CTX_get_status(ASYNC_WAIT_CTX *ctx)
{
    struct notice *notice = context_notice(ctx);
    int status = FAULTY(contexts_share_status) ? shared_status : notice->status;

    if (FAULTY(status_get_consumes))
        notice->status = ASYNC_STATUS_UNSUPPORTED;
    return status;
}

#endif
