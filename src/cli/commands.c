/* commands: the table, and what several commands share. See command.h. */
#include "cli/command.h"

#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "manifest/shape.h"
#include "manifest/value_json.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define READS (GROUP_SOURCE | GROUP_TARGET)

const struct command commands[] = {
    { "validate", NULL, "Check manifests, offline",
      "Reads every manifest of a source and reports all that is wrong, like a compiler: file, "
      "line, column, and what would be right. Needs no cluster.",
      "cmx-reconcile validate -f deploy/", GROUP_SOURCE | GROUP_OUTPUT, 0, command_validate },
    { "render", NULL, "Print the final objects",
      "Prints the objects as they would be sent: defaults and namespaces in, Lists unrolled, in a "
      "fixed order. A source with Secret values is refused unless --show-secrets is given.",
      "cmx-reconcile render -f deploy/ | kubectl diff -f -",
      GROUP_SOURCE | GROUP_DOCUMENTS | GROUP_SECRETS | GROUP_DOCKERFILE, 0, command_render },
    { "diff", NULL, "Show what would change, and why",
      "Compares a source with what is live. Each difference is told with its cause: the commit, or "
      "drift and by whom. With --from and --to it compares two commits, with no cluster: what a "
      "pull request changes.\nExit code 0: nothing differs; 1: something does; 3: apply would "
      "refuse.",
      "cmx-reconcile diff -f deploy/\ncmx-reconcile diff -f deploy/ --full\n"
      "cmx-reconcile diff -f deploy/ --from origin/main --to HEAD",
      READS | GROUP_PLAN | GROUP_OUTPUT | GROUP_FULL | GROUP_RANGE | GROUP_REGISTRY | GROUP_COMPUTE
          | GROUP_NO_BUILD,
      0, command_diff },
    { "plan", NULL, "Show what would be done, in which order",
      "The diff, and then the order: what is created, changed and deleted, and what waits for "
      "what. apply --dry-run is the same.",
      "cmx-reconcile plan -f deploy/",
      READS | GROUP_PLAN | GROUP_OUTPUT | GROUP_FULL | GROUP_REGISTRY | GROUP_COMPUTE
          | GROUP_NO_BUILD,
      0, command_plan },
    { "apply", NULL, "Make what is live what the source says",
      "Shows the plan, asks on a terminal (elsewhere it needs --yes), applies in the order of "
      "dependencies, waits until all is healthy, and prunes what was removed. Run again, it does "
      "nothing.",
      "cmx-reconcile apply -f deploy/\n"
      "cmx-reconcile apply --git https://example.org/shop.git --ref v1.2.0 --yes",
      READS | GROUP_PLAN | GROUP_APPLY | GROUP_OUTPUT | GROUP_FULL | GROUP_YES | GROUP_SECRETS
          | GROUP_REGISTRY | GROUP_NO_BUILD | GROUP_BUILDS,
      0, command_apply },
    { "build", "[NAME]", "Build images, and push or write them",
      "Builds the Images of a source, or those that are named, as apply would: natively where the "
      "Dockerfile allows it, straight from the commit. What differs from the commit is built as "
      "it is and told as -dirty. Without --push and --to the images are built, and only their "
      "digests kept.",
      "cmx-reconcile build -f deploy/ --push\n"
      "cmx-reconcile build api -f deploy/ --to oci:out/api",
      GROUP_SOURCE | GROUP_OUTPUT | GROUP_REGISTRY | GROUP_BUILD | GROUP_BUILDS | GROUP_CLUSTER,
      100, command_build },
    { "images", NULL, "Show the images of a source: digest, tags, size, what runs them",
      "Every Image of the source, whether its repository holds it, and which objects run it; and "
      "the images that no Image describes, which are left as they are.",
      "cmx-reconcile images -f deploy/",
      GROUP_SOURCE | GROUP_OUTPUT | GROUP_REGISTRY | GROUP_CLUSTER, 0, command_images },
    { "status", NULL, "Show every object: health, drift, owner",
      "With a source, of that source; else of the sets that the cluster holds (--project picks "
      "one). Exit code 1: drifted; 5: unhealthy.",
      "cmx-reconcile status\ncmx-reconcile status --project shop -n shop --watch",
      READS | GROUP_SET | GROUP_OUTPUT | GROUP_WATCH, 0, command_status },
    { "delete", "[KIND/NAME]", "Delete a whole set, or one object of it",
      "Deletes every object of a set in reverse order, then its record. Asks for the set's name; "
      "elsewhere it needs --yes and --project. With KIND/NAME: that one object.",
      "cmx-reconcile delete --project shop -n shop",
      READS | GROUP_SET | GROUP_PLAN | GROUP_APPLY | GROUP_YES | GROUP_OUTPUT, 1, command_delete },
    { "release", "[KIND/NAME]", "Give objects up without deleting them",
      "Removes every mark of ours from a set, or from one object of it, and leaves the objects as "
      "they are.",
      "cmx-reconcile release --project shop -n shop", READS | GROUP_SET | GROUP_YES | GROUP_APPLY,
      1, command_release },
    { "hold", "KIND/NAME", "Keep apply from touching one object for a while",
      "Until the time is over, or unhold, no run makes, changes, takes over or deletes the object; "
      "all else goes on. diff and apply tell what is held back, and status shows every hold with "
      "who, why and until when. Kept with the record of the set. A source, or --project and -n, "
      "says which set.",
      "cmx-reconcile hold Deployment/web --for 1h --reason debugging -f deploy/",
      READS | GROUP_SET | GROUP_OUTPUT | GROUP_HOLD, 1, command_hold },
    { "unhold", "KIND/NAME", "Let go of an object that is held", NULL,
      "cmx-reconcile unhold Deployment/web --project shop -n shop",
      READS | GROUP_SET | GROUP_OUTPUT, 1, command_unhold },
    { "history", "[KIND/NAME]", "Show which commits ran, by whom, and how it went",
      "The last runs that wrote anything to a set: commit, who ran it, what became of it, drift "
      "that it undid, what was held or put back. With KIND/NAME: those that were about this "
      "object. Kept with the record of the set; needs only a kubeconfig.",
      "cmx-reconcile history --project shop -n shop\n"
      "cmx-reconcile history Deployment/web --since 24h -f deploy/",
      READS | GROUP_SET | GROUP_OUTPUT | GROUP_HISTORY, 1, command_history },
    { "rollback", "KIND/NAME", "Put one object back to what ran before",
      "What ran before runs again, with the ConfigMaps and Secrets that it reads as they were, "
      "and stays until a commit changes what the object is made of, or --release. The commit "
      "comes from the history, or --to; its files from git: the source, the repository around "
      "the current folder, or the origin that the record names.",
      "cmx-reconcile rollback Deployment/web --project shop -n shop\n"
      "cmx-reconcile rollback Deployment/web --to 3f2a1c7 -f deploy/\n"
      "cmx-reconcile rollback --release Deployment/web -f deploy/",
      READS | GROUP_SET | GROUP_APPLY | GROUP_OUTPUT | GROUP_FULL | GROUP_YES | GROUP_ROLLBACK
          | GROUP_REGISTRY,
      1, command_rollback },
    { "explain", "[KIND[.field]]", "Explain the project's own kinds and fields", NULL,
      "cmx-reconcile explain Project.spec.pruneBudget", 0, 1, command_explain },
    { "registry", "COMMAND [ARGUMENT]", "Look at images in registries, and change them",
      "ls REGISTRY|REPOSITORY: repositories or tags.\n"
      "inspect IMAGE: manifest, config and layers; --raw, --platform.\n"
      "exists IMAGE: exit code 0: it does; 1: it surely does not; else nobody could look.\n"
      "rm IMAGE: deletes it by its digest. Refused while other tags name it too, unless "
      "--all-tags, and while the current context's cluster (--context), or one that a source "
      "names (-f, --git), runs it, may go back to it, or cannot be looked at, unless "
      "--even-if-used; asks. What refers to it (signatures, SBOMs, notes) is said to stay; "
      "--referrers deletes it too.\n"
      "tag IMAGE TAG: another tag for the same image.\n"
      "copy FROM TO: an image with all its platforms; FROM and TO are images, "
      "oci:FOLDER[:TAG], archive:FILE or docker:NAME. --platform, --referrers.\n"
      "login REGISTRY, logout REGISTRY: kept where docker keeps credentials; the password is "
      "typed, or comes from --password-stdin.",
      "cmx-reconcile registry ls ghcr.io/acme/api\n"
      "cmx-reconcile registry copy ghcr.io/acme/api:1.4 localhost:5000/api:1.4",
      GROUP_REGISTRY | GROUP_REGISTRY_COMMAND | GROUP_COPY | GROUP_OUTPUT | GROUP_YES
          | GROUP_CLUSTER | GROUP_SOURCE,
      3, command_registry },
    { "pull", "IMAGE", "Copy an image from a registry to a folder, a file or Docker",
      "The same as registry copy IMAGE PLACE.",
      "cmx-reconcile pull nginx:1.27 --to oci:images:nginx-1.27",
      GROUP_REGISTRY | GROUP_COPY | GROUP_PULL | GROUP_OUTPUT | GROUP_CLUSTER, 1, command_pull },
    { "push", "PLACE IMAGE", "Copy an image from a folder, a file or Docker to a registry",
      "The same as registry copy PLACE IMAGE.",
      "cmx-reconcile push oci:images:nginx-1.27 localhost:5000/nginx:1.27",
      GROUP_REGISTRY | GROUP_COPY | GROUP_OUTPUT | GROUP_CLUSTER, 2, command_push },
    { "version", NULL, "Print the version", NULL, NULL, GROUP_OUTPUT, 0, command_version },
    { "completion", "bash|zsh|fish", "Print a completion script for a shell", NULL,
      "source <(cmx-reconcile completion bash)", 0, 1, command_completion },
    { "help", "[COMMAND]", "Explain the commands", NULL, NULL, 0, 1, command_help },
    { "man", "[COMMAND]", "Print a man page",
      "In troff, from the same tables as the help: cmx-reconcile man apply | man -l -", NULL, 0, 1,
      command_man },
    { 0 },
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

enum exit_code command_unknown(const struct invocation *invocation, const char *name)
{
    const char *names[sizeof commands / sizeof *commands];
    size_t count = 0;
    if (*name == '-')
        return command_stop(invocation, EXIT_USAGE,
                            "the command comes first, then its options, such as: cmx-reconcile "
                            "diff -f FOLDER");
    for (const struct command *command = commands; command->name; command++)
        names[count++] = command->name;
    const char *meant = suggest(name, names, count);
    return command_stop(invocation, EXIT_USAGE,
                        "there is no command \"%s\"%s%s%s; see "
                        "cmx-reconcile help",
                        name, meant ? " (did you mean " : "", meant ? meant : "",
                        meant ? "?)" : "");
}

enum exit_code command_stop(const struct invocation *invocation, enum exit_code code,
                            const char *format, ...)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(arena, format, args);
    va_end(args);
    command_say("%s", text);
    if (invocation->output != OUTPUT_JSON)
        return code;
    struct value *map = value_map(arena);
    value_set(arena, map, "format", value_integer(arena, 1));
    value_set(arena, map, "error", value_string(arena, text));
    value_set(arena, map, "exitCode", value_integer(arena, signals_answer(code)));
    json_write_pretty(&out, map);
    buf_putc(&out, '\n');
    return exit_worse(command_print(&out), code);
}

