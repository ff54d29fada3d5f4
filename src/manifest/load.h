/*
 * load: the parts of set_load(), private to them.
 *
 *   load_walk.c    which files: folders, .cmxignore, what is refused
 *   load_file.c    a file's bytes and its documents
 *   load_object.c  a document becomes a resource
 *   project.c      the Project, found upwards, and the Clusters
 *   load_images.c  the Images
 *   set_bind.c     namespaces and duplicates, now and once scopes are known
 *   set.c          all of it in order, references; what has failed
 */
#ifndef CMX_MANIFEST_LOAD_H
#define CMX_MANIFEST_LOAD_H

#include "manifest/cmxignore.h"
#include "manifest/set.h"
#include "manifest/shape.h"
#include "manifest/value_yaml.h"

#include <stdlib.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

/* A file that was read, once, whoever asked for it. */
struct loaded_file {
    struct source_file *file;
    struct yaml_documents documents;
    bool ahead;            /* parsed by load_ahead(), and not asked for yet */
    bool fine;             /* then: nothing is wrong with it                */
    struct problems found; /* then: else what is                            */
    UT_hash_handle hh;     /* by file->source                               */
};

/* A document of the project's own kinds that fits its shape. */
struct own_document {
    const struct kind_shape *shape;
    const struct value *document; /* with defaults */
    const struct value *written;  /* without       */
    const struct source_file *file;
    struct place place;
};

/* One of the given paths: a folder, or a file. */
struct start {
    const char *path;
    const char *folder; /* the path itself, or the folder that holds the file */
};

struct loader {
    struct arena *arena;
    const struct source_reader *reader; /* NULL: standard input only */
    const struct load_options *options;
    struct set *set;
    struct problems *problems;
    struct loaded_file *files; /* uthash by source path */
    struct start *starts;
    size_t start_count, start_capacity;
    struct text_list faulty_clusters; /* names of Clusters that are wrong */
    bool faulty_own;                  /* a file with own kinds cannot be read as a whole */
    struct own_document *own;
    size_t own_count, own_capacity;
    struct resource *resources;
    size_t resource_count, resource_capacity;
    size_t failed_capacity;
    size_t folders, bytes; /* against the ceilings */
    bool ceiling_told;
    bool hinted;
};

/* --- load_file.c --- */

/* "manifest.yaml": does a folder's reading take it by its name? */
bool load_takes_name(const char *name);

/* The last part of a path; the path before it ("" at the root). */
const char *load_base_name(const char *path);
const char *load_folder_of(struct arena *arena, const char *path);

/* A file for messages about a path that has no readable content. */
struct source_file *load_file_new(struct loader *loader, const char *path, const char *folder);

/*
 * A reader's error as a problem. Readers name the file in their messages, and so
 * does a problem: once is enough.
 */
void load_report(struct loader *loader, const struct source_file *file, const struct error *err);

/*
 * The documents of a file, read once; NULL where it cannot be read, which is a
 * problem then. With `only_own`, a file that does not mention cmx.dev/ is not parsed,
 * and one that cannot be a manifest (a pipe, a link to nothing, above the ceiling) is
 * passed over.
 */
struct loaded_file *load_file(struct loader *loader, const char *path, bool only_own);

/* A file that is kept, by its path. */
struct loaded_file *load_file_keep(struct loader *loader, struct source_file *file);

/* Standard input, under the name "-". */
struct loaded_file *load_stdin(struct loader *loader);

/* --- load_ahead.c --- */

/* Parses these files on all cores, for load_file() to take. */
void load_ahead(struct loader *loader, const struct text_list *paths);

/* --- load_walk.c --- */

/* Reads a given path and everything below it. False with err: it is not there. */
bool load_path(struct loader *loader, const char *path, struct error *err);

/* The patterns that hold in a folder: its own and those of all above. */
const struct cmxignore *load_ignore_chain(struct loader *loader, const char *folder);

/* --- load_object.c --- */

/* Every document of a file that is part of the set. */
void load_documents(struct loader *loader, const struct loaded_file *loaded);

/* Checks a document of an own kind and keeps it. */
void load_own(struct loader *loader, const struct value *document, const struct source_file *file);

/* Remembers the name of a Cluster that is wrong, so that nobody is told that there is none. */
void load_faulty_cluster(struct loader *loader, const struct value *document);

/* --- project.c --- */

/* Finds the Project and the Clusters; fills set->project and set->clusters. */
void load_project(struct loader *loader);

/*
 * Looks for the Project among the files of the folder that was given, which have been
 * read, before anything is parsed; and tells the options' hint of it. `all`: these are all
 * of them, and where there is none it is looked for upwards.
 */
void load_hint(struct loader *loader, struct loaded_file *const *files, size_t count, bool all);

/* --- load_images.c --- */

/* Fills set->images; after load_project(). */
void load_images(struct loader *loader);

/* --- set_bind.c --- */

/* Scopes that CRDs of the set tell, final namespaces, the order by identity, duplicates. */
void load_bind(struct loader *loader);

/* --- set.c --- */

/* Adds a failed scope, once. */
void load_failed(struct loader *loader, const char *folder, const char *why);

#endif
