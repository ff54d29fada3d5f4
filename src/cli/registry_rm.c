/*
 * registry rm: deletes an image by its digest, and with it every tag that names it.
 *
 * So other tags are looked for first: who deletes api:1.4 does not mean api:stable. And the
 * cluster at hand, or those that a source names (-f, --git), are asked whether they run the image,
 * or keep an older revision that does: a pod that moves to another node would not start again, and
 * a rollback would find nothing.
 *
 * What refers to the image goes with --referrers, behind it; else it is said to stay.
 */
#include "cli/registry_attached.h"

#include "base/cleanup.h"
#include "base/printable.h"
#include "reconciler/images/users.h"

#include <string.h>

enum { LOOK_MS = 20000, USERS_SHOWN = 5 };

struct removal {
    struct registry_run *run;
    const char *repository; /* without the registry */
    struct image_store *store;
    const char *name; /* tag or digest */
    struct descriptor found;
    struct registry_use *uses;
    size_t use_count;
    bool gone; /* already: only what refers to it is left */
    struct rm_attached attached;
};

enum which { TAGS_ALL, TAGS_OTHERS, TAGS_WITHIN };

/*
 * Does a tag that is found belong to these? The one that notes of which source an image was built
 * (cmx-…) is nobody's name for it.
 */
static bool is_of(const struct removal *removal, const struct registry_use *use, enum which which)
{
    if (which == TAGS_WITHIN || use->within)
        return which == TAGS_WITHIN && use->within;
    return which == TAGS_ALL
           || (strcmp(use->tag, removal->name) != 0 && strncmp(use->tag, "cmx-", 4) != 0);
}

static size_t add_tags(struct buf *out, const struct removal *removal, enum which which)
{
    size_t count = 0;
    for (size_t i = 0; i < removal->use_count; i++)
        if (is_of(removal, &removal->uses[i], which))
            buf_printf(out, "%s%s", count++ ? ", " : "", removal->uses[i].tag);
    return count;
}

/* What an index holds cannot go before it: its tag would name something incomplete. */
static bool refused(const struct removal *removal, enum exit_code *ret_code)
{
    AUTO_BUF within = BUF_INIT(BUF_OUTPUT_CEILING), others = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct invocation *invocation = removal->run->invocation;
    if (add_tags(&within, removal, TAGS_WITHIN))
        *ret_code = command_stop(invocation, EXIT_REFUSED,
                                 "%s is a part of the image for several platforms under: %s.\n"
                                 "Delete that one first. Nothing was deleted.",
                                 removal->found.digest, buf_text(&within));
    else if (add_tags(&others, removal, TAGS_OTHERS) && !invocation->all_tags)
        *ret_code = command_stop(invocation, EXIT_REFUSED,
                                 "%s is named by other tags too, and they would go with it: %s.\n"
                                 "If this is meant: --all-tags. Nothing was deleted.",
                                 removal->found.digest, buf_text(&others));
    else
        return false;
    return true;
}

/*
 * A list that lacks the tag by which the image was named may lack others: some registries answer
 * null or 404 in place of a list, or are slow to list what is new.
 */
static bool is_unsure(const struct removal *removal, enum exit_code *ret_code)
{
    const struct invocation *invocation = removal->run->invocation;
    bool listed = digest_text_valid(removal->name) || invocation->all_tags;
    for (size_t i = 0; i < removal->use_count && !listed; i++)
        listed = !removal->uses[i].within && strcmp(removal->uses[i].tag, removal->name) == 0;
    if (listed)
        return false;
    *ret_code = command_stop(invocation, EXIT_REFUSED,
                             "the list of tags of %s does not show \"%s\" as a name of %s,\n"
                             "so that nobody can tell which others go with it. If this is meant: "
                             "--all-tags. Nothing was deleted.",
                             removal->store->name, removal->name, removal->found.digest);
    return true;
}

static const char *list_objects(struct arena *arena, const struct object_id *ids, size_t count)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < count && i < USERS_SHOWN; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", object_id_text(arena, &ids[i], NULL));
    if (count > USERS_SHOWN)
        buf_printf(&text, " and %zu more", count - USERS_SHOWN);
    return arena_strdup(arena, buf_text(&text));
}

