/* clock: see clock.h. */
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CANCEL_LOOK_MS = 100 };

static const int64_t LONGEST_DURATION_MS = 1000LL * 3600 * 1000;

/* Of the years of four digits, which RFC 3339 wants: a commit may name any other. */
static const int64_t FIRST_SECOND = -30610224000LL, LAST_SECOND = 253402300799LL;

int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_unix(void)
{
    return (int64_t)time(NULL);
}

struct wait wait_for(int64_t milliseconds, const struct wait *outer)
{
    struct wait wait = { .deadline = clock_now() + milliseconds };
    if (!outer)
        return wait;
    wait.cancel = outer->cancel;
    wait.soft = outer->soft;
    if (outer->deadline < wait.deadline)
        wait.deadline = outer->deadline;
    return wait;
}

int64_t wait_left(const struct wait *wait)
{
    if (wait->deadline == INT64_MAX)
        return INT64_MAX;
    int64_t left = wait->deadline - clock_now();
    return left > 0 ? left : 0;
}

bool wait_cancelled(const struct wait *wait)
{
    int least = wait->soft ? CANCEL_SOFT : CANCEL_HARD;
    return wait->cancel && atomic_load(&wait->cancel->level) >= least;
}

bool wait_stopped(const struct wait *wait)
{
    return wait->cancel && atomic_load(&wait->cancel->level) >= CANCEL_SOFT;
}

bool wait_check(const struct wait *wait, const char *what, struct error *err)
{
    if (wait_cancelled(wait))
        return error_set(err, ERROR_CANCELLED, "%s: interrupted", what);
    if (wait_left(wait) == 0)
        return error_set(err, ERROR_TIMEOUT, "%s: gave up, the time allowed is over", what);
    return true;
}

bool wait_sleep(const struct wait *wait, int64_t milliseconds)
{
    int64_t end = clock_now() + milliseconds;
    for (;;) {
        int64_t left = end - clock_now();
        if (wait_cancelled(wait) || wait_left(wait) == 0)
            return false;
        if (left <= 0)
            return true;
        if (left > CANCEL_LOOK_MS)
            left = CANCEL_LOOK_MS;
        struct timespec pause = { left / 1000, (left % 1000) * 1000000 };
        nanosleep(&pause, NULL);
    }
}

static bool unit_parse(const char **text, int64_t *milliseconds)
{
    static const struct {
        const char *name;
        int64_t milliseconds;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(*text, units[i].name, length) == 0
            && !isalpha((unsigned char)(*text)[length])) {
            *text += length;
            *milliseconds = units[i].milliseconds;
            return true;
        }
    }
    return false;
}

bool duration_parse(const char *text, int64_t *milliseconds)
{
    int64_t total = 0;
    if (!*text)
        return false;
    if (strcmp(text, "0") == 0) /* of any unit */
        text++;
    while (*text) {
        int64_t number = 0, unit;
        if (!isdigit((unsigned char)*text))
            return false;
        for (; isdigit((unsigned char)*text); text++) {
            number = number * 10 + (*text - '0');
            if (number > LONGEST_DURATION_MS)
                return false;
        }
        if (!unit_parse(&text, &unit) || number > LONGEST_DURATION_MS / unit)
            return false;
        total += number * unit;
        if (total > LONGEST_DURATION_MS)
            return false;
    }
    *milliseconds = total;
    return true;
}

const char *duration_text(struct arena *arena, int64_t milliseconds)
{
    double seconds = (double)milliseconds / 1000;
    if (seconds < 0.095)
        return arena_printf(arena, "%.2f s", seconds);
    if (seconds < 10)
        return arena_printf(arena, "%.1f s", seconds);
    if (seconds < 120)
        return arena_printf(arena, "%.0f s", seconds);
    if (seconds < 7200)
        return arena_printf(arena, "%.0f min", seconds / 60);
    if (seconds < 2 * 86400)
        return arena_printf(arena, "%.0f h", seconds / 3600);
    return arena_printf(arena, "%.0f days", seconds / 86400);
}

const char *time_text(struct arena *arena, int64_t seconds)
{
    if (seconds < FIRST_SECOND)
        seconds = FIRST_SECOND;
    if (seconds > LAST_SECOND)
        seconds = LAST_SECOND;
    time_t when = (time_t)seconds;
    struct tm parts;
    char text[32];
    gmtime_r(&when, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return arena_strdup(arena, text);
}

static bool same_day(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_yday == b->tm_yday;
}

const char *time_of_day_text(struct arena *arena, int64_t seconds)
{
    time_t when = (time_t)seconds, now = time(NULL);
    struct tm parts, today;
    char text[32];
    localtime_r(&when, &parts);
    localtime_r(&now, &today);
    strftime(text, sizeof text, same_day(&parts, &today) ? "%H:%M" : "%Y-%m-%d %H:%M", &parts);
    return arena_strdup(arena, text);
}

static bool zone_parse(const char *rest, int64_t *offset)
{
    int hours, minutes, used = 0;
    if (strcmp(rest, "Z") == 0 || strcmp(rest, "z") == 0) {
        *offset = 0;
        return true;
    }
    if (*rest != '+' && *rest != '-')
        return false;
    if (sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || rest[1 + used])
        return false;
    *offset = (*rest == '-' ? -1 : 1) * (hours * 3600LL + minutes * 60LL);
    return true;
}

bool time_parse(const char *text, int64_t *seconds)
{
    struct tm parts = { 0 };
    int64_t offset;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (!rest)
        return false;
    if (*rest == '.')
        for (rest++; isdigit((unsigned char)*rest);)
            rest++;
    if (!zone_parse(rest, &offset))
        return false;
    *seconds = (int64_t)timegm(&parts) - offset;
    return true;
}
