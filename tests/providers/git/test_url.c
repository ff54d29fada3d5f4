/* Repository URLs in each form, against the table urls.txt; credentials never show. */
#include "git_test.h"

#include "providers/git/url.h"

static char *trim(char *text)
{
    while (*text == ' ')
        text++;
    char *end = text + strlen(text);
    while (end > text && end[-1] == ' ')
        *--end = '\0';
    return text;
}

static void check(const char *url, const char *what, const char *expected, const char *found)
{
    found = found && *found ? found : "-";
    if (strcmp(expected, found) != 0)
        fail_msg("%s: %s is \"%s\", expected \"%s\"", url, what, found, expected);
}

static void check_line(struct arena *arena, char *line)
{
    static const char *const forms[] = { "local", "http", "https", "ssh", "git" };
    char *fields[7] = { 0 }, *rest = NULL;
    size_t count = 0;
    for (char *field = strtok_r(line, "|", &rest); field && count < 7;
         field = strtok_r(NULL, "|", &rest))
        fields[count++] = trim(field);
    struct git_url url;
    struct error err;
    bool parsed = git_url_parse(arena, fields[0], &url, &err);
    if (count == 2) {
        if (parsed)
            fail_msg("%s was taken for a URL", fields[0]);
        assert_int_equal(err.kind, ERROR_USAGE);
        return;
    }
    assert_int_equal(count, 7);
    if (!parsed)
        fail_msg("%s: %s", fields[0], err.message);
    check(fields[0], "form", fields[1], forms[url.scheme]);
    check(fields[0], "user", fields[2], url.user);
    check(fields[0], "host", fields[3], url.host);
    check(fields[0], "port", fields[4], url.port);
    check(fields[0], "path", fields[5], url.path);
    check(fields[0], "normal form", fields[6], git_normal_url(arena, fields[0]));
}

static void table(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error err;
    char *text, *rest = NULL;
    size_t length, cases = 0;
    assert_true(file_read(arena, GIT_TESTS "urls.txt", 1 << 20, &text, &length, &err));
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line == '#')
            continue;
        check_line(arena, line);
        cases++;
    }
    assert_true(cases > 50);
}

static void no_credentials_shown(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    static const char *const urls[] = {
        "https://ann:HIDDEN@host/x", "https://HIDDEN@host/x", "https://a:HIDDEN@-host/x",
        "https://a:b@HIDDEN@host/x", "ftp://a:HIDDEN@host/x", "http://a:HIDDEN@host:999999/x",
        "https://ann:HIDDEN@",       "HTTPS://a:HIDDEN@host",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct git_url url;
        struct error err = { 0 };
        if (git_url_parse(arena, urls[i], &url, &err)) {
            assert_null(strstr(url.display, "HIDDEN"));
            assert_null(strstr(url.plain, "HIDDEN"));
        }
        assert_null(strstr(err.message, "HIDDEN"));
        assert_null(strstr(git_normal_url(arena, urls[i]), "HIDDEN"));
    }
}

static void control_characters(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    static const char *const urls[] = {
        "https://host/a\nb", "https://host/\x7f",   "a\tb:c",
        "git://host/a%0ab",  "ssh://host/a%00b%0a", "https://us%0aer:x@host/x"
    };
    struct git_url url;
    struct error err;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_false(git_url_parse(arena, urls[i], &url, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(table),
                                        cmocka_unit_test(no_credentials_shown),
                                        cmocka_unit_test(control_characters) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
