/* engines: see engines.h. */
#include "providers/build/engines.h"

bool build_with(struct build *build, enum image_builder builder,
                const struct build_engines *engines, const struct build_target *target,
                struct arena *arena, struct build_result *ret, const struct wait *wait,
                struct error *err)
{
    switch (builder) {
    case BUILDER_NATIVE:
        return build_native(build, target, arena, ret, wait, err);
    case BUILDER_DOCKER:
        return build_docker(build, engines, target, arena, ret, wait, err);
    case BUILDER_BUILDKIT:
        return build_buildkit(build, engines, target, arena, ret, wait, err);
    case BUILDER_AUTO:
        break;
    }
    return error_set(err, ERROR_BUG, "a build before its builder was chosen");
}
