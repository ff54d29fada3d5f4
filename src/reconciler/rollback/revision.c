/* revision: see revision.h. */
#include "reconciler/rollback/revision.h"

#include "manifest/config_hash.h"
#include "reconciler/images/join.h"

#include <string.h>

void revisions_start(struct revisions *revisions, const struct run *run, struct target_run *target)
{
    *revisions = (struct revisions){
        .arena = run->arena, .run = run, .target = target, .any_cluster = run->without_source
    };
    history_read(run->arena, target->record.history, &revisions->history,
                 &revisions->history_count);
}

void revisions_done(struct revisions *revisions)
{
    for (size_t i = 0; i < revisions->count; i++)
        run_done(revisions->items[i]->run);
    if (revisions->git)
        git_close(revisions->git);
    if (revisions->origin)
        git_close(revisions->origin);
    revisions->git = revisions->origin = NULL;
    revisions->count = 0;
}

/* ------------------------------------------------------------------ the repository */

/* Of the source; or the one around the current folder, where the set comes from that. */
static struct git_source *near_repository(struct revisions *revisions, const struct wait *wait)
{
    struct git_options here = { .folder = "." };
    struct error none = { 0 };
    if (revisions->run->source.git)
        return revisions->run->source.git;
    if (!revisions->looked && git_open(&here, &revisions->git, wait, &none)
        && strcmp(git_record(revisions->git)->origin, revisions->target->record.source.origin)
               != 0) {
        git_close(revisions->git);
        revisions->git = NULL;
    }
    revisions->looked = true;
    return revisions->git;
}

/*
 * The origin: of the source that this run has, so that a record that somebody wrote chooses
 * nothing; else the one that the record names, which whoever confirms the plan is shown.
 */
static const char *origin_of(const struct revisions *revisions)
{
    struct git_source *git = revisions->run->source.git;
    return git ? git_record(git)->origin : revisions->target->record.source.origin;
}

/* The repository there, where that is a URL; *err says why it cannot be read. */
static struct git_source *far_repository(struct revisions *revisions, const struct wait *wait,
                                         struct error *err)
{
    const struct source_options *given = &revisions->run->options->source;
    struct git_options options = { .url = origin_of(revisions),
                                   .http = given->http,
                                   .ca_file = given->ca_file,
                                   .token_file = given->token_file };
    if (!revisions->origin && strstr(options.url, "://")
        && !git_open(&options, &revisions->origin, wait, err)) {
        if (err->kind == ERROR_NOT_FOUND) /* of the object nothing is known */
            err->kind = ERROR_UNREACHABLE;
        error_prefix(err, "the origin of the set, %s", options.url);
    }
    return revisions->origin;
}

/* ------------------------------------------------------------------------- loading */

static const char *cluster_of(const struct run *run, const struct resource *resource)
{
    const char *name =
        resource->options.cluster ? resource->options.cluster : run->set.project.cluster;
    return name ? name : "";
}

/* Without a source nobody knows what the Clusters are called: then everything counts. */
static void share_out(const struct revisions *revisions, struct revision *revision)
{
    const struct cluster *cluster = revisions->target->target.cluster;
    const struct set *set = &revision->run->set;
    revision->list = arena_array(revisions->arena, set->count + 1, sizeof *revision->list);
    for (size_t i = 0; i < set->count; i++)
        if (revisions->any_cluster
            || strcmp(cluster_of(revision->run, &set->resources[i]), cluster ? cluster->name : "")
                   == 0)
            revision->list[revision->count++] = &set->resources[i];
    resources_sort(revision->list, revision->count);
}

static struct run *load_run(const struct revisions *revisions, struct git_source *git,
                            const char *ref, const char *namespace, const struct wait *wait,
                            struct error *err)
{
    struct arena *arena = revisions->arena;
    struct run_options *options = arena_alloc(arena, sizeof *options);
    struct run *run = arena_alloc(arena, sizeof *run);
    *options = *revisions->run->options;
    options->source = (struct source_options){ .git_url = "",
                                               .opened = git,
                                               .ref = ref,
                                               .path = revisions->target->record.source.path,
                                               .several = true };
    options->namespace = namespace;
    options->selector = NULL;
    options->missing_is_empty = true;
    options->keep_going = false;
    if (!options->images.layout_root)
        options->images.layout_root = revisions->run->source.root;
    run_start(run, arena, options);
    if (run_load(run, wait, err))
        return run;
    run_done(run);
    return NULL;
}