static enum exit_code refuse_used(const struct removal *removal, const struct image_users *users)
{
    struct arena *arena = removal->run->arena;
    if (users->count)
        return command_stop(removal->run->invocation, EXIT_REFUSED,
                            "%s runs %s: %s.\n"
                            "Roll out another image first. If this is meant: --even-if-used. "
                            "Nothing was deleted.",
                            users->where, removal->found.digest,
                            list_objects(arena, users->ids, users->count));
    return command_stop(removal->run->invocation, EXIT_REFUSED,
                        "%s may go back to %s: older revisions of %s run it, and a rollback would "
                        "not find it.\n"
                        "If this is meant: --even-if-used. Nothing was deleted.",
                        users->where, removal->found.digest,
                        list_objects(arena, users->older, users->older_count));
}

/* That nobody could look is not that nothing runs it. */
static bool in_use(const struct removal *removal, enum exit_code *ret_code)
{
    const struct invocation *invocation = removal->run->invocation;
    struct arena *arena = removal->run->arena;
    struct image_going going = { .repository = removal->repository,
                                 .digest = removal->found.digest };
    struct wait wait = wait_for(LOOK_MS, removal->run->wait);
    struct error error = { 0 };
    struct image_users users;
    bool source = invocation->files.count || invocation->run.source.git_url;
    if (invocation->even_if_used || (!source && !command_has_cluster(invocation)))
        return false;
    for (size_t i = 0; i < removal->use_count; i++)
        if (!removal->uses[i].within)
            arena_push(arena, going.tags.items, going.tags.count, going.tags.capacity,
                       removal->uses[i].tag);
    if (!image_users_find(&invocation->run, source, arena, &going, &users, &wait, &error))
        *ret_code = command_stop(invocation, exit_of_error(&error),
                                 "could not look whether %s runs %s: %s\n"
                                 "Another cluster is named with --context. If it is to go all the "
                                 "same: --even-if-used. Nothing was deleted.",
                                 users.where ? users.where : "the cluster", removal->found.digest,
                                 error.message);
    else if (users.count || users.older_count)
        *ret_code = refuse_used(removal, &users);
    else
        return false;
    return true;
}

/* What goes along is listed above the question. */
static const char *question_about(const struct removal *removal)
{
    struct registry_run *run = removal->run;
    size_t count = removal->attached.count;
    AUTO_BUF list = BUF_INIT(BUF_OUTPUT_CEILING);
    if (!run->invocation->referrers || !count)
        return "";
    buf_puts(&list, "What refers to it:\n");
    rm_attached_list(&list, &removal->attached);
    (void)command_print_text(&list, false);
    return arena_printf(run->arena, ", with the %zu that refer%s to it", count,
                        count == 1 ? "s" : "");
}

static bool confirmed(const struct removal *removal, enum exit_code *ret_code)
{
    AUTO_BUF tags = BUF_INIT(BUF_OUTPUT_CEILING);
    struct invocation *invocation = removal->run->invocation;
    if (invocation->yes)
        return true;
    if (!terminal_is_interactive() || invocation->output == OUTPUT_JSON) {
        *ret_code = command_stop(invocation, EXIT_USAGE,
                                 "nothing was done: there is no terminal to ask at. Use --yes.");
        return false;
    }
    add_tags(&tags, removal, TAGS_ALL);
    const char *question =
        arena_printf(removal->run->arena, "Delete %s@%s%s%s%s? [y/N]", removal->store->name,
                     removal->found.digest, tags.length ? ", tags " : "", buf_text(&tags),
                     question_about(removal));
    if (terminal_ask(question, NULL))
        return true;
    *ret_code = command_stop(invocation, EXIT_REFUSED, "nothing was done");
    return false;
}

static bool same_uses(const struct removal *removal, const struct registry_use *uses, size_t count)
{
    bool same = count == removal->use_count;
    for (size_t i = 0; i < count && same; i++)
        same = strcmp(uses[i].tag, removal->uses[i].tag) == 0
               && uses[i].within == removal->uses[i].within;
    return same;
}

