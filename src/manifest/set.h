/*
 * set: everything that one source wants, loaded, checked, and connected.
 *
 *   files → documents → resources and own kinds → defaults, namespaces → edges
 *
 * The files come from a reader (a folder, a commit, standard input), so that
 * this layer knows neither git nor the disk. A set is immutable once loaded.
 */
#ifndef CMX_MANIFEST_SET_H
#define CMX_MANIFEST_SET_H

#include "base/error.h"
#include "manifest/image.h"
#include "manifest/problem.h"
#include "manifest/resource.h"

#include <stdbool.h>
#include <stddef.h>

enum adopt_policy { ADOPT_UNOWNED, ADOPT_NEVER, ADOPT_ALL };

/* "At most N objects or N % of the set may be deleted in one run." */
struct budget {
    int64_t count;   /* -1: not given */
    int64_t percent; /* -1: not given */
};

/* Leave these fields of these objects alone, in the diff and in the apply. */
struct ignore_rule {
    struct object_id pattern; /* NULL parts fit all; name may hold * and ? */
    struct text_list pointers;
    const char *manager; /* or: every field of this field manager */
};

/* Where the objects of a kind name images, beside pod templates; "*" is any element or member. */
struct image_path {
    struct object_id pattern;
    struct text_list pointers;
};

/* The Project of a source, or its defaults where there is none. */
struct project {
    const char *name;      /* never NULL once loaded into a run            */
    bool named;            /* false: derived from the source, not written  */
    const char *namespace; /* "default" where none is given                */
    bool create_namespace;
    const char *cluster; /* name of the default Cluster, or NULL          */
    struct place cluster_place;
    bool prune;
    struct budget prune_budget;
    size_t max_rolling;  /* workloads at once; 0: no limit                 */
    size_t max_failures; /* after which nothing new starts; 0: no limit    */
    enum adopt_policy adopt;
    enum rollback_policy rollback; /* never ROLLBACK_UNSAID once loaded    */
    int64_t timeout;               /* ms, of the whole apply                        */
    int64_t wait_timeout;          /* ms, for one object to become healthy          */
    struct ignore_rule *ignore;
    size_t ignore_count;
    struct image_path *image_paths;
    size_t image_path_count;
    const struct source_file *file; /* NULL: no Project was found          */
    const char *folder;             /* its folder in the source, "" for the root; NULL without */
};

enum cluster_kind { CLUSTER_CONTEXT, CLUSTER_IN_CLUSTER, CLUSTER_DIRECTORY };

/* A Cluster: where objects go. It names no server, file or credential. */
struct cluster {
    const char *name;
    enum cluster_kind kind;
    const char *context;    /* CLUSTER_CONTEXT                                     */
    const char *uid;        /* of its kube-system namespace, or NULL               */
    const char *directory;  /* CLUSTER_DIRECTORY: relative to the Cluster's own file's repository */
    const char *images;     /* beside it: a folder for images in place of registries, or NULL */
    bool write_secrets;     /* secrets: write                                      */
    bool leave_out_secrets; /* secrets: leave-out; neither: refuse                */
    const struct source_file *file;
    struct place place;
};

/*
 * A folder of the source that could not be loaded whole, below the reader's root
 * ("" is all of it, "-" standard input). Nothing that came from it, or from below
 * it, may be deleted. A faulty file fails its folder, since an object may have
 * moved from one file to another in it.
 */
struct failed_scope {
    const char *folder;
    const char *why;
};

struct set {
    struct arena *arena;
    struct problems *problems;   /* of the load; set_bind_scope() adds to them */
    const char *given_namespace; /* -n, or NULL */
    struct project project;
    struct cluster *clusters;
    size_t cluster_count;
    struct image_spec *images; /* sorted by name */
    size_t image_count;
    struct resource *resources; /* sorted by identity, then cluster */
    size_t count;
    struct failed_scope *failed;
    size_t failed_count;
    size_t files;        /* manifests read */
    const bool *missing; /* which of the given paths was not there; NULL: all were */
};

/* One entry that a reader offers. Paths have "/" between their parts. */
struct source_entry {
    const char *path;
    bool is_folder;
};

