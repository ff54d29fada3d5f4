/* pull_secret: see pull_secret.h. */
#include "reconciler/images/pull_secret.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "reconciler/removal.h"

#include <string.h>

static const struct {
    const char *type, *key;
    bool bare;
} forms[] = {
    { "kubernetes.io/dockerconfigjson", ".dockerconfigjson", false },
    { "kubernetes.io/dockercfg", ".dockercfg", true },
};

/* Its content is in no error: it is a password. */
bool pull_secret_of(struct arena *arena, const struct value *document, struct registry_secret *ret,
                    struct error *err)
{
    const char *type = value_text_at(document, "type", NULL);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *text = value_text_at(document, "data", forms[i].key, NULL);
        char *data;
        if (!type || strcmp(type, forms[i].type) != 0)
            continue;
        if (!text || !base64_decode(arena, text, strlen(text), &data, &ret->length))
            return error_set(err, ERROR_INPUT, "%s has no %s", ret->name, forms[i].key);
        ret->data = data;
        ret->bare = forms[i].bare;
        return true;
    }
    return error_set(err, ERROR_INPUT,
                     "%s holds no credentials for registries: its type is %s, wanted is %s",
                     ret->name, type ? type : "not given", forms[0].type);
}

static bool read_from(struct run *run, const char *namespace, const char *name,
                      struct registry_secret *ret, struct arena *arena, const struct wait *wait,
                      struct error *err)
{
    const struct value *document;
    if (!run_targets(run, err))
        return false;
    struct target_run *target = &run->targets[0];
    if (!target_connect(run, target, wait, err))
        return false;
    if (!target->provider->secret)
        return error_set(err, ERROR_USAGE, "%s has no Secrets", target->description);
    if (!target->provider->secret(target->session, run->arena, namespace, name, &document, wait,
                                  err))
        return error_prefix(err, "%s", target->description);
    return pull_secret_of(arena, document, ret, err);
}

bool pull_secret_read(const struct run_options *options, struct arena *arena, const char *name,
                      struct registry_secret *ret, const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    const char *slash = strchr(name, '/');
    const char *namespace = options->namespace ? options->namespace : "default";
    struct run run;
    if (slash) {
        namespace = arena_memdup(scratch, name, (size_t)(slash - name));
        name = slash + 1;
    }
    *ret = (struct registry_secret){ .name = arena_printf(arena, "Secret/%s/%s", namespace, name) };
    run_start(&run, scratch, options);
    run_without_source(&run, "", NULL);
    bool done = read_from(&run, namespace, name, ret, arena, wait, err);
    run_done(&run);
    return done;
}
