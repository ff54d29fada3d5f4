/* held: see held.h. */
#include "providers/kubernetes/fields/held.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a over the names down to a field, with a separator behind each. */
static uint64_t hash_name(uint64_t hash, const char *name)
{
    static const uint64_t PRIME = 0x100000001b3;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * PRIME;
    return (hash ^ 0xff) * PRIME;
}

/* Spreads the bits, so that sums of hashes meet by chance only (splitmix64). */
static uint64_t spread(uint64_t hash)
{
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
    return hash ^ (hash >> 31);
}

typedef void on_field(void *context, uint64_t hash);

static void walk(const struct value *fields, uint64_t hash, on_field *hear, void *context)
{
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct member *member = &fields->map.members[i];
        uint64_t below = hash_name(hash, member->key);
        if (value_count(member->value))
            walk(member->value, below, hear, context);
        else
            hear(context, spread(below));
    }
}

static const uint64_t BASIS = 0xcbf29ce484222325;

static void add(void *context, uint64_t hash)
{
    *(uint64_t *)context += hash;
}

uint64_t held_sum(const struct value *fields, uint64_t seed)
{
    uint64_t sum = 0;
    walk(fields, BASIS ^ spread(seed), add, &sum);
    return sum;
}

/* ------------------------------------------------------------- some of several */

struct hashes {
    uint64_t items[HELD_MOST];
    size_t count; /* all of them, more than are kept */
};

static void keep(void *context, uint64_t hash)
{
    struct hashes *hashes = context;
    if (hashes->count++ < HELD_MOST)
        hashes->items[hashes->count - 1] = hash;
}

static int compare_sums(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The sums of all selections of `count` hashes; the caller frees the list of 2^count. */
static uint64_t *all_sums(const uint64_t *hashes, size_t count)
{
    uint64_t *sums = memory_alloc(((size_t)1 << count) * sizeof *sums);
    sums[0] = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < (size_t)1 << i; j++)
            sums[((size_t)1 << i) + j] = sums[j] + hashes[i];
    return sums;
}

/* Half of the hashes on either side: 2 times 2^12 sums instead of 2^24. */
static bool some_sum_to(const struct hashes *hashes, uint64_t wanted)
{
    size_t half = hashes->count / 2, rest = hashes->count - half;
    uint64_t *left = all_sums(hashes->items, half);
    uint64_t *right = all_sums(hashes->items + half, rest);
    bool found = false;
    qsort(left, (size_t)1 << half, sizeof *left, compare_sums);
    for (size_t i = 0; i < (size_t)1 << rest && !found; i++) {
        uint64_t needed = wanted - right[i];
        found = bsearch(&needed, left, (size_t)1 << half, sizeof *left, compare_sums) != NULL;
    }
    free(left);
    free(right);
    return found;
}

bool held_explains(const struct value *others, uint64_t missing)
{
    struct hashes hashes = { .count = 0 };
    walk(others, BASIS ^ spread(0), keep, &hashes);
    return hashes.count <= HELD_MOST && some_sum_to(&hashes, missing);
}
