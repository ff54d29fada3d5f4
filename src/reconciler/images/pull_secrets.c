/*
 * pull_secrets: credentials for registries that the source itself holds: the Secrets that pods and
 * ServiceAccounts name in `imagePullSecrets`. What nodes may pull with, we may look with; they
 * come after whoever we are ourselves, who may push as well.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "manifest/references.h"
#include "reconciler/images/images_inner.h"
#include "reconciler/images/pull_secret.h"

#include <string.h>

static const struct resource *find_secret(const struct set *set, const char *namespace,
                                          const char *name)
{
    const struct object_id id = { "", "Secret", namespace, name };
    for (size_t i = 0; i < set->count; i++)
        if (object_id_compare(&set->resources[i].id, &id) == 0)
            return &set->resources[i];
    return NULL;
}

static void add_secret(struct images *images, const struct resource *secret)
{
    AUTO_ARENA scratch = arena_new();
    struct registry_secret found = { .name = arena_printf(scratch, "Secret/%s", secret->id.name) };
    struct error error = { 0 };
    if (!pull_secret_of(scratch, secret->document, &found, &error))
        return; /* a pod that names it cannot pull either */
    if (!registries_add_secret(images->registries, &found, &error))
        log_warning("%s; going on without it", error.message);
}

void images_pull_secrets(struct images *images)
{
    const struct set *set = images->set;
    AUTO_ARENA scratch = arena_new();
    bool *added = arena_array(scratch, set->count + 1, sizeof *added);
    for (size_t i = 0; i < set->count; i++) {
        const struct resource *resource = &set->resources[i];
        const struct value *template = pod_template(&resource->id, resource->document);
        bool account = strcmp(resource->id.kind, "ServiceAccount") == 0 && !*resource->id.group;
        const struct value *names = account ? value_get(resource->document, "imagePullSecrets")
                                            : value_at(template, "spec", "imagePullSecrets", NULL);
        for (size_t j = 0; j < value_count(names); j++) {
            const char *name = value_text(value_get(value_item(names, j), "name"));
            const struct resource *secret =
                name ? find_secret(set, resource->id.namespace, name) : NULL;
            if (secret && !added[secret - set->resources])
                add_secret(images, secret);
            if (secret)
                added[secret - set->resources] = true;
        }
    }
}
