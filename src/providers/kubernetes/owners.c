/* owners: see owners.h. */
#include "providers/kubernetes/owners.h"

#include "providers/kubernetes/session.h"

#include <string.h>

enum mark_place { IN_LABELS, IN_ANNOTATIONS };

/* How tools mark what is theirs. `scope` names the mark that tells the namespace. */
static const struct mark {
    enum mark_place place;
    const char *name, *scope, *text;
} marks[] = {
    { IN_ANNOTATIONS, "meta.helm.sh/release-name", "meta.helm.sh/release-namespace",
      "Helm release" },
    { IN_LABELS, "kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace",
      "Flux Kustomization" },
    { IN_LABELS, "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace",
      "Flux HelmRelease" },
};

static const char ARGO_TRACKING[] = "argocd.argoproj.io/tracking-id";

static const char *controller_of(struct arena *arena, const struct value *document)
{
    const struct value *owners = value_at(document, "metadata", "ownerReferences", NULL);
    for (size_t i = 0; i < value_count(owners); i++) {
        const struct value *owner = value_item(owners, i);
        const char *kind = value_text(value_get(owner, "kind"));
        const char *name = value_text(value_get(owner, "name"));
        if (value_is_true(value_get(owner, "controller"), false))
            return arena_printf(arena, "%s/%s", kind ? kind : "?", name ? name : "?");
    }
    return NULL;
}

static const char *tool_of(struct arena *arena, const struct value *document)
{
    const struct value *metadata = value_get(document, "metadata");
    const struct value *labels = value_get(metadata, "labels");
    const struct value *annotations = value_get(metadata, "annotations");
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const struct value *place = marks[i].place == IN_LABELS ? labels : annotations;
        const char *name = value_text(value_get(place, marks[i].name));
        const char *scope = value_text(value_get(place, marks[i].scope));
        if (name)
            return arena_printf(arena, "%s %s%s%s", marks[i].text, scope ? scope : "",
                                scope ? "/" : "", name);
    }
    const char *tracking = value_text(value_get(annotations, ARGO_TRACKING));
    if (tracking) /* APPLICATION:GROUP/KIND:NAMESPACE/NAME */
        return arena_printf(arena, "Argo CD application %.*s", (int)strcspn(tracking, ":"),
                            tracking);
    return NULL;
}

const char *owner_set_text(struct arena *arena, const char *set_id)
{
    return arena_printf(arena, "the set with the id %s", set_id);
}

enum owner_kind owner_of(struct arena *arena, const struct value *document, const char *set_id,
                         const char **ret_text)
{
    const char *set = value_text_at(document, "metadata", "labels", PART_OF_LABEL, NULL);
    *ret_text = controller_of(arena, document);
    if (*ret_text)
        return OWNER_CONTROLLER;
    if (set && strcmp(set, set_id) == 0)
        return OWNER_SELF;
    if (set) {
        *ret_text = owner_set_text(arena, set);
        return OWNER_OTHER_SET;
    }
    *ret_text = tool_of(arena, document);
    return *ret_text ? OWNER_TOOL : OWNER_NONE;
}
