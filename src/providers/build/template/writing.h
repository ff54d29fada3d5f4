/*
 * writing: a Dockerfile of a template while it is written, and the pieces that languages share.
 *
 *   template.c   chooses the language, checks settings
 *   LANGUAGE.c   one function each, which writes it
 *   writing.c    what they share: files of the context, packages, ports, what starts
 *   scan.c       values out of text that is not parsed (scan.h)
 */
#ifndef CMX_BUILD_TEMPLATE_WRITING_H
#define CMX_BUILD_TEMPLATE_WRITING_H

#include "base/buf.h"
#include "providers/build/template/template.h"

/* The Debian release that all stages stand on: what is built on one runs on the same one. */
#define TEMPLATE_SUITE "bookworm"

struct writing {
    struct arena *arena;
    const struct image_spec *spec;
    const struct context *context;
    const char *language;
    const char *version, *entry, *port; /* NULL: not given */
    struct text_list packages;
    struct context_list list; /* all of the context */
    struct buf *out;
    struct problems *problems;
    struct error *err;
};

#define ADD(one, ...) buf_printf((one)->out, __VA_ARGS__)

/* False, with ERROR_INPUT and "build.template: LANGUAGE: …". */
bool template_wrong(struct writing *one, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A warning at the Image. */
void template_warn(struct writing *one, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ------------------------------------------------------------------------------ files */

/* Is there a file, or a folder, of that name in the context? */
bool there(const struct writing *one, const char *path);

/* The text of a file of the context; NULL where it is not there, or none that can be read. */
const char *file_text(const struct writing *one, const char *path);

/*
 * Paths of the context whose last part is `name`, but for those in folders of others' code
 * (node_modules, vendor, testdata). "*.rs" takes all with that ending.
 */
struct text_list files_named(const struct writing *one, const char *name);

/* "COPY PATH FOLDER/" for each, those at the top in one line together. */
void add_copies(struct writing *one, const struct text_list *paths);

/* One of the names, joined for a message: "./cmd/api, ./cmd/worker". */
const char *joined(struct arena *arena, const struct text_list *list);

void push_text(struct writing *one, struct text_list *list, const char *text);

/* ----------------------------------------------------------------------------- pieces */

/* What a version setting says: "1.22" or "1.22-trixie"; false with err where it is neither. */
struct base_tag {
    const char *number, *suite;
};
bool template_tag(struct writing *one, const char *number, struct base_tag *ret);

/*
 * RUN apt-get install: all packages of the settings and `more` where it is built; where it runs
 * those alone that are no tools of a build ("-dev", compilers). Nothing, where there are none.
 */
void add_build_packages(struct writing *one, const char *more);
void add_run_packages(struct writing *one, const char *more);
bool has_run_packages(const struct writing *one);

/* EXPOSE, PORT and a check; `check` is printed with the port. A port is served that can be
 * connected to. */
void add_port(struct writing *one, const char *check);

#define BUSYBOX_CHECK "CMD netstat -ltn | grep -q ':%s '" /* not every busybox has nc -z */
#define BASH_CHECK    "CMD [\"bash\", \"-c\", \": </dev/tcp/127.0.0.1/%s\"]"
#define USER_LINE     "USER 65532:65532\n"

/* ENTRYPOINT in its exec form; behind `tini` where that is one of the packages. */
void add_entrypoint(struct writing *one, const struct text_list *words);
void add_entrypoint_words(struct writing *one, const char *words); /* split at blanks */

/* -------------------------------------------------------------------------- languages */

bool write_go(struct writing *one);
bool write_rust(struct writing *one);
bool write_c(struct writing *one);
bool write_node(struct writing *one);
bool write_python(struct writing *one);
bool write_java(struct writing *one);
bool write_static(struct writing *one);

/* node.c, for pages that are built first: stage "build", the project in /app. */
bool write_node_build(struct writing *one, const char **ret_tag);

#endif
