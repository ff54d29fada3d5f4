/*
 * Bearer tokens: fetched once for many threads, kept until they expire, never told to anybody.
 * labels: threads
 * timeout: 180
 */
#include "registry_test.h"

#include <pthread.h>

static const char *const kinds[] = { "token:token:delete", "basic:basic", NULL };
const char *const *const registry_kinds = kinds;

enum { THREADS = 8 };

/* The lines of the token server's log since the last call. */
static const char *fetches(struct registry_test *test)
{
    char *data;
    size_t length;
    struct error err;
    const char *path = arena_printf(test->arena, "%s/tokens.log", test->folder);
    if (!file_read(test->arena, path, 1 << 20, &data, &length, &err))
        return "";
    test_write(test, "tokens.log", "");
    return data;
}

static size_t lines_of(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static const char *config(struct registry_test *test, const char *entry)
{
    const char *text =
        arena_printf(test->arena, "{\"auths\": {\"%s\": {%s}}}", registry_at(test, "token"), entry);
    return test_write(test, "config.json", text);
}

#define ANN "\"auth\": \"YW5uOnMzY3JldA==\""

static void settings(struct registry_test *test, const char *json)
{
    test_write(test, "tokens.json", json);
    fetches(test);
}

static bool put_small(struct image_store *store, struct arena *arena, unsigned seed,
                      struct error *err)
{
    struct descriptor got;
    struct wait wait = soon();
    const char *text = arena_printf(arena, "{\"seed\": %u}", seed);
    return image_put(store, arena, MEDIA_OCI_CONFIG, text, strlen(text), &got, &wait, err);
}

struct worker {
    struct image_store *store;
    unsigned seed;
    bool done;
    struct error error;
};

static void *work(void *context)
{
    struct worker *worker = context;
    AUTO_ARENA arena = arena_new();
    worker->done = put_small(worker->store, arena, worker->seed, &worker->error);
    return NULL;
}

static void many_threads_fetch_one_token(void **state)
{
    struct registry_test *test = *state;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    settings(test, "{}");
    registry_forget(test, config(test, ANN));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .store = store, .seed = i };
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (!workers[i].done)
            fail_msg("%s", workers[i].error.message);
    }
    assert_string_equal(fetches(test), "GET ann repository:a/b:pull,push\n");
    store->table->close(store);
}

/* Reading asks for less than writing, and each is kept. */
static void tokens_are_kept_by_their_scopes(void **state)
{
    struct registry_test *test = *state;
    struct wait wait = soon();
    struct error err;
    struct descriptor found;
    settings(test, "{}");
    registry_forget(test, config(test, ANN));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    for (int i = 0; i < 3; i++) {
        fails_with(store->table->resolve(store, test->arena, "none", &found, &wait, &err),
                   ERROR_NOT_FOUND, "does not exist");
        works(put_small(store, test->arena, 1, &err));
    }
    assert_string_equal(fetches(test),
                        "GET ann repository:a/b:pull\nGET ann repository:a/b:pull,push\n");
    store->table->close(store);
}

/* One that lasts 8 s is used for half of it; the server would refuse it later. */
static void what_expires_is_fetched_again(void **state)
{
    struct registry_test *test = *state;
    struct wait wait = soon();
    struct error err;
    settings(test, "{\"lifetime\": 8, \"name\": \"access_token\"}");
    registry_forget(test, config(test, ANN));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    works(put_small(store, test->arena, 1, &err));
    works(put_small(store, test->arena, 2, &err));
    assert_true(wait_sleep(&wait, 4100));
    works(put_small(store, test->arena, 3, &err));
    assert_int_equal(lines_of(fetches(test)), 2);
    store->table->close(store);
}

static void an_identity_is_posted(void **state)
{
    struct registry_test *test = *state;
    struct error err;
    settings(test, "{}");
    registry_forget(test, config(test, "\"identitytoken\": \"refresh-me-0123456789\""));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    works(put_small(store, test->arena, 1, &err));
    assert_string_equal(fetches(test), "POST ann repository:a/b:pull,push\n");
    store->table->close(store);
    registry_forget(test, config(test, "\"identitytoken\": \"expired-9876\""));
    store = open_repository(test, registry_at(test, "token"), "a/b");
    fails_with(put_small(store, test->arena, 1, &err), ERROR_DENIED, "unknown token");
    assert_null(strstr(err.message, "expired-9876"));
    store->table->close(store);
}

