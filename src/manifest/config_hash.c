/* config_hash: see config_hash.h. */
#include "manifest/config_hash.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/pool.h"
#include "manifest/load.h"
#include "manifest/references.h"
#include "manifest/value_json.h"

#include <string.h>

enum { HASH_LENGTH = 32, THREADS = 2 }; /* hex digits; each thread needs 16 MiB for a while */

#define RESTART_ON "cmx.dev/restart-on"

struct hashing {
    const struct set *set;
    struct arena *scratch;
    struct digest *slow; /* of the Secrets that are read, by their index in the set */
    bool *wanted;        /* which of them */
};

static bool can_restart(const struct object_id *id)
{
    return strcmp(id->group, "apps") == 0
           && (strcmp(id->kind, "Deployment") == 0 || strcmp(id->kind, "StatefulSet") == 0
               || strcmp(id->kind, "DaemonSet") == 0);
}

/* ------------------------------------------------------------------ what is read */

static const char *cluster_of(const struct set *set, const struct resource *resource)
{
    const char *name = resource->options.cluster ? resource->options.cluster : set->project.cluster;
    return name ? name : "";
}

static size_t first_at_least(const struct set *set, const struct object_id *id)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (object_id_compare(&set->resources[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The resource of that identity that goes to the same cluster as its reader. */
static bool find_read(const struct set *set, const struct resource *reader,
                      const struct object_id *id, size_t *ret_index)
{
    for (size_t i = first_at_least(set, id);
         i < set->count && object_id_compare(&set->resources[i].id, id) == 0; i++)
        if (strcmp(cluster_of(set, &set->resources[i]), cluster_of(set, reader)) == 0) {
            *ret_index = i;
            return true;
        }
    return false;
}

static int compare_uses(const void *a, const void *b)
{
    return object_id_compare(&((const struct config_use *)a)->id,
                             &((const struct config_use *)b)->id);
}

static size_t sorted_uses(struct arena *arena, const struct resource *resource,
                          struct config_use **ret_uses)
{
    size_t count = config_uses(arena, &resource->id, resource->document, ret_uses);
    if (count)
        qsort(*ret_uses, count, sizeof **ret_uses, compare_uses);
    return count;
}

/* ---------------------------------------------------------------------- digests */

/* What pods can see of a ConfigMap or Secret: no labels, no annotations. */
static void content_add(struct buf *out, const struct value *document)
{
    static const char *const parts[] = { "binaryData", "data" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct value *part = value_get(document, parts[i]);
        if (!value_count(part))
            continue;
        buf_printf(out, "%s ", parts[i]);
        json_write(out, part);
        buf_putc(out, '\n');
    }
}

struct slow_task {
    const struct resource *resource;
    struct digest *result;
};

static void run_slow(void *context, struct arena *arena)
{
    const struct slow_task *task = context;
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    content_add(&text, task->resource->document);
    *task->result =
        digest_slow(buf_text(&text), text.length, object_id_full(arena, &task->resource->id));
}

/* Each Secret once, however many workloads read it. */
static void digest_secrets(struct hashing *hashing)
{
    const struct set *set = hashing->set;
    struct slow_task *tasks = arena_array(hashing->scratch, set->count, sizeof *tasks);
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        if (hashing->wanted[i])
            tasks[count++] = (struct slow_task){ &set->resources[i], &hashing->slow[i] };
    pool_each(THREADS, run_slow, tasks, count, sizeof *tasks);
}

static void want_secrets(struct hashing *hashing, const struct resource *resource)
{
    struct config_use *uses;
    size_t count = sorted_uses(hashing->scratch, resource, &uses), at;
    for (size_t i = 0; i < count; i++)
        if (find_read(hashing->set, resource, &uses[i].id, &at))
            hashing->wanted[at] = hashing->set->resources[at].secret;
}

/* ------------------------------------------------------------------- one workload */

static void add_read(const struct hashing *hashing, struct buf *out, size_t at)
{
    const struct resource *read = &hashing->set->resources[at];
    buf_printf(out, "%s/%s\n", read->id.kind, read->id.name);
    if (read->secret)
        buf_printf(out, "%s\n", digest_hex(hashing->scratch, &hashing->slow[at]));
    else
        content_add(out, read->document);
}

/* NULL where it reads nothing of this source. *ret_lacks: what it reads and the source lacks. */
static const char *hash_of(const struct hashing *hashing, const struct resource *resource,
                           struct arena *arena, const struct object_id **ret_lacks,
                           size_t *ret_lacks_count)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct config_use *uses;
    size_t count = sorted_uses(hashing->scratch, resource, &uses), lacking = 0, at;
    struct object_id *lacks = arena_array(arena, count, sizeof *lacks);
    for (size_t i = 0; i < count; i++)
        if (find_read(hashing->set, resource, &uses[i].id, &at))
            add_read(hashing, &text, at);
        else
            lacks[lacking++] = uses[i].id;
    *ret_lacks = lacks;
    *ret_lacks_count = lacking;
    if (!text.length)
        return NULL;
    struct digest digest = digest_sha256(buf_text(&text), text.length);
    return arena_memdup(arena, digest_hex(hashing->scratch, &digest), HASH_LENGTH);
}

/* A copy of the member that may be written to; false where it is something else than a map. */
static bool open_map(struct arena *arena, struct value *map, const char *key,
                     struct value **ret_map)
{
    const struct value *old = value_get(map, key);
    if (old && old->kind != VALUE_MAP && old->kind != VALUE_NULL)
        return false;
    *ret_map = old && old->kind == VALUE_MAP ? value_map_copy(arena, old) : value_map(arena);
    value_set(arena, map, key, *ret_map);
    return true;
}

static void annotate(struct arena *arena, struct resource *resource, const char *hash)
{
    struct value *root = value_map_copy(arena, resource->document);
    struct value *spec, *template, *metadata, *annotations;
    if (!open_map(arena, root, "spec", &spec) || !open_map(arena, spec, "template", &template)
        || !open_map(arena, template, "metadata", &metadata)
        || !open_map(arena, metadata, "annotations", &annotations))
        return; /* the server will say what is wrong with it */
    value_set(arena, annotations, CONFIG_HASH, value_string(arena, hash));
    resource->document = root;
}

static void warn_reads_nothing(struct set *set, const struct resource *resource)
{
    const struct member *member =
        value_member(value_at(resource->document, "metadata", "annotations", NULL), RESTART_ON);
    if (member)
        problem_warn(set->problems, resource->file, member->place, true,
                     "metadata.annotations: " RESTART_ON ": its containers read no ConfigMap and "
                     "no Secret");
}

static void hash_workload(const struct hashing *hashing, struct set *set, struct resource *resource)
{
    const char *hash =
        hash_of(hashing, resource, set->arena, &resource->lacks, &resource->lacks_count);
    if (hash)
        annotate(set->arena, resource, hash);
    else if (!resource->lacks_count)
        warn_reads_nothing(set, resource);
}

/* ---------------------------------------------------------------------- problems */

static bool check_kind(struct set *set, const struct resource *resource)
{
    const struct member *member =
        value_member(value_at(resource->document, "metadata", "annotations", NULL), RESTART_ON);
    if (!resource->options.restart_on_config || can_restart(&resource->id))
        return true;
    problem_add(set->problems, resource->file, member ? member->place : resource->place,
                !resource->secret,
                "metadata.annotations: " RESTART_ON ": expected on a Deployment, StatefulSet or "
                "DaemonSet, got it on a %s",
                resource->id.kind);
    return false;
}

static const struct member *hash_in(const struct resource *resource, const struct value *document)
{
    return value_member(
        value_at(pod_template(&resource->id, document), "metadata", "annotations", NULL),
        CONFIG_HASH);
}

/* What a manifest says of its hash has to be what it is. */
static void check_written(struct set *set, const struct resource *resource,
                          const struct member *written)
{
    const struct member *computed = hash_in(resource, resource->document);
    if (!written
        || (resource->lacks && computed != written && value_equal(written->value, computed->value)))
        return;
    problem_add(set->problems, resource->file, written->place, !resource->secret,
                "spec.template.metadata.annotations: " CONFIG_HASH " is computed from what the "
                "pods read (" RESTART_ON ": config), and this is another value: remove it");
}

static struct hashing begin(const struct set *set, struct arena *scratch)
{
    return (struct hashing){
        .set = set,
        .scratch = scratch,
        .slow = arena_array(scratch, set->count, sizeof(struct digest)),
        .wanted = arena_array(scratch, set->count, sizeof(bool)),
    };
}

const char *config_hash_of(struct arena *arena, const struct set *set,
                           const struct resource *resource, size_t *ret_lacks)
{
    AUTO_ARENA scratch = arena_new();
    struct hashing hashing = begin(set, scratch);
    const struct object_id *lacks;
    want_secrets(&hashing, resource);
    digest_secrets(&hashing);
    const char *hash = hash_of(&hashing, resource, arena, &lacks, ret_lacks);
    return hash ? hash : "none";
}

void config_hash_set(struct set *set)
{
    AUTO_ARENA scratch = arena_new();
    struct hashing hashing = begin(set, scratch);
    for (size_t i = 0; i < set->count; i++)
        if (set->resources[i].options.restart_on_config && can_restart(&set->resources[i].id))
            want_secrets(&hashing, &set->resources[i]);
    digest_secrets(&hashing);
    for (size_t i = 0; i < set->count; i++) {
        struct resource *resource = &set->resources[i];
        const struct member *written = hash_in(resource, resource->document);
        if (check_kind(set, resource) && resource->options.restart_on_config)
            hash_workload(&hashing, set, resource);
        check_written(set, resource, written);
    }
}