/* Where no Project says the namespace, -n did, and the set has it. */
static struct run *load_in_namespace(const struct revisions *revisions, struct git_source *git,
                                     const char *ref, const struct wait *wait, struct error *err)
{
    const char *namespace = revisions->target->target.set_namespace;
    struct run *run = load_run(revisions, git, ref, NULL, wait, err);
    if (!run || strcmp(run->set.project.namespace, namespace) == 0)
        return run;
    run_done(run);
    return load_run(revisions, git, ref, namespace, wait, err);
}

static struct run *load_anywhere(struct revisions *revisions, const char *ref,
                                 const struct wait *wait, struct error *err)
{
    struct error first = { .kind = ERROR_NONE }, second = { .kind = ERROR_NONE };
    struct git_source *git = near_repository(revisions, wait);
    struct run *run = git ? load_in_namespace(revisions, git, ref, wait, &first) : NULL;
    if (run || first.kind == ERROR_CANCELLED) {
        *err = first;
        return run;
    }
    git = far_repository(revisions, wait, &second);
    run = git ? load_in_namespace(revisions, git, ref, wait, &second) : NULL;
    if (run) {
        revisions->read_from = revisions->run->source.git ? NULL : origin_of(revisions);
        return run;
    }
    if (second.kind != ERROR_NONE)
        *err = second;
    else if (first.kind != ERROR_NONE)
        *err = first;
    else
        error_set(err, ERROR_USAGE,
                  "the set comes from no git repository that is at hand: name it with --git URL, "
                  "or call this inside of it");
    return NULL;
}

/* Of the repository, which is closed before the run has ended. */
static const char *copy(struct arena *arena, const char *text)
{
    return arena_strdup(arena, text ? text : "");
}

static const struct revision *find_loaded(const struct revisions *revisions, const char *commit)
{
    for (size_t i = 0; i < revisions->count; i++)
        if (strcmp(revisions->items[i]->commit, commit) == 0)
            return revisions->items[i];
    return NULL;
}

/* A set that is wrong is no set to go back to. */
static bool is_whole(struct revisions *revisions, struct run *run, const struct wait *wait,
                     struct error *err)
{
    struct target_run *target = revisions->target;
    if (run->problems.errors == 0
        && !target->provider->bind_scopes(target->session, &run->set, wait, err))
        return false;
    for (size_t i = 0; i < run->problems.count; i++)
        if (!run->problems.items[i].warning)
            return error_set(err, ERROR_INPUT, "the manifests of %s are wrong: %s",
                             run->source.revision, run->problems.items[i].message);
    return true;
}

/*
 * The objects as they ran: with the digests of the Images of that commit. What these wait for in
 * an apply is no step here: they are there, or the object cannot be put back (`until`).
 */
static bool pin_images(const struct revisions *revisions, struct revision *revision,
                       const struct wait *wait, struct error *err)
{
    struct run *run = revision->run;
    struct arena *arena = revisions->arena;
    if (!run->images)
        return true;
    bool *chosen = arena_array(arena, run->set.image_count + 1, sizeof *chosen);
    const struct resource **pinned = arena_array(arena, revision->count + 1, sizeof *pinned);
    images_used(run->images, revision->list, revision->count, chosen);
    if (!images_resolve(run->images, chosen, wait, err))
        return false;
    memcpy(pinned, revision->list, revision->count * sizeof *pinned);
    (void)!images_join(run->images, arena, pinned, revision->count, NULL, "");
    for (size_t i = 0; i < revision->count; i++) {
        struct resource *own = arena_alloc(arena, sizeof *own);
        *own = *pinned[i];
        own->options = revision->list[i]->options;
        revision->list[i] = own;
    }
    return true;
}

