/* Arrays whose surroundings are watched; of single out-parameters driver.h has it all.
 *
 * Between two uses every element holds the guard value, so only what was written is filled again. */
#include "driver.h"

#include <string.h>

void array_prepare(struct array *array, size_t limit)
{
    size_t end;

    array->limit = limit < MOST_ELEMENTS ? limit : MOST_ELEMENTS;
    end = array->limit + ARRAY_GUARDS;
    if (array->clean == 0)
        for (size_t i = 0; i < ARRAY_GUARDS; i++)
            array->before[i] = GUARD_INT;
    for (; array->clean < end; array->clean++)
        array->elements[array->clean] = GUARD_INT;
}

/* Whether no element from `first` up to the limit was written. */
static bool untouched_from(const struct array *array, size_t first)
{
    const int32_t *from = array->elements + first;

    return first >= array->limit
           || (*from == GUARD_INT
               && memcmp(from, from + 1, (array->limit - first - 1) * sizeof *from) == 0);
}

/* How many elements there are up to the last one that was written. */
static size_t array_touched(const struct array *array, int64_t count)
{
    size_t guess = count >= 0 && (size_t)count < array->limit ? (size_t)count : array->limit;

    if (!untouched_from(array, guess))
        guess = array->limit;
    while (guess > 0 && array->elements[guess - 1] == GUARD_INT)
        guess--;
    return guess;
}

void array_put(struct array *array, int64_t count)
{
    size_t touched = array_touched(array, count);

    put((int64_t)touched);
    for (size_t i = 0; i < touched; i++) {
        int32_t element = array->elements[i];
        put(element == GUARD_INT ? UNTOUCHED : element);
        array->elements[i] = GUARD_INT;
    }
}

int64_t array_strays(struct array *array)
{
    int64_t strays = 0;

    for (size_t i = 0; i < ARRAY_GUARDS; i++)
        strays += (array->before[i] != GUARD_INT) + (array->elements[array->limit + i] != GUARD_INT);
    if (strays > 0)
        array->clean = 0;
    return strays;
}
