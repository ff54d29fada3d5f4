/* image: manifests and indexes; see image.h. Configs are in image_config.c. */
#include "oci/image.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "oci/document.h"

#include <string.h>

struct descriptor descriptor_of(struct arena *arena, const char *media_type, const void *data,
                                size_t length)
{
    return (struct descriptor){ .media_type = media_type,
                                .digest = digest_text(arena, data, length),
                                .size = (int64_t)length };
}

/* ----------------------------------------------------------- what it is at all */

static bool is_schema1(const struct value *document, const char *media_type)
{
    return media_role(media_type) == MEDIA_SCHEMA1
           || value_int(value_get(document, "schemaVersion"), 2) == 1
           || value_get(document, "fsLayers");
}

/* By its own word, else by its members; NULL where these say nothing. */
static const char *media_type_of(const struct value *document)
{
    const char *own = value_text(value_get(document, "mediaType"));
    if (own && *own)
        return own;
    if (is_schema1(document, NULL))
        return "application/vnd.docker.distribution.manifest.v1+json";
    if (value_get(document, "manifests"))
        return MEDIA_OCI_INDEX;
    return value_get(document, "config") ? MEDIA_OCI_MANIFEST : NULL;
}

const char *manifest_media_type(struct arena *arena, const char *bytes, size_t length)
{
    AUTO_ARENA scratch = arena_new(); /* a few bytes of JSON take a hundred of memory */
    const struct value *document;
    struct error err;
    if (!document_parse(scratch, bytes, length, &document, &err))
        return NULL;
    const char *type = media_type_of(document);
    return type ? arena_strdup(arena, type) : NULL;
}

/* A document that is a manifest to one reader and an index to another is refused (CVE-2021-41190).
 */
static bool is_both(const struct value *document)
{
    return value_get(document, "manifests")
           && (value_get(document, "layers") || value_get(document, "config"));
}

static bool open_document(struct arena *arena, const char *bytes, size_t length,
                          enum media_role role, const struct value **ret, const char **ret_type,
                          struct error *err)
{
    const char *what = role == MEDIA_INDEX ? "an index" : "a manifest";
    if (length > OCI_MANIFEST_CEILING)
        return error_set(err, ERROR_INVALID, "%s is larger than 4 MiB", what);
    if (!document_parse(arena, bytes, length, ret, err))
        return error_prefix(err, "not %s of an image", what);
    const char *type = media_type_of(*ret);
    if (is_schema1(*ret, type))
        return error_set(err, ERROR_INVALID,
                         "it is a Docker schema 1 manifest, which registries and engines have "
                         "given up: push the image again with a current tool");
    if (media_role(type) != role || is_both(*ret))
        return error_set(err, ERROR_INVALID, "not %s of an image, but %s", what,
                         is_both(*ret) ? "a manifest and an index at once"
                         : type        ? type
                                       : "JSON of another kind");
    if (value_int(value_get(*ret, "schemaVersion"), 0) != 2)
        return error_set(err, ERROR_INVALID, "%s has another \"schemaVersion\" than 2", what);
    *ret_type = type;
    return true;
}

/* ------------------------------------------------------------------- reading */

static bool read_list(struct arena *arena, const struct value *document, const char *key,
                      size_t ceiling, struct descriptor **ret, size_t *ret_count, struct error *err)
{
    const struct value *list = value_get(document, key);
    size_t count = value_count(list);
    if (list && list->kind != VALUE_LIST && list->kind != VALUE_NULL)
        return error_set(err, ERROR_INVALID, "\"%s\" is not a list", key);
    if (count > ceiling)
        return error_set(err, ERROR_INVALID, "\"%s\" has %zu entries, at most %zu are read", key,
                         count, ceiling);
    struct descriptor *read = arena_array(arena, count ? count : 1, sizeof *read);
    for (size_t i = 0; i < count; i++)
        if (!descriptor_read(arena, value_item(list, i), &read[i], err))
            return error_prefix(err, "%s[%zu]", key, i);
    *ret = read;
    *ret_count = count;
    return true;
}

static bool read_subject(struct arena *arena, const struct value *document, struct descriptor *ret,
                         struct error *err)
{
    const struct value *subject = value_get(document, "subject");
    if (!subject || subject->kind == VALUE_NULL)
        return true;
    return descriptor_read(arena, subject, ret, err) || error_prefix(err, "subject");
}

bool image_manifest_read(struct arena *arena, const char *bytes, size_t length,
                         struct image_manifest *ret, struct error *err)
{
    const struct value *document;
    struct image_manifest read = { 0 };
    if (!open_document(arena, bytes, length, MEDIA_MANIFEST, &document, &read.media_type, err))
        return false;
    if (!descriptor_read(arena, value_get(document, "config"), &read.config, err))
        return error_prefix(err, "config");
    if (!read_list(arena, document, "layers", IMAGE_LAYERS_CEILING, &read.layers, &read.layer_count,
                   err)
        || !document_text(document, "artifactType", &read.artifact_type, err)
        || !read_subject(arena, document, &read.subject, err)
        || !document_map(document, "annotations", &read.annotations, err))
        return false;
    *ret = read;
    return true;
}

bool image_index_read(struct arena *arena, const char *bytes, size_t length,
                      struct image_index *ret, struct error *err)
{
    const struct value *document;
    struct image_index read = { 0 };
    if (!open_document(arena, bytes, length, MEDIA_INDEX, &document, &read.media_type, err)
        || !read_list(arena, document, "manifests", IMAGE_ENTRIES_CEILING, &read.manifests,
                      &read.count, err)
        || !document_text(document, "artifactType", &read.artifact_type, err)
        || !read_subject(arena, document, &read.subject, err)
        || !document_map(document, "annotations", &read.annotations, err))
        return false;
    *ret = read;
    return true;
}

/* ------------------------------------------------------------------- writing */

static struct value *new_document(struct arena *arena, const char *media_type,
                                  const char *artifact_type, const struct descriptor *subject,
                                  const struct value *annotations)
{
    struct value *document = value_map(arena);
    value_set(arena, document, "schemaVersion", value_integer(arena, 2));
    value_set(arena, document, "mediaType", value_string(arena, media_type));
    document_set_text(arena, document, "artifactType", artifact_type);
    if (subject->digest)
        value_set(arena, document, "subject", descriptor_value(arena, subject));
    document_set_map(arena, document, "annotations", annotations);
    return document;
}

static struct value *descriptors(struct arena *arena, const struct descriptor *items, size_t count)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < count; i++)
        value_push(arena, list, descriptor_value(arena, &items[i]));
    return list;
}

void image_manifest_write(struct arena *arena, struct buf *out,
                          const struct image_manifest *manifest)
{
    struct value *document = new_document(arena, manifest->media_type, manifest->artifact_type,
                                          &manifest->subject, manifest->annotations);
    value_set(arena, document, "config", descriptor_value(arena, &manifest->config));
    value_set(arena, document, "layers",
              descriptors(arena, manifest->layers, manifest->layer_count));
    json_write(out, document);
}

void image_index_write(struct arena *arena, struct buf *out, const struct image_index *index)
{
    struct value *document = new_document(arena, index->media_type, index->artifact_type,
                                          &index->subject, index->annotations);
    value_set(arena, document, "manifests", descriptors(arena, index->manifests, index->count));
    json_write(out, document);
}
