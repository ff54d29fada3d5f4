/*
 * The registry client against Debian's docker-registry: plain, with TLS and HTTP/2, with basic
 * authentication, with bearer tokens, with and without deletes.
 * timeout: 240
 */
#include "registry_test.h"

static const char *const kinds[] = { "plain:delete",       "stiff", "tls:tls", "basic:tls:basic",
                                     "token:token:delete", NULL };
const char *const *const registry_kinds = kinds;

enum { LAYER = 3000017 };

/* Puts a blob; without `known` its digest and size come out of its end. */
static struct descriptor put(struct registry_test *test, struct image_store *store, size_t size,
                             unsigned seed, bool known)
{
    struct pattern pattern = { .size = size, .seed = seed };
    struct descriptor wanted = pattern_descriptor(test->arena, size, seed), got;
    struct blob_source source = { .context = &pattern,
                                  .read = pattern_read,
                                  .seek = pattern_seek,
                                  .media_type = MEDIA_OCI_LAYER,
                                  .digest = known ? wanted.digest : NULL,
                                  .size = known ? (int64_t)size : -1 };
    struct wait wait = soon();
    struct error err;
    works(store->table->put_blob(store, test->arena, &source, &got, &wait, &err));
    assert_string_equal(got.digest, wanted.digest);
    assert_int_equal(got.size, (int64_t)size);
    assert_string_equal(got.media_type, MEDIA_OCI_LAYER);
    return got;
}

/* An image of one layer and a config, with a subject or without. */
static struct descriptor put_image(struct registry_test *test, struct image_store *store,
                                   unsigned seed, const struct descriptor *subject, const char *tag,
                                   const char **ret_bytes)
{
    AUTO_BUF out = BUF_INIT(1 << 20);
    struct wait wait = soon();
    struct error err;
    struct descriptor layer = put(test, store, 1000, seed, true), config;
    works(image_put(store, test->arena, MEDIA_OCI_CONFIG, "{}", 2, &config, &wait, &err));
    struct image_manifest manifest = {
        .media_type = MEDIA_OCI_MANIFEST, .config = config, .layers = &layer, .layer_count = 1
    };
    if (subject) {
        manifest.subject = *subject;
        manifest.artifact_type = "application/vnd.example.note";
    }
    image_manifest_write(test->arena, &out, &manifest);
    const char *bytes = arena_strdup(test->arena, buf_text(&out));
    struct descriptor top = descriptor_of(test->arena, MEDIA_OCI_MANIFEST, bytes, out.length);
    works(store->table->put_manifest(store, &top, bytes, tag, &wait, &err));
    if (ret_bytes)
        *ret_bytes = bytes;
    return top;
}

static void reads_back(struct registry_test *test, struct image_store *store,
                       const struct descriptor *blob, size_t size, unsigned seed)
{
    struct pattern pattern = { .size = size, .seed = seed };
    struct wait wait = soon();
    struct error err;
    works(store->table->blob(store, blob, pattern_sink, &pattern, &wait, &err));
    assert_int_equal(pattern.at, size);
    (void)test;
}

/* The same whole round at each registry. */
static void round_at(struct registry_test *test, const char *name)
{
    struct image_store *store = open_repository(test, registry_at(test, name), "shop/api");
    struct wait wait = soon();
    struct error err;
    struct descriptor found;
    const char *bytes, *wanted, **tags;
    size_t count;
    bool there;
    struct descriptor known = put(test, store, LAYER, 1, true);
    struct descriptor unknown = put(test, store, LAYER, 2, false);
    struct descriptor nothing = put(test, store, 0, 0, false);
    reads_back(test, store, &known, LAYER, 1);
    reads_back(test, store, &unknown, LAYER, 2);
    reads_back(test, store, &nothing, 0, 0);
    works(store->table->has_blob(store, &known, &there, &wait, &err));
    assert_true(there);
    struct descriptor absent = pattern_descriptor(test->arena, 10, 99);
    works(store->table->has_blob(store, &absent, &there, &wait, &err));
    assert_false(there);
    struct descriptor top = put_image(test, store, 3, NULL, "1.0", &wanted);
    put_image(test, store, 4, NULL, "latest", NULL);
    works(store->table->resolve(store, test->arena, "1.0", &found, &wait, &err));
    assert_string_equal(found.digest, top.digest);
    assert_string_equal(found.media_type, MEDIA_OCI_MANIFEST);
    assert_int_equal(found.size, top.size);
    works(store->table->manifest(store, test->arena, top.digest, &found, &bytes, &wait, &err));
    assert_string_equal(bytes, wanted);
    assert_string_equal(found.digest, top.digest);
    works(store->table->tags(store, test->arena, &tags, &count, &wait, &err));
    assert_int_equal(count, 2);
    assert_string_equal(tags[0], "1.0");
    assert_string_equal(tags[1], "latest");
    fails_with(store->table->resolve(store, test->arena, "2.0", &found, &wait, &err),
               ERROR_NOT_FOUND, "shop/api:2.0 does not exist");
    fails_with(store->table->manifest(store, test->arena, "2.0", &found, &bytes, &wait, &err),
               ERROR_NOT_FOUND, "shop/api:2.0 does not exist");
    struct pattern pattern = { 0 };
    fails_with(store->table->blob(store, &absent, pattern_sink, &pattern, &wait, &err),
               ERROR_NOT_FOUND, "404");
    store->table->close(store);
}

