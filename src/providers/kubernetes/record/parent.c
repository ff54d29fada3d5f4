/* parent: see parent.h. */
#include "providers/kubernetes/record/parent.h"

#include "base/cleanup.h"
#include "base/pool.h"
#include "providers/kubernetes/record/applyset.h"
#include "providers/kubernetes/request.h"

#include <string.h>
#include <time.h>

static const char MEMBERS[] = "members", HISTORY[] = "history";

static const char *path_of(const struct session *session, struct arena *arena, bool collection)
{
    const struct target *target = session->target;
    AUTO_BUF path = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&path, "/api/v1/namespaces/");
    url_encode(&path, target->set_namespace);
    buf_puts(&path, "/configmaps");
    if (!collection) {
        buf_putc(&path, '/');
        url_encode(&path, applyset_parent(arena, target->set_name));
    }
    return arena_strdup(arena, buf_text(&path));
}

/* RFC 9110: "Tue, 24 Nov 2026 08:20:44 GMT". Our own clock where the server tells none. */
static int64_t server_time(const char *date)
{
    struct tm parts = { 0 };
    if (date && strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &parts))
        return (int64_t)timegm(&parts);
    return clock_unix();
}

static const char *copy_at(struct arena *arena, const struct value *document, const char *a,
                           const char *b, const char *c)
{
    const char *text = value_text_at(document, a, b, c, NULL);
    return text ? arena_strdup(arena, text) : NULL;
}

static bool take(const struct session *session, struct arena *arena,
                 const struct api_answer *answer, struct parent *ret_parent, struct error *err)
{
    if (!applyset_check(answer->document, session->set_id, err))
        return false;
    *ret_parent = (struct parent){
        .exists = true,
        .uid = copy_at(arena, answer->document, "metadata", "uid", NULL),
        .version = copy_at(arena, answer->document, "metadata", "resourceVersion", NULL),
        .run = copy_at(arena, answer->document, "metadata", "annotations", RUN_ANNOTATION),
        .holds = copy_at(arena, answer->document, "metadata", "annotations", HOLDS_ANNOTATION),
        .kinds = copy_at(arena, answer->document, "metadata", "annotations", APPLYSET_KINDS),
        .namespaces =
            copy_at(arena, answer->document, "metadata", "annotations", APPLYSET_NAMESPACES),
        .data = copy_at(arena, answer->document, "binaryData", MEMBERS, NULL),
        .history = copy_at(arena, answer->document, "binaryData", HISTORY, NULL),
        .now = server_time(answer->date),
    };
    return true;
}

bool parent_read(struct session *session, struct arena *arena, bool run_only,
                 struct parent *ret_parent, const struct wait *wait, struct error *err)
{
    struct api_answer answer;
    struct error failed = { 0 };
    struct api_call call = { .method = "GET",
                             .path = path_of(session, arena, false),
                             .accept = run_only ? ACCEPT_METADATA : NULL,
                             .what = "read the record of the set" };
    if (client_call(session->client, arena, &call, &answer, wait, &failed))
        return answer_is_object(&answer, call.what, err)
               && take(session, arena, &answer, ret_parent, err);
    const char *kind = value_text(value_get(answer.document, "kind"));
    if (failed.kind == ERROR_NOT_FOUND && (!kind || strcmp(kind, "Status") != 0))
        return error_set(
            err, ERROR_UNREACHABLE,
            "read the record of the set: no Kubernetes API answers there (404): is the "
            "server's URL in the kubeconfig right?");
    if (failed.kind != ERROR_NOT_FOUND) {
        *err = failed;
        return false;
    }
    *ret_parent = (struct parent){ .now = server_time(answer.date) };
    return true;
}

static void put_text(struct arena *arena, struct value *map, const char *key, const char *text)
{
    if (text)
        value_set(arena, map, key, *text ? value_string(arena, text) : value_null(arena));
}

