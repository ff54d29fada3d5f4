/*
 * engine_image: images that an engine has: looked up, pulled, removed. Their content is
 * docker_store.h's.
 */
#ifndef CMX_DOCKER_ENGINE_IMAGE_H
#define CMX_DOCKER_ENGINE_IMAGE_H

#include "oci/descriptor.h"
#include "providers/docker/engine.h"

struct engine_image {
    const char *id; /* "sha256:…" */
    struct platform platform;
    size_t tags; /* how many names it has there */
};

/* ERROR_NOT_FOUND: the engine has none of that name (a reference, an id). */
bool engine_image_find(struct engine *engine, struct arena *arena, const char *name,
                       struct engine_image *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Who the engine is to be at the registry; NULL or all NULL: nobody. */
struct engine_login {
    const char *server, *user, *password, *identity;
};

/*
 * Has the engine pull it: "registry/repository:tag" or "…@sha256:…". `platform` may be NULL.
 * ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNREACHABLE: the engine's words say why.
 */
bool engine_image_pull(struct engine *engine, const char *reference, const char *platform,
                       const struct engine_login *login, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Gives an image that is there a name: "shop/api:1.2". */
bool engine_image_tag(struct engine *engine, const char *image, const char *name,
                      const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Removes the image of this id, its last name too; what it stands on stays. */
bool engine_image_remove(struct engine *engine, const char *id, const struct wait *wait,
                         struct error *err) __attribute__((warn_unused_result));

/* Appends a name or an id as a part of a path: "/" and ":" stay as they are. */
void engine_name_add(struct buf *path, const char *name);

/* A stream of progress: its last error, NULL for none. A json_handler; its context is this. */
struct engine_progress {
    struct arena *arena;
    const char *failure;
};
bool engine_progress_add(void *progress, struct arena *arena, const struct value *document,
                         struct error *err) __attribute__((warn_unused_result));

#endif
