/* Out-parameters and arrays whose surroundings are watched.
 *
 * All are filled with a value that no implementation writes by chance: neither an fd or a count nor
 * a pointer that could be followed. */
#include "driver.h"

#define GUARD UINT64_C(0x6bad5eed6bad5eed)
#define GUARD_INT INT32_C(0x6bad5eed)

void cell_prepare(struct cell *cell)
{
    cell->before[0] = cell->before[1] = cell->after[0] = cell->after[1] = GUARD;
    cell->word = GUARD;
}

bool cell_untouched(const struct cell *cell)
{
    return cell->word == GUARD;
}

int64_t cell_number(const struct cell *cell)
{
    return cell->number == GUARD_INT ? UNTOUCHED : cell->number;
}

int64_t cell_word(const struct cell *cell)
{
    return cell_untouched(cell) ? UNTOUCHED : (int64_t)cell->word;
}

/* How many guard words beside the cell were changed. */
int64_t cell_strays(const struct cell *cell)
{
    return (cell->before[0] != GUARD) + (cell->before[1] != GUARD) + (cell->after[0] != GUARD)
           + (cell->after[1] != GUARD);
}

/* The same of a cell that was passed as an int. */
int64_t cell_number_strays(const struct cell *cell)
{
    return cell_strays(cell) + (cell->beside != GUARD_INT);
}

void array_prepare(struct array *array, size_t limit)
{
    array->limit = limit < MOST_ELEMENTS ? limit : MOST_ELEMENTS;
    for (size_t i = 0; i < ARRAY_GUARDS; i++)
        array->before[i] = GUARD_INT;
    for (size_t i = 0; i < array->limit + ARRAY_GUARDS; i++)
        array->elements[i] = GUARD_INT;
}

/* How many elements there are up to the last one that was written. */
size_t array_touched(const struct array *array)
{
    size_t count = array->limit;

    while (count > 0 && array->elements[count - 1] == GUARD_INT)
        count--;
    return count;
}

int64_t array_element(const struct array *array, size_t index)
{
    return array->elements[index] == GUARD_INT ? UNTOUCHED : array->elements[index];
}

int64_t array_strays(const struct array *array)
{
    int64_t strays = 0;

    for (size_t i = 0; i < ARRAY_GUARDS; i++)
        strays += (array->before[i] != GUARD_INT) + (array->elements[array->limit + i] != GUARD_INT);
    return strays;
}
