/*
 * dockerfile: a Dockerfile as a list of stages and their instructions.
 *
 *   lines.c    comments, continuations, parser directives, here-documents
 *   words.c    a line's flags, words, pairs, JSON lists
 *   parse.c    one instruction out of a line: the table of all that there are
 *   stages.c   stages, their names, which of them are needed
 *   expand.c   ${variables}, once their values are known
 *
 * What counts is what BuildKit's Dockerfile frontend does. All that is wrong is reported, not
 * just the first. Variables are not filled in here: what they are depends on arguments, the
 * platform and the base.
 */
#ifndef CMX_BUILD_DOCKERFILE_H
#define CMX_BUILD_DOCKERFILE_H

#include "base/error.h"
#include "manifest/image.h"
#include "manifest/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DOCKERFILE_CEILING = 1 << 20, /* bytes, a here-document included */
    DOCKERFILE_INSTRUCTIONS_CEILING = 10000,
};

enum instruction_kind {
    INSTRUCTION_ADD,
    INSTRUCTION_ARG,
    INSTRUCTION_CMD,
    INSTRUCTION_COPY,
    INSTRUCTION_ENTRYPOINT,
    INSTRUCTION_ENV,
    INSTRUCTION_EXPOSE,
    INSTRUCTION_FROM,
    INSTRUCTION_HEALTHCHECK,
    INSTRUCTION_LABEL,
    INSTRUCTION_MAINTAINER,
    INSTRUCTION_ONBUILD,
    INSTRUCTION_RUN,
    INSTRUCTION_SHELL,
    INSTRUCTION_STOPSIGNAL,
    INSTRUCTION_USER,
    INSTRUCTION_VOLUME,
    INSTRUCTION_WORKDIR,
};

/* "<<EOF": lines up to EOF, as a file (COPY, ADD) or for the shell (RUN). */
struct heredoc {
    const char *name;    /* without quotes                                */
    const char *content; /* with "<<-", leading tabs are gone             */
    bool expand;         /* no part of the name was quoted                */
    bool chomp;          /* "<<-"                                          */
};

/* "--chown=1:1"; `value` NULL where no "=" was written. */
struct instruction_flag {
    const char *name, *value;
};

struct instruction {
    enum instruction_kind kind;
    const char *name;   /* "COPY"                                                  */
    struct place place; /* of its first line */
    uint32_t stop;      /* the offset behind its last line, here-documents left out */
    const char *text;   /* the line, continuations joined: "COPY --link a b"       */
    const char *rest;   /* what stands behind the flags                            */
    struct instruction_flag *flags;
    size_t flag_count, flag_capacity;
    /*
     * Words: of a JSON list (json), blank-separated, or the whole rest as one. ENV, LABEL: key,
     * value, key, value…; ARG: "name" or "name=value"; HEALTHCHECK: NONE or CMD first.
     */
    struct text_list words;
    bool json;
    struct heredoc *heredocs;
    size_t heredoc_count, heredoc_capacity;
};

struct dockerfile_stage {
    const char *name;     /* in lower case; NULL: none */
    const char *from;     /* as written                */
    const char *platform; /* --platform, or NULL       */
    const struct instruction *head;
    struct instruction *instructions; /* behind FROM */
    size_t count, capacity;
};

struct dockerfile {
    const struct source_file *file;
    char escape;
    const char *syntax; /* "# syntax=…", or NULL */
    uint32_t syntax_line;
    struct instruction *global; /* ARGs before the first FROM */
    size_t global_count, global_capacity;
    struct dockerfile_stage *stages;
    size_t stage_count, stage_capacity;
    size_t instructions; /* in all */
};

/* Reads it. False: something is wrong, and all of it is in `problems`. */
bool dockerfile_read(struct arena *arena, const struct source_file *file, struct dockerfile *ret,
                     struct problems *problems) __attribute__((warn_unused_result));

/* The value of a flag, "" of one without "="; NULL where it is not given. */
const char *instruction_flag(const struct instruction *instruction, const char *name);

/* Is a flag given that is true or false, and true? */
bool instruction_is(const struct instruction *instruction, const char *name);

/*
 * Where a word of it stands, as it is written there, so that a fault can be told at its column;
 * the instruction's own place where it is not found (an escape in a line's middle), or is NULL.
 */
struct place instruction_place(const struct source_file *file,
                               const struct instruction *instruction, const char *word);

/* The here-document that a word of COPY names ("<<EOF"), or NULL. */
const struct heredoc *instruction_heredoc(const struct instruction *instruction, const char *word);

/* The index of a stage before `before` by its name or number; -1: there is none. */
int dockerfile_stage(const struct dockerfile *dockerfile, const char *name, size_t before);

/*
 * Marks the stages that `target` (NULL or "": the last one) stands on, itself included: by
 * FROM and by COPY --from. `from` are the names behind FROM with their arguments filled in.
 * ERROR_INPUT: there is no such stage, and which one was meant.
 */
bool dockerfile_needed(const struct dockerfile *dockerfile, struct arena *arena, const char *target,
                       const char *const *from, bool *ret_needed, size_t *ret_target,
                       struct error *err) __attribute__((warn_unused_result));

#endif
