/* Arrays whose surroundings are watched; of single out-parameters driver.h has it all.
 *
 * Between two uses every element holds the guard value, so only what was written is filled again. */
#include "driver.h"

static inline void array_prepare(struct array *array, size_t limit)
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

/* Four elements, which the compiler compares at once. */
typedef int32_t four __attribute__((vector_size(16), aligned(4), may_alias));
typedef int64_t two __attribute__((vector_size(16)));

/* Whether elements in a row all hold the guard value; `count` is more than three. */
static inline bool all_guards(const int32_t *from, size_t count)
{
    const four guards = {GUARD_INT, GUARD_INT, GUARD_INT, GUARD_INT};
    const int32_t *last = from + count - 4;
    four changed = *(const four *)last ^ guards; /* it may overlap with the one before it */

    for (; from < last; from += 4)
        changed |= *(const four *)from ^ guards;
    return (((two)changed)[0] | ((two)changed)[1]) == 0;
}

/* How many elements there are up to the last one that was written. */
static size_t array_touched(const struct array *array)
{
    size_t touched = array->limit;

    while (touched > 0 && array->elements[touched - 1] == GUARD_INT)
        touched--;
    return touched;
}

static int64_t array_changed_guards(const struct array *array)
{
    int64_t changed = 0;

    for (size_t i = 0; i < ARRAY_GUARDS; i++)
        changed += (array->before[i] != GUARD_INT) + (array->elements[array->limit + i] != GUARD_INT);
    return changed;
}

/* What is not as a rule: more was written than is said, or beside the array. */
__attribute__((noinline, cold)) static int64_t array_look(struct array *array, size_t *touched)
{
    *touched = array_touched(array);
    array->clean = 0;
    return array_changed_guards(array);
}

/* put() what was written, and how much that is; `count` is how much the library says it is. Gives how
 * many guard words beside the array were changed. */
__attribute__((always_inline)) static inline int64_t array_put(struct array *array, int64_t count)
{
    size_t end = array->limit + ARRAY_GUARDS;
    size_t touched = (uint64_t)count <= array->limit ? (size_t)count : array->limit;
    int64_t strays = 0;

    if (UNLIKELY(!all_guards(array->elements + touched, end - touched)
                 || !all_guards(array->before, ARRAY_GUARDS)))
        strays = array_look(array, &touched);
    while (touched > 0 && array->elements[touched - 1] == GUARD_INT)
        touched--;
    int64_t *answers = room_for(1 + (uint32_t)touched);
    *answers = (int64_t)touched;
    for (size_t i = 0; i < touched; i++) {
        int32_t element = array->elements[i];
        *++answers = element == GUARD_INT ? UNTOUCHED : element;
        array->elements[i] = GUARD_INT;
    }
    return strays;
}
