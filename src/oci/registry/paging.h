/*
 * paging: the small headers of a registry's answers.
 *
 * `Link` of a page of tags, repositories or referrers (RFC 8288), `Range` of an upload, `Warning`,
 * and `Retry-After` as it is met: seconds, dates, and durations with units.
 */
#ifndef CMX_OCI_REGISTRY_PAGING_H
#define CMX_OCI_REGISTRY_PAGING_H

#include "base/arena.h"

#include <stdint.h>

/* The target of the link with rel="next", or with no rel, as it is written; NULL: there is none. */
const char *link_next(struct arena *arena, const char *header);

/* Bytes that an upload has, by "0-1023" or "bytes=0-1023"; 0 for "0-0", -1: not readable. */
int64_t upload_range(const char *header);

/*
 * Milliseconds to wait: "30", "1.5", "30s", "2m", "500ms", or an HTTP date seen from `now`
 * (seconds since 1970). What is over is 0. -1: no header, or nothing that can be read.
 */
int64_t retry_after(const char *header, int64_t now);

/*
 * What a registry wants its users to be told: the text of `299 - "…"`, the one form that it may
 * have (OCI distribution spec 1.1, "Warnings"). NULL: another one, or what would spoil a terminal.
 */
const char *warning_text(struct arena *arena, const char *header);

#endif
