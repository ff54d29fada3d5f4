/*
 * The registry client against a registry that lies, breaks off and is busy (lying_server.py):
 * each costs a clear error and nothing else, or is survived.
 */
#include "base/pool.h"
#include "registry_test.h"

const char *const *const registry_kinds = NULL;

enum { BLOB = 300000 };

static struct image_store *lie(struct registry_test *test, const char *name)
{
    return open_repository(test, registry_at(test, "registry"), name);
}

static bool take_anything(void *context, const char *data, size_t length, struct error *err)
{
    struct pattern *pattern = context;
    (void)data, (void)err;
    pattern->at += length;
    return true;
}

static bool read_blob(struct registry_test *test, struct image_store *store, blob_sink *sink,
                      struct error *err)
{
    struct pattern pattern = { .size = BLOB };
    struct descriptor blob = pattern_descriptor(test->arena, BLOB, 0);
    struct wait wait = soon();
    bool read = store->table->blob(store, &blob, sink, &pattern, &wait, err);
    assert_true(!read || pattern.at == BLOB);
    return read;
}

enum ask { RESOLVE, MANIFEST, BYTES, TAGS };

/* Each of these is one error, of this kind and with these words. */
static void lies_cost_an_error(void **state)
{
    struct registry_test *test = *state;
    static const struct {
        const char *name;
        enum ask ask;
        enum error_kind kind;
        const char *words;
    } cases[] = {
        { "html", RESOLVE, ERROR_UNREACHABLE, "200 with text/html, which is no answer of a regis" },
        { "html", MANIFEST, ERROR_UNREACHABLE, "no answer of a registry" },
        { "html", BYTES, ERROR_INVALID, "(a page of HTML came)" },
        { "html", TAGS, ERROR_UNREACHABLE, "is not JSON" },
        { "nothing", RESOLVE, ERROR_UNREACHABLE, "404 with text/html" },
        { "nothing", MANIFEST, ERROR_UNREACHABLE, "404 with text/html" },
        { "nothing", BYTES, ERROR_NOT_FOUND, "404" },
        { "referrers-plain", RESOLVE, ERROR_NOT_FOUND, "does not exist" },
        { "referrers-plain", MANIFEST, ERROR_NOT_FOUND, "does not exist" },
        { "other-digest", MANIFEST, ERROR_INVALID, "what came is sha256:" },
        { "other-digest", BYTES, ERROR_INVALID, "its digest is sha256:" },
        { "says-other", MANIFEST, ERROR_INVALID, "and should be sha256:" },
        { "endless", MANIFEST, ERROR_INVALID, "more than 4194304 bytes" },
        { "endless", BYTES, ERROR_INVALID, "longer than the 300000 bytes" },
        { "short", BYTES, ERROR_INVALID, "it has 299999 bytes and should have 300000" },
        { "loop", RESOLVE, ERROR_UNREACHABLE, "more than 10 redirects" },
        { "loop", BYTES, ERROR_UNREACHABLE, "more than 10 redirects" },
        { "cut-always", BYTES, ERROR_UNREACHABLE, "connection lost" },
        { "tokenless", MANIFEST, ERROR_UNREACHABLE, "its answer holds no token" },
        { "faults", MANIFEST, ERROR_INVALID, "NAME_INVALID: too long; TAG_INVALID: no dots" },
        { "schema1", MANIFEST, ERROR_INVALID, "schema 1" },
        { "schema1", RESOLVE, ERROR_INVALID, "schema 1" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image_store *store = lie(test, cases[i].name);
        struct error err = { 0 };
        struct wait wait = soon();
        struct descriptor found;
        const char *bytes, **tags;
        size_t count;
        bool done = cases[i].ask == RESOLVE
                        ? store->table->resolve(store, test->arena, "1", &found, &wait, &err)
                    : cases[i].ask == MANIFEST ? store->table->manifest(store, test->arena, "1",
                                                                        &found, &bytes, &wait, &err)
                    : cases[i].ask == TAGS
                        ? store->table->tags(store, test->arena, &tags, &count, &wait, &err)
                        : read_blob(test, store, take_anything, &err);
        if (done || !strstr(err.message, cases[i].words) || err.kind != cases[i].kind)
            fail_msg("%s, %d: %s (kind %d)", cases[i].name, cases[i].ask, err.message, err.kind);
        store->table->close(store);
    }
}

/* A digest that was asked for is what comes, or nothing. */
static void a_digest_is_not_believed(void **state)
{
    struct registry_test *test = *state;
    struct image_store *store = lie(test, "says-other");
    const char *wanted = pattern_descriptor(test->arena, 10, 1).digest, *bytes;
    struct descriptor found;
    struct wait wait = soon();
    struct error err;
    fails_with(store->table->resolve(store, test->arena, wanted, &found, &wait, &err),
               ERROR_INVALID, "and should be sha256:");
    fails_with(store->table->manifest(store, test->arena, wanted, &found, &bytes, &wait, &err),
               ERROR_INVALID, "and should be sha256:");
    store->table->close(store);
    store = lie(test, "no-length"); /* HEAD tells nothing: the bytes do */
    works(store->table->resolve(store, test->arena, "1", &found, &wait, &err));
    assert_true(digest_text_valid(found.digest));
    store->table->close(store);
}

static void downloads_go_on_where_they_broke_off(void **state)
{
    struct registry_test *test = *state;
    static const char *const names[] = { "cut",  "cut-whole", "cut-parts", "cut-end",
                                         "down", "down-520",  "away" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct image_store *store = lie(test, names[i]);
        struct error err;
        works(read_blob(test, store, pattern_sink, &err));
        store->table->close(store);
    }
    const char *seen = requests_of(test, "cut");
    assert_int_equal(count_of(seen, "GET "), 2);
    assert_int_equal(count_of(seen, "bytes=150000-"), 1);
    assert_int_equal(count_of(requests_of(test, "cut-parts"), "GET "), 4);
    assert_int_equal(count_of(requests_of(test, "cut-end"), "GET "), 1);
}

/* Retry-After in all its forms; what is too long is told and not waited for. */
static void waits_as_it_is_asked_to(void **state)
{
    struct registry_test *test = *state;
    static const struct {
        const char *name;
        int64_t least;
    } cases[] = {
        { "busy-1", 1000 }, { "busy-1s", 1000 }, { "busy-300ms", 300 }, { "busy-date", 0 },
        { "busy-none", 0 }, { "busy-soon", 0 },  { "busy--5", 0 },
    };
    struct descriptor found;
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image_store *store = lie(test, cases[i].name);
        struct wait wait = soon();
        int64_t begun = clock_now();
        works(store->table->resolve(store, test->arena, "1", &found, &wait, &err));
        int64_t took = clock_now() - begun;
        if (took < cases[i].least || took > cases[i].least + 8000)
            fail_msg("%s took %lld ms", cases[i].name, (long long)took);
        store->table->close(store);
    }
    struct image_store *store = lie(test, "busy-3h");
    struct wait wait = soon();
    int64_t begun = clock_now();
    fails_with(store->table->resolve(store, test->arena, "1", &found, &wait, &err),
               ERROR_UNREACHABLE, "it asks to come back in 3 h");
    assert_true(clock_now() - begun < 20000);
    store->table->close(store);
    store = lie(test, "busy-20");
    wait = wait_for(10000, NULL);
    fails_with(store->table->resolve(store, test->arena, "1", &found, &wait, &err),
               ERROR_UNREACHABLE, "longer than is waited for");
    store->table->close(store);
}

