/* stages: see dockerfile.h. */
#include "providers/build/dockerfile/dockerfile.h"

#include "manifest/shape.h"
#include "providers/build/dockerfile/lines.h"
#include "providers/build/dockerfile/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------------- reading */

static const char *lower_case(struct arena *arena, const char *text)
{
    char *lower = arena_strdup(arena, text);
    for (char *at = lower; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return lower;
}

static void begin_stage(struct arena *arena, struct dockerfile *dockerfile,
                        const struct instruction *from)
{
    struct instruction *head = arena_alloc(arena, sizeof *head);
    *head = *from;
    struct dockerfile_stage stage = {
        .name = from->words.count == 3 ? lower_case(arena, from->words.items[2]) : NULL,
        .from = from->words.items[0],
        .platform = instruction_flag(from, "platform"),
        .head = head,
    };
    arena_push(arena, dockerfile->stages, dockerfile->stage_count, dockerfile->stage_capacity,
               stage);
}

static void add(struct parser *parser, struct dockerfile *dockerfile,
                const struct instruction *instruction)
{
    if (instruction->kind == INSTRUCTION_FROM) {
        begin_stage(parser->arena, dockerfile, instruction);
    } else if (dockerfile->stage_count) {
        struct dockerfile_stage *stage = &dockerfile->stages[dockerfile->stage_count - 1];
        arena_push(parser->arena, stage->instructions, stage->count, stage->capacity, *instruction);
    } else if (instruction->kind == INSTRUCTION_ARG) {
        arena_push(parser->arena, dockerfile->global, dockerfile->global_count,
                   dockerfile->global_capacity, *instruction);
    } else {
        problem_add(parser->problems, dockerfile->file, instruction->place,
                    dockerfile->file->quotable,
                    "%s before the first FROM: only ARG can stand there", instruction->name);
    }
}

static void add_line(struct parser *parser, struct lines *lines, struct dockerfile *dockerfile,
                     const struct line *line)
{
    struct instruction instruction;
    parser->place = line->place;
    parser->stop = line->stop;
    if (!parse_instruction(parser, line->text, &instruction))
        return;
    if (parse_takes_heredocs(&instruction))
        lines_heredocs(lines, &instruction);
    if (++dockerfile->instructions <= DOCKERFILE_INSTRUCTIONS_CEILING)
        add(parser, dockerfile, &instruction);
}

static bool readable(const struct source_file *file, struct problems *problems)
{
    static const struct place nowhere = { 0 };
    if (file->length > DOCKERFILE_CEILING)
        problem_add(problems, file, nowhere, false, "more than %d bytes", DOCKERFILE_CEILING);
    else if (memchr(file->data, '\0', file->length))
        problem_add(problems, file, nowhere, false, "no text: it holds a NUL");
    else
        return true;
    return false;
}

bool dockerfile_read(struct arena *arena, const struct source_file *file, struct dockerfile *ret,
                     struct problems *problems)
{
    static const struct place nowhere = { 0 };
    size_t before = problems->errors;
    struct lines lines;
    struct line line;
    *ret = (struct dockerfile){ .file = file, .escape = '\\' };
    if (!readable(file, problems))
        return false;
    struct parser parser = { .arena = arena, .dockerfile = ret, .problems = problems };
    lines_start(&lines, arena, ret, problems);
    while (lines_next(&lines, &line))
        add_line(&parser, &lines, ret, &line);
    if (ret->instructions > DOCKERFILE_INSTRUCTIONS_CEILING)
        problem_add(problems, file, nowhere, false, "more than %d instructions",
                    DOCKERFILE_INSTRUCTIONS_CEILING);
    else if (ret->stage_count == 0 && problems->errors == before)
        problem_add(problems, file, (struct place){ .line = 1, .column = 1 }, false,
                    "no FROM: an image is made of something, or of "
                    "nothing with FROM scratch");
    return problems->errors == before;
}

/* ------------------------------------------------------------------------ places */

static const char *behind_name(const char *at, const char *stop)
{
    while (at < stop && !strchr(" \t\v\f\r\n", *at))
        at++;
    return at;
}

/* Lines and characters from one place of a file to another. */
static struct place move(const struct source_file *file, struct place from, size_t start,
                         size_t length)
{
    struct place place = from;
    for (size_t at = from.start; at < start; at++) {
        if (file->data[at] == '\n') {
            place.line++;
            place.column = 1;
        } else {
            place.column += ((unsigned char)file->data[at] & 0xC0) != 0x80;
        }
    }
    place.start = (uint32_t)start;
    place.end = (uint32_t)(start + length);
    return place;
}

struct place instruction_place(const struct source_file *file,
                               const struct instruction *instruction, const char *word)
{
    const char *stop = file->data + instruction->stop;
    const char *at = behind_name(file->data + instruction->place.start, stop);
    size_t length = word ? strlen(word) : 0;
    while (length && (at = memmem(at, (size_t)(stop - at), word, length))) {
        if (strchr(" \t\n=\"',[", at[-1]))
            return move(file, instruction->place, (size_t)(at - file->data), length);
        at++;
    }
    return instruction->place;
}

/* ------------------------------------------------------------------------ asking */

const char *instruction_flag(const struct instruction *instruction, const char *name)
{
    for (size_t i = 0; i < instruction->flag_count; i++)
        if (strcmp(instruction->flags[i].name, name) == 0)
            return instruction->flags[i].value ? instruction->flags[i].value : "";
    return NULL;
}

bool instruction_is(const struct instruction *instruction, const char *name)
{
    const char *value = instruction_flag(instruction, name);
    return value && strcasecmp(value, "false") != 0;
}

const struct heredoc *instruction_heredoc(const struct instruction *instruction, const char *word)
{
    const char *name = strstr(word, "<<");
    if (!name || instruction->json)
        return NULL;
    name += 2 + (name[2] == '-');
    for (size_t i = 0; i < instruction->heredoc_count; i++) {
        const struct heredoc *heredoc = &instruction->heredocs[i];
        const char *plain = name + (*name == '\'' || *name == '"');
        if (strncmp(plain, heredoc->name, strlen(heredoc->name)) == 0
            && strlen(plain) <= strlen(heredoc->name) + 1)
            return heredoc;
    }
    return NULL;
}

static bool is_number(const char *text)
{
    size_t length = strlen(text);
    return length && length < 9 && strspn(text, "0123456789") == length;
}

int dockerfile_stage(const struct dockerfile *dockerfile, const char *name, size_t before)
{
    if (is_number(name)) {
        size_t index = (size_t)atoi(name);
        return index < before ? (int)index : -1;
    }
    for (size_t i = before; i > 0; i--)
        if (dockerfile->stages[i - 1].name && strcasecmp(dockerfile->stages[i - 1].name, name) == 0)
            return (int)i - 1;
    return -1;
}

/* ------------------------------------------------------------------------ needed */

static bool find_target(const struct dockerfile *dockerfile, struct arena *arena,
                        const char *target, size_t *ret, struct error *err)
{
    size_t count = dockerfile->stage_count, named = 0;
    if (!target || !*target) {
        *ret = count - 1;
        return true;
    }
    int found = dockerfile_stage(dockerfile, target, count);
    if (found >= 0) {
        *ret = (size_t)found;
        return true;
    }
    const char **names = arena_array(arena, count, sizeof *names);
    for (size_t i = 0; i < count; i++)
        if (dockerfile->stages[i].name)
            names[named++] = dockerfile->stages[i].name;
    const char *meant = suggest(target, names, named);
    return error_set(err, ERROR_INPUT, "%s has no stage \"%s\"%s%s%s", dockerfile->file->path,
                     target, meant ? " (did you mean \"" : "", meant ? meant : "",
                     meant ? "\"?)" : "");
}

static void mark_stage(const struct dockerfile *dockerfile, const char *name, size_t before,
                       bool *needed)
{
    int stage = dockerfile_stage(dockerfile, name, before);
    if (stage >= 0)
        needed[stage] = true;
}

/* A FROM is a stage by its name alone; a number there is an image's. */
static void mark_used(const struct dockerfile *dockerfile, const char *const *from, size_t at,
                      bool *needed)
{
    const struct dockerfile_stage *stage = &dockerfile->stages[at];
    if (!is_number(from[at]))
        mark_stage(dockerfile, from[at], at, needed);
    for (size_t i = 0; i < stage->count; i++) {
        const char *name = instruction_flag(&stage->instructions[i], "from");
        if (stage->instructions[i].kind == INSTRUCTION_COPY && name)
            mark_stage(dockerfile, name, at, needed);
    }
}

bool dockerfile_needed(const struct dockerfile *dockerfile, struct arena *arena, const char *target,
                       const char *const *from, bool *ret_needed, size_t *ret_target,
                       struct error *err)
{
    size_t at = 0;
    if (!find_target(dockerfile, arena, target, &at, err))
        return false;
    memset(ret_needed, 0, dockerfile->stage_count * sizeof *ret_needed);
    ret_needed[at] = true;
    /* A stage stands only on earlier ones, so once down the list is enough. */
    for (size_t i = at + 1; i > 0; i--)
        if (ret_needed[i - 1])
            mark_used(dockerfile, from, i - 1, ret_needed);
    *ret_target = at;
    return true;
}
