/* retry: see retry.h. */
#include "oci/registry/retry.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "oci/registry/paging.h"

enum {
    LOST_TRIES = 5, /* about 3 s in all */
    SILENT_TRIES = 2,
    BUSY_TRIES = 8,
    FIRST_PAUSE_MS = 200,
    LONGEST_PAUSE_MS = 10000,
    LONGEST_ASKED_MS = 10 * 60 * 1000, /* of what a server may ask for */
    TELL_MS = 3000,                    /* pauses that the user is told of */
};

static bool may_again(const struct retry *retry, bool answered,
                      const struct http_response *response, bool repeatable)
{
    int status = response->status;
    if (!answered)
        return response->transient && (repeatable || response->unsent)
               && retry->tries < (response->silent ? SILENT_TRIES : LOST_TRIES);
    if (status == 429)
        return retry->tries < BUSY_TRIES;
    bool down = status == 408 || (status >= 500 && status != 501); /* Cloudflare has 520 to 530 */
    return down && repeatable && retry->tries < LOST_TRIES;
}

static bool say_too_long(const struct retry *retry, int status, int64_t asked, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    return error_set(err, ERROR_UNREACHABLE,
                     "%s: %s: it asks to come back in %s, and that is longer than is waited for",
                     retry->place, status == 429 ? "too many requests" : "not available",
                     duration_text(arena, asked));
}

static void tell(const struct retry *retry, int64_t pause)
{
    AUTO_ARENA arena = arena_new();
    if (pause >= TELL_MS)
        log_warning("%s: too many requests or not available: waiting for %s, as it asks",
                    retry->place, duration_text(arena, pause));
}

bool retry_again(struct retry *retry, bool answered, const struct http_response *response,
                 bool repeatable, bool *ret_failed, const struct wait *wait, struct error *err)
{
    *ret_failed = false;
    retry->tries++;
    if (!may_again(retry, answered, response, repeatable))
        return false;
    int64_t asked = answered ? retry_after(http_header(response, "Retry-After"), clock_unix()) : -1;
    int64_t pause =
        (asked > 0 ? asked : 0) + wait_backoff(retry->tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    *ret_failed = true;
    if (asked > LONGEST_ASKED_MS || (asked > 0 && asked > wait_left(wait)))
        return say_too_long(retry, response->status, asked, err);
    tell(retry, asked);
    if (!wait_sleep(wait, pause))
        return wait_check(wait, retry->place, err);
    *ret_failed = false;
    return true;
}
