/* engines: see engines.h. */
#include "providers/build/engines.h"

#include "providers/build/inner.h"

static bool build_by(struct build *build, enum image_builder builder,
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

bool build_with(struct build *build, enum image_builder builder,
                const struct build_engines *engines, const struct build_target *target,
                struct arena *arena, struct build_result *ret, const struct wait *outer,
                struct error *err)
{
    int64_t allowed = build->spec->build.timeout;
    struct wait wait = allowed > 0 ? wait_for(allowed, outer) : *outer;
    if (build_by(build, builder, engines, target, arena, ret, &wait, err))
        return true;
    if (err->kind == ERROR_TIMEOUT && allowed > 0 && wait_left(outer) > 0)
        return error_set(
            err, ERROR_TIMEOUT,
            "it was not built within its build.timeout of %s, and the build was ended: "
            "raise it, or see with --verbose which step takes so long",
            duration_text(arena, allowed));
    return false;
}
