/* Tests of redact: every form of a value is cut out, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "manifest/redact.h"

#include <string.h>
#include <time.h>

static void check(struct redactor *redactor, const char *text, const char *expected)
{
    AUTO_BUF out = BUF_INIT(1 << 16);
    redactor_clean(redactor, text, strlen(text), &out);
    assert_string_equal(buf_text(&out), expected);
}

static void learn(struct redactor *redactor, const char *text)
{
    redactor_learn(redactor, text, strlen(text));
}

static void cuts_values_in_every_form(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    learn(redactor, "s3cr3t-value");
    learn(redactor, "with \"quotes\" in it");
    learn(redactor, "line one is long\n  line two too\n}\n");
    check(redactor, "got s3cr3t-value, sorry", "got (secret), sorry");
    check(redactor, "s3cr3t-values3cr3t-value", "(secret)(secret)");
    check(redactor, "base64 czNjcjN0LXZhbHVl.", "base64 (secret).");
    check(redactor, "json \"with \\\"quotes\\\" in it\"", "json \"(secret)\"");
    check(redactor, "a log: line two too", "a log: (secret)");
    check(redactor, "line one is long\\n  line two too", "(secret)\\n  (secret)");
    check(redactor, "{ s3cr3t-valu }", "{ s3cr3t-valu }");
    check(redactor, "", "");
    redactor_free(redactor);
}

/* In a header, behind \"user:\", with echo's line break, in a URL, broken into lines. */
static void cuts_values_inside_of_others(void **state)
{
    static const char key[] =
        "-----BEGIN KEY-----\n0123456789abcdefghijklmnopqrstuvwxyz0123456789\n"
        "-----END KEY-----\n";
    (void)state;
    struct redactor *redactor = redactor_new();
    learn(redactor, "hunter2-long/password?");
    learn(redactor, key);
    learn(redactor, "correct horse & battery");
    check(redactor, "p=correct+horse+%26+battery, correct%20horse%20%26%20battery",
          "p=(secret), (secret)");
    check(redactor, "Basic dXNlcjpodW50ZXIyLWxvbmcvcGFzc3dvcmQ/.", "Basic (secret).");
    check(redactor, "Basic dTpodW50ZXIyLWxvbmcvcGFzc3dvcmQ/OnE=.", "Basic (secret).");
    check(redactor, "url YWE6aHVudGVyMi1sb25nL3Bhc3N3b3JkPw, std", "url (secret), std");
    check(redactor, "echo aHVudGVyMi1sb25nL3Bhc3N3b3JkPwo= it", "echo (secret) it");
    check(redactor, "at https://u:hunter2-long%2Fpassword%3F@host/", "at https://u:(secret)@host/");
    check(redactor, "?p=hunter2-long/password%3F&", "?p=(secret)&");
    check(redactor,
          "LS0tLS1CRUdJTiBLRVktLS0tLQowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXow\n"
          "MTIzNDU2Nzg5Ci0tLS0tRU5EIEtFWS0tLS0tCg==\n",
          "(secret)\n(secret)\n");
    check(redactor, "cGFzc3dvcmQ= is none of it, nor aHVudGVy",
          "cGFzc3dvcmQ= is none of it, nor aHVudGVy");
    redactor_free(redactor);
}

static void short_values_are_whole_words(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    learn(redactor, "root");
    learn(redactor, "abc");
    learn(redactor, "true");
    learn(redactor, "");
    check(redactor, "user root at rootless/root, chroot, abc, true",
          "user (secret) at rootless/(secret), chroot, abc, true");
    redactor_free(redactor);
}

static void the_longest_wins(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    learn(redactor, "password");
    learn(redactor, "password-with-a-tail");
    check(redactor, "password-with-a-tail password-with", "(secret) (secret)-with");
    redactor_free(redactor);
}

static void twice_is_once_and_bytes_may_be_any(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    AUTO_BUF out = BUF_INIT(100);
    redactor_learn(redactor,
                   "a\0b\xff"
                   "c",
                   5);
    size_t count = redactor_count(redactor);
    redactor_learn(redactor,
                   "a\0b\xff"
                   "c",
                   5);
    assert_int_equal(redactor_count(redactor), count);
    redactor_clean(redactor,
                   "x a\0b\xff"
                   "c y",
                   9, &out);
    assert_string_equal(buf_text(&out), "x (secret) y");
    redactor_free(redactor);
}

static void thousands_of_values_cost_little(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct redactor *redactor = redactor_new();
    AUTO_BUF text = BUF_INIT(2 << 20), out = BUF_INIT(2 << 20);
    for (int i = 0; i < 5000; i++)
        learn(redactor, arena_printf(arena, "%08x-value-%d", (unsigned)i * 2654435761U, i));
    while (text.length < 1 << 20)
        buf_puts(&text, "an ordinary line of a log, with nothing in it that is secret\n");
    buf_printf(&text, "but here %08x-value-%d", 77U * 2654435761U, 77);
    clock_t begin = clock(); /* of the processor: others may be at work */
    redactor_clean(redactor, text.data, text.length, &out);
    assert_in_range(clock() - begin, 0, CLOCKS_PER_SEC);
    assert_string_equal(out.data + out.length - 17, "but here (secret)");
    redactor_free(redactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_values_in_every_form),
        cmocka_unit_test(cuts_values_inside_of_others),
        cmocka_unit_test(short_values_are_whole_words),
        cmocka_unit_test(the_longest_wins),
        cmocka_unit_test(twice_is_once_and_bytes_may_be_any),
        cmocka_unit_test(thousands_of_values_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
