/* yaml_anchor: see yaml_anchor.h. Open addressing with linear probing, at most half full. */
#include "manifest/yaml_anchor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct anchor_slot {
    struct anchor anchor;
    unsigned document; /* 0: never used */
};

enum { FIRST_SIZE = 64 };

/* FNV-1a. */
static size_t hash(const char *name)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (; *name; name++)
        sum = (sum ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return (size_t)(sum ^ sum >> 32);
}

void anchors_done(struct anchors *anchors)
{
    free(anchors->slots);
    *anchors = (struct anchors){ 0 };
}

void anchors_clear(struct anchors *anchors)
{
    anchors->document++;
    anchors->count = 0;
}

/* Where the name is, or the empty slot where it would be. */
static struct anchor_slot *slot_of(const struct anchors *anchors, const char *name)
{
    size_t at = hash(name) & (anchors->size - 1);
    for (;; at = (at + 1) & (anchors->size - 1)) {
        struct anchor_slot *slot = &anchors->slots[at];
        if (slot->document != anchors->document || strcmp(slot->anchor.name, name) == 0)
            return slot;
    }
}

static void enlarge(struct anchors *anchors)
{
    struct anchors larger = { .document = anchors->document,
                              .size = anchors->size ? 2 * anchors->size : FIRST_SIZE };
    larger.slots = memory_alloc(larger.size * sizeof *larger.slots);
    memset(larger.slots, 0, larger.size * sizeof *larger.slots);
    for (size_t i = 0; i < anchors->size; i++)
        if (anchors->slots[i].document == anchors->document)
            anchors_set(&larger, anchors->slots[i].anchor);
    free(anchors->slots);
    *anchors = larger;
}

void anchors_set(struct anchors *anchors, struct anchor anchor)
{
    if (2 * (anchors->count + 1) > anchors->size)
        enlarge(anchors);
    struct anchor_slot *slot = slot_of(anchors, anchor.name);
    anchors->count += slot->document != anchors->document;
    *slot = (struct anchor_slot){ anchor, anchors->document };
}

const struct anchor *anchors_find(const struct anchors *anchors, const char *name)
{
    if (anchors->count == 0)
        return NULL;
    const struct anchor_slot *slot = slot_of(anchors, name);
    return slot->document == anchors->document ? &slot->anchor : NULL;
}
