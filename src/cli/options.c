/* options: every option, once. They are read in invocation.c; see invocation.h. */
#include "cli/command.h"
#include "cli/invocation.h"

#include <stddef.h>

#define AT(member) offsetof(struct invocation, member)

static const char *const OUTPUTS[] = { "text", "json", NULL };
static const char *const DOCUMENTS[] = { "yaml", "json", NULL };
static const char *const COLOURS[] = { "auto", "always", "never", NULL };
static const char *const LEVELS[] = { "error", "warning", "info", "debug", NULL };
static const char *const FORMATS[] = { "text", "json", NULL };
static const char *const POLICIES[] = { "unowned", "never", "all", NULL };

const struct option_entry option_entries[] = {
    { "filename", 'f', "PATH", GROUP_SOURCE, OPTION_LIST, AT(files),
      "A manifest or a folder of manifests; - is standard input. May be given again.", NULL },
    { "git", 0, "URL", GROUP_SOURCE, OPTION_TEXT, AT(run.source.git_url),
      "Read manifests from this git repository (https, ssh, git, file, or a path).", NULL },
    { "ref", 0, "REF", GROUP_SOURCE, OPTION_TEXT, AT(run.source.ref),
      "A branch, tag, commit, or a range such as \"semver:^1.2\". With -f: read the files as they "
      "are at that commit.",
      NULL },
    { "path", 0, "DIR", GROUP_SOURCE, OPTION_TEXT, AT(run.source.path),
      "The folder of manifests in the repository of --git.", NULL },
    { "git-ca-file", 0, "FILE", GROUP_SOURCE, OPTION_TEXT, AT(run.source.ca_file),
      "Certificates to trust for https git servers.", NULL },
    { "git-token-file", 0, "FILE", GROUP_SOURCE, OPTION_TEXT, AT(run.source.token_file),
      "A file that holds the token for https git servers.", NULL },
    { "directory-root", 0, "DIR", GROUP_SOURCE | GROUP_TARGET, OPTION_TEXT, AT(run.directory_root),
      "Where directories of Clusters lie; default: the repository.", NULL },
    { "context", 0, "NAME", GROUP_TARGET, OPTION_TEXT, AT(run.context),
      "The kubeconfig context to use where no Cluster is named.", NULL },
    { "kubeconfig", 0, "FILE", GROUP_TARGET, OPTION_TEXT, AT(run.kubeconfig),
      "Use this kubeconfig instead of $KUBECONFIG or ~/.kube/config.", NULL },
    { "namespace", 'n', "NAME", GROUP_SOURCE | GROUP_TARGET, OPTION_TEXT, AT(run.namespace),
      "Only this namespace; objects without one are put into it. Deletes nothing.", NULL },
    { "selector", 'l', "LABELS", GROUP_SOURCE, OPTION_TEXT, AT(run.selector),
      "Only objects with these labels (app=web,tier!=db). Deletes nothing.", NULL },
    { "project", 0, "NAME", GROUP_SET, OPTION_TEXT, AT(project),
      "The name of the set, where no source is given.", NULL },
    { "for", 0, "TIME", GROUP_HOLD, OPTION_DURATION, AT(hold_for),
      "How long, such as 30m or 2h; without it: until unhold.", NULL },
    { "reason", 0, "TEXT", GROUP_HOLD, OPTION_TEXT, AT(reason),
      "Why: everybody sees it in diff, apply and status.", NULL },
    { "from", 0, "REF", GROUP_RANGE, OPTION_TEXT, AT(from),
      "Compare two commits, offline: the one before.", NULL },
    { "to", 0, "REF", GROUP_RANGE, OPTION_TEXT, AT(to), "The one after; default: HEAD.", NULL },
    { "adopt", 0, "POLICY", GROUP_PLAN, OPTION_OPTIONAL_TEXT, AT(adopt),
      "Take over objects that exist: unowned (default of a Project), never, all (default of the "
      "option).",
      POLICIES },
    { "prune-budget", 0, "N|N%", GROUP_PLAN, OPTION_TEXT, AT(run.prune_budget),
      "How much one run may delete.", NULL },
    { "no-prune", 0, NULL, GROUP_PLAN, OPTION_FLAG, AT(run.no_prune), "Delete nothing.", NULL },
    { "allow-delete", 0, "KIND/NAME", GROUP_PLAN, OPTION_LIST, AT(allow_delete),
      "Delete this object although something would go with it. May be given again.", NULL },
    { "allow-older", 0, NULL, GROUP_PLAN, OPTION_FLAG, AT(run.allow_older),
      "Apply a commit that does not descend from the one that runs.", NULL },
    { "take-set", 0, NULL, GROUP_PLAN, OPTION_FLAG, AT(run.take_set),
      "Take a set over from another source of the same name.", NULL },
    { "force-conflicts", 0, NULL, GROUP_PLAN, OPTION_FLAG, AT(run.force_conflicts),
      "Take fields that another manager applies.", NULL },
    { "concurrency", 0, "N", GROUP_TARGET, OPTION_NUMBER, AT(concurrency),
      "Requests in flight; default 16.", NULL },
    { "keep-going", 0, NULL, GROUP_APPLY, OPTION_FLAG, AT(run.keep_going),
      "Apply what loaded although other folders have errors; those are left alone.", NULL },
    { "timeout", 0, "TIME", GROUP_APPLY, OPTION_DURATION, AT(run.timeout),
      "How long one object may take to become healthy, such as 90s or 10m; default 5m.", NULL },
    { "no-wait", 0, NULL, GROUP_APPLY, OPTION_FLAG, AT(run.no_wait),
      "Do not wait until objects are healthy.", NULL },
    { "lock-timeout", 0, "TIME", GROUP_APPLY, OPTION_DURATION, AT(run.lock_timeout),
      "How long to wait for another run on the same set; default 5m.", NULL },
    { "dry-run", 0, NULL, GROUP_APPLY, OPTION_FLAG, AT(dry_run),
      "Show the plan and its order, change nothing: the same as plan.", NULL },
    { "yes", 'y', NULL, GROUP_YES, OPTION_FLAG, AT(yes), "Do not ask. Overrides no refusal.",
      NULL },
    { "watch", 0, NULL, GROUP_WATCH, OPTION_FLAG, AT(watch), "Go on, and show each change.", NULL },
    { "show-secrets", 0, NULL, GROUP_SECRETS, OPTION_FLAG, AT(run.show_secrets),
      "Write the values of Secrets to the output.", NULL },
    { "output", 'o', "FORMAT", GROUP_OUTPUT, OPTION_TEXT, AT(output_name),
      "text or json; the JSON has a version and a schema.", OUTPUTS },
    { "output", 'o', "FORMAT", GROUP_DOCUMENTS, OPTION_TEXT, AT(output_name),
      "yaml, a stream of documents, or json, one List.", DOCUMENTS },
    { "full", 0, NULL, GROUP_FULL, OPTION_FLAG, AT(full), "Show each object as a diff of lines.",
      NULL },
    { "colour", 0, "WHEN", GROUP_COMMON, OPTION_TEXT, AT(colour),
      "auto, always or never; NO_COLOR turns colours off too, CLICOLOR_FORCE=1 on.", COLOURS },
    { "quiet", 'q', NULL, GROUP_COMMON, OPTION_FLAG, AT(quiet),
      "Only what was refused or failed, and the last line.", NULL },
    { "verbose", 'v', NULL, GROUP_COMMON, OPTION_FLAG, AT(verbose), "Everything.", NULL },
    { "log-level", 0, "LEVEL", GROUP_COMMON, OPTION_TEXT, AT(log_level),
      "error, warning, info or debug; to standard error.", LEVELS },
    { "log-format", 0, "FORMAT", GROUP_COMMON, OPTION_TEXT, AT(log_format), "text or json.",
      FORMATS },
    { 0 },
};
