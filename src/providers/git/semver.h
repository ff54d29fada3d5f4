/*
 * semver: versions and ranges of versions (semver.org 2.0.0), with the ranges
 * that Flux and Helm users know: comparators, ^ ~, x-ranges, hyphens, ||.
 *
 * As in those tools a range without a prerelease never fits a prerelease;
 * build metadata ("+…") does not order.
 */
#ifndef CMX_GIT_SEMVER_H
#define CMX_GIT_SEMVER_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct semver {
    uint64_t major, minor, patch;
    const char *prerelease; /* "rc.1", or "" */
};

struct semver_range;

/* A whole version; a "v" before it is allowed, as tags have it. False: not one. */
bool semver_parse(struct arena *arena, const char *text, struct semver *ret_version)
    __attribute__((warn_unused_result));

/* -1, 0 or 1 by section 11 of the specification: antisymmetric, also as a number. */
int semver_compare(const struct semver *one, const struct semver *two);

/* ">=1.2 <2 || ^3.1"; lives in the arena. ERROR_USAGE says which part is wrong. */
bool semver_range_parse(struct arena *arena, const char *text, struct semver_range **ret_range,
                        struct error *err) __attribute__((warn_unused_result));

bool semver_range_fits(const struct semver_range *range, const struct semver *version);

#endif
