/* files: COPY, ADD and WORKDIR; see stage.h. How files are copied is copy.h's. */
#include "providers/build/native/stage.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "providers/build/dockerfile/expand.h"
#include "providers/build/native/members.h"
#include "providers/build/native/mode.h"
#include "providers/build/path.h"

#include <string.h>
#include <strings.h>

/* One COPY or ADD on its way. */
struct copying {
    struct stage *stage;
    const struct instruction *instruction;
    struct tree *from, *to;
    const char *destination;
    const char *from_name; /* of --from, or NULL: the context */
    struct copy_rules rules;
    struct patterns exclude;
    struct buf said; /* for the history */
    struct error *err;
};

static const char *workdir(const struct stage *stage)
{
    const char *folder = stage->config.working_directory;
    return folder && *folder ? folder : "/";
}

/* ------------------------------------------------------------------------------ flags */

/* A fault in its value is told at the flag, whose quotes are gone. */
static bool expand_flag(struct copying *one, const char *value, const char *name, const char **ret)
{
    bool fine = stage_expand(one->stage, value, ret, one->err);
    one->stage->word = name;
    return fine;
}

static bool set_owner(struct copying *one)
{
    const char *flag = instruction_flag(one->instruction, "chown"), *text;
    if (!flag || !*flag)
        return true;
    one->rules.owned = true;
    if (!expand_flag(one, flag, "--chown", &text))
        return false;
    buf_printf(&one->said, " --chown=%s", text);
    return stage_owner(one->stage, text, &one->rules.uid, &one->rules.gid, one->err)
           || error_prefix(one->err, "--chown=%s", text);
}

static bool set_mode(struct copying *one)
{
    const char *flag = instruction_flag(one->instruction, "chmod"), *text;
    bool number;
    if (!flag || !*flag)
        return true;
    if (!expand_flag(one, flag, "--chmod", &text))
        return false;
    if (!*text)
        return true;
    if (!mode_parse(text, &number, &one->rules.mode, one->err))
        return false;
    buf_printf(&one->said, " --chmod=%s", text);
    one->rules.moded = number;
    one->rules.mode_text = number ? NULL : text;
    return true;
}

static bool set_excluded(struct copying *one)
{
    const struct instruction *instruction = one->instruction;
    one->stage->word = "--exclude";
    for (size_t i = 0; i < instruction->flag_count; i++) {
        const struct instruction_flag *flag = &instruction->flags[i];
        if (strcmp(flag->name, "exclude") == 0
            && !patterns_add(one->stage->native->arena, &one->exclude, flag->value, one->err))
            return error_prefix(one->err, "--exclude");
    }
    one->rules.exclude = one->exclude.count ? &one->exclude : NULL;
    return true;
}

/* Where it is copied from: a stage, an image, the context. */
static bool set_source(struct copying *one)
{
    struct native *native = one->stage->native;
    const char *from = instruction_flag(one->instruction, "from");
    if (!from || !*from)
        return native_context(native, &one->from, one->err);
    one->from_name = from;
    int stage = dockerfile_stage(&native->build->dockerfile, from, one->stage->index);
    if (stage >= 0)
        return stage_tree(&native->stages[stage], &one->from, one->err);
    return native_image_tree(native, from, &one->from, one->err);
}

/* ---------------------------------------------------------------------------- sources */

static bool not_found(struct copying *one, const char *source)
{
    struct native *native = one->stage->native;
    if (one->from_name)
        return error_set(one->err, ERROR_INPUT, "%s: not found in %s", source, one->from_name);
    return error_set(one->err, ERROR_INPUT, "%s",
                     build_absent(native->build, native->arena, source));
}