enum exit_code command_fail(const struct invocation *invocation, const struct error *error)
{
    return command_stop(invocation, exit_of_error(error), "%s", error->message);
}

void command_say(const char *format, ...)
{
    AUTO_ARENA arena = arena_new();
    va_list args;
    va_start(args, format);
    const char *text = printable_text(arena, arena_vprintf(arena, format, args));
    va_end(args);
    log_tell("cmx-reconcile: %s", text);
}

enum exit_code command_print(const struct buf *out)
{
    if (fwrite(buf_text(out), 1, out->length, stdout) == out->length && fflush(stdout) == 0)
        return EXIT_DONE;
    if (errno == EPIPE)
        return EXIT_DONE;
    command_say("cannot write to standard output: %s", strerror(errno));
    return EXIT_INTERNAL;
}

enum exit_code command_print_text(const struct buf *out, bool colours)
{
    AUTO_BUF clean = BUF_INIT(BUF_OUTPUT_CEILING);
    printable_add(&clean, buf_text(out), out->length, colours);
    return command_print(&clean);
}

enum exit_code command_print_json(const struct run *run, bool applied, enum exit_code code,
                                  const char *error)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    report_json(&out, run, applied, signals_answer(code), error);
    return exit_worse(command_print(&out), code);
}

/* ------------------------------------------------------------------ beginnings */

