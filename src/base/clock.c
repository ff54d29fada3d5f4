/* clock: see clock.h. */
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { CANCEL_LOOK_MS = 100 };

static const int64_t LONGEST_DURATION_MS = 1000LL * 3600 * 1000;

/* Of the years of four digits, which RFC 3339 wants: a commit may name any other. */
static const int64_t FIRST_SECOND = -62167219200, LAST_SECOND = 253402300799LL;

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

int64_t wait_backoff(unsigned tries, int64_t first, int64_t longest)
{
    uint32_t random = 0;
    int64_t pause = first;
    for (unsigned i = 1; i < tries && pause < longest; i++)
        pause *= 2;
    if (pause > longest)
        pause = longest;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = (uint32_t)clock_now();
    return pause / 2 + random % (pause / 2 + 1);
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
    strftime(text, sizeof text, "%m-%dT%H:%M:%SZ", &parts);
    return arena_printf(arena, "%04d-%s", parts.tm_year + 1900, text);
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

/* Exactly `digits` digits at *text, which it passes. */
static bool take_number(const char **text, int digits, int *ret_number)
{
    *ret_number = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)**text))
            return false;
        *ret_number = 10 * *ret_number + (*(*text)++ - '0');
    }
    return true;
}

static bool take_letter(const char **text, char letter)
{
    bool there = toupper((unsigned char)**text) == letter;
    *text += there;
    return there;
}

static bool take_zone(const char **text, int64_t *offset)
{
    int hours, minutes;
    *offset = 0;
    if (take_letter(text, 'Z'))
        return true;
    int sign = **text == '-' ? -1 : 1;
    if (!take_letter(text, '+') && !take_letter(text, '-'))
        return false;
    if (!take_number(text, 2, &hours) || !take_letter(text, ':') || !take_number(text, 2, &minutes))
        return false;
    *offset = sign * (hours * 3600LL + minutes * 60LL);
    return hours < 24 && minutes < 60;
}

static bool take_date(const char **text, struct tm *parts)
{
    int year, month;
    if (!take_number(text, 4, &year) || !take_letter(text, '-') || !take_number(text, 2, &month)
        || !take_letter(text, '-') || !take_number(text, 2, &parts->tm_mday))
        return false;
    parts->tm_year = year - 1900;
    parts->tm_mon = month - 1;
    return month >= 1 && month <= 12;
}

static bool take_clock(const char **text, struct tm *parts)
{
    if (!take_number(text, 2, &parts->tm_hour) || !take_letter(text, ':')
        || !take_number(text, 2, &parts->tm_min) || !take_letter(text, ':')
        || !take_number(text, 2, &parts->tm_sec))
        return false;
    if (**text == '.')
        *text += 1 + strspn(*text + 1, "0123456789");
    return parts->tm_hour < 24 && parts->tm_min < 60 && parts->tm_sec < 60;
}

bool time_parse(const char *text, int64_t *seconds)
{
    struct tm parts = { 0 };
    int64_t offset;
    if (!take_date(&text, &parts) || !take_letter(&text, 'T') || !take_clock(&text, &parts)
        || !take_zone(&text, &offset) || *text)
        return false;
    int day = parts.tm_mday; /* becomes another one where the month has no such day */
    int64_t moment = (int64_t)timegm(&parts) - offset;
    if (parts.tm_mday != day || moment < FIRST_SECOND || moment > LAST_SECOND)
        return false;
    *seconds = moment;
    return true;
}
