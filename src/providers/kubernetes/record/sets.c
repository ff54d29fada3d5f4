/* sets: see sets.h. */
#include "providers/kubernetes/record/sets.h"
#include "providers/kubernetes/owners.h"
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

static bool list_parents(struct session *session, struct arena *arena, const char *namespace,
                         json_handler *handler, void (*restarted)(void *), void *context,
                         const struct wait *wait, struct error *err)
{
    const struct api_kind config_map = { .group = "",
                                         .version = "v1",
                                         .kind = "ConfigMap",
                                         .plural = "configmaps",
                                         .namespaced = true };
    struct api_call call = {
        .method = "GET",
        .path = api_path(arena, &config_map, namespace, NULL),
        .query = "labelSelector=applyset.kubernetes.io%2Fid",
        .accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        .what = "list the sets",
    };
    const char *version;
    return client_list(session->client, arena, &call, handler, restarted, context, &version, wait,
                       err);
}

bool kubernetes_record_list(struct session *session, struct arena *arena, const char *namespace,
                            struct set_name **ret_names, size_t *ret_count, const struct wait *wait,
                            struct error *err)
{
    struct found found = { .arena = arena };
    if (!list_parents(session, arena, namespace, add, restart, &found, wait, err))
        return false;
    if (found.count)
        qsort(found.names, found.count, sizeof *found.names, compare);
    *ret_names = found.names;
    *ret_count = found.count;
    return true;
}

/* --------------------------------------------------------- whose is that object */

struct naming {
    struct arena *arena;
    struct session *session;
};

static const char *parent_text(struct arena *arena, const struct value *metadata)
{
    const char *tool = value_text_at(metadata, "annotations", APPLYSET_TOOLING, NULL);
    const char *name = value_text(value_get(metadata, "name"));
    const char *namespace = value_text(value_get(metadata, "namespace"));
    bool ours = tool && strncmp(tool, APPLYSET_TOOL, strlen(APPLYSET_TOOL)) == 0;
    name = name ? name : "?";
    namespace = namespace ? namespace : "?";
    if (ours && strncmp(name, PREFIX, strlen(PREFIX)) == 0)
        return arena_printf(arena, "the set %s in namespace %s", name + strlen(PREFIX), namespace);
    return arena_printf(arena, "the ApplySet of %s, ConfigMap %s/%s", tool ? tool : "another tool",
                        namespace, name);
}

static bool name_owner(void *context, struct arena *scratch, const struct value *item,
                       struct error *err)
{
    struct naming *naming = context;
    const struct value *metadata = value_get(item, "metadata");
    const char *id = value_text_at(metadata, "labels", "applyset.kubernetes.io/id", NULL);
    (void)err;
    for (size_t i = 0; id && i < naming->session->subject_count; i++) {
        struct observation *live = &naming->session->subjects[i]->live;
        if (live->owner == OWNER_OTHER_SET
            && strcmp(live->owner_text, owner_set_text(scratch, id)) == 0)
            live->owner_text = parent_text(naming->arena, metadata);
    }
    return true;
}

void sets_name_owners(struct session *session, struct arena *arena, const struct wait *wait)
{
    struct naming naming = { arena, session };
    struct error ignored = { 0 };
    bool needed = false;
    for (size_t i = 0; i < session->subject_count; i++)
        needed |= session->subjects[i]->live.owner == OWNER_OTHER_SET;
    if (needed && !list_parents(session, arena, NULL, name_owner, NULL, &naming, wait, &ignored))
        return; /* the id has to do */
}