static const char *ann_config(struct registry_test *test)
{
    return test_write(
        test, "ann.json",
        arena_printf(test->arena,
                     "{\"auths\": {\"%s\": {\"auth\": \"YW5uOnMzY3JldA==\"},"
                     "\"https://%s/v1/\": {\"username\": \"ann\", \"password\": \"s3cret\"}}}",
                     registry_at(test, "basic"), registry_at(test, "token")));
}

static void pushes_and_pulls(void **state)
{
    struct registry_test *test = *state;
    static const char *const names[] = { "plain", "stiff", "tls", "basic", "token" };
    const char *authority = arena_printf(test->arena, "%s/ca.crt", test->folder);
    registry_forget(test, ann_config(test));
    test->settings.ca_file = authority;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool secure = strcmp(names[i], "tls") == 0 || strcmp(names[i], "basic") == 0;
        test->settings.ca_file = secure ? authority : NULL;
        round_at(test, names[i]);
    }
    test->settings.ca_file = NULL;
}

static void mounts_between_repositories(void **state)
{
    struct registry_test *test = *state;
    static const char *const names[] = { "plain", "token" };
    registry_forget(test, ann_config(test));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *at = registry_at(test, names[i]);
        struct image_store *from = open_repository(test, at, "mounts/from");
        struct image_store *to = open_repository(test, at, "mounts/to");
        struct wait wait = soon();
        struct error err;
        struct descriptor blob = put(test, from, 5000, 7, true);
        struct descriptor absent = pattern_descriptor(test->arena, 10, 99);
        bool mounted = false;
        works(to->table->mount(to, &blob, "mounts/from", &mounted, &wait, &err));
        assert_true(mounted);
        reads_back(test, to, &blob, 5000, 7);
        works(to->table->mount(to, &absent, "mounts/from", &mounted, &wait, &err));
        assert_false(mounted);
        put(test, to, 10, 99, true); /* into the upload that the mount has begun */
        reads_back(test, to, &absent, 10, 99);
        from->table->close(from);
        to->table->close(to);
    }
}

/* Debian's registry has no referrers API: the fallback tag is written and read. */
static void keeps_referrers_under_the_fallback_tag(void **state)
{
    struct registry_test *test = *state;
    struct image_store *store = open_repository(test, registry_at(test, "plain"), "notes");
    struct wait wait = soon();
    struct error err;
    struct descriptor *found;
    size_t count;
    struct descriptor top = put_image(test, store, 20, NULL, "1", NULL);
    works(
        store->table->referrers(store, test->arena, top.digest, NULL, &found, &count, &wait, &err));
    assert_int_equal(count, 0);
    struct descriptor one = put_image(test, store, 21, &top, NULL, NULL);
    struct descriptor two = put_image(test, store, 22, &top, NULL, NULL);
    put_image(test, store, 22, &top, NULL, NULL); /* again: no second entry */
    works(
        store->table->referrers(store, test->arena, top.digest, NULL, &found, &count, &wait, &err));
    assert_int_equal(count, 2);
    assert_string_equal(found[0].digest, one.digest);
    assert_string_equal(found[1].digest, two.digest);
    assert_string_equal(found[1].artifact_type, "application/vnd.example.note");
    works(store->table->referrers(store, test->arena, top.digest, "application/other", &found,
                                  &count, &wait, &err));
    assert_int_equal(count, 0);
    works(registry_delete_manifest(store, one.digest, &wait, &err));
    works(
        store->table->referrers(store, test->arena, top.digest, NULL, &found, &count, &wait, &err));
    assert_int_equal(count, 1);
    store->table->close(store);
}