static void reads_all_pages_and_no_more(void **state)
{
    struct registry_test *test = *state;
    struct image_store *store = lie(test, "pages");
    struct wait wait = soon();
    struct error err;
    const char **tags;
    size_t count;
    works(store->table->tags(store, test->arena, &tags, &count, &wait, &err));
    assert_int_equal(count, 5);
    assert_string_equal(tags[4], "e");
    store->table->close(store);
    store = lie(test, "pages-away"); /* to itself, by a host that it is not reached by */
    works(store->table->tags(store, test->arena, &tags, &count, &wait, &err));
    assert_int_equal(count, 5);
    assert_int_equal(count_of(requests_of(test, "pages-away"), "registry GET "), 3);
    assert_int_equal(count_of(requests_of(test, "pages-away"), "other GET "), 0);
    store->table->close(store);
    static const char *const endless[] = { "pages-loop", "pages-self" };
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        store = lie(test, endless[i]);
        fails_with(store->table->tags(store, test->arena, &tags, &count, &wait, &err),
                   ERROR_UNREACHABLE, "does not end");
        store->table->close(store);
    }
}

/* ---------------------------------------------------------------------- uploads */

static bool put(struct registry_test *test, struct image_store *store, struct pattern *pattern,
                bool known, bool seeks, struct error *err)
{
    struct descriptor wanted = pattern_descriptor(test->arena, pattern->size, pattern->seed), got;
    struct blob_source source = { .context = pattern,
                                  .read = pattern_read,
                                  .seek = seeks ? pattern_seek : NULL,
                                  .digest = known ? wanted.digest : NULL,
                                  .size = known ? wanted.size : -1 };
    struct wait wait = soon();
    return store->table->put_blob(store, test->arena, &source, &got, &wait, err)
           && strcmp(got.digest, wanted.digest) == 0;
}

