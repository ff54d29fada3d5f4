/*
 * inner: a build, as the files of this folder share it.
 *
 *   build.c        opens it: Dockerfile, ignore rules
 *   plan.c         stages and bases for each platform; resolving them
 *   settings.c     image settings as Dockerfile instructions
 *   check.c        are the sources of COPY there, and the ARGs of arguments?
 *   native/rehearse.c  are words and values right?
 *   choose.c       which builder
 *   source.c       the source digest
 *   native/        makes it
 */
#ifndef CMX_BUILD_INNER_H
#define CMX_BUILD_INNER_H

#include "oci/image.h"
#include "providers/build/build.h"
#include "providers/build/context.h"
#include "providers/build/dockerfile/dockerfile.h"

/* A base whose manifest and config were read. */
struct base_image {
    const char *digest; /* of what its name meant then */
    struct image image;
};

/* What a Dockerfile comes to for one platform. */
struct build_plan {
    struct platform platform;
    struct image_pairs global;  /* ARGs before the first FROM, with the platform's own    */
    const char **from;          /* of each stage, variables filled in                     */
    struct platform *platforms; /* of each stage                                         */
    bool *needed;
    struct base_image **bases; /* of each stage; NULL: not read (yet) */
    size_t target;
};

struct build {
    struct arena *arena;
    const struct image_spec *spec;
    struct files *files, *disk;
    struct context context;
    struct patterns ignore;
    const char *text; /* of the Dockerfile, settings and all */
    struct dockerfile dockerfile;
    bool has_settings;
    const char *settings_text;  /* as instructions */
    struct dockerfile settings; /* one stage of instructions, laid over the target */
    struct build_plan *plans;   /* one a platform */
    size_t plan_count;
    struct build_base *bases;
    size_t base_count, base_capacity;
    bool resolved;
    const char
        *onbuild; /* "ONBUILD of golang:1-onbuild at Dockerfile:1": what a base brings; or NULL */
    const char *filled_add; /* the same of an ADD once its variables were filled in; or NULL */
};

/* plan.c: fills in plans and bases. */
bool build_plan_all(struct build *build, struct problems *problems, struct error *err)
    __attribute__((warn_unused_result));

/* The base of that reference, or NULL. */
struct build_base *build_base(const struct build *build, const char *reference);

/* The seconds that all that is made gets. */
int64_t build_epoch(const struct build *build);

/*
 * settings.c: instructions for what the settings say; "" where they say nothing. ERROR_INPUT:
 * what no instruction can say (a line break in a variable).
 */
bool build_settings_text(struct arena *arena, const struct image_spec *spec, char escape,
                         const char **ret, struct error *err) __attribute__((warn_unused_result));

/*
 * settings.c: the first `length` bytes of a Dockerfile with such instructions behind them; a line
 * that would go on into them ends there.
 */
const char *build_add_settings(struct arena *arena, const char *text, size_t length, char escape,
                               const char *settings);

/* plan.c: where the stage behind the target begins in the Dockerfile, or its end. */
size_t build_behind_target(const struct build *build);

/* choose.c: why it cannot be built natively, or NULL. */
const char *build_not_native(const struct build *build, struct arena *arena);

/* choose.c: why a source of ADD, its variables filled in, needs an engine; or NULL. */
const char *build_not_native_add(const struct build *build, struct arena *arena,
                                 const struct instruction *add, const char *source);

/* Is a source of ADD an address, and no path? */
bool build_is_remote(const char *source);

/*
 * native/rehearse.c: a problem for each instruction whose words or values are wrong. While the
 * bases are not known, what hangs on their variables is none. False: it could not be found out.
 */
bool build_rehearse(struct build *build, bool bases_known, struct problems *problems,
                    const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* choose.c: the manifest and config of the base of a stage (build_resolve first). */
bool build_load_base(const struct build *build, const struct build_plan *plan, size_t at,
                     struct image *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* choose.c: is the language of the Dockerfile the one that is read here, on a platform of it? */
bool build_is_usual(const struct build *build);

/* check.c: a problem for each source of a COPY that surely is not in the context. */
void build_check_sources(const struct build *build, struct problems *problems);

/* check.c: a warning for each of `build.args` that the Dockerfile has no ARG for. */
void build_check_arguments(const struct build *build, struct problems *problems);

/* Why a source of a COPY is not there, and what to do. */
const char *build_absent(const struct build *build, struct arena *arena, const char *source);

#endif