static void deletes_where_it_may(void **state)
{
    struct registry_test *test = *state;
    struct wait wait = soon();
    struct error err;
    struct descriptor found;
    struct image_store *store = open_repository(test, registry_at(test, "plain"), "gone");
    struct descriptor top = put_image(test, store, 30, NULL, "1", NULL);
    works(registry_delete_manifest(store, top.digest, &wait, &err));
    fails_with(store->table->resolve(store, test->arena, "1", &found, &wait, &err), ERROR_NOT_FOUND,
               "does not exist");
    fails_with(registry_delete_manifest(store, top.digest, &wait, &err), ERROR_NOT_FOUND,
               "does not exist");
    store->table->close(store);
    store = open_repository(test, registry_at(test, "stiff"), "gone");
    top = put_image(test, store, 30, NULL, "1", NULL);
    fails_with(registry_delete_manifest(store, top.digest, &wait, &err), ERROR_REFUSED,
               "does not allow deleting");
    fails_with(registry_delete_blob(store, top.digest, &wait, &err), ERROR_REFUSED,
               "does not allow deleting");
    store->table->close(store);
}

static void lists_repositories(void **state)
{
    struct registry_test *test = *state;
    const char *at = registry_at(test, "plain"), **names;
    struct image_store *store = open_repository(test, at, "a/first");
    struct wait wait = soon();
    struct error err;
    size_t count;
    put_image(test, store, 40, NULL, "1", NULL);
    works(registry_catalog(test->registries, test->arena, at, &names, &count, &wait, &err));
    assert_true(count >= 2);
    assert_string_equal(names[0], "a/first");
    works(registry_ping(test->registries, at, &wait, &err));
    store->table->close(store);
}

/* As docker has it: a folder named by the registry, with its authority in it. */
static void trusts_what_stands_in_certs_d(void **state)
{
    struct registry_test *test = *state;
    const char *at = registry_at(test, "tls");
    const char *folder = arena_printf(test->arena, "%s/certs/%s", test->folder, at);
    struct wait wait = soon();
    struct error err;
    char *authority;
    size_t length;
    works(file_read(test->arena, arena_printf(test->arena, "%s/ca.crt", test->folder), 1 << 16,
                    &authority, &length, &err));
    works(folder_make(folder, &err));
    test->settings.certs_folder = arena_printf(test->arena, "%s/certs", test->folder);
    registry_forget(test, test->settings.config_file);
    fails_with(registry_ping(test->registries, at, &wait, &err), ERROR_UNREACHABLE,
               "its certificate is not trusted");
    works(
        file_write(arena_printf(test->arena, "%s/ca.crt", folder), authority, length, 0644, &err));
    registry_forget(test, test->settings.config_file);
    works(registry_ping(test->registries, at, &wait, &err));
    test->settings.certs_folder = NULL; /* then those of podman and docker */
    registry_forget(test, test->settings.config_file);
    fails_with(registry_ping(test->registries, at, &wait, &err), ERROR_UNREACHABLE,
               "its certificate is not trusted");
    const char *own =
        arena_printf(test->arena, "%s/.config/containers/certs.d/%s", test->folder, at);
    works(folder_make(own, &err));
    works(file_write(arena_printf(test->arena, "%s/ca.crt", own), authority, length, 0644, &err));
    setenv("HOME", test->folder, 1);
    registry_forget(test, test->settings.config_file);
    works(registry_ping(test->registries, at, &wait, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pushes_and_pulls),
        cmocka_unit_test(mounts_between_repositories),
        cmocka_unit_test(keeps_referrers_under_the_fallback_tag),
        cmocka_unit_test(deletes_where_it_may),
        cmocka_unit_test(lists_repositories),
        cmocka_unit_test(trusts_what_stands_in_certs_d),
    };
    return cmocka_run_group_tests(tests, registry_test_start, registry_test_end);
}
