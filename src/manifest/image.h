/*
 * image: what a manifest of kind Image asks for.
 *
 * Read from a document that its shape has checked (kinds_image.c), so that the rest of
 * the project sees fields, not a tree. Beside what is written here an image is made
 * of its Dockerfile and its context, which providers/build/ reads.
 */
#ifndef CMX_MANIFEST_IMAGE_H
#define CMX_MANIFEST_IMAGE_H

#include "base/arena.h"
#include "manifest/problem.h"
#include "manifest/resource.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The group and kind of an Image among other objects: "Image.cmx.dev/api". */
#define IMAGE_GROUP OWN_GROUP
#define IMAGE_KIND  "Image"

/* Of a build that does not say: the same as its table in kinds_image.c. */
#define IMAGE_TIMEOUT_MS ((int64_t)30 * 60 * 1000)

enum image_builder { BUILDER_AUTO, BUILDER_NATIVE, BUILDER_DOCKER, BUILDER_BUILDKIT };

/* A key and its text, in the order in which they were written (arguments, labels, environment). */
struct image_pair {
    const char *key, *text;
};

struct image_pairs {
    struct image_pair *items;
    size_t count, capacity;
};

/* Something of the repository that goes into the image. */
struct image_file {
    const char *from;  /* below the context                          */
    const char *to;    /* absolute in the image                      */
    int64_t mode;      /* -1: as in git (0644, 0755 where executable) */
    const char *owner; /* "1000:1000", or NULL: root                 */
    struct place place;
};

/* A secret that a RUN may mount; its value comes from the environment or a file of the runner. */
struct image_secret {
    const char *id, *environment, *file;
};

struct image_build {
    bool given;             /* false: `from` alone, or settings alone               */
    const char *context;    /* relative to the repository's root, "" is all of it   */
    const char *dockerfile; /* relative to the context; NULL: Dockerfile, or none where there are
                               settings or a template */
    const char *template;   /* go, rust, c, node, python, java, static, auto; NULL: none */
    struct image_pairs template_settings; /* version, entry, port ("8080"), packages (with
                                             blanks between them) */
    const char *target;                   /* a stage; NULL: the last one             */
    struct image_pairs args, labels;
    struct text_list platforms; /* "linux/amd64" where none was given              */
    const char *base;           /* in place of the last FROM's; or NULL            */
    struct text_list ignore;    /* patterns behind those of .dockerignore          */
    struct text_list artifacts; /* paths that git does not know                    */
    enum image_builder builder;
    struct image_secret *secrets;
    size_t secret_count;
    bool ssh;
    struct text_list cache_from, cache_to;
    const char *network;       /* or NULL                                                 */
    int64_t timeout;           /* ms                                                      */
    int64_t source_date_epoch; /* seconds: the time of all that is made             */
};

struct image_healthcheck {
    bool given, none;
    struct text_list test;                   /* as Docker's: "CMD", … or "CMD-SHELL", … */
    int64_t interval, timeout, start_period; /* ms; 0: not given */
    int64_t retries;
};

/* Laid over the Dockerfile's own, or over the base's where there is no Dockerfile. */
struct image_settings {
    struct image_file *files;
    size_t file_count;
    struct text_list *entrypoint, *args; /* NULL: as the Dockerfile has them */
    struct image_pairs environment;
    struct text_list ports; /* "8080/tcp" */
    struct text_list volumes;
    const char *user, *working_directory, *stop_signal; /* NULL: not given */
    struct image_healthcheck healthcheck;
};

struct image_spec {
    const char *name;       /* metadata.name */
    const char *repository; /* "registry.example/shop/api"; NULL: only `from`         */
    const char *home;       /* the same however it is spelled: "docker.io/library/redis" */
    struct text_list tags;  /* with ${commit} and the like not yet filled in          */
    bool immutable;         /* a tag that is there is never moved                     */
    const char *from;       /* an image that is only pinned, or the base of settings; or NULL */
    struct image_build build;
    struct image_settings settings;
    struct object_options options; /* of its annotations; its timeout is the build's */
    const struct value *document;  /* checked, with defaults */
    const struct source_file *file;
    struct place place;
};

/* An Image among other objects. */
struct object_id image_id(const char *name);

/* Does it name an Image? */
bool image_is_id(const struct object_id *id);

/* `from` alone: an image of others that is looked up and pinned, never built. */
bool image_is_pinned(const struct image_spec *image);

/*
 * Reads a checked document of kind Image. What its shape cannot say (a file without
 * `to`, settings beside a bare `from`, a mode that is none) becomes problems; false then.
 */
bool image_read(struct arena *arena, const struct value *document, const struct source_file *file,
                struct image_spec *ret, struct problems *problems)
    __attribute__((warn_unused_result));

#endif
