/* Small headers of registries: challenges, links, ranges and Retry-After, as tables. */
#include "base/cleanup.h"
#include "oci/registry/paging.h"
#include "oci/registry/www_authenticate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A header, and what is read: "Scheme name=value,name=value; Scheme token". */
static const struct {
    const char *header, *read;
} challenges_of[] = {
    { "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"",
      "Bearer realm=https://auth.docker.io/token,service=registry.docker.io" },
    { "Bearer realm=\"https://r/t\", scope=\"repository:a/b:pull,push\" , error=\"x\"",
      "Bearer realm=https://r/t,scope=repository:a/b:pull,push,error=x" },
    { "Basic realm=\"a \\\"quoted\\\" one\"", "Basic realm=a \"quoted\" one" },
    { "Basic realm=plain", "Basic realm=plain" },
    { "Basic realm = \"blanks\"", "Basic realm=blanks" },
    { "Basic", "Basic " },
    { "BASIC", "BASIC " },
    { "Basic  ", "Basic " },
    { "Basic realm=/", "Basic realm=/" },
    { "BaSiC ReAlM=\"any case\"", "BaSiC ReAlM=any case" },
    { "Basic realm=\"a \\", "Basic " },
    { "foo bar", "foo bar" },
    { "Bearer realm=\"a\" service=\"no comma\"", "Bearer realm=a,service=no comma" },
    { "Bearer realm = \"https://r/t\"   ,service=s.io, scope  =\"repository:a:pull,push\"  ",
      "Bearer realm=https://r/t,service=s.io,scope=repository:a:pull,push" },
    { "Bearer realm=\"https://r/t\",service", "Bearer realm=https://r/t; service " },
    { "Bearer realm=\"https://r/t\",service= ", "Bearer realm=https://r/t,service=" },
    { "Bearer realm=\"https://r/t\",service=\"unfinished", "Bearer realm=https://r/t" },
    { "Bearer realm=\"https://r/t\",empty=\"\",service=\"s\"",
      "Bearer realm=https://r/t,empty=,service=s" },
    { "Bearer realm=\"https://r/t\",other=fun,slashed=\"he\\\"\\l\\lo\"",
      "Bearer realm=https://r/t,other=fun,slashed=he\"llo" },
    { "Bearer realm=\"https://r/t\",scope=\"repository:a:pull repository:b:pull\"",
      "Bearer realm=https://r/t,scope=repository:a:pull repository:b:pull" },
    { "Bearer realm=\"https://r/t\",service=\"SUSE Linux Docker Registry\","
      "scope=\"registry:catalog:*\",error=\"insufficient_scope\"",
      "Bearer realm=https://r/t,service=SUSE Linux Docker Registry,scope=registry:catalog:*,"
      "error=insufficient_scope" },
    { "Negotiate, Basic realm=\"x\"", "Negotiate ; Basic realm=x" },
    { "Negotiate YII=, Bearer realm=\"y\"", "Negotiate YII=; Bearer realm=y" },
    { "Basic realm=\"a\", Bearer realm=\"b\",service=\"c\"",
      "Basic realm=a; Bearer realm=b,service=c" },
    { ", ,Basic realm=\"a\",,", "Basic realm=a" },
    { "Bearer realm=\"unfinished", "Bearer " },
    { "Bearer realm=", "Bearer realm=" },
    { "Bearer =x", "Bearer " },
    { "", "" },
    { "\"", "" },
};

static const char *read_header(struct arena *arena, const char *header)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct challenges challenges = { 0 };
    www_authenticate_read(arena, header, &challenges);
    for (size_t i = 0; i < challenges.count; i++) {
        const struct challenge *one = &challenges.items[i];
        buf_printf(&out, "%s%s %s", i ? "; " : "", one->scheme, one->token ? one->token : "");
        for (size_t j = 0; j < one->parameter_count; j++)
            buf_printf(&out, "%s%s=%s", j ? "," : "", one->parameters[j].name,
                       one->parameters[j].value);
    }
    return arena_strdup(arena, buf_text(&out));
}

static void reads_challenges(void **state)
{
    AUTO_ARENA arena = arena_new();
    struct challenges challenges = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof challenges_of / sizeof *challenges_of; i++)
        assert_string_equal(read_header(arena, challenges_of[i].header), challenges_of[i].read);
    www_authenticate_read(arena, "basic REALM=a, bearer realm=b", &challenges);
    const struct challenge *bearer = challenge_of_scheme(&challenges, "Bearer");
    assert_string_equal(challenge_parameter(bearer, "Realm"), "b");
    assert_null(challenge_parameter(bearer, "service"));
    assert_null(challenge_of_scheme(&challenges, "Digest"));
}

