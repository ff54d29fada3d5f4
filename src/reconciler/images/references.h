/*
 * references: where objects name images, and which Image of the set each name means.
 *
 * Pods and pod templates name them in known places (containers, initContainers,
 * ephemeralContainers, image volumes); of other kinds the Project tells (`imagePaths`). A name
 * with a digest is pinned by hand and left alone.
 */
#ifndef CMX_RECONCILER_IMAGES_REFERENCES_H
#define CMX_RECONCILER_IMAGES_REFERENCES_H

#include "manifest/set.h"

/* The Images of a set, ready to be looked for. */
struct image_names;

/* Lives in the arena, as long as the set. */
struct image_names *image_names_new(struct arena *arena, const struct set *set);

/*
 * The Image that such a name means: by its repository, whatever the tag. Of an Image that only
 * pins (`from` alone) the tag counts, too, unless none is written and only one pins that
 * repository. NULL: none of the set, or it has a digest.
 */
const struct image_spec *image_names_find(const struct image_names *names, const char *text);

/* Hears a name, and answers with what is to stand in its place; NULL: it stays. */
typedef const char *image_visit(void *context, const char *text);

/* Visits every name in a document. Returns it, or a copy with what was put in their places. */
const struct value *images_visit(struct arena *arena, const struct project *project,
                                 const struct object_id *id, const struct value *document,
                                 image_visit *visit, void *context);

#endif
