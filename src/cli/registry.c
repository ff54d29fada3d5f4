/* registry: the subcommands about registries, in one table; see registry.h. */
#include "cli/registry.h"

#include "base/cleanup.h"
#include "manifest/shape.h"
#include "manifest/value_json.h"

#include <string.h>

/* Options that only some of them take. */
enum takes {
    TAKES_RAW = 1 << 0,
    TAKES_PLATFORM = 1 << 1,
    TAKES_REFERRERS = 1 << 2,
    TAKES_ALL_TAGS = 1 << 3,
    TAKES_YES = 1 << 4,
    TAKES_LOGIN = 1 << 5,
    TAKES_CLUSTER = 1 << 6,
};

static const struct subcommand {
    const char *name, *arguments;
    size_t least, most;
    unsigned takes;
    registry_action *action;
} subcommands[] = {
    { "ls", "REGISTRY|REPOSITORY", 1, 1, 0, registry_ls },
    { "inspect", "IMAGE", 1, 1, TAKES_RAW | TAKES_PLATFORM, registry_inspect },
    { "exists", "IMAGE", 1, 1, 0, registry_exists },
    { "rm", "IMAGE", 1, 1, TAKES_ALL_TAGS | TAKES_YES | TAKES_CLUSTER | TAKES_REFERRERS,
      registry_rm },
    { "tag", "IMAGE TAG", 2, 2, 0, registry_tag },
    { "copy", "FROM TO", 2, 2, TAKES_PLATFORM | TAKES_REFERRERS, registry_copy },
    { "login", "REGISTRY", 1, 1, TAKES_LOGIN, registry_login_command },
    { "logout", "REGISTRY", 1, 1, 0, registry_logout_command },
};