static void log_problems(const struct problems *problems)
{
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        const char *line =
            arena_printf(arena, "%s:%u:%u: %s", problem->file ? problem->file->path : "",
                         problem->place.line, problem->place.column, problem->message);
        if (problem->warning)
            log_warning("%s", printable_text(arena, line));
        else
            log_tell("%s", printable_text(arena, line));
    }
}

static void print_problems(const struct invocation *invocation, const struct run *run)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING), clean = BUF_INIT(BUF_OUTPUT_CEILING);
    if (invocation->log_format && strcmp(invocation->log_format, "json") == 0) {
        log_problems(&run->problems);
        return;
    }
    bool colours = invocation_colour(invocation, STDERR_FILENO);
    problems_print(&run->problems, &text, isatty(STDERR_FILENO), colours);
    printable_add(&clean, buf_text(&text), text.length, colours);
    fputs(buf_text(&clean), stderr);
}

static size_t files_with_errors(const struct problems *problems)
{
    size_t files = 0;
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        bool seen = problem->warning || !problem->file;
        for (size_t j = 0; j < i && !seen; j++)
            seen = !problems->items[j].warning && problems->items[j].file == problem->file;
        files += !seen;
    }
    return files;
}

/* Files that were refused unread (a chart's) have errors too: they are in no count of read files.
 */
