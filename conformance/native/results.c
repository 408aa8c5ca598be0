/* The result of the operation under way: a head, its answers, and the calls made meanwhile. */
#include "driver.h"

#include <string.h>

enum { RESULT_WORDS = 2 * MOST_ELEMENTS + 16 + MOST_EVENTS * EVENT_WORDS };

static int64_t result[RESULT_WORDS];
static size_t length;

void result_begin(void)
{
    length = 1;
    events.count = 0;
    events.overrun = false;
    if (denial_told != NULL)
        *denial_told = ABSENT;
}

void put(int64_t answer)
{
    if (length < RESULT_WORDS - MOST_EVENTS * EVENT_WORDS)
        result[length++] = answer;
}

void put_array(const struct array *array)
{
    size_t count = array_touched(array);

    put((int64_t)count);
    for (size_t i = 0; i < count; i++)
        put(array_element(array, i));
}

bool result_deliver(const struct channel *channel, int64_t code)
{
    if (heap_is_watched())
        heap_check(false);
    size_t count = events.count * EVENT_WORDS;
    memcpy(result + length, events.words, count * sizeof *result);
    length += count;
    result[0] = code << 32 | (int64_t)(length - 1);
    return channel->deliver(result, length);
}
