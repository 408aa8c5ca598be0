/* The result of the operation under way: a head, its answers, and the calls made meanwhile. */
#include "driver.h"

#include <string.h>

static int64_t standing[RESULT_WORDS];

int64_t *result = standing;
uint32_t result_length;

size_t result_end(int64_t code)
{
    if (UNLIKELY(heap_is_watched()))
        heap_check(false);
    if (UNLIKELY(events.count > 0)) {
        size_t count = events.count * EVENT_WORDS;
        memcpy(result + result_length, events.words, count * sizeof *result);
        result_length += (uint32_t)count;
    }
    result[0] = code << 32 | (int64_t)(result_length - 1);
    return result_length;
}

bool result_deliver(const struct channel *channel, int64_t code)
{
    return channel->deliver(result, result_end(code));
}
