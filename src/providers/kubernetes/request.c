/* request: see request.h. */
#include "providers/kubernetes/request.h"

#include "base/cleanup.h"

#include <string.h>

static void learn(struct session *session, const struct value *document)
{
    const char *kind = value_text(value_get(document, "kind"));
    if (kind && strcmp(kind, "Secret") == 0)
        client_learn_secret(session->client, document);
}

static const char *object_text(struct arena *arena, const struct api_kind *kind,
                               const char *namespace, const char *name)
{
    struct object_id id = { kind->group, kind->kind, namespace ? namespace : "", name };
    return object_id_text(arena, &id, NULL);
}

const char *kind_api_version(struct arena *arena, const struct api_kind *kind)
{
    return *kind->group ? arena_printf(arena, "%s/%s", kind->group, kind->version)
                        : arena_strdup(arena, kind->version);
}

bool request_get(struct session *session, struct arena *arena, const struct object_request *object,
                 const struct value **ret_document, const struct wait *wait, struct error *err)
{
    struct api_answer answer;
    struct api_call call = {
        .method = "GET",
        .path = api_path(arena, object->kind, object->namespace, object->name),
        .accept = object->metadata_only ? ACCEPT_METADATA : NULL,
        .what = arena_printf(arena, "get %s",
                             object_text(arena, object->kind, object->namespace, object->name)),
    };
    if (!client_call(session->client, arena, &call, &answer, wait, err)
        || !answer_is_object(&answer, call.what, err))
        return false;
    learn(session, answer.document);
    *ret_document = answer.document;
    return true;
}

static struct api_call list_call(struct arena *arena, const struct list_request *list)
{
    AUTO_BUF query = BUF_INIT(BUF_OUTPUT_CEILING);
    if (list->selector) {
        buf_puts(&query, "labelSelector=");
        url_encode(&query, list->selector);
    }
    return (struct api_call){
        .method = "GET",
        .path = api_path(arena, list->kind, list->namespace, NULL),
        .query = arena_strdup(arena, buf_text(&query)),
        .accept = list->metadata_only ? ACCEPT_METADATA_LIST : NULL,
        .what = arena_printf(arena, "list %s", list->kind->plural),
    };
}

void request_list_ahead(struct session *session, const struct list_request *list,
                        const struct wait *wait)
{
    AUTO_ARENA arena = arena_new();
    struct api_call call = list_call(arena, list);
    client_list_ahead(session->client, &call, wait);
}

bool request_list(struct session *session, struct arena *arena, const struct list_request *list,
                  json_handler *handler, void (*restart)(void *), void *context,
                  const struct wait *wait, struct error *err)
{
    const char *version;
    struct api_call call = list_call(arena, list);
    return client_list(session->client, arena, &call, handler, restart, context, &version, wait,
                       err);
}

/* A namespaced object that has nowhere to go: the server's words name no way out. */
static bool name_missing_namespace(const struct api_answer *answer, const char *what,
                                   struct error *err)
{
    const struct value *details = value_get(answer->document, "details");
    const char *kind = value_text_at(details, "kind", NULL);
    const char *name = value_text_at(details, "name", NULL);
    if (answer->status != 404 || !kind || strcmp(kind, "namespaces") != 0 || !name)
        return false;
    return error_set(err, ERROR_NOT_FOUND,
                     "%s: there is no Namespace %s: write it into the source, or make it", what,
                     name);
}

bool request_apply(struct session *session, struct arena *arena, const struct apply_request *apply,
                   struct api_answer *ret_answer, const struct wait *wait, struct error *err)
{
    AUTO_BUF body = BUF_INIT(BUF_OUTPUT_CEILING);
    json_write(&body, apply->document);
    learn(session, apply->document);
    struct api_call call = {
        .method = "PATCH",
        .path = api_path(arena, apply->kind, apply->id->namespace, apply->id->name),
        .query =
            arena_printf(arena, "fieldManager=%s&fieldValidation=Strict%s%s", apply->manager,
                         apply->dry_run ? "&dryRun=All" : "", apply->force ? "&force=true" : ""),
        .content_type = "application/apply-patch+yaml",
        .body = buf_text(&body),
        .body_length = body.length,
        .what = arena_printf(arena, "apply %s", object_id_text(arena, apply->id, NULL)),
    };
    *ret_answer = (struct api_answer){ 0 };
    if (!client_call(session->client, arena, &call, ret_answer, wait, err))
        return name_missing_namespace(ret_answer, call.what, err);
    if (!answer_is_object(ret_answer, call.what, err))
        return false;
    learn(session, ret_answer->document);
    return true;
}

bool request_patch(struct session *session, struct arena *arena,
                   const struct object_request *object, const struct value *operations,
                   bool dry_run, struct api_answer *ret_answer, const struct wait *wait,
                   struct error *err)
{
    AUTO_BUF body = BUF_INIT(BUF_OUTPUT_CEILING);
    json_write(&body, operations);
    struct api_call call = {
        .method = "PATCH",
        .path = api_path(arena, object->kind, object->namespace, object->name),
        .query =
            dry_run ? "fieldManager=" FIELD_MANAGER "&dryRun=All" : "fieldManager=" FIELD_MANAGER,
        .content_type = "application/json-patch+json",
        .body = buf_text(&body),
        .body_length = body.length,
        .what = arena_printf(arena, "patch %s",
                             object_text(arena, object->kind, object->namespace, object->name)),
    };
    *ret_answer = (struct api_answer){ 0 };
    if (!client_call(session->client, arena, &call, ret_answer, wait, err)
        || !answer_is_object(ret_answer, call.what, err))
        return false;
    learn(session, ret_answer->document);
    return true;
}

struct value *patch_operation(struct arena *arena, const char *operation, const char *path,
                              const struct value *value)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "op", value_string(arena, operation));
    value_set(arena, map, "path", value_string(arena, path));
    if (value)
        value_set(arena, map, "value", value_copy(arena, value));
    return map;
}