/* The reply to one has the next, which this run goes on with. */
static void an_identity_may_be_good_once(void **state)
{
    struct registry_test *test = *state;
    struct wait wait = soon();
    struct error err;
    struct descriptor found;
    settings(test, "{\"rotate\": true, \"lifetime\": 2}");
    registry_forget(test, config(test, "\"identitytoken\": \"refresh-me-0123456789\""));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    works(put_small(store, test->arena, 1, &err));
    fails_with(store->table->resolve(store, test->arena, "none", &found, &wait, &err),
               ERROR_NOT_FOUND, "does not exist");
    assert_true(wait_sleep(&wait, 1100));
    works(put_small(store, test->arena, 2, &err));
    assert_int_equal(lines_of(fetches(test)), 3);
    store->table->close(store);
}

/* Where a refresh token cannot be posted, the password that stands beside it does. */
static void a_password_stands_in_for_an_identity(void **state)
{
    struct registry_test *test = *state;
    struct error err;
    static const char *const statuses[] = { "404", "405" };
    for (size_t i = 0; i < 2; i++) {
        settings(test, arena_printf(test->arena, "{\"post\": \"%s\"}", statuses[i]));
        registry_forget(test, config(test, ANN ", \"identitytoken\": \"refresh-me-0123456789\""));
        struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
        works(put_small(store, test->arena, 1, &err));
        assert_string_equal(fetches(test), "POST - \nGET ann repository:a/b:pull,push\n");
        store->table->close(store);
    }
    registry_forget(test, config(test, "\"identitytoken\": \"refresh-me-0123456789\""));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    fails_with(put_small(store, test->arena, 1, &err), ERROR_DENIED, "no such page");
    assert_string_equal(fetches(test), "POST - \n");
    store->table->close(store);
}

static void nobody_may_pull_what_is_public(void **state)
{
    struct registry_test *test = *state;
    struct wait wait = soon();
    struct error err;
    struct descriptor found;
    settings(test, "{}");
    registry_forget(test, config(test, ""));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "public/x");
    fails_with(store->table->resolve(store, test->arena, "1", &found, &wait, &err), ERROR_NOT_FOUND,
               "does not exist");
    fails_with(put_small(store, test->arena, 1, &err), ERROR_DENIED, "registry login");
    store->table->close(store);
    store = open_repository(test, registry_at(test, "token"), "closed/x");
    fails_with(store->table->resolve(store, test->arena, "1", &found, &wait, &err), ERROR_DENIED,
               "no credentials are known for it");
    store->table->close(store);
}

/* The token server repeats what it was sent; nothing of it is told. */
static void wrong_credentials_are_not_told(void **state)
{
    struct registry_test *test = *state;
    struct error err;
    settings(test, "{}");
    registry_forget(test, config(test, "\"username\": \"ann\", \"password\": \"wr0ng\""));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    fails_with(put_small(store, test->arena, 1, &err), ERROR_DENIED, "401 Unauthorized");
    assert_null(strstr(err.message, "wr0ng"));
    store->table->close(store);
}

/* A token for less than was asked for is no wrong password. */
static void who_has_no_right_is_told_so(void **state)
{
    struct registry_test *test = *state;
    struct error err;
    settings(test, "{\"rights\": false}");
    registry_forget(test, config(test, ANN));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    fails_with(put_small(store, test->arena, 1, &err), ERROR_DENIED,
               "config.json has no right to it, or it does not exist");
    store->table->close(store);
}

static void add_secret(struct registry_test *test, const char *name, const char *registry,
                       const char *auth)
{
    const char *text = arena_printf(test->arena, "{\"%s\": {\"auth\": \"%s\"}}",
                                    registry_at(test, registry), auth);
    const struct registry_secret secret = {
        .name = name, .data = text, .length = strlen(text), .bare = true
    };
    struct error err;
    works(registries_add_secret(test->registries, &secret, &err));
}