/* Credentials are for the registry alone, wherever it sends us. */
static void another_host_gets_no_credentials(void **state)
{
    struct registry_test *test = *state;
    const char *config =
        arena_printf(test->arena, "{\"auths\": {\"%s\": {\"auth\": \"YW5uOnMzY3JldA==\"}}}",
                     registry_at(test, "registry"));
    registry_forget(test, test_write(test, "ann.json", config));
    struct image_store *store = lie(test, "away-locked");
    struct pattern pattern = { .size = 5000, .seed = 4 };
    struct error err;
    works(read_blob(test, store, pattern_sink, &err));
    works(put(test, store, &pattern, true, true, &err));
    const char *seen = requests_of(test, "away-locked");
    assert_int_equal(count_of(seen, "other GET "), 1);
    assert_int_equal(count_of(seen, "other PUT "), 1);
    assert_true(count_of(seen, "Basic YW5uOnMzY3JldA==") >= 2);
    for (const char *at = seen; (at = strstr(at, "other ")); at++)
        assert_null(memmem(at, strcspn(at, "\n"), "Basic", 5));
    store->table->close(store);
    store = lie(test, "secret");
    struct descriptor found;
    const char *bytes;
    struct wait wait = soon();
    fails_with(store->table->manifest(store, test->arena, "1", &found, &bytes, &wait, &err),
               ERROR_DENIED, "403 Forbidden");
    assert_null(strstr(err.message, "YW5u"));
    store->table->close(store);
}