enum { SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

/* ------------------------------------------------------------------ choosing one */

static enum exit_code say_which(struct invocation *invocation, const char *name)
{
    const char *names[SUBCOMMANDS];
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        names[i] = subcommands[i].name;
    const char *meant = name ? suggest(name, names, SUBCOMMANDS) : NULL;
    if (!name)
        return command_stop(invocation, EXIT_USAGE,
                            "registry what? ls, inspect, exists, rm, tag, copy, login or logout; "
                            "see cmx-reconcile help registry");
    return command_stop(invocation, EXIT_USAGE,
                        "there is no command \"registry %s\"%s%s%s; see cmx-reconcile help "
                        "registry",
                        name, meant ? " (did you mean " : "", meant ? meant : "",
                        meant ? "?)" : "");
}

static const struct subcommand *find(const char *name)
{
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return &subcommands[i];
    return NULL;
}

/* An option that would be passed over in silence is refused. */
static const char *stray_option(const struct invocation *invocation, unsigned takes)
{
    const struct {
        bool given;
        unsigned takes;
        const char *name;
    } options[] = {
        { invocation->raw, TAKES_RAW, "--raw" },
        { invocation->platforms.count > 0, TAKES_PLATFORM, "--platform" },
        { invocation->referrers, TAKES_REFERRERS, "--referrers" },
        { invocation->all_tags, TAKES_ALL_TAGS, "--all-tags" },
        { invocation->even_if_used, TAKES_CLUSTER, "--even-if-used" },
        { invocation->run.context != NULL, TAKES_CLUSTER, "--context" },
        { invocation->run.kubeconfig != NULL, TAKES_CLUSTER, "--kubeconfig" },
        { invocation->files.count > 0, TAKES_CLUSTER, "--filename" },
        { invocation->run.source.git_url != NULL, TAKES_CLUSTER, "--git" },
        { invocation->yes, TAKES_YES, "--yes" },
        { invocation->username != NULL, TAKES_LOGIN, "--username" },
        { invocation->password_stdin, TAKES_LOGIN, "--password-stdin" },
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && !(options[i].takes & takes))
            return options[i].name;
    return NULL;
}

enum exit_code command_registry(struct invocation *invocation)
{
    const struct text_list *arguments = &invocation->arguments;
    const char *name = arguments->count ? arguments->items[0] : NULL;
    const struct subcommand *chosen = name ? find(name) : NULL;
    if (!chosen)
        return say_which(invocation, name);
    size_t count = arguments->count - 1;
    const char *stray = stray_option(invocation, chosen->takes);
    if (stray)
        return command_stop(invocation, EXIT_USAGE, "registry %s takes no %s", name, stray);
    if (count < chosen->least || count > chosen->most)
        return command_stop(invocation, EXIT_USAGE, "usage: cmx-reconcile registry %s %s", name,
                            chosen->arguments);
    return registry_with(invocation, chosen->action, arguments->items + 1, count);
}

enum exit_code command_pull(struct invocation *invocation)
{
    if (invocation->arguments.count != 1 || !invocation->pull_to)
        return command_stop(
            invocation, EXIT_USAGE,
            "usage: cmx-reconcile pull IMAGE --to oci:FOLDER, archive:FILE or docker:NAME");
    return registry_with(invocation, registry_pull, invocation->arguments.items, 1);
}

enum exit_code command_push(struct invocation *invocation)
{
    if (invocation->arguments.count != 2)
        return command_stop(invocation, EXIT_USAGE,
                            "usage: cmx-reconcile push oci:FOLDER[:TAG], archive:FILE or "
                            "docker:NAME, then IMAGE");
    return registry_with(invocation, registry_push, invocation->arguments.items, 2);
}

/* ----------------------------------------------------------------------- shared */

enum exit_code registry_with(struct invocation *invocation, registry_action *action,
                             const char *const *arguments, size_t count)
{
    AUTO_ARENA arena = arena_new();
    struct registry_run run = {
        .invocation = invocation, .arena = arena, .http = http_new(), .wait = &invocation->wait
    };
    run.registries = registries_new(run.http, &invocation->registry);
    enum exit_code code = action(&run, arguments, count);
    registries_free(run.registries);
    http_free(run.http);
    return code;
}

bool registry_is_meant(struct registry_run *run, const char *text, enum exit_code *ret_code)
{
    static const char *const prefixes[] = { "oci:", "archive:", "oci-archive:", "docker-archive:" };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0) {
            *ret_code = command_stop(run->invocation, EXIT_USAGE,
                                     "\"%s\" is in no registry: folders and archives are known to "
                                     "push, pull and registry copy",
                                     text);
            return false;
        }
    return true;
}

bool registry_open_text(struct registry_run *run, const char *text, struct reference *ret_reference,
                        struct image_store **ret_store, const char **ret_name,
                        enum exit_code *ret_code)
{
    struct error error = { 0 };
    if (!registry_is_meant(run, text, ret_code))
        return false;
    if (!reference_parse(run->arena, text, ret_reference, &error)
        || !registry_open(run->registries, ret_reference, ret_store, &error)) {
        *ret_code = command_fail(run->invocation, &error);
        return false;
    }
    const char *tag = ret_reference->tag ? ret_reference->tag : "latest";
    *ret_name = ret_reference->digest ? ret_reference->digest : tag;
    return true;
}

const char *bytes_text(struct arena *arena, int64_t bytes)
{
    static const char *const units[] = { "kB", "MB", "GB", "TB" };
    double amount = (double)bytes / 1000;
    size_t unit = 0;
    if (bytes < 1000)
        return arena_printf(arena, "%lld B", (long long)bytes);
    for (; amount >= 999.5 && unit < 3; unit++)
        amount /= 1000;
    return arena_printf(arena, amount < 9.95 ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

void json_text(struct arena *arena, struct value *map, const char *key, const char *text)
{
    if (text)
        value_set(arena, map, key, value_string(arena, text));
}

enum exit_code registry_print_json(struct registry_run *run, struct value *map)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    value_set(run->arena, map, "format", value_integer(run->arena, 1));
    json_write_pretty(&out, map);
    buf_putc(&out, '\n');
    return command_print(&out);
}
