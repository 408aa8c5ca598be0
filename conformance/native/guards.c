/* Arrays whose surroundings are watched; of single out-parameters driver.h has it all.
 *
 * Between two uses every element holds the guard value, so only what was written is filled again. */
#include "driver.h"

static inline void array_prepare(struct array *array, size_t limit)
{
    size_t end;

    array->limit = limit;
    end = array->limit + ARRAY_GUARDS;
    if (array->clean == 0)
        for (size_t i = 0; i < ARRAY_GUARDS; i++)
            array->before[i] = GUARD_INT;
    for (; array->clean < end; array->clean++)
        array->elements[array->clean] = GUARD_INT;
}

/* Four elements, which the compiler compares at once. */
typedef int32_t four __attribute__((vector_size(16), aligned(4), may_alias));

static inline four changed_elements(const int32_t *four_of_them)
{
    return *(const four *)four_of_them ^ (four){GUARD_INT, GUARD_INT, GUARD_INT, GUARD_INT};
}

/* Whether all elements from `touched` on hold the guard value, and those beside the array. */
static inline bool array_is_clean(const struct array *array, size_t touched)
{
    const int32_t *from = array->elements + touched, *last = array->elements + array->limit;
    four changed = changed_elements(array->before) | changed_elements(last);

    for (; from < last; from += 4) /* the last ones may overlap with those beside */
        changed |= changed_elements(from);
    guards both = (guards)changed;
    return (both[0] | both[1]) == 0;
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
    size_t touched = (uint64_t)count <= array->limit ? (size_t)count : array->limit;
    int64_t strays = 0;

    if (UNLIKELY(!array_is_clean(array, touched)))
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
