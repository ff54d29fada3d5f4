/* glance: see glance.h. */
#include "providers/kubernetes/health/glance.h"

#include "base/cleanup.h"
#include "base/columns.h"
#include "base/log.h"
#include "providers/kubernetes/health/pods_inner.h"
#include "providers/kubernetes/request.h"

#include <string.h>

enum { DETAIL_COLUMNS = 200 };

struct glance {
    struct session *session;
    struct arena *arena;
    struct subject **ill; /* of one namespace, sorted by identity */
    size_t count;
    int64_t now; /* seconds */
};

static bool is_ill(const struct subject *subject)
{
    const struct observation *live = &subject->live;
    return live->health && (!live->healthy || live->unproven) && pods_of_kind(&subject->id)
           && strcmp(subject->id.kind, "Pod") != 0;
}

/* A Deployment's pods belong to its ReplicaSets, NAME-HASH. */
static bool owns(const struct subject *subject, const char *kind, const char *name)
{
    size_t length = strlen(subject->id.name);
    if (strcmp(subject->id.kind, "Deployment") != 0)
        return !strcmp(subject->id.kind, kind) && !strcmp(subject->id.name, name);
    return !strcmp(kind, "ReplicaSet") && !strncmp(name, subject->id.name, length)
           && name[length] == '-' && !strchr(name + length + 1, '-');
}

static struct subject *owner_of_pod(const struct glance *glance, const struct value *pod)
{
    const struct value *owners = value_at(pod, "metadata", "ownerReferences", NULL);
    for (size_t i = 0; i < value_count(owners); i++) {
        const char *kind = value_text_at(value_item(owners, i), "kind", NULL);
        const char *name = value_text_at(value_item(owners, i), "name", NULL);
        for (size_t j = 0; kind && name && j < glance->count; j++)
            if (owns(glance->ill[j], kind, name))
                return glance->ill[j];
    }
    return NULL;
}

/* Has it crashed since its workload was listed? Evicted pods that are left hurt nobody. */
static bool crashed(struct arena *scratch, struct pod *pod)
{
    const char *phase = value_text_at(pod->document, "status", "phase", NULL);
    return phase && !strcmp(phase, "Running") && pod_judge(scratch, pod->document, &pod->trouble)
           && (pod->trouble.sort == POD_CRASHES || pod->trouble.sort == POD_ENDED);
}

static bool judge(const struct glance *glance, struct arena *scratch, const struct subject *subject,
                  struct pod *pod)
{
    if (!subject->live.unproven)
        return pod_judge(scratch, pod->document, &pod->trouble);
    return !value_at(pod->document, "metadata", "deletionTimestamp", NULL)
           && (pod_unproven(scratch, pod->document, glance->now, &pod->trouble)
               || crashed(scratch, pod));
}

static bool look_at_pod(void *context, struct arena *scratch, const struct value *document,
                        struct error *err)
{
    struct glance *glance = context;
    const char *name = value_text_at(document, "metadata", "name", NULL);
    struct pod pod = { .name = name ? name : "", .document = document };
    (void)err;
    struct subject *subject = owner_of_pod(glance, document);
    if (!subject || subject->live.trouble || !judge(glance, scratch, subject, &pod))
        return true;
    const char *detail = client_redact(glance->session->client, scratch, pod.trouble.detail);
    size_t shown = text_fit(detail, DETAIL_COLUMNS);
    const char *line = pod_line(scratch, &pod);
    subject->live.trouble = *detail ? arena_printf(glance->arena, "%s (%.*s%s)", line, (int)shown,
                                                   detail, detail[shown] ? "…" : "")
                                    : arena_strdup(glance->arena, line);
    return true;
}

static void forget_troubles(void *context)
{
    struct glance *glance = context;
    for (size_t i = 0; i < glance->count; i++)
        glance->ill[i]->live.trouble = NULL;
}

/* Its pods are ready by their own word alone, and one was started again only just now. */
static void doubt(struct glance *glance)
{
    for (size_t i = 0; i < glance->count; i++) {
        struct observation *live = &glance->ill[i]->live;
        if (live->unproven && live->trouble) {
            live->healthy = false;
            live->health = "ready, but only just";
        }
    }
}

static void look_in_namespace(struct glance *glance, const struct wait *wait)
{
    static const struct api_kind kind = { .group = "",
                                          .version = "v1",
                                          .kind = "Pod",
                                          .plural = "pods",
                                          .namespaced = true,
                                          .can_list = true };
    AUTO_ARENA scratch = arena_new();
    struct error err;
    struct list_request list = { .kind = &kind, .namespace = glance->ill[0]->id.namespace };
    if (!request_list(glance->session, scratch, &list, look_at_pod, forget_troubles, glance, wait,
                      &err))
        log_debug("%s", err.message);
    doubt(glance);
}

void glance_at_pods(struct session *session, struct arena *arena, const struct wait *wait)
{
    AUTO_ARENA scratch = arena_new();
    struct text_list namespaces = { 0 };
    for (size_t i = 0; i < session->subject_count; i++) {
        const char *namespace = session->subjects[i]->id.namespace;
        bool known = !is_ill(session->subjects[i]);
        for (size_t j = 0; j < namespaces.count && !known; j++)
            known = !strcmp(namespaces.items[j], namespace);
        if (!known)
            arena_push(scratch, namespaces.items, namespaces.count, namespaces.capacity, namespace);
    }
    for (size_t n = 0; n < namespaces.count; n++) {
        struct glance glance = { .session = session, .arena = arena, .now = clock_unix() };
        glance.ill = arena_array(scratch, session->subject_count, sizeof(struct subject *));
        for (size_t i = 0; i < session->subject_count; i++)
            if (is_ill(session->subjects[i])
                && !strcmp(session->subjects[i]->id.namespace, namespaces.items[n]))
                glance.ill[glance.count++] = session->subjects[i];
        look_in_namespace(&glance, wait);
    }
}