static struct value *content_document(const struct session *session, struct arena *arena,
                                      const struct parent_content *content)
{
    struct value *document = value_map(arena), *metadata = value_map(arena);
    struct value *labels = value_map(arena), *annotations = value_map(arena);
    put_text(arena, labels, APPLYSET_ID, session->set_id);
    put_text(arena, annotations, APPLYSET_TOOLING, APPLYSET_TOOL "v" CMX_VERSION);
    put_text(arena, annotations, RUN_ANNOTATION, content->run);
    put_text(arena, annotations, HOLDS_ANNOTATION, content->holds);
    if (content->kinds)
        value_set(arena, annotations, APPLYSET_KINDS, value_string(arena, content->kinds));
    if (content->namespaces)
        value_set(arena, annotations, APPLYSET_NAMESPACES,
                  value_string(arena, content->namespaces));
    value_set(arena, metadata, "labels", labels);
    value_set(arena, metadata, "annotations", annotations);
    value_set(arena, document, "metadata", metadata);
    if (content->data) {
        struct value *data = value_map(arena);
        put_text(arena, data, MEMBERS, content->data);
        put_text(arena, data, HISTORY, content->history);
        value_set(arena, document, "binaryData", data);
    }
    return document;
}

static bool send_document(struct session *session, struct arena *arena, struct api_call *call,
                          const struct value *document, struct parent *ret_parent,
                          const struct wait *wait, struct error *err)
{
    AUTO_BUF body = BUF_INIT(BUF_OUTPUT_CEILING);
    struct api_answer answer;
    json_write(&body, document);
    call->query = "fieldManager=" FIELD_MANAGER;
    call->body = buf_text(&body);
    call->body_length = body.length;
    call->what = "write the record of the set";
    call->repeatable = true; /* the second is a conflict, which lock.c looks into */
    return client_call(session->client, arena, call, &answer, wait, err)
           && answer_is_object(&answer, call->what, err)
           && take(session, arena, &answer, ret_parent, err);
}

bool parent_create(struct session *session, struct arena *arena,
                   const struct parent_content *content, struct parent *ret_parent,
                   const struct wait *wait, struct error *err)
{
    struct value *document = content_document(session, arena, content);
    struct value *metadata = (struct value *)value_get(document, "metadata");
    const char *name = applyset_parent(arena, session->target->set_name);
    value_set(arena, document, "apiVersion", value_string(arena, "v1"));
    value_set(arena, document, "kind", value_string(arena, "ConfigMap"));
    value_set(arena, metadata, "name", value_string(arena, name));
    struct api_call call = { .method = "POST",
                             .path = path_of(session, arena, true),
                             .content_type = "application/json" };
    return send_document(session, arena, &call, document, ret_parent, wait, err);
}

bool parent_write(struct session *session, struct arena *arena, const struct parent *seen,
                  const struct parent_content *content, struct parent *ret_parent,
                  const struct wait *wait, struct error *err)
{
    struct value *document = content_document(session, arena, content);
    struct value *metadata = (struct value *)value_get(document, "metadata");
    value_set(arena, metadata, "uid", value_string(arena, seen->uid));
    value_set(arena, metadata, "resourceVersion", value_string(arena, seen->version));
    struct api_call call = { .method = "PATCH",
                             .path = path_of(session, arena, false),
                             .content_type = "application/merge-patch+json" };
    return send_document(session, arena, &call, document, ret_parent, wait, err);
}

bool parent_delete(struct session *session, struct arena *arena, const struct parent *seen,
                   const struct wait *wait, struct error *err)
{
    struct api_answer answer;
    struct error failed = { 0 };
    const char *body = arena_printf(arena,
                                    "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
                                    "\"preconditions\":{\"uid\":\"%s\"}}",
                                    seen->uid);
    struct api_call call = { .method = "DELETE",
                             .path = path_of(session, arena, false),
                             .content_type = "application/json",
                             .body = body,
                             .body_length = strlen(body),
                             .what = "remove the record of the set" };
    if (client_call(session->client, arena, &call, &answer, wait, &failed)
        || failed.kind == ERROR_NOT_FOUND)
        return true;
    *err = failed;
    return false;
}

/* What is asked for next needs no record: it is asked for beside it. Who needs it tells its error.
 */
struct early {
    struct session *session;
    const struct wait *wait;
};

static void discover_early(void *context, struct arena *arena)
{
    struct early *early = context;
    struct error ignored;
    (void)arena;
    if (!session_discover(early->session, early->wait, &ignored))
        return;
}

bool parent_read_first(struct session *session, struct arena *arena, struct parent *ret_parent,
                       const struct wait *wait, struct error *err)
{
    struct early early = { session, wait };
    struct pool *pool = pool_new(1);
    pool_run(pool, discover_early, &early);
    bool read = parent_read(session, arena, false, ret_parent, wait, err);
    pool_free(pool);
    return read;
}
