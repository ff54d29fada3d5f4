/* resource_list: lists of objects sorted by identity; see resource.h. */
#include "manifest/resource.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    return object_id_compare(&(*(const struct resource *const *)a)->id,
                             &(*(const struct resource *const *)b)->id);
}

void resources_sort(const struct resource **list, size_t count)
{
    if (count)
        qsort(list, count, sizeof *list, compare);
}

const struct resource *resources_find(const struct resource *const *list, size_t count,
                                      const struct object_id *id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = object_id_compare(&list[middle]->id, id);
        if (order == 0)
            return list[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
