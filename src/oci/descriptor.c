/* descriptor: see descriptor.h. Platforms are in platform.c. */
#include "oci/descriptor.h"

#include "base/digest.h"

#include <string.h>

enum { MEDIA_TYPE_CEILING = 255 };

static const struct media {
    const char *type;
    enum media_role role;
} media_types[] = {
    { MEDIA_OCI_INDEX, MEDIA_INDEX },
    { MEDIA_DOCKER_INDEX, MEDIA_INDEX },
    { MEDIA_OCI_MANIFEST, MEDIA_MANIFEST },
    { MEDIA_DOCKER_MANIFEST, MEDIA_MANIFEST },
    { MEDIA_OCI_CONFIG, MEDIA_CONFIG },
    { MEDIA_DOCKER_CONFIG, MEDIA_CONFIG },
    { MEDIA_OCI_LAYER, MEDIA_LAYER },
    { MEDIA_OCI_LAYER_GZIP, MEDIA_LAYER },
    { MEDIA_OCI_LAYER_ZSTD, MEDIA_LAYER },
    { MEDIA_DOCKER_LAYER, MEDIA_LAYER },
    { MEDIA_DOCKER_LAYER_GZIP, MEDIA_LAYER },
    { "application/vnd.docker.image.rootfs.diff.tar.zstd", MEDIA_LAYER },
    { "application/vnd.docker.image.rootfs.foreign.diff.tar", MEDIA_FOREIGN },
    { "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MEDIA_FOREIGN },
    { "application/vnd.oci.image.layer.nondistributable.v1.tar", MEDIA_FOREIGN },
    { "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MEDIA_FOREIGN },
    { "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MEDIA_FOREIGN },
    { "application/vnd.docker.distribution.manifest.v1+json", MEDIA_SCHEMA1 },
    { "application/vnd.docker.distribution.manifest.v1+prettyjws", MEDIA_SCHEMA1 },
};

enum media_role media_role(const char *media_type)
{
    for (size_t i = 0; media_type && i < sizeof media_types / sizeof *media_types; i++)
        if (strcmp(media_types[i].type, media_type) == 0)
            return media_types[i].role;
    return MEDIA_OTHER;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

enum compression media_compression(const char *media_type)
{
    if (ends_with(media_type, "+gzip") || ends_with(media_type, ".gzip"))
        return COMPRESSION_GZIP;
    if (ends_with(media_type, "+zstd") || ends_with(media_type, ".zstd"))
        return COMPRESSION_ZSTD;
    return COMPRESSION_NONE;
}

const char *digest_text(struct arena *arena, const void *data, size_t length)
{
    struct digest digest = digest_sha256(data, length);
    return arena_printf(arena, "sha256:%s", digest_hex(arena, &digest));
}

/* ------------------------------------------------------------------- reading */

/*
 * RFC 6838: letters, digits and a few signs; it goes into headers as it is. Parameters behind it
 * ("text/plain; charset=utf-8") are none of a media type's name, and what refers to images has
 * them.
 */
static bool media_type_valid(const char *text)
{
    size_t length = strlen(text), name = strcspn(text, ";");
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~' || (i < name && strchr(" \"\\,", text[i])))
            return false;
    return name > 0 && length <= MEDIA_TYPE_CEILING;
}

static bool is_texts(const struct value *map)
{
    if (map->kind != VALUE_MAP)
        return false;
    for (size_t i = 0; i < map->map.count; i++)
        if (map->map.members[i].value->kind != VALUE_STRING)
            return false;
    return true;
}

static void read_platform(const struct value *value, struct platform *ret)
{
    ret->os = value_text(value_get(value, "os"));
    ret->architecture = value_text(value_get(value, "architecture"));
    ret->variant = value_text(value_get(value, "variant"));
    ret->os_version = value_text(value_get(value, "os.version"));
}

static bool read_annotations(const struct value *value, struct descriptor *ret, struct error *err)
{
    const struct value *annotations = value_get(value, "annotations");
    if (!annotations || annotations->kind == VALUE_NULL)
        return true;
    if (!is_texts(annotations))
        return error_set(err, ERROR_INVALID, "\"annotations\" is not a map of strings");
    ret->annotations = annotations;
    return true;
}

bool descriptor_read(struct arena *arena, const struct value *value, struct descriptor *ret,
                     struct error *err)
{
    (void)arena;
    struct descriptor read = { .size = value_int(value_get(value, "size"), -1) };
    if (!value || value->kind != VALUE_MAP)
        return error_set(err, ERROR_INVALID, "a descriptor is missing");
    read.media_type = value_text(value_get(value, "mediaType"));
    read.digest = value_text(value_get(value, "digest"));
    read.artifact_type = value_text(value_get(value, "artifactType"));
    if (!read.media_type || !media_type_valid(read.media_type))
        return error_set(err, ERROR_INVALID, "its \"mediaType\" is missing or none");
    if (!read.digest || !digest_text_valid(read.digest))
        return error_set(err, ERROR_INVALID, "its \"digest\" %s%s is not sha256 or sha512 in hex",
                         read.digest ? read.digest : "", read.digest ? "" : "is missing, it");
    if (read.size < 0)
        return error_set(err, ERROR_INVALID, "%s: its \"size\" is missing or none", read.digest);
    read_platform(value_get(value, "platform"), &read.platform);
    if (value_count(value_get(value, "urls")))
        read.urls = value_get(value, "urls");
    if (!read_annotations(value, &read, err))
        return error_prefix(err, "%s", read.digest);
    *ret = read;
    return true;
}

static const char *copy_text(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

struct descriptor descriptor_copy(struct arena *arena, const struct descriptor *descriptor)
{
    const struct platform *platform = &descriptor->platform;
    struct descriptor copy = { .size = descriptor->size };
    copy.media_type = copy_text(arena, descriptor->media_type);
    copy.digest = copy_text(arena, descriptor->digest);
    copy.artifact_type = copy_text(arena, descriptor->artifact_type);
    copy.platform.os = copy_text(arena, platform->os);
    copy.platform.architecture = copy_text(arena, platform->architecture);
    copy.platform.variant = copy_text(arena, platform->variant);
    copy.platform.os_version = copy_text(arena, platform->os_version);
    if (descriptor->annotations)
        copy.annotations = value_copy(arena, descriptor->annotations);
    if (descriptor->urls)
        copy.urls = value_copy(arena, descriptor->urls);
    return copy;
}

/* ------------------------------------------------------------------- writing */

static struct value *platform_value(struct arena *arena, const struct platform *platform)
{
    struct value *map = value_map(arena);
    value_set_text(arena, map, "architecture", platform->architecture);
    value_set_text(arena, map, "os", platform->os);
    value_set_text(arena, map, "os.version", platform->os_version);
    value_set_text(arena, map, "variant", platform->variant);
    return map;
}

struct value *descriptor_value(struct arena *arena, const struct descriptor *descriptor)
{
    struct value *map = value_map(arena);
    value_set_text(arena, map, "mediaType", descriptor->media_type);
    value_set_text(arena, map, "digest", descriptor->digest);
    value_set(arena, map, "size", value_integer(arena, descriptor->size));
    value_set_text(arena, map, "artifactType", descriptor->artifact_type);
    if (descriptor->platform.os)
        value_set(arena, map, "platform", platform_value(arena, &descriptor->platform));
    if (value_count(descriptor->annotations))
        value_set(arena, map, "annotations", value_copy(arena, descriptor->annotations));
    if (descriptor->urls)
        value_set(arena, map, "urls", value_copy(arena, descriptor->urls));
    return map;
}