/* A tar file is unpacked by ADD, anything else is copied. */
static bool unpack(struct copying *one, const char *source, bool *ret_unpacked)
{
    struct native *native = one->stage->native;
    struct members members = { .tree = one->to,
                               .layer = one->rules.layer,
                               .owned = one->rules.owned,
                               .uid = one->rules.uid,
                               .gid = one->rules.gid };
    const char *real;
    *ret_unpacked = false;
    if (!tree_real(one->from, native->arena, source, &real, one->err))
        return false;
    const struct node *node = tree_look(one->from, native->arena, real);
    if (!node || !node->content)
        return true;
    if (!members_is_archive(node->content, ret_unpacked, native->wait, one->err))
        return false;
    if (!*ret_unpacked)
        return true;
    members.origin = *node->content;
    members.origin.kind = CONTENT_ARCHIVE;
    struct copy_rules made = one->rules;
    made.moded = false;
    return copy_folder(one->to, one->destination, &made, native->arena, &members.folder, one->err)
           && members_unpack(&members, native->wait, one->err);
}

static bool unpacks(const struct instruction *instruction)
{
    const char *flag = instruction_flag(instruction, "unpack");
    return instruction->kind == INSTRUCTION_ADD && (!flag || strcasecmp(flag, "false") != 0);
}

static bool copy_one(struct copying *one, const char *source)
{
    struct error own;
    bool unpacked = false;
    if (unpacks(one->instruction) && !unpack(one, source, &unpacked))
        return false;
    if (unpacked
        || copy_path(one->from, source, one->to, one->destination, &one->rules,
                     one->stage->native->arena, &own))
        return true;
    if (own.kind == ERROR_NOT_FOUND)
        return not_found(one, source);
    *one->err = own;
    return false;
}

static bool copy_matching(struct copying *one, const char *source)
{
    struct text_list found = { 0 };
    struct error own;
    if (!glob_has_wildcards(source))
        return copy_one(one, source);
    if (!copy_wildcards(one->from, one->stage->native->arena, source, &found, &own)) {
        if (own.kind == ERROR_NOT_FOUND)
            return not_found(one, source);
        *one->err = own;
        return false;
    }
    for (size_t i = 0; i < found.count; i++)
        if (!copy_one(one, found.items[i]))
            return false;
    return true;
}

/* Names below the root are taken as they are: a link is copied, and leads nowhere. */
static bool is_below(struct copying *one, const char *root, const char *below)
{
    struct arena *arena = one->stage->native->arena;
    const char *real;
    if (!tree_real(one->from, arena, root, &real, one->err))
        return false;
    const struct node *node = tree_look(one->from, arena, real);
    for (size_t length = 0; node && below[length];) {
        size_t part = length + strcspn(below + length, "/");
        if (node->kind == TAR_SYMLINK)
            return error_set(one->err, ERROR_INPUT,
                             "%s: /%s is a link to %s, and --parents follows none", below,
                             node_path(arena, node), node->link);
        node = node_child(node, arena_memdup(arena, below + length, part - length));
        length = part + (below[part] == '/');
    }
    return node || not_found(one, path_in(arena, root, below));
}

/* --parents: the path below the root, or below "/./" in it, is kept. */
static bool copy_with_parents(struct copying *one, const char *source)
{
    struct arena *arena = one->stage->native->arena;
    const char *pivot = strstr(source, "/./");
    const char *root = pivot ? arena_memdup(arena, source, (size_t)(pivot - source)) : "";
    const char *below = path_below(arena, pivot ? pivot + 3 : source);
    struct patterns include = { 0 };
    if (!patterns_add(arena, &include, below, one->err))
        return false;
    if (!glob_has_wildcards(root) && !glob_has_wildcards(below) && !is_below(one, root, below))
        return false;
    one->rules.include = &include;
    bool done = copy_matching(one, path_in(arena, "", root));
    one->rules.include = NULL;
    return done;
}

/* Its content, and is its name one of a file? */
static bool read_document(struct copying *one, const struct heredoc *heredoc, const char **ret)
{
    bool known = true;
    if (strchr(heredoc->name, '/') || strcmp(heredoc->name, "..") == 0
        || strcmp(heredoc->name, ".") == 0)
        return error_set(one->err, ERROR_INPUT, "<<%s: no name of a file", heredoc->name);
    *ret = heredoc->content;
    return !heredoc->expand
           || expand_text(one->stage->native->arena, heredoc->content, &one->stage->variables,
                          one->stage->open ? &known : NULL, ret, one->err);
}

