/* sets: which sets of ours a cluster holds; record_list() of the contract. */
#include "providers/kubernetes/record/sets.h"
#include "providers/kubernetes/record/applyset.h"
#include "providers/kubernetes/session.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

static const char PREFIX[] = "cmx-set-";

struct found {
    struct arena *arena;
    struct set_name *names;
    size_t count, capacity;
};

/* Another tool's ApplySets are not ours to tell about. */
static bool add(void *context, struct arena *scratch, const struct value *item, struct error *err)
{
    struct found *found = context;
    const struct value *metadata = value_get(item, "metadata");
    const char *tool = value_text_at(metadata, "annotations", APPLYSET_TOOLING, NULL);
    const char *name = value_text(value_get(metadata, "name"));
    const char *namespace = value_text(value_get(metadata, "namespace"));
    (void)scratch;
    (void)err;
    bool ours = tool && strncmp(tool, APPLYSET_TOOL, strlen(APPLYSET_TOOL)) == 0;
    if (!ours || !name || !namespace || strncmp(name, PREFIX, strlen(PREFIX)) != 0)
        return true;
    struct set_name set = { arena_strdup(found->arena, name + strlen(PREFIX)),
                            arena_strdup(found->arena, namespace) };
    arena_push(found->arena, found->names, found->count, found->capacity, set);
    return true;
}

static void restart(void *context)
{
    ((struct found *)context)->count = 0;
}

static int compare(const void *a, const void *b)
{
    const struct set_name *x = a, *y = b;
    int order = strcmp(x->namespace, y->namespace);
    return order ? order : strcmp(x->name, y->name);
}

bool kubernetes_record_list(struct session *session, struct arena *arena, const char *namespace,
                            struct set_name **ret_names, size_t *ret_count, const struct wait *wait,
                            struct error *err)
{
    const struct api_kind config_map = { .group = "",
                                         .version = "v1",
                                         .kind = "ConfigMap",
                                         .plural = "configmaps",
                                         .namespaced = true };
    struct found found = { .arena = arena };
    struct api_call call = {
        .method = "GET",
        .path = api_path(arena, &config_map, namespace, NULL),
        .query = "labelSelector=applyset.kubernetes.io%2Fid",
        .accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        .what = "list the sets",
    };
    const char *version;
    if (!client_list(session->client, arena, &call, add, restart, &found, &version, wait, err))
        return false;
    if (found.count)
        qsort(found.names, found.count, sizeof *found.names, compare);
    *ret_names = found.names;
    *ret_count = found.count;
    return true;
}
