/*
 * image: manifests, indexes and configs, read and written.
 *
 * The three documents of an image (OCI image spec 1.1: manifest.md, image-index.md,
 * config.md), which Docker's schema 2 shares but for its media types. What is written has its
 * members in the order of their bytes and nothing that hangs on time or place: the same input
 * gives the same bytes, and so the same digest. Where the documents are kept: store.h.
 */
#ifndef CMX_OCI_IMAGE_H
#define CMX_OCI_IMAGE_H

#include "manifest/resource.h"
#include "oci/descriptor.h"
#include "oci/store.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    IMAGE_LAYERS_CEILING = 1000,   /* layers of a manifest; Docker itself ends at 127  */
    IMAGE_ENTRIES_CEILING = 10000, /* manifests of an index                             */
};

struct image_manifest {
    const char *media_type;    /* MEDIA_OCI_MANIFEST or MEDIA_DOCKER_MANIFEST            */
    const char *artifact_type; /* or NULL                                                */
    struct descriptor config;
    struct descriptor *layers;
    size_t layer_count;
    struct descriptor subject;       /* what this is about; digest NULL: nothing         */
    const struct value *annotations; /* a map of strings, or NULL                        */
};

struct image_index {
    const char *media_type; /* MEDIA_OCI_INDEX or MEDIA_DOCKER_INDEX */
    const char *artifact_type;
    struct descriptor *manifests;
    size_t count;
    struct descriptor subject;
    const struct value *annotations;
};

/* A check as Docker has it; an empty `test` inherits, "NONE" switches the base's off. */
struct config_healthcheck {
    struct text_list test;
    int64_t interval, timeout, start_period, start_interval; /* nanoseconds; 0: not given */
    int64_t retries;
};

struct config_history {
    const char *created, *created_by, *author, *comment; /* or NULL */
    bool empty_layer;
};

/* Texts are NULL and lists empty where the document says nothing. */
struct image_config {
    struct platform platform; /* os and architecture are always set */
    struct text_list os_features;
    const char *created; /* RFC 3339 */
    const char *author;

    struct text_list environment;     /* "NAME=value", in their order                     */
    bool has_entrypoint, has_command; /* [] is something else than nothing            */
    struct text_list entrypoint, command;
    const char *user, *working_directory, *stop_signal;
    bool has_stop_timeout;
    int64_t stop_timeout;           /* seconds */
    const struct value *labels;     /* a map of strings, or NULL                     */
    struct text_list exposed_ports; /* "8080/tcp", sorted                            */
    struct text_list volumes;       /* sorted                                        */
    bool has_healthcheck;
    struct config_healthcheck healthcheck;
    struct text_list shell;
    struct text_list on_build;
    bool args_escaped; /* of Windows, deprecated */

    struct text_list diff_ids; /* of the layers, lowest first                         */
    struct config_history *history;
    size_t history_count, history_capacity;
};

/* What the bytes of a manifest are by their own word: "mediaType", else by their members. */
const char *manifest_media_type(struct arena *arena, const char *bytes, size_t length);

/*
 * Readers. ERROR_INVALID: it is not such a document, or something about it is wrong (Docker's
 * schema 1 is refused by its name). Texts live in the arena.
 */
bool image_manifest_read(struct arena *arena, const char *bytes, size_t length,
                         struct image_manifest *ret, struct error *err)
    __attribute__((warn_unused_result));
bool image_index_read(struct arena *arena, const char *bytes, size_t length,
                      struct image_index *ret, struct error *err)
    __attribute__((warn_unused_result));
bool image_config_read(struct arena *arena, const char *bytes, size_t length,
                       struct image_config *ret, struct error *err)
    __attribute__((warn_unused_result));

/* Writers. Append the document; history and lists keep their order. */
void image_manifest_write(struct arena *arena, struct buf *out,
                          const struct image_manifest *manifest);
void image_index_write(struct arena *arena, struct buf *out, const struct image_index *index);
void image_config_write(struct arena *arena, struct buf *out, const struct image_config *config);

/* A descriptor of the bytes: their digest and size. */
struct descriptor descriptor_of(struct arena *arena, const char *media_type, const void *data,
                                size_t length);

/*
 * The entry of an index that fits best: the same variant before a lesser one, the first of
 * equals. Notes of BuildKit ("unknown/unknown") are never taken. ERROR_NOT_FOUND names what
 * there is.
 */
bool image_index_choose(struct arena *arena, const struct image_index *index,
                        const struct platform *wanted, struct descriptor *ret, struct error *err)
    __attribute__((warn_unused_result));

/* One image of a store: its manifest and its config, whatever it was named by. */
struct image {
    struct descriptor descriptor; /* of the manifest          */
    struct descriptor top;        /* of what the name names: an index, or the same */
    struct image_manifest manifest;
    struct image_config config;
    const char *manifest_bytes, *config_bytes;
    size_t manifest_length, config_length;
};

/*
 * Resolves a tag or a digest down to one image: through indexes (a few deep) by platform.
 * `wanted` NULL: an index must have one image only. An artifact that is no image
 * (its config is none) is ERROR_INVALID.
 */
bool image_load(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                const struct platform *wanted, struct image *ret, const struct wait *wait,
                struct error *err) __attribute__((warn_unused_result));

/* A whole small blob (a config, a note) into the arena, NUL behind it. */
bool image_blob(struct image_store *store, struct arena *arena, const struct descriptor *blob,
                size_t ceiling, const char **ret_bytes, size_t *ret_length, const struct wait *wait,
                struct error *err) __attribute__((warn_unused_result));

/* Bytes that are at hand as a source of a blob; `memory` lives as long as the source. */
struct blob_memory {
    const char *bytes;
    size_t length, at;
};
struct blob_source blob_source_memory(struct blob_memory *memory, const char *media_type,
                                      const char *digest);

/* Stores bytes that are at hand as a blob where it is not there; `ret` is its descriptor. */
bool image_put(struct image_store *store, struct arena *arena, const char *media_type,
               const char *bytes, size_t length, struct descriptor *ret, const struct wait *wait,
               struct error *err) __attribute__((warn_unused_result));

#endif