/* Secrets of the source may be good for one project each: they are tried in their order, a
 * password once, as the kubelet tries them. */
static void secrets_are_tried_in_turn(void **state)
{
    struct registry_test *test = *state;
    struct error err;
    static const char *const names[] = { "token", "basic" };
    settings(test, "{}");
    for (size_t i = 0; i < 2; i++) {
        registry_forget(test, test_write(test, "config.json", "{}"));
        add_secret(test, "Secret/other", names[i], "Ym9iOndyMG5n"); /* bob:wr0ng */
        add_secret(test, "Secret/copy", names[i], "Ym9iOndyMG5n");
        add_secret(test, "Secret/own", names[i], "YW5uOnMzY3JldA==");
        struct image_store *store = open_repository(test, registry_at(test, names[i]), "a/b");
        works(put_small(store, test->arena, 1, &err));
        works(put_small(store, test->arena, 2, &err));
        store->table->close(store);
    }
    assert_string_equal(fetches(test), "GET - repository:a/b:pull,push\n"
                                       "GET ann repository:a/b:pull,push\n");
    registry_forget(test, test_write(test, "config.json", "{}"));
    add_secret(test, "Secret/other", "token", "Ym9iOndyMG5n");
    add_secret(test, "Secret/third", "token", "Y2lkOmJhZA==");
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    fails_with(put_small(store, test->arena, 1, &err), ERROR_DENIED,
               "the credentials of Secret/third were refused");
    fetches(test);
    fails_with(put_small(store, test->arena, 1, &err), ERROR_DENIED, "Secret/third");
    assert_int_equal(lines_of(fetches(test)), 2); /* from the first one on */
    store->table->close(store);
}

static void a_token_server_that_fails_is_an_error(void **state)
{
    struct registry_test *test = *state;
    struct error err;
    settings(test, "{\"fail\": \"503\"}");
    registry_forget(test, config(test, ANN));
    struct image_store *store = open_repository(test, registry_at(test, "token"), "a/b");
    fails_with(put_small(store, test->arena, 1, &err), ERROR_UNREACHABLE, "not now");
    assert_true(lines_of(fetches(test)) > 1); /* it was asked again */
    store->table->close(store);
}

static void a_login_is_tried_and_may_give_an_identity(void **state)
{
    struct registry_test *test = *state;
    const char *at = registry_at(test, "token"), *identity;
    struct wait wait = soon();
    struct error err;
    settings(test, "{\"identity\": true}");
    registry_forget(test, config(test, ""));
    works(
        registry_login(test->registries, test->arena, at, "ann", "s3cret", &identity, &wait, &err));
    assert_string_equal(identity, "refresh-me-0123456789");
    settings(test, "{}");
    works(
        registry_login(test->registries, test->arena, at, "ann", "s3cret", &identity, &wait, &err));
    assert_null(identity);
    fails_with(
        registry_login(test->registries, test->arena, at, "ann", "wr0ng", &identity, &wait, &err),
        ERROR_DENIED, "401");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_fetch_one_token),
        cmocka_unit_test(tokens_are_kept_by_their_scopes),
        cmocka_unit_test(what_expires_is_fetched_again),
        cmocka_unit_test(an_identity_is_posted),
        cmocka_unit_test(an_identity_may_be_good_once),
        cmocka_unit_test(a_password_stands_in_for_an_identity),
        cmocka_unit_test(nobody_may_pull_what_is_public),
        cmocka_unit_test(wrong_credentials_are_not_told),
        cmocka_unit_test(who_has_no_right_is_told_so),
        cmocka_unit_test(secrets_are_tried_in_turn),
        cmocka_unit_test(a_token_server_that_fails_is_an_error),
        cmocka_unit_test(a_login_is_tried_and_may_give_an_identity),
    };
    return cmocka_run_group_tests(tests, registry_test_start, registry_test_end);
}
