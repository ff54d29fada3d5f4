/*
 * build: what an image is made of, and making it.
 *
 *   build_open      reads the Dockerfile (or writes the template's), and the ignore rules
 *   build_resolve   asks for the digests of the images that it stands on
 *   build_digest    the name of all that goes in; no file is read
 *   build_choose    which builder, and why
 *   build_native    makes it: layers, configs, manifests, into a store
 *
 * The bytes of an image are a function of that digest alone. A build belongs to one thread
 * at a time; several run side by side.
 */
#ifndef CMX_BUILD_BUILD_H
#define CMX_BUILD_BUILD_H

#include "manifest/image.h"
#include "manifest/problem.h"
#include "oci/store.h"
#include "providers/files.h"

/* Part of every source digest: raise it where the same source would give other bytes. */
#define BUILD_NATIVE_VERSION "native 2"

struct build;

struct build_options {
    const struct image_spec *spec;
    struct files *files; /* of the whole repository; the context is a folder of it */
};

/*
 * Reads what the image is made of. What is wrong with a Dockerfile goes to `problems`, all
 * of it, and err (ERROR_INPUT) then counts it; a context or a Dockerfile that is not there is
 * err alone. The spec and the files stay the caller's and must outlive the build.
 */
bool build_open(const struct build_options *options, struct build **ret_build,
                struct problems *problems, struct error *err) __attribute__((warn_unused_result));
/* Do the ignore rules leave this file (from the repository's root) out of all that is read? */
bool build_leaves_out(const struct build *build, const char *path);

void build_close(struct build *build);

/* The Dockerfile that is built: the repository's, the template's, or what settings alone amount
 * to. */
const char *build_dockerfile(const struct build *build);

/* Does anything of the context, or an artifact, differ from the commit? */
bool build_dirty(const struct build *build);

/* An image that it stands on: of a FROM or a COPY --from that is needed. */
struct build_base {
    const char *reference;     /* as the Dockerfile has it, arguments filled in: "busybox:1.36" */
    struct place place;        /* of its name in the Dockerfile */
    struct image_store *store; /* of build_resolve, NULL before it        */
    struct descriptor descriptor; /* its digest; of an index where it is one */
};

/* "scratch" and stages are none. Set after build_open(), the same order at each run. */
struct build_base *build_bases(struct build *build, size_t *ret_count);

/*
 * Finds the store of a base and what its name means there. The store stays the opener's and
 * must outlive the build. Called from the build's thread.
 */
struct build_opener {
    void *context;
    bool (*open)(void *context, struct arena *arena, const char *reference,
                 struct image_store **ret_store, struct descriptor *ret_descriptor,
                 const struct wait *wait, struct error *err);
};

/* Resolves every base. */
bool build_resolve(struct build *build, const struct build_opener *opener, const struct wait *wait,
                   struct error *err) __attribute__((warn_unused_result));

struct build_choice {
    enum image_builder builder; /* never BUILDER_AUTO          */
    const char *reason;         /* "RUN at Dockerfile:7", or "" */
};

/*
 * The builder for it. ERROR_REFUSED where the one that the manifest asks for cannot ("builder:
 * native cannot build it: RUN at Dockerfile:7").
 */
bool build_choose(const struct build *build, struct build_choice *ret, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Reads the configs of the bases (build_resolve first): one with ONBUILD brings instructions that
 * are not carried out natively, and build_choose may then answer otherwise.
 */
bool build_look_at_bases(struct build *build, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * 64 hex digits: ids of the context after the ignore rules, Dockerfile, settings, bases
 * (build_resolve first), builder and its version, sourceDateEpoch. Reads no file of a commit.
 */
bool build_digest(struct build *build, struct arena *arena, const char **ret_digest,
                  struct error *err) __attribute__((warn_unused_result));

/* What a build tells while it runs; from any of its threads, one at a time. */
struct build_event {
    enum {
        BUILD_STEP,
        BUILD_LAYER_DONE,
        BUILD_LAYER_THERE,
        BUILD_BASE,
        BUILD_WARNING,
        BUILD_OUTPUT,  /* a line that a RUN has printed */
        BUILD_STORING, /* all that is left is to store what was made; no builder has to tell it */
    } kind;
    const char *text; /* "COPY dist /app", a layer's digest, a warning, a line; NULL: nothing */
    int64_t bytes;    /* of a layer, as it is stored */
    unsigned step;    /* of BUILD_STEP and BUILD_OUTPUT by engines: tells apart what runs side by
                         side; 0: not known */
};

struct build_target {
    struct image_store *store;
    unsigned threads; /* that compress; 0: one a core */
    const char *tag;  /* for the result, where the builder can set it at once; or NULL */
    void (*progress)(void *context, const struct build_event *event); /* or NULL */
    void *progress_context;
};

struct build_platform {
    struct platform platform;
    struct descriptor manifest, config;
    int64_t size; /* bytes of its blobs and its manifest */
};

struct build_result {
    struct descriptor descriptor;     /* of the manifest, or of the index of several platforms */
    const char *bytes;                /* of that manifest; NULL: only the store has it         */
    bool tagged;                      /* the target's tag points at it                         */
    const char *config_digest;        /* of the first platform: what Docker calls its id      */
    int64_t size;                     /* of all platforms, blobs that they share counted once */
    struct build_platform *platforms; /* in the order of the manifest's kind Image            */
    size_t platform_count;
};

/*
 * Builds it natively into the store: blobs, manifests by digest, and the target's tag. Nothing but
 * memory of a fixed size is used, whatever the size of its layers. Strings live in the arena.
 */
bool build_native(struct build *build, const struct build_target *target, struct arena *arena,
                  struct build_result *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
