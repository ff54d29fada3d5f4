/*
 * descriptor: how an image names its parts.
 *
 * A manifest, an index, a config and a layer are each named by media type, digest
 * and size (OCI image spec 1.1, descriptor.md). Docker's schema 2 differs in media
 * types only, so both are one form here. What reads or holds images: store.h.
 */
#ifndef CMX_OCI_DESCRIPTOR_H
#define CMX_OCI_DESCRIPTOR_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stdint.h>

#define MEDIA_OCI_INDEX         "application/vnd.oci.image.index.v1+json"
#define MEDIA_OCI_MANIFEST      "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_CONFIG        "application/vnd.oci.image.config.v1+json"
#define MEDIA_OCI_LAYER         "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_OCI_LAYER_GZIP    "application/vnd.oci.image.layer.v1.tar+gzip"
#define MEDIA_OCI_LAYER_ZSTD    "application/vnd.oci.image.layer.v1.tar+zstd"
#define MEDIA_OCI_EMPTY         "application/vnd.oci.empty.v1+json"
#define MEDIA_DOCKER_INDEX      "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_MANIFEST   "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_CONFIG     "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_LAYER      "application/vnd.docker.image.rootfs.diff.tar"
#define MEDIA_DOCKER_LAYER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"

enum {
    OCI_MANIFEST_CEILING = 4 << 20, /* bytes of a manifest or an index */
    OCI_CONFIG_CEILING = 8 << 20,   /* bytes of a config               */
};

enum media_role {
    MEDIA_INDEX,
    MEDIA_MANIFEST,
    MEDIA_CONFIG,
    MEDIA_LAYER,
    MEDIA_FOREIGN, /* a layer that is not to be distributed: skipped */
    MEDIA_SCHEMA1, /* Docker's first form: refused by name           */
    MEDIA_OTHER,   /* an artifact's own                              */
};

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

/* What a platform is called: linux/amd64, linux/arm/v7. Parts that were not given are NULL. */
struct platform {
    const char *os, *architecture, *variant, *os_version;
};

struct descriptor {
    const char *media_type;
    const char *digest; /* "sha256:" and 64 hex digits (or sha512: and 128) */
    int64_t size;
    struct platform platform;        /* of an entry of an index; NULLs elsewhere */
    const char *artifact_type;       /* or NULL */
    const struct value *annotations; /* a map of strings, or NULL */
    const struct value *urls;        /* a list: where a foreign layer is; or NULL */
};

enum media_role media_role(const char *media_type);

/* How the bytes of such a layer are compressed. */
enum compression media_compression(const char *media_type);

/* "sha256:…" of the bytes. */
const char *digest_text(struct arena *arena, const void *data, size_t length);

/* Reads a descriptor out of a manifest. ERROR_INVALID: what is missing or wrong about it. */
bool descriptor_read(struct arena *arena, const struct value *value, struct descriptor *ret,
                     struct error *err) __attribute__((warn_unused_result));

/* A deep copy, when the document that it was read from goes. */
struct descriptor descriptor_copy(struct arena *arena, const struct descriptor *descriptor);

/* The other way, members in the fixed order that value_json writes. */
struct value *descriptor_value(struct arena *arena, const struct descriptor *descriptor);

/* Reads "linux/arm/v7", "linux/amd64". ERROR_USAGE with what would be right. */
bool platform_parse(struct arena *arena, const char *text, struct platform *ret, struct error *err)
    __attribute__((warn_unused_result));
const char *platform_text(struct arena *arena, const struct platform *platform);

/* May an image of `offered` be taken where `wanted` is asked for? (arm64 without a variant is v8)
 */
bool platform_fits(const struct platform *wanted, const struct platform *offered);

#endif
