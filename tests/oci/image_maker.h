/*
 * image_maker: small images for tests, put into any store. A layer is a tar of one file "app";
 * an image is one layer and a config; an index is an image for amd64 and one for arm64.
 */
#ifndef CMX_TESTS_IMAGE_MAKER_H
#define CMX_TESTS_IMAGE_MAKER_H

#include "base/cleanup.h"
#include "base/process.h"
#include "oci/image.h"
#include "oci/layer.h"
#include "oci/tar_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

static struct wait maker_wait = { INT64_MAX, NULL, false };

#define must(call)                                                                                 \
    do {                                                                                           \
        struct error err = { 0 };                                                                  \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, err.message);                                                \
    } while (0)

#define must_not(call, wanted_kind, part)                                                          \
    do {                                                                                           \
        struct error err = { 0 };                                                                  \
        if (call)                                                                                  \
            fail_msg("%s went well", #call);                                                       \
        if (err.kind != (wanted_kind) || !strstr(err.message, part))                               \
            fail_msg("%s: kind %d: %s", #call, err.kind, err.message);                             \
    } while (0)

/* ---------------------------------------------------------------- files and programs */

static inline const char *maker_run(struct arena *arena, int *ret_status,
                                    const char *const *arguments)
{
    struct wait wait = wait_for(60000, NULL);
    struct error err = { 0 };
    char *output;
    int status;
    if (!process_run(arena, arguments, NULL, NULL, 16 << 20, &wait, &output, &status, &err))
        fail_msg("%s: %s", arguments[0], err.message);
    if (!ret_status && status)
        fail_msg("%s %s: exit %d: %s", arguments[0], arguments[1], status, output);
    if (ret_status)
        *ret_status = status;
    return output;
}

/* Runs a program that must succeed; its output. */
#define run(arena, ...) maker_run(arena, NULL, (const char *const[]){ __VA_ARGS__, NULL })

static inline const char *maker_folder(struct arena *arena)
{
    char *folder = arena_strdup(arena, "/tmp/cmx-test-oci-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

/* ------------------------------------------------------------------------- layers */

static inline void maker_tar(struct buf *out, const char *content)
{
    struct tar_writer writer;
    struct tar_entry entry = {
        .kind = TAR_FILE, .path = "app", .mode = 0755, .size = (int64_t)strlen(content)
    };
    tar_writer_start(&writer, tar_text_sink, out);
    must(tar_writer_entry(&writer, &entry, &err));
    must(tar_writer_data(&writer, content, strlen(content), &err));
    must(tar_writer_end(&writer, &err));
}

/* Appends one member. */
static inline void maker_gzip(struct buf *out, const char *data, size_t length)
{
    z_stream zlib = { 0 };
    size_t bound = length + length / 1000 + 256;
    AUTO_FREE char *packed = malloc(bound);
    assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zlib.next_in = (unsigned char *)(uintptr_t)data;
    zlib.avail_in = (unsigned)length;
    zlib.next_out = (unsigned char *)packed;
    zlib.avail_out = (unsigned)bound;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    buf_add(out, packed, bound - zlib.avail_out);
    deflateEnd(&zlib);
}

static inline void maker_zstd(struct buf *out, const char *data, size_t length)
{
    size_t bound = ZSTD_compressBound(length);
    AUTO_FREE char *packed = malloc(bound);
    buf_add(out, packed, ZSTD_compress(packed, bound, data, length, 3));
}

static inline struct descriptor maker_layer(struct image_store *store, struct arena *arena,
                                            const char *content, enum compression compression,
                                            const char **ret_diff_id)
{
    static const char *const media[] = { MEDIA_OCI_LAYER, MEDIA_OCI_LAYER_GZIP,
                                         MEDIA_OCI_LAYER_ZSTD };
    AUTO_BUF tar = BUF_INIT(64 << 20), packed = BUF_INIT(64 << 20);
    struct descriptor layer;
    maker_tar(&tar, content);
    *ret_diff_id = digest_text(arena, tar.data, tar.length);
    if (compression == COMPRESSION_GZIP)
        maker_gzip(&packed, tar.data, tar.length);
    else if (compression == COMPRESSION_ZSTD)
        maker_zstd(&packed, tar.data, tar.length);
    else
        buf_add(&packed, tar.data, tar.length);
    must(image_put(store, arena, media[compression], packed.data, packed.length, &layer,
                   &maker_wait, &err));
    return layer;
}

/* ------------------------------------------------------------------------- images */

static inline struct descriptor maker_config(struct image_store *store, struct arena *arena,
                                             const char *architecture, const char *diff_id)
{
    struct image_config config = { .platform = { .os = "linux", .architecture = architecture },
                                   .created = "1970-01-01T00:00:00Z",
                                   .has_entrypoint = true };
    static const char *words[] = { "/app" };
    struct descriptor ret;
    AUTO_BUF out = BUF_INIT(1 << 20);
    config.entrypoint = (struct text_list){ words, 1, 1 };
    config.diff_ids = (struct text_list){ &diff_id, 1, 1 };
    image_config_write(arena, &out, &config);
    must(image_put(store, arena, MEDIA_OCI_CONFIG, out.data, out.length, &ret, &maker_wait, &err));
    return ret;
}

static inline struct descriptor maker_put(struct image_store *store, struct arena *arena,
                                          const char *media_type, const struct buf *bytes,
                                          const char *tag)
{
    struct descriptor ret = descriptor_of(arena, media_type, bytes->data, bytes->length);
    must(store->table->put_manifest(store, &ret, bytes->data, tag, &maker_wait, &err));
    return ret;
}

/* An image whose layer holds `content`; its manifest. */
static inline struct descriptor maker_image(struct image_store *store, struct arena *arena,
                                            const char *architecture, const char *content,
                                            enum compression compression, const char *tag)
{
    const char *diff_id;
    struct descriptor layer = maker_layer(store, arena, content, compression, &diff_id);
    struct image_manifest manifest = { .media_type = MEDIA_OCI_MANIFEST,
                                       .layers = &layer,
                                       .layer_count = 1 };
    AUTO_BUF out = BUF_INIT(1 << 20);
    manifest.config = maker_config(store, arena, architecture, diff_id);
    image_manifest_write(arena, &out, &manifest);
    return maker_put(store, arena, MEDIA_OCI_MANIFEST, &out, tag);
}

static inline struct descriptor maker_index(struct image_store *store, struct arena *arena,
                                            const char *content, const char *tag)
{
    struct descriptor entries[2];
    static const char *const architectures[] = { "amd64", "arm64" };
    for (int i = 0; i < 2; i++) {
        const char *text = arena_printf(arena, "%s for %s", content, architectures[i]);
        entries[i] = maker_image(store, arena, architectures[i], text, COMPRESSION_GZIP, NULL);
        entries[i].platform = (struct platform){ .os = "linux", .architecture = architectures[i] };
    }
    struct image_index index = { .media_type = MEDIA_OCI_INDEX, .manifests = entries, .count = 2 };
    AUTO_BUF out = BUF_INIT(1 << 20);
    image_index_write(arena, &out, &index);
    return maker_put(store, arena, MEDIA_OCI_INDEX, &out, tag);
}

/* A note of the type text/x about an image: an artifact without layers. */
static inline struct descriptor maker_note(struct image_store *store, struct arena *arena,
                                           const struct descriptor *subject, const char *text)
{
    struct descriptor config;
    struct value *annotations = value_map(arena);
    AUTO_BUF out = BUF_INIT(1 << 20);
    must(image_put(store, arena, MEDIA_OCI_EMPTY, "{}", 2, &config, &maker_wait, &err));
    value_set(arena, annotations, "text", value_string(arena, text));
    struct image_manifest manifest = { .media_type = MEDIA_OCI_MANIFEST,
                                       .artifact_type = "text/x",
                                       .config = config,
                                       .subject = *subject,
                                       .annotations = annotations };
    manifest.subject.platform = (struct platform){ 0 };
    image_manifest_write(arena, &out, &manifest);
    return maker_put(store, arena, MEDIA_OCI_MANIFEST, &out, NULL);
}

/* -------------------------------------------------------------------------- seeing */

/* What the first layer of an image holds, as tar_text has it. */
static inline const char *maker_content(struct image_store *store, struct arena *arena,
                                        const char *tag, const char *platform)
{
    struct platform wanted;
    struct image image;
    AUTO_BUF out = BUF_INIT(64 << 20);
    if (platform)
        must(platform_parse(arena, platform, &wanted, &err));
    must(image_load(store, arena, tag, platform ? &wanted : NULL, &image, &maker_wait, &err));
    must(layer_read_tar(store, arena, &image.manifest.layers[0], image.config.diff_ids.items[0],
                        NULL, &tar_text_handler, &out, &maker_wait, &err));
    return arena_strdup(arena, buf_text(&out));
}

#endif
