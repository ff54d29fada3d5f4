/* buildkit: see engines.h. */
#include "providers/build/engines.h"

bool build_buildkit(struct build *build, const struct build_engines *engines,
                    const struct build_target *target, struct arena *arena,
                    struct build_result *ret, const struct wait *wait, struct error *err)
{
    (void)build, (void)engines, (void)target, (void)arena, (void)ret, (void)wait;
    return error_set(err, ERROR_NOT_FOUND, "neither buildctl nor docker buildx is installed");
}