static void knows_what_scopes_cover(void **state)
{
    static const struct {
        const char *scopes, *asked;
        bool cover;
    } cases[] = {
        { "repository:a/b:pull,push", "repository:a/b:pull", true },
        { "repository:a/b:pull,push", "repository:a/b:push,pull", true },
        { "repository:a/b:pull", "repository:a/b:pull,push", false },
        { "repository:a/b:pull", "repository:a/bc:pull", false },
        { "repository:a/b:pull", "repository:a:pull", false },
        { "repository:a:pull repository:h:5000/b:pull", "repository:h:5000/b:pull", true },
        { "repository:a:pull", "repository:a:pull aws", false },
        { "repository:a:pull aws", "aws", true },
        { "registry:catalog:*", "registry:catalog:*", true },
        { "", "aws", false },
        { "repository:a:pull,push,delete", "repository:a:delete,push", true },
        { "repository:a:pull,pull", "repository:a:pull,pull,pull", true },
        { "repository:a:pull", "unknown invalid:scope", false },
        { "repository:a:pull repository:b:push", "repository:b:push repository:a:pull", true },
        { "repository:a:pull repository:b:push", "repository:a:push", false },
        { "repository:a:pull", "", true },
        { "", " ", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (scopes_cover(cases[i].scopes, cases[i].asked) != cases[i].cover)
            fail_msg("\"%s\" and \"%s\"", cases[i].scopes, cases[i].asked);
}

static void reads_links(void **state)
{
    AUTO_ARENA arena = arena_new();
    static const struct {
        const char *header, *next;
    } cases[] = {
        { "</v2/a/tags/list?last=b&n=2>; rel=\"next\"", "/v2/a/tags/list?last=b&n=2" },
        { "<https://r/x,y>; rel=next", "https://r/x,y" },
        { "<a>; rel=\"prev\", <b>; title=\"c\"; rel=\"next\"", "b" },
        { "</v2/a/tags/list?n=100>", "/v2/a/tags/list?n=100" },
        { "<a>; title=\"b\"", "a" },
        { "<a>; rel=\"last\"", NULL },
        { "<a>; rel=\"first\", <b>", "b" },
        { "<>", NULL },
        { "<", NULL },
        { "><", NULL },
        { "<a", NULL },
        { "", NULL },
        { NULL, NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *next = link_next(arena, cases[i].header);
        if (!next != !cases[i].next || (next && strcmp(next, cases[i].next) != 0))
            fail_msg("%s: %s", cases[i].header, next ? next : "none");
    }
}

static void reads_ranges(void **state)
{
    static const struct {
        const char *header;
        int64_t bytes;
    } cases[] = {
        { "0-1023", 1024 }, { "bytes=0-9", 10 }, { "bytes 0-9", 10 },
        { "0-0", 0 },       { "0--1", -1 },      { "5-9", -1 },
        { "0-9x", -1 },     { "", -1 },          { "0-99999999999", 100000000000 },
        { NULL, -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(upload_range(cases[i].header), cases[i].bytes);
}

static void reads_retry_after(void **state)
{
    static const struct {
        const char *header;
        int64_t wait; /* ms, seen from 1994-11-06 08:49:30 */
    } cases[] = {
        { "30", 30000 },
        { "0", 0 },
        { "1.5", 1500 },
        { "30s", 30000 },
        { "2m", 120000 },
        { "1m30s", 90000 },
        { "500ms", 500 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", 7000 },
        { "Sun, 06 Nov 1994 08:49:07 GMT", 0 },
        { "-5", 0 },
        { "soon", -1 },
        { "", -1 },
        { "99999999999999999999", -1 },
        { NULL, -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(retry_after(cases[i].header, 784111770), cases[i].wait);
}

static void reads_warnings(void **state)
{
    AUTO_ARENA arena = arena_new();
    static const struct {
        const char *header, *text;
    } cases[] = {
        { "299 - \"trivial\"", "trivial" },
        { "299 - \"e\\scaped \\\"quotes\\\"\"", "escaped \"quotes\"" },
        { "299 - \"\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd\"",
          "\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd" },
        { "completely invalid", NULL },
        { "100 - \"not-299\"", NULL },
        { "299 localhost \"warn-agent set\"", NULL },
        { "299 - \"no-terminating-quote", NULL },
        { "299 - \"ends in a backslash\\", NULL },
        { "299 - \"\x01 control\"", NULL },
        { "299 - \"\\\x1b[31m escaped control\"", NULL },
        { "299 - \"no UTF-8 \xa1\xa2\"", NULL },
        { "299 - \"warning\" \"some-date\"", NULL },
        { "299 - \"\"", NULL },
        { "", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = warning_text(arena, cases[i].header);
        if (!text != !cases[i].text || (text && strcmp(text, cases[i].text) != 0))
            fail_msg("%s: %s", cases[i].header, text ? text : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_challenges),  cmocka_unit_test(knows_what_scopes_cover),
        cmocka_unit_test(reads_links),       cmocka_unit_test(reads_ranges),
        cmocka_unit_test(reads_retry_after), cmocka_unit_test(reads_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
