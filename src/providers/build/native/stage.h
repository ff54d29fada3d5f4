/*
 * stage: one stage of a Dockerfile, carried out without running anything.
 *
 *   stage.c      how it begins: of nothing, of an image, of another stage; its files when asked
 *   config.c     instructions that change the config alone
 *   files.c      COPY, ADD, WORKDIR
 *   owner.c      names of users and groups
 *   rehearse.c   all of it without files, to find what is wrong before anything is built
 *   native.c     all of it, and into a store
 *
 * A base is read (headers of its layers, streamed) only once an instruction asks what stands
 * where.
 */
#ifndef CMX_BUILD_STAGE_H
#define CMX_BUILD_STAGE_H

#include "oci/image.h"
#include "providers/build/inner.h"
#include "providers/build/native/copy.h"
#include "providers/build/native/layers.h"

/* An image that is copied from, and its files. */
struct source_image {
    const char *reference;
    struct tree *tree;
};

/* A build for one platform. */
struct native {
    struct build *build;
    const struct build_plan *plan;
    const struct build_target *target;
    struct arena *arena;
    const struct wait *wait;
    struct spool *spool;
    struct tree **context; /* read once for all platforms */
    struct stage *stages;  /* one for each of the Dockerfile */
    struct source_image *images;
    size_t image_count, image_capacity;
    struct problems *rehearsal; /* no file is looked at, faults go here; NULL: it is built */
    bool bases_known;           /* in a rehearsal: their configs were read               */
};

struct stage {
    struct native *native;
    const struct dockerfile *dockerfile; /* whose instructions are carried out now */
    size_t index;
    bool done;
    struct build_base *base; /* NULL: scratch */
    struct image image;      /* of the base   */
    struct image_config config;
    struct image_pairs variables; /* ENV and ARG */
    struct tree *tree;            /* NULL: the base was not read yet                 */
    struct tree **linked;         /* COPY --link: laid over the base once it is read */
    size_t linked_count, linked_capacity;
    struct layer_list *layers;
    size_t layer_count, layer_capacity;
    unsigned number;  /* of the last instruction that made a layer */
    bool command_set; /* by this stage's own CMD */
    const char *word; /* that was looked at last, as written: where a fault is told */
    bool open;        /* in a rehearsal: variables may be set that are not among `variables` */
    bool unknown;     /* the instruction at hand hangs on such */
    bool malformed;   /* … but is wrong whatever they are      */
};

/* Where a fault of an instruction is told: its file, and the word that was looked at last. */
struct place stage_place(const struct stage *stage, const struct instruction *instruction);

/*
 * rehearse.c: keeps a fault of an instruction, and goes on as if the variables that it sets were
 * not known. One that hangs on what is not known is none yet.
 */
void stage_fault(struct stage *stage, const struct instruction *instruction,
                 const struct error *error);

/* Carries out a stage of the plan, those it stands on first. */
bool stage_run(struct native *native, size_t index, struct error *err)
    __attribute__((warn_unused_result));

/* Carries out more instructions on it: the settings of a manifest. */
bool stage_more(struct stage *stage, const struct dockerfile *dockerfile, struct error *err)
    __attribute__((warn_unused_result));

/* The files of a stage, its base read. */
bool stage_tree(struct stage *stage, struct tree **ret, struct error *err)
    __attribute__((warn_unused_result));

/* The files of an image, or of the context. */
bool native_image_tree(struct native *native, const char *reference, struct tree **ret,
                       struct error *err) __attribute__((warn_unused_result));
bool native_context(struct native *native, struct tree **ret, struct error *err)
    __attribute__((warn_unused_result));

/* A word with its variables filled in. */
bool stage_expand(struct stage *stage, const char *word, const char **ret, struct error *err)
    __attribute__((warn_unused_result));

/* Notes what was done, as Docker does. */
void stage_history(struct stage *stage, const char *created_by, bool empty_layer);

/* Ends an instruction that changed files in `tree`; no layer where nothing changed. */
void stage_layer(struct stage *stage, const struct tree *tree, const char *created_by);

/* files.c */
bool stage_copy(struct stage *stage, const struct instruction *instruction, struct error *err)
    __attribute__((warn_unused_result));
bool stage_workdir(struct stage *stage, const struct instruction *instruction, struct error *err)
    __attribute__((warn_unused_result));

/* config.c: all the rest. */
bool stage_configure(struct stage *stage, const struct instruction *instruction, struct error *err)
    __attribute__((warn_unused_result));

/*
 * owner.c: "app", "1000:staff": a user alone has its own group (or, as a number, the same).
 * ERROR_INPUT: the image has no such name.
 */
bool stage_owner(struct stage *stage, const char *text, int64_t *ret_uid, int64_t *ret_gid,
                 struct error *err) __attribute__((warn_unused_result));

/* A list that can be written to, sharing its texts. */
struct text_list list_copy(struct arena *arena, const struct text_list *list);

#endif
