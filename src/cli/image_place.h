/*
 * image_place: where an image is or goes to, as the command line names it.
 *
 * REPOSITORY[:TAG][@DIGEST] of a registry, oci:FOLDER[:TAG], archive:FILE (read:
 * archive:FILE[:NAME]), docker:NAME.
 */
#ifndef CMX_CLI_IMAGE_PLACE_H
#define CMX_CLI_IMAGE_PLACE_H

#include "cli/registry.h"

enum place_kind { PLACE_REGISTRY, PLACE_LAYOUT, PLACE_ARCHIVE, PLACE_DOCKER };

struct image_place {
    enum place_kind kind;
    const char *text; /* as it was written */
    struct reference reference;
    const char *path;         /* or Docker's name */
    const char *tag, *digest; /* or NULL */
};

/* ERROR_USAGE: it is none of them. */
bool image_place_parse(struct arena *arena, const char *text, struct image_place *ret,
                       struct error *err) __attribute__((warn_unused_result));

/*
 * Opens it to be read; *ret_name is the tag or digest, that of its only image where none is
 * written. Of an archive a name behind the file's becomes the place's tag or digest.
 */
bool image_place_open(struct registry_run *run, struct image_place *place, struct image_store **ret,
                      const char **ret_name, struct error *err) __attribute__((warn_unused_result));

/* Opens it to be written, with what comes from `from`: its name goes into an archive. */
bool image_place_create(struct registry_run *run, const struct image_place *place,
                        const struct image_place *from, struct image_store **ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