/* A here-document is a file of its name. */
static bool copy_document(struct copying *one, const struct heredoc *heredoc)
{
    struct native *native = one->stage->native;
    struct arena *arena = native->arena;
    struct tree *tree = tree_new(arena, build_epoch(native->build));
    struct content *content = arena_alloc(arena, sizeof *content);
    struct node *node;
    const char *text;
    if (!read_document(one, heredoc, &text))
        return false;
    struct digest digest = digest_sha256(text, strlen(text));
    *content = (struct content){ .kind = CONTENT_BYTES,
                                 .id = digest_hex(arena, &digest),
                                 .bytes = text,
                                 .size = (int64_t)strlen(text),
                                 .spooled = -1 };
    if (!tree_put(tree, tree->root, heredoc->name, TAR_FILE, &node, one->err))
        return false;
    node->mode = 0644;
    node->content = content;
    return copy_path(tree, arena_printf(arena, "/%s", heredoc->name), one->to, one->destination,
                     &one->rules, arena, one->err);
}

/* --------------------------------------------------------------------------- the whole */

static bool copy_word(struct copying *one, const char *word)
{
    struct arena *arena = one->stage->native->arena;
    const char *source;
    if (!stage_expand(one->stage, word, &source, one->err))
        return false;
    buf_printf(&one->said, " %s", source);
    if (instruction_is(one->instruction, "parents"))
        return copy_with_parents(one, source);
    return copy_matching(one, path_in(arena, "", source));
}

static bool copy_sources(struct copying *one)
{
    const struct text_list *words = &one->instruction->words;
    for (size_t i = 0; i + 1 < words->count; i++)
        if (!instruction_heredoc(one->instruction, words->items[i])
            && !copy_word(one, words->items[i]))
            return false;
    for (size_t i = 0; i + 1 < words->count; i++) {
        const struct heredoc *heredoc = instruction_heredoc(one->instruction, words->items[i]);
        if (!heredoc)
            continue;
        buf_printf(&one->said, " <<%s", heredoc->name);
        one->stage->word = words->items[i];
        if (!copy_document(one, heredoc))
            return false;
    }
    return true;
}

/* Several sources go into a folder, and it has to be clear that it is one. */
static bool check_destination(struct copying *one, const char *written)
{
    struct arena *arena = one->stage->native->arena;
    const char *real;
    size_t length = strlen(one->destination);
    if (one->instruction->words.count <= 2 || one->destination[length - 1] == '/')
        return true;
    one->stage->word = one->instruction->words.items[one->instruction->words.count - 1];
    if (!tree_real(one->to, arena, one->destination, &real, one->err))
        return false;
    const struct node *node = tree_look(one->to, arena, real);
    return (node && node->kind == TAR_FOLDER)
           || error_set(one->err, ERROR_INPUT,
                        "several sources need a folder to go to, with \"/\" at its end: %s/",
                        written);
}

/* Only folders hang on what the base has there; a file at the root is as it is. */
static bool lay_over(struct copying *one)
{
    struct stage *stage = one->stage;
    struct tree *tree;
    bool folders = false;
    for (size_t i = 0; i < one->to->root->count; i++)
        folders |= one->to->root->children[i]->kind == TAR_FOLDER;
    if (stage->tree || folders)
        return stage_tree(stage, &tree, one->err) && copy_over(one->to, tree, one->err);
    arena_push(stage->native->arena, stage->linked, stage->linked_count, stage->linked_capacity,
               one->to);
    return true;
}

/* Which builder it needs may only be seen once its variables are filled in. */
static void note_add(const struct copying *one, const char *source)
{
    struct build *build = one->stage->native->build;
    if (one->instruction->kind == INSTRUCTION_ADD && !build->filled_add)
        build->filled_add = build_not_native_add(build, build->arena, one->instruction, source);
}

