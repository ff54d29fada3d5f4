/* registry ls, exists and tag; see registry.h. */
#include "cli/registry.h"

#include "base/cleanup.h"

#include <string.h>

/* "ghcr.io", "localhost:5000", "ghcr.io/": a registry; "nginx", "ghcr.io/acme/api": a repository.
 */
static const char *registry_named(struct arena *arena, const char *text)
{
    size_t host = strcspn(text, "/");
    bool slash_ends = text[host] == '/' && text[host + 1] == '\0';
    bool looks_so = strpbrk(text, ".:") || strcmp(text, "localhost") == 0;
    if (text[host] == '\0' ? !looks_so : !slash_ends)
        return NULL;
    return arena_memdup(arena, text, host);
}

static enum exit_code print_names(struct registry_run *run, const char *owner_key,
                                  const char *owner, const char *key, const char **names,
                                  size_t count)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(run->arena), *list = value_list(run->arena);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&out, "%s\n", names[i]);
        value_push(run->arena, list, value_string(run->arena, names[i]));
    }
    if (run->invocation->output != OUTPUT_JSON)
        return command_print_text(&out, false);
    json_text(run->arena, map, owner_key, owner);
    value_set(run->arena, map, key, list);
    return registry_print_json(run, map);
}

static enum exit_code list_registry(struct registry_run *run, const char *registry)
{
    struct error error = { 0 };
    const char **names;
    size_t count;
    if (!registry_catalog(run->registries, run->arena, registry, &names, &count, run->wait, &error))
        return command_fail(run->invocation, &error);
    return print_names(run, "registry", registry, "repositories", names, count);
}

enum exit_code registry_ls(struct registry_run *run, const char *const *arguments, size_t count)
{
    struct error error = { 0 };
    struct reference reference;
    struct image_store *store;
    enum exit_code code;
    const char **tags, *name, *registry = registry_named(run->arena, arguments[0]);
    size_t tag_count;
    (void)count;
    if (!registry_is_meant(run, arguments[0], &code))
        return code;
    if (registry)
        return list_registry(run, registry);
    if (!registry_open_text(run, arguments[0], &reference, &store, &name, &code))
        return code;
    code = !store->table->tags(store, run->arena, &tags, &tag_count, run->wait, &error)
               ? command_not_there(run->invocation, &error)
               : print_names(run, "repository", store->name, "tags", tags, tag_count);
    store->table->close(store);
    return code;
}

/* "ghcr.io/acme/api@sha256:…", which is what it names now. */
static const char *pinned(struct arena *arena, const struct image_store *store,
                          const struct descriptor *descriptor)
{
    return arena_printf(arena, "%s@%s", store->name, descriptor->digest);
}

static enum exit_code print_found(struct registry_run *run, const struct image_store *store,
                                  const struct descriptor *found)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(run->arena);
    buf_printf(&out, "%s\n", pinned(run->arena, store, found));
    if (run->invocation->output != OUTPUT_JSON)
        return run->invocation->quiet ? EXIT_DONE : command_print_text(&out, false);
    json_text(run->arena, map, "image", pinned(run->arena, store, found));
    json_text(run->arena, map, "digest", found->digest);
    json_text(run->arena, map, "mediaType", found->media_type);
    value_set(run->arena, map, "size", value_integer(run->arena, found->size));
    return registry_print_json(run, map);
}

enum exit_code registry_exists(struct registry_run *run, const char *const *arguments, size_t count)
{
    struct error error = { 0 };
    struct reference reference;
    struct image_store *store;
    struct descriptor found;
    const char *name;
    enum exit_code code;
    (void)count;
    if (!registry_open_text(run, arguments[0], &reference, &store, &name, &code))
        return code;
    code = store->table->resolve(store, run->arena, name, &found, run->wait, &error)
               ? print_found(run, store, &found)
               : command_not_there(run->invocation, &error);
    store->table->close(store);
    return code;
}

/* What the tag named before; NULL: nothing. */
static bool tag_before(struct registry_run *run, struct image_store *store, const char *tag,
                       const char **ret_digest, struct error *err)
{
    struct descriptor before;
    *ret_digest = NULL;
    if (store->table->resolve(store, run->arena, tag, &before, run->wait, err)) {
        *ret_digest = before.digest;
        return true;
    }
    return err->kind == ERROR_NOT_FOUND;
}

static enum exit_code print_tagged(struct registry_run *run, const struct image_store *store,
                                   const char *tag, const char *digest, const char *before)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(run->arena);
    bool same = before && strcmp(before, digest) == 0;
    buf_printf(&out, "%s:%s\n%s\n", store->name, tag, digest);
    if (same)
        buf_puts(&out, "It was so before.\n");
    else if (before)
        buf_printf(&out, "Before: %s\n", before);
    if (run->invocation->output != OUTPUT_JSON)
        return command_print_text(&out, false);
    json_text(run->arena, map, "image", arena_printf(run->arena, "%s:%s", store->name, tag));
    json_text(run->arena, map, "digest", digest);
    json_text(run->arena, map, "before", before);
    return registry_print_json(run, map);
}

static bool put_tag(struct registry_run *run, struct image_store *store, const char *name,
                    const char *tag, const char **ret_digest, const char **ret_before,
                    struct error *err)
{
    struct descriptor top;
    const char *bytes;
    if (!store->table->manifest(store, run->arena, name, &top, &bytes, run->wait, err)
        || !tag_before(run, store, tag, ret_before, err))
        return false;
    *ret_digest = top.digest;
    if (*ret_before && strcmp(*ret_before, top.digest) == 0)
        return true;
    return store->table->put_manifest(store, &top, bytes, tag, run->wait, err);
}

enum exit_code registry_tag(struct registry_run *run, const char *const *arguments, size_t count)
{
    struct error error = { 0 };
    struct reference reference;
    struct image_store *store;
    const char *name, *digest, *before;
    enum exit_code code;
    (void)count;
    if (strpbrk(arguments[1], "/:@"))
        return command_stop(run->invocation, EXIT_USAGE,
                            "\"%s\": a tag alone is wanted; to another repository: cmx-reconcile "
                            "registry copy",
                            arguments[1]);
    if (!registry_open_text(run, arguments[0], &reference, &store, &name, &code))
        return code;
    code = put_tag(run, store, name, arguments[1], &digest, &before, &error)
               ? print_tagged(run, store, arguments[1], digest, before)
               : command_not_there(run->invocation, &error);
    store->table->close(store);
    return code;
}
