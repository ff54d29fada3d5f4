/*
 * export: what another builder made, into the store that the image is for.
 *
 * Layers of the base go over as the base's registry has them (mounted where both are of one),
 * so that images share them; the rest is compressed (pack.h). The config stays as it is: its
 * digest is the image's id for Docker.
 */
#ifndef CMX_BUILD_DOCKER_EXPORT_H
#define CMX_BUILD_DOCKER_EXPORT_H

#include "providers/build/inner.h"
#include "providers/docker/engine.h"

/* The one image of `from` into target->store; fills in `ret`. */
bool build_export(struct build *build, struct image_store *from, const struct build_target *target,
                  struct arena *arena, struct build_result *ret, const struct wait *wait,
                  struct error *err) __attribute__((warn_unused_result));

/* The same of an image in an engine, by its id. */
bool build_export_engine(struct build *build, struct engine *engine, const char *id,
                         const struct build_target *target, struct arena *arena,
                         struct build_result *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Removes it there where nobody has named it. BuildKit keeps what it needs for the next build
 * elsewhere, so that such an image only takes room.
 */
void build_forget(struct engine *engine, const char *id);

#endif