/* A question may stand for an hour, and meanwhile another tag may have come to name the image. */
static bool has_changed(const struct removal *removal, enum exit_code *ret_code)
{
    struct registry_run *run = removal->run;
    struct registry_use *uses;
    size_t count;
    struct error error = { 0 };
    if (run->invocation->yes)
        return false;
    if (!registry_uses(removal->store, run->arena, removal->found.digest, &uses, &count, run->wait,
                       &error))
        *ret_code = command_fail(run->invocation, &error);
    else if (!same_uses(removal, uses, count))
        *ret_code = command_stop(run->invocation, EXIT_REFUSED,
                                 "the tags of %s changed while you were asked: look again. Nothing "
                                 "was deleted.",
                                 removal->found.digest);
    else
        return false;
    return true;
}

static enum exit_code print_deleted(const struct removal *removal)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING), tags = BUF_INIT(BUF_OUTPUT_CEILING);
    struct registry_run *run = removal->run;
    struct value *map = value_map(run->arena), *list = value_list(run->arena);
    buf_printf(&out, "- %s\n  %s\n", removal->store->name, removal->found.digest);
    if (add_tags(&tags, removal, TAGS_ALL))
        buf_printf(&out, "  tags: %s\n", buf_text(&tags));
    rm_attached_print(run, &out, removal->store->name, removal->found.digest, &removal->attached);
    if (run->invocation->output != OUTPUT_JSON)
        return command_print_text(&out, false);
    for (size_t i = 0; i < removal->use_count; i++)
        value_push(run->arena, list, value_string(run->arena, removal->uses[i].tag));
    json_text(run->arena, map, "image",
              arena_printf(run->arena, "%s@%s", removal->store->name, removal->found.digest));
    value_set(run->arena, map, "deletedTags", list);
    rm_attached_json(run, map, &removal->attached);
    return registry_print_json(run, map);
}

/* An image that is gone may have left behind what refers to it. */
static bool look(struct removal *removal, enum exit_code *ret_code)
{
    struct registry_run *run = removal->run;
    struct image_store *store = removal->store;
    struct error error = { 0 };
    bool known = digest_text_valid(removal->name) && run->invocation->referrers;
    if (!store->table->resolve(store, run->arena, removal->name, &removal->found, run->wait,
                               &error)) {
        removal->gone = known && error.kind == ERROR_NOT_FOUND;
        removal->found = (struct descriptor){ .digest = removal->name };
        if (!removal->gone) {
            *ret_code = command_not_there(run->invocation, &error);
            return false;
        }
    }
    struct error why = { 0 };
    if (!registry_uses(store, run->arena, removal->found.digest, &removal->uses,
                       &removal->use_count, run->wait, &why)
        || !rm_attached_find(run, store, removal->found.digest, &removal->attached, &why)) {
        *ret_code = command_fail(run->invocation, &why);
        return false;
    }
    if (removal->gone && !removal->attached.count) {
        *ret_code = command_not_there(run->invocation, &error);
        return false;
    }
    return true;
}

static bool remove_all(const struct removal *removal, struct error *err)
{
    struct registry_run *run = removal->run;
    const char *digest = removal->found.digest;
    return (removal->gone || registry_delete_manifest(removal->store, digest, run->wait, err))
           && (!run->invocation->referrers
               || rm_attached_delete(run, removal->store, digest, &removal->attached, err));
}

static enum exit_code carry_out(struct removal *removal)
{
    struct registry_run *run = removal->run;
    struct error error = { 0 };
    enum exit_code code;
    if (!look(removal, &code) || refused(removal, &code) || is_unsure(removal, &code)
        || rm_attached_refused(run, removal->store, &removal->attached, &code)
        || in_use(removal, &code) || !confirmed(removal, &code) || has_changed(removal, &code))
        return code;
    if (!remove_all(removal, &error))
        return command_fail(run->invocation, &error);
    return print_deleted(removal);
}

enum exit_code registry_rm(struct registry_run *run, const char *const *arguments, size_t count)
{
    struct removal removal = { .run = run };
    struct reference reference;
    enum exit_code code;
    (void)count;
    if (!registry_open_text(run, arguments[0], &reference, &removal.store, &removal.name, &code))
        return code;
    if (!reference.tag && !reference.digest)
        code = command_stop(run->invocation, EXIT_USAGE,
                            "%s: which image of it? Name a tag or a digest", arguments[0]);
    else {
        removal.repository = reference.repository;
        code = carry_out(&removal);
    }
    removal.store->table->close(removal.store);
    return code;
}
