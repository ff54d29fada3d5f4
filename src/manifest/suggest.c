/*
 * suggest: "did you mean …?" by Damerau-Levenshtein distance (optimal string
 * alignment: one transposition counts once), letters' case counting half.
 */
#include "manifest/shape.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { NAME_MOST = 63, STEP = 2 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned substitution(char a, char b)
{
    if (a == b)
        return 0;
    return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : STEP;
}

/* Twice the distance. Both are at most NAME_MOST long. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][NAME_MOST + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        above[j] = (unsigned)j * STEP;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = (unsigned)i * STEP;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(above[j] + STEP, row[j - 1] + STEP);
            row[j] = least(row[j], above[j - 1] + substitution(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + STEP);
        }
        unsigned *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[b_length];
}

const char *suggest(const char *wrong, const char *const *names, size_t count)
{
    size_t length = strlen(wrong);
    const char *best = NULL;
    unsigned best_distance = 0;
    if (length == 0 || length > NAME_MOST)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t name_length = strlen(names[i]);
        size_t longer = length > name_length ? length - name_length : name_length - length;
        if (name_length == 0 || name_length > NAME_MOST || longer > 1 + length / 4)
            continue;
        unsigned far =
            strcasecmp(wrong, names[i]) == 0 ? 1 : distance(wrong, length, names[i], name_length);
        size_t shorter = length < name_length ? length : name_length;
        size_t allowed = STEP * (1 + shorter / 4);
        if (far <= allowed && far < STEP * shorter && (!best || far < best_distance)) {
            best = names[i];
            best_distance = far;
        }
    }
    return best;
}