static void tell_errors(const struct problems *problems)
{
    size_t files = files_with_errors(problems);
    const char *plural = problems->errors == 1 ? "" : "s";
    if (files)
        log_tell("%zu error%s in %zu file%s. Nothing was changed.", problems->errors, plural, files,
                 files == 1 ? "" : "s");
    else
        log_tell("%zu error%s. Nothing was changed.", problems->errors, plural);
}

/* Before anything is written, what was being asked just then is nobody's concern. */
static enum exit_code fail_before(const struct invocation *invocation, const struct error *error)
{
    if (error->kind != ERROR_CANCELLED)
        return command_fail(invocation, error);
    return command_stop(invocation, exit_of_error(error), "interrupted; nothing was changed");
}

bool command_load(struct invocation *invocation, struct run *run, bool go_on,
                  enum exit_code *ret_code)
{
    struct error error = { 0 };
    if (!run_load(run, &invocation->wait, &error)) {
        if (run->problems.count && invocation->output != OUTPUT_JSON)
            print_problems(invocation, run);
        *ret_code = fail_before(invocation, &error);
        return false;
    }
    return command_check(invocation, run, go_on, ret_code);
}

bool command_check(struct invocation *invocation, struct run *run, bool go_on,
                   enum exit_code *ret_code)
{
    if (invocation->output != OUTPUT_JSON)
        print_problems(invocation, run);
    if (go_on || run_may_go_on(run))
        return true;
    if (invocation->output == OUTPUT_JSON)
        *ret_code = command_print_json(run, false, EXIT_USAGE, NULL);
    else {
        tell_errors(&run->problems);
        *ret_code = EXIT_USAGE;
    }
    return false;
}

bool command_make_plan(struct invocation *invocation, struct run *run, enum exit_code *ret_code)
{
    struct error error = { 0 };
    run->opens_early = true;
    invocation->run.with_images = true;
    if (!command_load(invocation, run, false, ret_code))
        return false;
    if (!command_choose_context(invocation, run->set.project.cluster, ret_code))
        return false;
    if (run_plan(run, &invocation->wait, &error))
        return true;
    *ret_code = fail_before(invocation, &error);
    return false;
}

enum exit_code command_print_plans(const struct run *run, const struct report_style *style,
                                   bool order)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    enum exit_code code = EXIT_DONE;
    for (size_t i = 0; i < run->target_count; i++) {
        const struct target_run *target = &run->targets[i];
        if (i)
            buf_putc(&out, '\n');
        if (target->description)
            report_header(&out, run, target, style);
        if (target->planned) {
            buf_puts(&out, style->quiet ? "" : "\n");
            report_plan(&out, run, target, style);
            if (order)
                report_order(&out, target, style);
            report_hints(&out, target, style);
        }
        code = exit_worse(command_print_text(&out, style->colour), code);
        buf_clear(&out);
        if (target->error.kind != ERROR_NONE)
            command_say("%s%s%s", target->description ? target->description : "",
                        target->description ? ": " : "", target->error.message);
    }
    return code;
}
