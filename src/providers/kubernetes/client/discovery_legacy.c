/*
 * discovery_legacy: a document a group and version, for servers before 1.26 or
 * with aggregated discovery turned off. See discovery_index.h.
 */
#include "providers/kubernetes/client/discovery_index.h"

#include <string.h>

static void add_resource(struct discovery *discovery, const struct api_group *group,
                         struct api_version *version, const struct value *resource)
{
    struct api_kind kind = {
        .kind = value_text_at(resource, "kind", NULL),
        .plural = value_text_at(resource, "name", NULL),
        .namespaced = value_is_true(value_get(resource, "namespaced"), false),
    };
    if (kind.kind && kind.plural && !strchr(kind.plural, '/')) /* "pods/log" is a subresource */
        discovery_add_kind(discovery, group, version, &kind, value_get(resource, "verbs"));
}

/* A server that does not answer for one version makes that version stale, no more. */
static bool read_version(struct client *client, struct discovery *discovery,
                         struct api_group *group, const char *root, const char *name,
                         const struct wait *wait, struct error *err)
{
    struct arena *arena = discovery->arena;
    struct api_answer answer;
    struct error problem;
    const char *path = *group->name ? arena_printf(arena, "%s/%s/%s", root, group->name, name)
                                    : arena_printf(arena, "%s/%s", root, name);
    struct api_call call = { .method = "GET", .path = path, .what = path };
    bool answered = client_call(client, arena, &call, &answer, wait, &problem);
    struct api_version *version = discovery_add_version(discovery, group, name, !answered);
    if (!answered && (answer.status == 0 || problem.kind == ERROR_DENIED)) {
        *err = problem;
        return false;
    }
    const struct value *resources = answered ? value_get(answer.document, "resources") : NULL;
    for (size_t i = 0; i < value_count(resources); i++)
        add_resource(discovery, group, version, value_item(resources, i));
    return true;
}

/* /api: {"kind": "APIVersions", "versions": ["v1"]} */
static bool read_core(struct client *client, struct discovery *discovery, const char *root,
                      const struct value *versions, const struct wait *wait, struct error *err)
{
    struct api_group *group = discovery_add_group(discovery, "");
    for (size_t i = 0; i < value_count(versions); i++) {
        const char *name = value_text(value_item(versions, i));
        if (name && !read_version(client, discovery, group, root, name, wait, err))
            return false;
    }
    return true;
}

/* The preferred version first, then the rest in their order. */
static bool read_group(struct client *client, struct discovery *discovery, const char *root,
                       const struct value *item, const struct wait *wait, struct error *err)
{
    const char *name = value_text_at(item, "name", NULL);
    const char *preferred = value_text_at(item, "preferredVersion", "version", NULL);
    const struct value *versions = value_get(item, "versions");
    if (!name)
        return true;
    struct api_group *group = discovery_add_group(discovery, name);
    if (preferred && !read_version(client, discovery, group, root, preferred, wait, err))
        return false;
    for (size_t i = 0; i < value_count(versions); i++) {
        const char *version = value_text_at(value_item(versions, i), "version", NULL);
        if (version && (!preferred || strcmp(version, preferred) != 0)
            && !read_version(client, discovery, group, root, version, wait, err))
            return false;
    }
    return true;
}

bool discovery_read_legacy(struct client *client, struct discovery *discovery, const char *root,
                           const struct value *document, const struct wait *wait, struct error *err)
{
    const char *kind = value_text_at(document, "kind", NULL);
    const struct value *groups = value_get(document, "groups");
    if (kind && strcmp(kind, "APIVersions") == 0)
        return read_core(client, discovery, root, value_get(document, "versions"), wait, err);
    if (!kind || strcmp(kind, "APIGroupList") != 0)
        return error_set(err, ERROR_UNREACHABLE, "%s: the answer is no API discovery document",
                         root);
    for (size_t i = 0; i < value_count(groups); i++)
        if (!read_group(client, discovery, root, value_item(groups, i), wait, err))
            return false;
    return true;
}
