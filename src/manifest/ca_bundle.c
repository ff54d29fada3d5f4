/* ca_bundle: see ca_bundle.h. */
#include "manifest/ca_bundle.h"

#include "base/digest.h"

#include <string.h>

#define CA_BUNDLE "caBundle"

static bool is_no_certificate(struct arena *arena, const struct value *bundle)
{
    char *bytes;
    size_t length;
    if (!bundle || bundle->kind == VALUE_NULL)
        return bundle != NULL;
    return bundle->kind == VALUE_STRING
           && base64_decode(arena, bundle->text.data, bundle->text.length, &bytes, &length)
           && !memmem(bytes, length, "BEGIN CERTIFICATE", strlen("BEGIN CERTIFICATE"));
}

/* A writable copy of a map in a writable map; NULL where there is none. */
static struct value *step(struct arena *arena, struct value *map, const char *key)
{
    const struct value *child = map ? value_get(map, key) : NULL;
    if (!child || child->kind != VALUE_MAP)
        return NULL;
    struct value *copy = value_map_copy(arena, child);
    value_set(arena, map, key, copy);
    return copy;
}

static void drop(struct arena *arena, struct value *map)
{
    if (map && is_no_certificate(arena, value_get(map, CA_BUNDLE)))
        value_remove(map, CA_BUNDLE);
}

static void drop_from_webhooks(struct arena *arena, struct value *root)
{
    const struct value *webhooks = value_get(root, "webhooks");
    if (!webhooks || webhooks->kind != VALUE_LIST)
        return;
    struct value *copies = value_list(arena);
    copies->place = webhooks->place;
    for (size_t i = 0; i < value_count(webhooks); i++) {
        struct value *webhook = webhooks->list.items[i];
        if (webhook->kind == VALUE_MAP) {
            webhook = value_map_copy(arena, webhook);
            drop(arena, step(arena, webhook, "clientConfig"));
        }
        value_push(arena, copies, webhook);
    }
    value_set(arena, root, "webhooks", copies);
}

bool ca_bundle_possible(const struct object_id *id)
{
    return strcmp(id->group, "admissionregistration.k8s.io") == 0
           || strcmp(id->group, "apiregistration.k8s.io") == 0
           || strcmp(id->group, "apiextensions.k8s.io") == 0;
}

void ca_bundle_drop(struct arena *arena, struct value *root, const struct object_id *id)
{
    if (strcmp(id->group, "admissionregistration.k8s.io") == 0)
        drop_from_webhooks(arena, root);
    else if (strcmp(id->group, "apiregistration.k8s.io") == 0)
        drop(arena, step(arena, root, "spec"));
    else if (strcmp(id->group, "apiextensions.k8s.io") == 0
             && value_at(root, "spec", "conversion", "webhook", NULL))
        drop(arena,
             step(arena,
                  step(arena, step(arena, step(arena, root, "spec"), "conversion"), "webhook"),
                  "clientConfig"));
}
