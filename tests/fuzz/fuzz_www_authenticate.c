/*
 * Fuzzes what a registry says in headers: challenges, links to next pages, ranges of uploads
 * and Retry-After.
 */
#include "base/cleanup.h"
#include "oci/registry/paging.h"
#include "oci/registry/www_authenticate.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    const char *header = arena_memdup(arena, (const char *)data, size);
    struct challenges challenges = { 0 };
    www_authenticate_read(arena, header, &challenges);
    if (challenges.count > CHALLENGES_CEILING)
        abort();
    for (size_t i = 0; i < challenges.count; i++) {
        const struct challenge *one = &challenges.items[i];
        if (!*one->scheme || one->parameter_count > CHALLENGE_PARAMETERS_CEILING
            || !challenge_of_scheme(&challenges, one->scheme))
            abort();
        for (size_t j = 0; j < one->parameter_count; j++)
            if (!challenge_parameter(one, one->parameters[j].name))
                abort();
    }
    const char *next = link_next(arena, header);
    if (next && strchr(next, '>'))
        abort();
    if (upload_range(header) < -1 || retry_after(header, 0) < -1)
        abort();
    return 0;
}
