/*
 * mode: COPY --chmod, as numbers ("0755") and as chmod(1) has them ("u=rwX,go=rX").
 */
#ifndef CMX_BUILD_MODE_H
#define CMX_BUILD_MODE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Is it a number, and which? ERROR_INPUT: neither a number nor such a text. */
bool mode_parse(const char *text, bool *ret_number, uint32_t *ret_mode, struct error *err)
    __attribute__((warn_unused_result));

/* What a checked text makes of a mode, with no umask. */
uint32_t mode_apply(const char *text, uint32_t mode, bool folder);

#endif