bool revisions_load(struct revisions *revisions, const char *ref, const struct revision **ret,
                    const struct wait *wait, struct error *err)
{
    const struct revision *known = find_loaded(revisions, ref);
    if (known) {
        *ret = known;
        return true;
    }
    struct run *run = load_anywhere(revisions, ref, wait, err);
    if (!run)
        return false;
    struct revision *revision = arena_alloc(revisions->arena, sizeof *revision);
    *revision = (struct revision){ .run = run,
                                   .commit = copy(revisions->arena, run->source.commit.commit),
                                   .subject = copy(revisions->arena, run->source.commit.subject) };
    arena_push(revisions->arena, revisions->items, revisions->count, revisions->capacity, revision);
    if (!is_whole(revisions, run, wait, err))
        return false;
    share_out(revisions, revision);
    if (!pin_images(revisions, revision, wait, err))
        return false;
    *ret = revision;
    return true;
}

/* ----------------------------------------------------------------------- comparing */

const struct resource *revision_find(const struct revision *revision, const struct object_id *id)
{
    return resources_find(revision->list, revision->count, id);
}

bool revision_is_refused(struct arena *arena, const struct revision *revision,
                         const struct resource *resource, const struct record_rollback *refused)
{
    size_t lacks;
    if (strcmp(resource_digest(arena, resource), refused->refused) != 0)
        return false;
    return !*refused->reads
           || strcmp(config_hash_of(arena, &revision->run->set, resource, &lacks), refused->reads)
                  == 0;
}

/* ---------------------------------------------------------------------- the history */

bool history_ran_well(const struct history_entry *entry, const char *name)
{
    const struct history_object *object = history_find(entry, name);
    if (!*entry->commit || entry->dirty || !entry->waited || strcmp(entry->command, "apply") != 0)
        return false;
    if (object)
        return strcmp(object->result, "done") == 0;
    return strcmp(entry->result, "interrupted") != 0 && !entry->partial;
}

bool history_made(const struct history_entry *entry, const char *name)
{
    const struct history_object *object = history_find(entry, name);
    return object && !object->drift && strcmp(object->action, action_name(ACTION_CREATE)) == 0;
}

bool history_ran_before(const struct history_entry *entries, size_t count, const char *name,
                        const char *commit)
{
    for (size_t i = count; i-- > 0;) {
        if (history_ran_well(&entries[i], name) && strcmp(entries[i].commit, commit) != 0)
            return true;
        if (history_made(&entries[i], name))
            return false;
    }
    return false;
}

const char *history_hook_since(const struct history_entry *entries, size_t count, size_t entry)
{
    for (size_t i = entry + 1; i < count; i++)
        for (size_t j = 0; j < entries[i].object_count; j++) {
            const struct history_object *object = &entries[i].objects[j];
            if (object->hook && !object->reversible)
                return object->name;
        }
    return NULL;
}

/* What the entry's commit is to the object; NULL: nothing to go back to. */
static const struct revision *fitting(struct revisions *revisions,
                                      const struct history_entry *entry, const struct object_id *id,
                                      const struct record_rollback *refused,
                                      const struct wait *wait, struct error *ret_why)
{
    const struct revision *revision;
    if (!revisions_load(revisions, entry->commit, &revision, wait, ret_why))
        return NULL;
    const struct resource *resource = revision_find(revision, id);
    bool other = resource && !resource->until
                 && !revision_is_refused(revisions->arena, revision, resource, refused);
    return other ? revision : NULL;
}

bool revisions_before(struct revisions *revisions, const struct object_id *id,
                      const struct record_rollback *refused, const struct revision **ret,
                      size_t *ret_entry, const struct wait *wait, struct error *err)
{
    const char *name = object_id_full(revisions->arena, id);
    struct error why = { .kind = ERROR_NONE };
    for (size_t i = revisions->history_count; i-- > 0 && why.kind != ERROR_CANCELLED;) {
        const struct history_entry *entry = &revisions->history[i];
        const struct revision *found = history_ran_well(entry, name)
                                           ? fitting(revisions, entry, id, refused, wait, &why)
                                           : NULL;
        if (found) {
            *ret = found;
            *ret_entry = i;
            return true;
        }
        if (history_made(entry, name))
            break;
    }
    if (why.kind != ERROR_NONE) {
        *err = why;
        return false;
    }
    return error_set(err, ERROR_NOT_FOUND,
                     "the history of the set knows nothing else that ran well before");
}
