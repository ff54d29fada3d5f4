/*
 * discovery: the index of kinds and looking them up. See discovery.h; the
 * documents are read by discovery_aggregated.c and discovery_legacy.c.
 */
#include "base/cleanup.h"
#include "base/pool.h"
#include "providers/kubernetes/client/discovery_index.h"

#include <string.h>

/* -------------------------------------------------------------- the index */

struct api_group *discovery_add_group(struct discovery *discovery, const char *name)
{
    struct api_group *group = arena_alloc(discovery->arena, sizeof *group);
    group->name = name;
    arena_push(discovery->arena, discovery->groups, discovery->group_count,
               discovery->group_capacity, group);
    return group;
}

struct api_version *discovery_add_version(struct discovery *discovery, struct api_group *group,
                                          const char *name, bool stale)
{
    struct api_version *version = arena_alloc(discovery->arena, sizeof *version);
    *version = (struct api_version){ .name = name, .stale = stale };
    arena_push(discovery->arena, group->versions, group->count, group->capacity, version);
    return version;
}

static bool has_verb(const struct value *verbs, const char *verb)
{
    for (size_t i = 0; i < value_count(verbs); i++) {
        const char *text = value_text(value_item(verbs, i));
        if (text && strcmp(text, verb) == 0)
            return true;
    }
    return false;
}

void discovery_add_kind(struct discovery *discovery, const struct api_group *group,
                        struct api_version *version, const struct api_kind *named,
                        const struct value *verbs)
{
    struct api_kind *kind = arena_alloc(discovery->arena, sizeof *kind);
    *kind = *named;
    kind->group = group->name;
    kind->version = version->name;
    kind->can_list = has_verb(verbs, "list");
    kind->can_watch = has_verb(verbs, "watch");
    kind->can_patch = has_verb(verbs, "patch");
    kind->can_delete = has_verb(verbs, "delete");
    arena_push(discovery->arena, version->kinds, version->count, version->capacity, kind);
}

/* --------------------------------------------------------------- looking up */

static const struct api_group *find_group(const struct discovery *discovery, const char *name)
{
    for (size_t i = 0; i < discovery->group_count; i++)
        if (strcmp(discovery->groups[i]->name, name) == 0)
            return discovery->groups[i];
    return NULL;
}

static const struct api_kind *find_kind(const struct api_version *version, const char *kind)
{
    for (size_t i = 0; i < version->count; i++)
        if (strcmp(version->kinds[i]->kind, kind) == 0)
            return version->kinds[i];
    return NULL;
}

enum kind_state discovery_find(const struct discovery *discovery, const char *group,
                               const char *version, const char *kind,
                               const struct api_kind **ret_kind)
{
    const struct api_group *found = find_group(discovery, group);
    bool stale = false;
    for (size_t i = 0; found && i < found->count; i++) {
        const struct api_version *candidate = found->versions[i];
        if (version && strcmp(candidate->name, version) != 0)
            continue;
        const struct api_kind *match = find_kind(candidate, kind);
        stale |= candidate->stale;
        if (!match)
            continue;
        *ret_kind = match;
        return KIND_KNOWN;
    }
    return stale ? KIND_STALE : KIND_ABSENT;
}

const struct api_kind *discovery_at(const struct discovery *discovery, size_t index)
{
    return index < discovery->preferred_count ? discovery->preferred[index] : NULL;
}

/* Kubernetes' APIs of measurements: each answer is made when it is asked for, nothing is kept. */
static bool keeps_nothing(const struct api_group *group)
{
    static const char *const groups[] = { "metrics.k8s.io", "custom.metrics.k8s.io",
                                          "external.metrics.k8s.io" };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (strcmp(group->name, groups[i]) == 0)
            return true;
    return false;
}

size_t discovery_silent(const struct discovery *discovery, struct arena *arena,
                        const char **ret_names)
{
    AUTO_BUF names = BUF_INIT(BUF_OUTPUT_CEILING);
    size_t count = 0;
    for (size_t i = 0; i < discovery->group_count; i++) {
        const struct api_group *group = discovery->groups[i];
        for (size_t j = 0; j < group->count && !keeps_nothing(group); j++)
            if (group->versions[j]->stale)
                buf_printf(&names, "%s%s.%s", count++ ? " " : "", group->versions[j]->name,
                           group->name);
    }
    *ret_names = arena_memdup(arena, buf_text(&names), names.length);
    return count;
}

/* A kind is preferred where no earlier version of its group serves it. */
static void index_group(struct discovery *discovery, const struct api_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        for (size_t j = 0; j < group->versions[i]->count; j++) {
            const struct api_kind *kind = group->versions[i]->kinds[j], *first = NULL;
            discovery_find(discovery, group->name, NULL, kind->kind, &first);
            if (first == kind && kind->can_list && kind->can_delete)
                arena_push(discovery->arena, discovery->preferred, discovery->preferred_count,
                           discovery->preferred_capacity, kind);
        }
}

/* One of the two documents; both are asked for at the same time. */
struct part {
    const char *root;
    struct client *client;
    const struct wait *wait;
    struct arena *arena;
    struct api_answer answer;
    bool answered;
    struct error error;
};

static void ask_part(void *context, struct arena *arena)
{
    struct part *part = context;
    (void)arena; /* the answer has to outlive the task */
    part->answered = discovery_ask(part->client, part->arena, part->root, &part->answer, part->wait,
                                   &part->error);
}

static bool add_part(struct discovery *discovery, const struct part *part, struct error *err)
{
    if (!part->answered) {
        *err = part->error;
        return false;
    }
    return discovery_add_answer(part->client, discovery, part->root, part->answer.document,
                                part->wait, err);
}

bool discovery_read(struct client *client, struct arena *arena, struct discovery **ret_discovery,
                    const struct wait *wait, struct error *err)
{
    struct discovery *discovery = arena_alloc(arena, sizeof *discovery);
    AUTO_ARENA core = arena_new();
    AUTO_ARENA groups = arena_new();
    struct part parts[] = { { .root = "/api", .client = client, .wait = wait, .arena = core },
                            { .root = "/apis", .client = client, .wait = wait, .arena = groups } };
    discovery->arena = arena;
    pool_each(2, ask_part, parts, 2, sizeof *parts);
    if (!add_part(discovery, &parts[0], err) || !add_part(discovery, &parts[1], err))
        return error_prefix(err, "discovery");
    for (size_t i = 0; i < discovery->group_count; i++)
        index_group(discovery, discovery->groups[i]);
    *ret_discovery = discovery;
    return true;
}

/* -------------------------------------------------------------------- paths */

static void add_segment(struct buf *path, const char *segment)
{
    buf_putc(path, '/');
    url_encode(path, segment);
}

const char *api_path(struct arena *arena, const struct api_kind *kind, const char *namespace,
                     const char *name)
{
    AUTO_BUF path = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&path, *kind->group ? "/apis" : "/api");
    if (*kind->group)
        add_segment(&path, kind->group);
    add_segment(&path, kind->version);
    if (kind->namespaced && namespace && *namespace) {
        buf_puts(&path, "/namespaces");
        add_segment(&path, namespace);
    }
    add_segment(&path, kind->plural);
    if (name)
        add_segment(&path, name);
    return arena_strdup(arena, buf_text(&path));
}
