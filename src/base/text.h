/* text: comparing texts of which either may be missing. */
#ifndef CMX_TEXT_H
#define CMX_TEXT_H

#include <stdbool.h>
#include <string.h>

/* Both missing (NULL), or the same bytes. */
static inline bool text_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

#endif
