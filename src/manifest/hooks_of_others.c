/* hooks_of_others: see hooks_of_others.h. */
#include "manifest/hooks_of_others.h"

#include "manifest/secret.h"

#include <string.h>

static const char *const annotations[] = { "helm.sh/hook", "argocd.argoproj.io/hook" };

static const struct {
    const char *word, *ours; /* NULL: it is applied with the rest, as it is here */
} words[] = {
    { "pre-install", "pre" },   { "pre-upgrade", "pre" },   { "PreSync", "pre" },
    { "post-install", "post" }, { "post-upgrade", "post" }, { "PostSync", "post" },
    { "Sync", NULL },
};

static bool holds_word(const char *value, const char *word)
{
    size_t length = strlen(word);
    for (; *value; value += value[strcspn(value, ", ")] != '\0') {
        value += strspn(value, ", ");
        size_t here = strcspn(value, ", ");
        if (here == length && strncmp(value, word, length) == 0)
            return true;
        value += here;
    }
    return false;
}

static const char *way_out(const char *value, bool is_job, bool *ret_fine)
{
    *ret_fine = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!holds_word(value, words[i].word))
            continue;
        *ret_fine = !words[i].ours;
        if (*ret_fine)
            return "";
        bool is_pre = strcmp(words[i].ours, "pre") == 0;
        return is_job ? (is_pre ? "annotate it with cmx.dev/hook: pre to run it before the rest"
                                : "annotate it with cmx.dev/hook: post to run it after the rest")
                      : "make it a Job with cmx.dev/hook";
    }
    return "leave it out of the source, unless it is to be there all the time";
}

void warn_hooks_of_others(const struct object_id *id, const struct value *document,
                          const struct object_options *options, const struct source_file *file,
                          struct problems *problems)
{
    bool is_job = strcmp(id->kind, "Job") == 0 && strcmp(id->group, "batch") == 0;
    bool is_pod = strcmp(id->kind, "Pod") == 0 && !*id->group;
    if ((!is_job && !is_pod) || options->hook != HOOK_NONE)
        return; /* what else hooks bring along goes with what needs it */
    for (size_t i = 0; i < sizeof annotations / sizeof *annotations; i++) {
        const struct member *member =
            value_member(value_at(document, "metadata", "annotations", NULL), annotations[i]);
        const char *value = member ? value_text(member->value) : NULL;
        bool fine;
        const char *out = value ? way_out(value, is_job, &fine) : NULL;
        if (value && !fine)
            problem_warn(problems, file, member->place, document_quotable(document),
                         "metadata.annotations: %s: it makes no hook here, and the %s is applied "
                         "with all the rest: %s",
                         annotations[i], id->kind, out);
    }
}