static void uploads_go_on_where_they_broke_off(void **state)
{
    struct registry_test *test = *state;
    static const struct {
        const char *name;
        bool known;
        size_t size;
    } cases[] = { { "upload-cut-1", true, 4000000 },  { "upload-cut-2", false, 6000000 },
                  { "upload-lost", true, 4000002 },   { "upload-invalid", true, 4000005 },
                  { "upload-short", false, 6000003 }, { "upload-none-1", true, 4000004 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image_store *store = lie(test, cases[i].name);
        struct pattern pattern = { .size = cases[i].size, .seed = (unsigned)i + 1 };
        struct error err = { 0 };
        if (!put(test, store, &pattern, cases[i].known, true, &err))
            fail_msg("%s: %s", cases[i].name, err.message);
        if (pattern.seeks == 0)
            fail_msg("%s: nothing broke off", cases[i].name);
        store->table->close(store);
    }
    struct image_store *store = lie(test, "upload-cut-3");
    struct pattern pattern = { .size = 4000000, .seed = 9 };
    struct error err;
    fails_with(put(test, store, &pattern, true, false, &err), ERROR_UNREACHABLE, "connection lost");
    store->table->close(store);
}

/* What registries take of a request, and say afterwards, that the specification does not. */
static void uploads_fit_what_is_taken(void **state)
{
    struct registry_test *test = *state;
    static const struct {
        const char *name;
        bool known;
        size_t posts;                        /* uploads that were begun */
    } cases[] = { { "patch-200", false, 1 }, /* more than is held (blob_ahead.h) */
                  { "patch-early", false, 1 },
                  { "pieces-413", true, 3 }, /* as a whole, of 1 MiB, of 256 KiB */
                  { "pieces-416", true, 1 },
                  { "pieces-stuck", true, 4 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        registry_forget(test, path_join(test->arena, test->folder,
                                        "empty.json")); /* how much it takes at once, too */
        struct image_store *store = lie(test, cases[i].name);
        struct pattern pattern = { .size = (cases[i].known ? 1500000 : 6000000) + i,
                                   .seed = (unsigned)i + 20 };
        struct error err = { 0 };
        if (!put(test, store, &pattern, cases[i].known, true, &err))
            fail_msg("%s: %s", cases[i].name, err.message);
        size_t posts = count_of(requests_of(test, cases[i].name), "POST");
        if (posts != cases[i].posts)
            fail_msg("%s: %zu uploads were begun", cases[i].name, posts);
        store->table->close(store);
    }
    registry_forget(test, path_join(test->arena, test->folder, "empty.json"));
    struct image_store *store = lie(test, "pieces-least");
    struct pattern pattern = { .size = 1500000, .seed = 30 };
    struct error err;
    fails_with(put(test, store, &pattern, true, true, &err), ERROR_INVALID, "413");
    assert_null(strstr(requests_of(test, "pieces-least"), "262144"));
    store->table->close(store);
}

/* What is small enough to be held until its digest is known need not be read again. */
static void a_small_upload_goes_on_without_its_source(void **state)
{
    struct registry_test *test = *state;
    static const size_t sizes[] = { 0, 1, 4000000, 4 << 20 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *name = arena_printf(test->arena, "upload-cut-%zu", 4 + i);
        struct image_store *store = lie(test, name);
        struct pattern pattern = { .size = sizes[i], .seed = (unsigned)i + 20 };
        struct error err = { 0 };
        bool held = sizes[i] < 4 << 20;
        if (put(test, store, &pattern, false, false, &err) != held)
            fail_msg("%s of %zu bytes: %s", name, sizes[i], err.message);
        assert_int_equal(pattern.seeks, 0);
        store->table->close(store);
    }
}

static bool broken_read(void *context, char *data, size_t capacity, size_t *ret_length,
                        struct error *err)
{
    struct pattern *pattern = context;
    if (pattern->at > pattern->size / 2)
        return error_set(err, ERROR_LOCAL, "the disk is broken");
    return pattern_read(context, data, capacity > 1000 ? 1000 : capacity, ret_length, err);
}

static void a_source_that_lies_stores_nothing(void **state)
{
    struct registry_test *test = *state;
    struct image_store *store = lie(test, "fine");
    struct descriptor other = pattern_descriptor(test->arena, 5000, 77), got;
    struct pattern pattern = { .size = 5000, .seed = 78 };
    struct blob_source source = {
        .context = &pattern, .read = pattern_read, .digest = other.digest, .size = 5000
    };
    struct wait wait = soon();
    struct error err;
    bool there;
    fails_with(store->table->put_blob(store, test->arena, &source, &got, &wait, &err),
               ERROR_INVALID, "should be sha256:");
    works(store->table->has_blob(store, &other, &there, &wait, &err));
    assert_false(there);
    pattern = (struct pattern){ .size = 5000 };
    source.read = broken_read;
    fails_with(store->table->put_blob(store, test->arena, &source, &got, &wait, &err), ERROR_LOCAL,
               "the disk is broken");
    store->table->close(store);
}

static void what_it_says_it_stored_is_compared(void **state)
{
    struct registry_test *test = *state;
    struct image_store *store = lie(test, "says-other");
    struct pattern pattern = { .size = 5000, .seed = 5 };
    struct wait wait = soon();
    struct error err;
    fails_with(put(test, store, &pattern, true, true, &err), ERROR_INVALID, "it stored sha256:");
    struct descriptor top = descriptor_of(test->arena, MEDIA_OCI_MANIFEST, "{}", 2);
    fails_with(store->table->put_manifest(store, &top, "{}", "1", &wait, &err), ERROR_INVALID,
               "it stored sha256:");
    top = pattern_descriptor(test->arena, 2, 3);
    fails_with(store->table->put_manifest(store, &top, "{}", "1", &wait, &err), ERROR_INVALID,
               "the manifest that is to be stored is sha256:");
    store->table->close(store);
}

/* A registry that knows referrers itself gets no fallback tag. */
static void referrers_are_the_registrys_own_where_it_says_so(void **state)
{
    struct registry_test *test = *state;
    struct image_store *store = lie(test, "subject");
    const char *subject = pattern_descriptor(test->arena, 10, 1).digest;
    const char *bytes =
        arena_printf(test->arena, "{\"schemaVersion\":2,\"subject\":{\"digest\":\"%s\"}}", subject);
    struct descriptor top = descriptor_of(test->arena, MEDIA_OCI_MANIFEST, bytes, strlen(bytes));
    struct descriptor *found;
    struct wait wait = soon();
    struct error err;
    size_t count;
    works(store->table->put_manifest(store, &top, bytes, NULL, &wait, &err));
    works(store->table->referrers(store, test->arena, subject, NULL, &found, &count, &wait, &err));
    assert_int_equal(count, 1);
    assert_string_equal(found[0].digest, top.digest);
    assert_int_equal(count_of(requests_of(test, "subject"), "sha256-"), 0);
    store->table->close(store);
}

/* Sent once more, since its first answer was lost, to a tag that may not move: it is there. */
static void a_tag_that_may_not_move_may_stay(void **state)
{
    struct registry_test *test = *state;
    struct image_store *store = lie(test, "puts-once-412");
    struct wait wait = soon();
    struct error err;
    const char *bytes = "{\"schemaVersion\":2}", *other = "{\"schemaVersion\":2,\"a\":1}";
    struct descriptor top = descriptor_of(test->arena, MEDIA_OCI_INDEX, bytes, strlen(bytes));
    struct descriptor next = descriptor_of(test->arena, MEDIA_OCI_INDEX, other, strlen(other));
    works(store->table->put_manifest(store, &top, bytes, "1", &wait, &err));
    works(store->table->put_manifest(store, &top, bytes, "1", &wait, &err));
    fails_with(store->table->put_manifest(store, &next, other, "1", &wait, &err), ERROR_INVALID,
               "the tag is immutable");
    store->table->close(store);
}

/* Where the tag that should list them is the image itself, an index has none of what it holds. */
static void an_image_is_no_list_of_its_referrers(void **state)
{
    struct registry_test *test = *state;
    struct image_store *store = lie(test, "own-tag");
    const struct descriptor held = pattern_descriptor(test->arena, 10, 1);
    const char *bytes = arena_printf(
        test->arena, "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"%s\",\"size\":10}]}",
        held.digest);
    struct descriptor top = descriptor_of(test->arena, MEDIA_OCI_INDEX, bytes, strlen(bytes));
    struct descriptor *found;
    struct wait wait = soon();
    struct error err;
    size_t count;
    works(store->table->put_manifest(store, &top, bytes, NULL, &wait, &err));
    works(
        store->table->referrers(store, test->arena, top.digest, NULL, &found, &count, &wait, &err));
    assert_int_equal(count, 0);
    assert_int_equal(count_of(requests_of(test, "own-tag"), "GET /v2/own-tag/manifests/sha256-"),
                     1);
    store->table->close(store);
}

struct look {
    struct image_store *store;
    bool found;
};

static void look(void *context, struct arena *arena)
{
    struct look *one = context;
    struct wait wait = soon();
    struct descriptor found;
    struct error ignored;
    one->found = one->store->table->resolve(one->store, arena, "1", &found, &wait, &ignored);
}

/* Several threads find nothing at once, before anybody has logged in: one asks, for all. */
static void who_is_not_asked_to_log_in_looks_again(void **state)
{
    struct registry_test *test = *state;
    const char *config =
        arena_printf(test->arena, "{\"auths\": {\"%s\": {\"auth\": \"YW5uOnMzY3JldA==\"}}}",
                     registry_at(test, "registry"));
    registry_forget(test, test_write(test, "known.json", config));
    struct image_store *store = lie(test, "hidden-404");
    struct look looks[16];
    for (size_t i = 0; i < 16; i++)
        looks[i] = (struct look){ store, false };
    pool_each(16, look, looks, 16, sizeof *looks);
    for (size_t i = 0; i < 16; i++)
        assert_true(looks[i].found);
    store->table->close(store);
    registry_forget(test, path_join(test->arena, test->folder, "empty.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_cost_an_error),
        cmocka_unit_test(a_digest_is_not_believed),
        cmocka_unit_test(downloads_go_on_where_they_broke_off),
        cmocka_unit_test(waits_as_it_is_asked_to),
        cmocka_unit_test(reads_all_pages_and_no_more),
        cmocka_unit_test(uploads_go_on_where_they_broke_off),
        cmocka_unit_test(uploads_fit_what_is_taken),
        cmocka_unit_test(a_small_upload_goes_on_without_its_source),
        cmocka_unit_test(a_source_that_lies_stores_nothing),
        cmocka_unit_test(what_it_says_it_stored_is_compared),
        cmocka_unit_test(who_is_not_asked_to_log_in_looks_again),
        cmocka_unit_test(another_host_gets_no_credentials),
        cmocka_unit_test(a_tag_that_may_not_move_may_stay),
        cmocka_unit_test(an_image_is_no_list_of_its_referrers),
        cmocka_unit_test(referrers_are_the_registrys_own_where_it_says_so),
    };
    return cmocka_run_group_tests(tests, registry_test_start, registry_test_end);
}
