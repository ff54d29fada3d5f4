/* owner: see stage.h. */
#include "providers/build/native/stage.h"

#include <stdlib.h>
#include <string.h>

enum { PASSWD_CEILING = 1 << 20 };

static bool number_of(const char *text, int64_t *ret)
{
    size_t length = strlen(text);
    if (strcmp(text, "root") == 0) {
        *ret = 0;
        return true;
    }
    if (length == 0 || length > 10 || strspn(text, "0123456789") != length)
        return false;
    *ret = strtoll(text, NULL, 10);
    return *ret <= UINT32_MAX - 1;
}

/* The content of /etc/passwd or /etc/group as the stage has it; NULL: there is none. */
static bool read_table(struct stage *stage, const char *path, const char **ret, struct error *err)
{
    struct native *native = stage->native;
    struct tree *tree;
    const char *real;
    *ret = NULL;
    if (!stage_tree(stage, &tree, err) || !tree_real(tree, native->arena, path, &real, err))
        return false;
    const struct node *node = tree_look(tree, native->arena, real);
    if (!node || !node->content)
        return true;
    return content_read(native->spool, node->content, native->arena, PASSWD_CEILING, ret,
                        native->wait, err);
}

/* The n-th field of the line whose first one is `name`. */
static const char *field_of(struct arena *arena, const char *table, const char *name, unsigned n)
{
    size_t length = strlen(name);
    for (const char *line = table; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *at = line;
        for (unsigned i = 0; i < n && at; i++) {
            at += strcspn(at, ":\n");
            at = *at == ':' ? at + 1 : NULL;
        }
        return at ? arena_memdup(arena, at, strcspn(at, ":\n")) : NULL;
    }
    return NULL;
}

static bool find_name(struct stage *stage, const char *path, const char *name, unsigned field,
                      const char **ret, struct error *err)
{
    const char *table;
    if (!read_table(stage, path, &table, err))
        return false;
    *ret = table ? field_of(stage->native->arena, table, name, field) : NULL;
    return true;
}

static bool find_user(struct stage *stage, const char *name, int64_t *ret_uid, int64_t *ret_gid,
                      struct error *err)
{
    const char *uid, *gid;
    if (number_of(name, ret_uid)) {
        *ret_gid = *ret_uid;
        return true;
    }
    if (!find_name(stage, "etc/passwd", name, 2, &uid, err)
        || !find_name(stage, "etc/passwd", name, 3, &gid, err))
        return false;
    if (uid && gid && number_of(uid, ret_uid) && number_of(gid, ret_gid))
        return true;
    return error_set(err, ERROR_INPUT,
                     "the image has no user \"%s\" in /etc/passwd; a number "
                     "needs none",
                     name);
}

static bool find_group(struct stage *stage, const char *name, int64_t *ret_gid, struct error *err)
{
    const char *gid;
    if (number_of(name, ret_gid))
        return true;
    if (!find_name(stage, "etc/group", name, 2, &gid, err))
        return false;
    if (gid && number_of(gid, ret_gid))
        return true;
    return error_set(err, ERROR_INPUT,
                     "the image has no group \"%s\" in /etc/group; a number "
                     "needs none",
                     name);
}

bool stage_owner(struct stage *stage, const char *text, int64_t *ret_uid, int64_t *ret_gid,
                 struct error *err)
{
    const char *colon = strchr(text, ':');
    struct arena *arena = stage->native->arena;
    const char *user = colon ? arena_memdup(arena, text, (size_t)(colon - text)) : text;
    *ret_uid = *ret_gid = 0;
    if (colon && strchr(colon + 1, ':'))
        return error_set(err, ERROR_INPUT, "a user, or USER:GROUP, is wanted");
    if (stage->native->rehearsal)
        return true;
    if (*user && !find_user(stage, user, ret_uid, ret_gid, err))
        return false;
    return !colon || !colon[1] || find_group(stage, colon + 1, ret_gid, err);
}