/* What can be said of the sources without looking at files. */
static bool rehearse_sources(struct copying *one)
{
    struct arena *arena = one->stage->native->arena;
    const struct text_list *words = &one->instruction->words;
    for (size_t i = 0; i + 1 < words->count; i++) {
        const struct heredoc *heredoc = instruction_heredoc(one->instruction, words->items[i]);
        struct pattern glob;
        const char *text;
        one->stage->word = words->items[i];
        if (heredoc ? !read_document(one, heredoc, &text)
                    : !stage_expand(one->stage, words->items[i], &text, one->err))
            return false;
        if (!heredoc && one->instruction->kind == INSTRUCTION_COPY && build_is_remote(text))
            return error_set(one->err, ERROR_INPUT, "%s: COPY takes no address; use ADD", text);
        if (!heredoc && strchr(words->items[i], '$') && !one->stage->unknown)
            note_add(one, text);
        if (!heredoc && glob_has_wildcards(text)
            && !glob_compile(arena, path_below(arena, text), &glob, one->err))
            return false;
    }
    return true;
}

static bool carry_out(struct copying *one)
{
    struct stage *stage = one->stage;
    struct arena *arena = stage->native->arena;
    const struct text_list *words = &one->instruction->words;
    bool linked = instruction_is(one->instruction, "link");
    const char *destination;
    buf_puts(&one->said, one->instruction->name);
    if (instruction_is(one->instruction, "parents"))
        buf_puts(&one->said, " --parents");
    if (!stage_expand(stage, words->items[words->count - 1], &destination, one->err)
        || !set_owner(one) || !set_mode(one) || !set_excluded(one))
        return false;
    if (stage->native->rehearsal)
        return rehearse_sources(one);
    if (!set_source(one))
        return false;
    one->to = tree_new(arena, build_epoch(stage->native->build));
    if (!linked && !stage_tree(stage, &one->to, one->err))
        return false;
    one->destination = copy_destination(arena, workdir(stage), destination);
    one->rules.layer = ++stage->number;
    if (!check_destination(one, destination) || !copy_sources(one))
        return false;
    buf_printf(&one->said, " %s", destination);
    if (linked && !lay_over(one))
        return false;
    stage_layer(stage, one->to, arena_strdup(arena, buf_text(&one->said)));
    return true;
}

bool stage_copy(struct stage *stage, const struct instruction *instruction, struct error *err)
{
    struct copying one = {
        .stage = stage, .instruction = instruction, .said = BUF_INIT(BUF_OUTPUT_CEILING), .err = err
    };
    bool done = carry_out(&one);
    buf_done(&one.said);
    return done;
}

/* ---------------------------------------------------------------------------- WORKDIR */

static bool make_workdir(struct stage *stage, const char *folder, const char *said,
                         struct error *err)
{
    struct arena *arena = stage->native->arena;
    const char *user = stage->config.user, *real;
    struct tree_owner owner = { .mode = 0755, .layer = ++stage->number };
    struct tree *tree;
    struct node *node;
    if (!stage_tree(stage, &tree, err) || !tree_real(tree, arena, folder, &real, err))
        return false;
    node = tree_look(tree, arena, real);
    owner.given = user && *user;
    if (!node && owner.given && !stage_owner(stage, user, &owner.uid, &owner.gid, err))
        return error_prefix(err, "USER %s", user);
    if (!tree_folder(tree, real, &owner, &node, err))
        return false;
    stage_layer(stage, tree, arena_printf(arena, "WORKDIR %s", said));
    return true;
}

bool stage_workdir(struct stage *stage, const struct instruction *instruction, struct error *err)
{
    const char *text;
    if (!stage_expand(stage, instruction->words.items[0], &text, err))
        return false;
    const char *folder = path_in(stage->native->arena, workdir(stage), text);
    const char *said = *text == '/' ? text : folder; /* BuildKit cleans what it joins alone */
    stage->config.working_directory = said;
    if (folder[1] && !stage->native->rehearsal)
        return make_workdir(stage, folder, said, err);
    stage_history(stage, arena_printf(stage->native->arena, "WORKDIR %s", said), true);
    return true;
}
