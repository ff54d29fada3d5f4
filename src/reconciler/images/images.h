/*
 * images: the Images of a run: what each is made of, whether it is there, and making it so.
 *
 *   resolve → build and upload → gates → tag → ready
 *
 * images_resolve() asks and writes nothing: the source digest is found again through the one
 * tag cmx-<source digest>, so that the registry is the only memory. image_make() (steps.c) does
 * the rest, for one Image, and may be called for several side by side. How Images become steps
 * of a target's plan is join.c's and provider.c's.
 *
 * A room of the reconciler and no provider like others: an Image belongs to no target (several
 * may run it), keeps no record, and is what other objects of the plan are bound to.
 */
#ifndef CMX_RECONCILER_IMAGES_IMAGES_H
#define CMX_RECONCILER_IMAGES_IMAGES_H

#include "oci/registry/registry.h"
#include "providers/build/build.h"
#include "reconciler/source.h"

#include <pthread.h>

/* Stands in a document for a digest that is not known yet. No image has it. */
#define IMAGE_DIGEST_LATER "sha256:0000000000000000000000000000000000000000000000000000000000000000"

/* What the command line says; outlives the images. */
struct images_options {
    const struct registry_settings *registries; /* or NULL */
    const char *layout_root;                    /* where oci:FOLDER lies; NULL: the source's root */
    bool no_build;                              /* what is not there is refused                   */
    bool compute;               /* build natively without storing, so that the digest is known */
    unsigned concurrency;       /* requests in flight                             */
    unsigned build_concurrency; /* builds at once; 0: 2                        */
};

enum image_state {
    IMAGE_UNRESOLVED,
    IMAGE_THERE,  /* its digest is known, and the store holds it       */
    IMAGE_ABSENT, /* it is to be built                                 */
    IMAGE_FAILED, /* nobody can tell: `error`                          */
};

/* Was something of it built before? Only the tag of a source (cmx-…) says so for sure. */
enum image_older { OLDER_UNKNOWN, OLDER_NONE, OLDER_THERE };

/* A tag as the Image wants it. */
struct image_tag {
    const char *text; /* with what the commit says filled in         */
    const char *live; /* the digest that it points at; NULL: none    */
    const char *from; /* where image_make() moved it from; NULL: not moved, or new */
};

struct images;

/* One Image of the run. Written by one thread at a time; read once that is over. */
struct image_run {
    const struct image_spec *spec;
    struct images *images;
    struct arena *arena;
    const char *name;          /* what its digest is put behind: "registry.example/shop/api" */
    const char *place;         /* where it is kept: the same, or "oci:FOLDER"   */
    struct image_store *store; /* NULL: a layout that is not there yet           */
    struct files *files;
    struct build *build; /* NULL of one that is only pinned                */
    struct build_choice choice;
    struct text_list bases;    /* Images of the set that it stands on            */
    struct text_list changed;  /* files that differ from the commit, where it may be made of them */
    bool dirty;                /* built of what differs from the commit          */
    const char *source_digest; /* NULL: not known before those are built         */
    enum image_state state;
    enum image_older older;  /* of IMAGE_ABSENT */
    struct descriptor image; /* digest NULL: not known                         */
    bool computed;           /* it is known, but nothing is stored             */
    int64_t size;            /* of what was built; -1: not known               */
    struct image_tag *tags;
    size_t tag_count;
    bool ready;                   /* image_make() has ended well                    */
    const char *id;               /* of what was built: its config's digest; else NULL */
    struct image_store *built_in; /* another store that holds it (produce.c); or NULL */
    bool produced;                /* images_produce() was here                      */
    struct problems problems;     /* of its Dockerfile                              */
    struct error error;
};

/*
 * The Images of a set. Asks nobody. `source` and `set` outlive it. The caller owns it.
 */
struct images *images_new(const struct set *set, struct source *source,
                          const struct images_options *options) __attribute__((warn_unused_result));
void images_free(struct images *images); /* NULL is allowed */

/* All of them, in the order of the set. */
struct image_run *images_all(struct images *images, size_t *ret_count);
struct image_run *images_find(struct images *images, const char *name); /* or NULL */
const struct images_options *images_options_of(const struct images *images);

/*
 * Reads what these Images are made of, Dockerfiles and ignore rules, and asks nobody. What is
 * wrong with it stands in each. Part of images_resolve(), and all that `validate` needs.
 */
void images_open(struct images *images, const bool *chosen);

/* Fails one Image of each circle that stand on one another: behind images_open() of all. */
void images_find_circles(struct images *images);

/*
 * Looks every chosen one up (`chosen`: one flag an Image), and what they stand on: source digests,
 * what is there, where the tags point. What fails for one stands in its `error`. False: cancelled.
 */
bool images_resolve(struct images *images, const bool *chosen, const struct wait *wait,
                    struct error *err) __attribute__((warn_unused_result));

/*
 * For plans: was what is absent built before? Behind images_resolve(); one list of tags of each
 * that has no tag (older.c).
 */
void images_look_for_older(struct images *images, const struct wait *wait);

/* Is there a tag that has to be set or moved? Of an image whose digest is known. */
bool image_tags_differ(const struct image_run *run);

/* The tag that `immutable` holds where it is, and that would have to be moved; NULL: none. */
const struct image_tag *image_held_tag(const struct image_run *run);

/* What its tags pointed at before it was made: the first that meant another image; NULL: none. */
const char *image_digest_before(const struct image_run *run);

/* "registry.example/shop/api@sha256:…", with IMAGE_DIGEST_LATER where it is not known. */
const char *image_pinned_name(struct arena *arena, const struct image_run *run);

/* What image_make() tells: "uploading 3 of 5 layers". */
typedef void image_note(void *context, const char *text);

/*
 * Carries the steps of one Image out, as far as they are needed; done twice, the second finds
 * nothing to do. Blocks. A tag is moved only once all of the image is there.
 */
bool image_make(struct image_run *run, image_note *note, void *context, const struct wait *wait,
                struct error *err) __attribute__((warn_unused_result));

/*
 * Points the tags that image_make() moved at what they pointed at before, but for those that
 * somebody else moved since. Those that are back have `from` NULL and `live` again.
 */
bool image_tags_back(struct image_run *run, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
