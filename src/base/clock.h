/*
 * clock: deadlines, waiting, and time for people.
 *
 * A `struct wait` goes to everything that may block: it says until when, and
 * who may stop it. Deadlines are on the monotonic clock, in milliseconds.
 */
#ifndef CMX_BASE_CLOCK_H
#define CMX_BASE_CLOCK_H

#include "base/arena.h"
#include "base/error.h"

#include <stdatomic.h>
#include <stdint.h>

/* Milliseconds on the monotonic clock. */
int64_t clock_now(void);

/* Seconds since 1970, UTC. */
int64_t clock_unix(void);

/*
 * A flag that many waits share. `soft` stops at the next boundary of an action,
 * `hard` stops at once. Set from a signal handler or any thread. What blocks
 * looks at it at least every 100 ms.
 */
struct cancel {
    atomic_int level; /* enum cancel_level */
};
enum cancel_level { CANCEL_NONE, CANCEL_SOFT, CANCEL_HARD };

struct wait {
    int64_t deadline;            /* clock_now() at which to give up; INT64_MAX for never */
    const struct cancel *cancel; /* may be NULL                                         */
    bool soft;                   /* nothing is being written: a soft cancel ends it too */
};

/* A wait that ends in `milliseconds`, or earlier where `outer` (may be NULL) does. */
struct wait wait_for(int64_t milliseconds, const struct wait *outer);

/* Milliseconds left, 0 when over. */
int64_t wait_left(const struct wait *wait);

/* True once the wait was cancelled hard; of a soft wait, at all. */
bool wait_cancelled(const struct wait *wait);

/* True once somebody asked to stop at the next boundary, or at once. */
bool wait_stopped(const struct wait *wait);

/* False with ERROR_TIMEOUT ("WHAT: gave up after the deadline") or ERROR_CANCELLED when over. */
bool wait_check(const struct wait *wait, const char *what, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Milliseconds before try `tries` + 1: exponential from `first` up to `longest`, of which a random
 * half, so that clients do not come back together.
 */
int64_t wait_backoff(unsigned tries, int64_t first, int64_t longest);

/* Sleeps, but no longer than the wait; false when the wait is over. */
bool wait_sleep(const struct wait *wait, int64_t milliseconds);

/* "90s", "5m", "1h30m", "500ms", "0" to milliseconds; at most 1000 hours. False: not a duration. */
bool duration_parse(const char *text, int64_t *milliseconds) __attribute__((warn_unused_result));

/* As people say it: "0.4 s", "12 s", "5 min", "2 h", "3 days". */
const char *duration_text(struct arena *arena, int64_t milliseconds);

/* A moment for people, in local time: "14:05"; on another day than today "2026-11-25 14:05". */
const char *time_of_day_text(struct arena *arena, int64_t seconds);

/*
 * RFC 3339 in UTC, "2026-11-24T07:11:00Z", both ways; a fraction is skipped. What lies outside
 * of the years 0000 to 9999 is written as the nearest second of them, and not read.
 */
const char *time_text(struct arena *arena, int64_t seconds);
bool time_parse(const char *text, int64_t *seconds) __attribute__((warn_unused_result));

#endif
