/* names: see names.h. The rules are those of k8s.io/apimachinery's validation. */
#include "manifest/names.h"

#include "manifest/resource.h"
#include "manifest/resource_builtin.h"

#include <string.h>

enum { LABEL_MOST = 63, SUBDOMAIN_MOST = 253, CRON_JOB_MOST = 52 };

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_label_part(const char *text, size_t length)
{
    if (length == 0 || text[0] == '-' || text[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_lower(text[i]) && !is_digit(text[i]) && text[i] != '-')
            return false;
    return true;
}

bool name_is_label(const char *text)
{
    size_t length = strlen(text);
    return length <= LABEL_MOST && is_label_part(text, length);
}

bool name_is_subdomain(const char *text)
{
    if (strlen(text) > SUBDOMAIN_MOST)
        return false;
    for (;;) {
        size_t length = strcspn(text, ".");
        if (!is_label_part(text, length))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static bool is_alphanumeric(char c)
{
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

bool name_is_qualified(const char *text)
{
    const char *slash = strchr(text, '/');
    const char *name = slash ? slash + 1 : text;
    size_t length = strlen(name), prefix = slash ? (size_t)(slash - text) : 1;
    if (prefix == 0 || prefix > SUBDOMAIN_MOST || length == 0 || length > LABEL_MOST)
        return false;
    for (size_t at = 0, part; slash && at < prefix; at += part + 1) {
        part = strcspn(text + at, "./");
        if (!is_label_part(text + at, part) || (text[at + part] == '.' && at + part + 1 == prefix))
            return false;
    }
    for (size_t i = 0; i < length; i++)
        if (!is_alphanumeric(name[i]) && !strchr("-_.", name[i]))
            return false;
    return is_alphanumeric(name[0]) && is_alphanumeric(name[length - 1]);
}

static bool is_segment(const char *text)
{
    return *text && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 && !strpbrk(text, "/%");
}

/* Groups whose kinds are served by another API server, with rules of its own. */
static bool is_aggregated(const char *group)
{
    static const char *const ends[] = { "openshift.io", "metrics.k8s.io" };
    size_t length = strlen(group);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end = strlen(ends[i]);
        if (length >= end && strcmp(group + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}

static enum name_rule rule_of(const struct object_id *id)
{
    const struct builtin_kind *builtin = builtin_kind_find(id->group, id->kind);
    if (builtin)
        return builtin->name;
    return is_aggregated(id->group) ? NAME_SEGMENT : NAME_SUBDOMAIN;
}

bool object_name_valid(const struct object_id *id, const char **ret_why)
{
    bool valid = false;
    const char *why = "";
    switch (rule_of(id)) {
    case NAME_LABEL:
        valid = name_is_label(id->name);
        why = "use at most 63 of a-z, 0-9 and \"-\", with a letter or digit at both ends";
        break;
    case NAME_CRON_JOB:
        valid = strlen(id->name) <= CRON_JOB_MOST && name_is_subdomain(id->name);
        why = "use at most 52 of a-z, 0-9, \"-\" and \".\", with a letter or digit at both ends "
              "(its Jobs add 11 characters)";
        break;
    case NAME_SEGMENT:
        valid = is_segment(id->name);
        why = "it may not be \".\" or \"..\", and not hold \"/\" or \"%\"";
        break;
    case NAME_SUBDOMAIN:
        valid = name_is_subdomain(id->name);
        why = "use at most 253 of a-z, 0-9, \"-\" and \".\", with a letter or digit at both "
              "ends and beside each \".\"";
        break;
    }
    if (!valid)
        *ret_why = why;
    return valid;
}