/* What belongs to a source by its index, and is not to be read: its path, and why. */
struct source_gap {
    const char *path;
    bool is_folder;
    const char *why;
};

/*
 * Where files come from. A reader is made by a provider (a git tree) or by the
 * command line (the disk, standard input). Paths are relative to its root,
 * which is the repository's root where there is one; "" is the root itself.
 */
struct source_reader {
    void *context;
    /* Entries of a folder, in any order. */
    bool (*list)(void *context, struct arena *arena, const char *folder,
                 struct source_entry **ret_entries, size_t *ret_count, struct error *err);
    /* A file's bytes; links were followed inside the root only. ERROR_NOT_FOUND: none there. */
    bool (*read)(void *context, struct arena *arena, const char *path, size_t ceiling,
                 char **ret_data, size_t *ret_length, struct error *err);
    const char *display; /* put before paths in messages: "" or "deploy/../" */
};

/*
 * Hears of the Project as soon as it is found, while the other files are still to be read: a
 * hint, for who wants to begin with what follows. Not called where something is wrong with it.
 * `cluster` is the one that it names, or NULL.
 */
typedef void project_hint(void *context, const struct project *project,
                          const struct cluster *cluster);

/* What the command line adds. */
struct load_options {
    const char *const *paths; /* files and folders below the reader's root, "" for all of it */
    size_t path_count;
    const char *namespace;  /* -n, or NULL */
    const char *stdin_data; /* manifests from standard input, or NULL */
    size_t stdin_length;
    const char *fallback_name; /* project name where no Project gives one */
    project_hint *hint;        /* may be NULL; called once at most, with what is in the arena */
    void *hint_context;
    bool missing_is_empty; /* a path that the reader does not have is told in `missing`: no error */
};

/* Ceilings of one load; a file has those of value_yaml.h. */
enum {
    LOAD_FILE_CEILING = 100000,   /* manifests                      */
    LOAD_FOLDER_CEILING = 100000, /* folders                        */
    LOAD_DEPTH_CEILING = 64,      /* folders inside one another     */
    LOAD_LIST_CEILING = 8,        /* Lists inside one another       */
};
#define LOAD_BYTES_CEILING ((size_t)512 << 20) /* of all manifests together */

/*
 * Loads a set into the arena. What is wrong goes to `problems`; the set then
 * holds what could be loaded, and `failed` the scopes that could not. False
 * with err only when nothing at all could be read. `problems` outlives the set.
 *
 * Files: folders recursively, in byte order, `*.yaml *.yml *.json`, without
 * hidden ones and what .cmxignore names; below the given paths, a folder that
 * holds `.cmx` (a directory target's record) is left out. A path that is a file
 * is read whatever its name. A folder of kustomize or Helm is refused.
 *
 * Objects are kept as they should be sent. Left out in silence is what a server
 * writes and generators print: status, metadata.creationTimestamp, generation,
 * managedFields, selfLink and kubectl's last-applied-configuration; and a caBundle
 * that is no certificate and the rules of a ClusterRole that gathers those of others,
 * since somebody else will fill them in (ca_bundle.h, aggregated.h). A
 * metadata.uid or resourceVersion is an error, since it ties a manifest to one
 * object. A namespace on a cluster-scoped object is dropped with a warning, as
 * the server would drop it. Of duplicates the first is kept.
 */
bool set_load(struct arena *arena, const struct source_reader *reader,
              const struct load_options *options, struct set *ret_set, struct problems *problems,
              struct error *err) __attribute__((warn_unused_result));

/*
 * A cluster has told the scope of a kind (or its CRD in the set has): gives
 * the resources of that kind their final namespace. Pointers to resources stay
 * valid; their order by identity may be lost. Objects that are now the same one
 * become a problem. Not thread-safe; called before the plan is made.
 */
void set_bind_scope(struct set *set, const char *group, const char *kind, enum scope scope);

/* The Cluster, or the Image, of that name, or NULL. NULL-safe. */
const struct cluster *set_cluster(const struct set *set, const char *name);
const struct image_spec *set_image(const struct set *set, const char *name);

#endif
