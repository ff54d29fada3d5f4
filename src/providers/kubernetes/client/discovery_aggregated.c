/* discovery_aggregated: one document for all groups (KEP-3352). See discovery_index.h. */
#include "providers/kubernetes/client/discovery_index.h"

#include <string.h>

static const char ACCEPT[] =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
    "application/json";

/* Subresources hang below a resource and are no kinds of objects: they are not looked at. */
static void add_resource(struct discovery *discovery, const struct api_group *group,
                         struct api_version *version, const struct value *resource)
{
    const char *scope = value_text_at(resource, "scope", NULL);
    struct api_kind kind = {
        .kind = value_text_at(resource, "responseKind", "kind", NULL),
        .plural = value_text_at(resource, "resource", NULL),
        .namespaced = scope && strcmp(scope, "Namespaced") == 0,
    };
    if (kind.kind && *kind.kind && kind.plural && *kind.plural)
        discovery_add_kind(discovery, group, version, &kind, value_get(resource, "verbs"));
}

static void add_version(struct discovery *discovery, struct api_group *group,
                        const struct value *item)
{
    const char *name = value_text_at(item, "version", NULL);
    const char *freshness = value_text_at(item, "freshness", NULL);
    const struct value *resources = value_get(item, "resources");
    if (!name)
        return;
    struct api_version *version =
        discovery_add_version(discovery, group, name, freshness && strcmp(freshness, "Stale") == 0);
    for (size_t i = 0; i < value_count(resources); i++)
        add_resource(discovery, group, version, value_item(resources, i));
}

static void add_group(struct discovery *discovery, const struct value *item)
{
    const char *name = value_text_at(item, "metadata", "name", NULL);
    const struct value *versions = value_get(item, "versions");
    struct api_group *group = discovery_add_group(discovery, name ? name : "");
    for (size_t i = 0; i < value_count(versions); i++)
        add_version(discovery, group, value_item(versions, i));
}

bool discovery_ask(struct client *client, struct arena *arena, const char *root,
                   struct api_answer *ret_answer, const struct wait *wait, struct error *err)
{
    struct api_call call = { .method = "GET", .path = root, .accept = ACCEPT, .what = root };
    return client_call(client, arena, &call, ret_answer, wait, err);
}

bool discovery_add_answer(struct client *client, struct discovery *discovery, const char *root,
                          const struct value *answer, const struct wait *wait, struct error *err)
{
    const struct value *document = value_copy(discovery->arena, answer);
    const char *kind = value_text_at(document, "kind", NULL);
    if (!kind || strcmp(kind, "APIGroupDiscoveryList") != 0)
        return discovery_read_legacy(client, discovery, root, document, wait, err);
    const struct value *items = value_get(document, "items");
    for (size_t i = 0; i < value_count(items); i++)
        add_group(discovery, value_item(items, i));
    return true;
}
