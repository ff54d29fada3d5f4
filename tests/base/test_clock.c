/* clock: times and durations as text, whatever number a commit or a server names. */
#include "base/clock.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void times_are_written(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00Z" },
        { 1774000000, "2026-03-20T09:46:40Z" },
        { -1, "1969-12-31T23:59:59Z" },
        { 253402300799, "9999-12-31T23:59:59Z" },
        { 253402300800, "9999-12-31T23:59:59Z" },
        { INT64_MAX, "9999-12-31T23:59:59Z" },
        { INT64_MIN, "0000-01-01T00:00:00Z" },
        { -62135596800, "0001-01-01T00:00:00Z" },
    };
    AUTO_ARENA arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(time_text(arena, cases[i].seconds), cases[i].text);
    }
}

static void times_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        bool valid;
    } cases[] = {
        { "2026-03-20T09:46:40Z", 1774000000, true },
        { "2026-03-20T09:46:40.123456789Z", 1774000000, true },
        { "2026-03-20T11:46:40+02:00", 1774000000, true },
        { "2026-03-20T04:16:40-05:30", 1774000000, true },
        { "2026-03-20T09:46:40", 0, false },
        { "2026-03-20T09:46:40Zx", 0, false },
        { "2026-03-20", 0, false },
        { "2026-13-20T09:46:40Z", 0, false },
        { "2026-00-20T09:46:40Z", 0, false },
        { "2026-02-29T09:46:40Z", 0, false },
        { "2028-02-29T09:46:40Z", 1835430400, true },
        { "2026-02-00T09:46:40Z", 0, false },
        { "2026-03-20T24:46:40Z", 0, false },
        { "2026-03-20T09:46:60Z", 0, false },
        { "0001-01-01T00:00:00Z", -62135596800, true },
        { "0000-01-01T00:00:00+00:01", 0, false },
        { "9999-12-31T23:59:59-00:01", 0, false },
        { "206-11-28T03:48:21Z", 0, false },
        { "2026-3-20T09:46:40Z", 0, false },
        { "2026-03-20T 9:46:40Z", 0, false },
        { "2026-03-20T09:46:40+-2:00", 0, false },
        { "2026-03-20T09:46:40+24:00", 0, false },
        { "", 0, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t seconds = 0;
        assert_int_equal(time_parse(cases[i].text, &seconds), cases[i].valid);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void durations_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t milliseconds;
        bool valid;
    } cases[] = {
        { "5s", 5000, true },
        { "1h2m3s4ms", 3723004, true },
        { "0s", 0, true },
        { "1000h", 3600000000, true },
        { "1001h", 0, false },
        { "99999999999999999999s", 0, false },
        { "9223372036854775807h", 0, false },
        { "5", 0, false },
        { "-5s", 0, false },
        { "5 s", 0, false },
        { "5x", 0, false },
        { "", 0, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t milliseconds = 0;
        assert_int_equal(duration_parse(cases[i].text, &milliseconds), cases[i].valid);
        assert_int_equal(milliseconds, cases[i].milliseconds);
    }
}

/* Local time; the day only where it is not today. */
static void moments_for_people(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    setenv("TZ", "UTC-2", 1); /* two hours ahead of UTC */
    tzset();
    assert_string_equal(time_of_day_text(arena, 1795244700), "2026-11-21 09:05");
    assert_int_equal(strlen(time_of_day_text(arena, clock_unix())), strlen("14:05"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(moments_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
