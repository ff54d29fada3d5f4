/*
 * command: the table of commands; each is a small file of its own.
 *
 * A command reads its invocation, runs the flow of reconciler/reconcile.h as far
 * as it needs, prints, and answers with an exit code. No command holds logic of
 * reconciling.
 */
#ifndef CMX_CLI_COMMAND_H
#define CMX_CLI_COMMAND_H

#include "cli/invocation.h"

struct command {
    const char *name;
    const char *arguments; /* "KIND[.field]" or NULL */
    const char *summary;   /* one line */
    const char *text;      /* paragraphs for help and the man page */
    const char *examples;  /* lines, or NULL */
    unsigned groups;       /* of options */
    size_t most_arguments;
    enum exit_code (*run)(struct invocation *invocation);
};

/* Ended by one without a name. */
extern const struct command commands[];

const struct command *command_find(const char *name);

/* Says that there is no such command, and which one was meant. */
enum exit_code command_unknown(const struct invocation *invocation, const char *name);

enum exit_code command_validate(struct invocation *invocation);
enum exit_code command_render(struct invocation *invocation);
enum exit_code command_diff(struct invocation *invocation);
enum exit_code command_plan(struct invocation *invocation);
enum exit_code command_apply(struct invocation *invocation);
enum exit_code command_build(struct invocation *invocation);
enum exit_code command_images(struct invocation *invocation);
enum exit_code command_status(struct invocation *invocation);
enum exit_code command_delete(struct invocation *invocation);
enum exit_code command_release(struct invocation *invocation);
enum exit_code command_hold(struct invocation *invocation);
enum exit_code command_unhold(struct invocation *invocation);
enum exit_code command_history(struct invocation *invocation);
enum exit_code command_rollback(struct invocation *invocation);
enum exit_code command_registry(struct invocation *invocation);
enum exit_code command_pull(struct invocation *invocation);
enum exit_code command_push(struct invocation *invocation);
enum exit_code command_explain(struct invocation *invocation);
enum exit_code command_version(struct invocation *invocation);
enum exit_code command_completion(struct invocation *invocation);
enum exit_code command_help(struct invocation *invocation);
enum exit_code command_man(struct invocation *invocation);

/*
 * A line for the user on standard error: "cmx-reconcile: …", or JSON with --log-format json; made
 * printable: names and paths in it are somebody else's.
 */
void command_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The end of a command that goes no further: says why, and with -o json prints it as the one
 * document (schemas/output-error.schema.json). Answers with `code`.
 */
enum exit_code command_stop(const struct invocation *invocation, enum exit_code code,
                            const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with an error, its message and its exit code. */
enum exit_code command_fail(const struct invocation *invocation, const struct error *error);

/* Prints the run as JSON with what the program will answer; `error` may be NULL. */
enum exit_code command_print_json(const struct run *run, bool applied, enum exit_code code,
                                  const char *error);

/*
 * Reads what --registry-secret names into the settings of the invocation, before the command
 * runs. False: *ret_code says how it ended.
 */
bool command_read_pull_secrets(struct invocation *invocation, enum exit_code *ret_code);

/*
 * Shared beginning: loads the source, prints its problems. False: *ret_code says
 * how it ended. With `go_on`, wrong manifests do not end it.
 */
bool command_load(struct invocation *invocation, struct run *run, bool go_on,
                  enum exit_code *ret_code);

/* The second half of it: prints the problems of a run that has loaded. */
bool command_check(struct invocation *invocation, struct run *run, bool go_on,
                   enum exit_code *ret_code);

/*
 * Names a context where nobody did: asks at a terminal, refuses elsewhere. `cluster`:
 * the Project's, NULL where it names none. False: *ret_code says how it ended.
 */
bool command_choose_context(struct invocation *invocation, const char *cluster,
                            enum exit_code *ret_code);

/* Does a kubeconfig, a pod's account or an option name a cluster? Asks nobody. */
bool command_has_cluster(const struct invocation *invocation);

/*
 * The set that a command without a source works on: that of the source where one is
 * given, else --project. False: *ret_code says how it ended.
 */
bool command_find_set(struct invocation *invocation, struct run *run, enum exit_code *ret_code);

/* The object that the first argument names, for commands that work on one. */
bool command_read_object(struct invocation *invocation, struct object_id *pattern,
                         enum exit_code *ret_code);

/* As command_fail(), but what does not exist is an answer: EXIT_NO. */
enum exit_code command_not_there(const struct invocation *invocation, const struct error *error);

/* The plan on top of that. */
bool command_make_plan(struct invocation *invocation, struct run *run, enum exit_code *ret_code);

/*
 * Writes a buffer to standard output whole; EXIT_INTERNAL where that fails. A reader that went
 * away (`| head`) has what it wanted: that is no failure.
 */
enum exit_code command_print(const struct buf *out);

/* The same of text for people: printable (base/printable.h), with our own colours where wanted. */
enum exit_code command_print_text(const struct buf *out, bool colours);

/* Prints headers, plans and errors of all targets as text; `order` with what waits for what. */
enum exit_code command_print_plans(const struct run *run, const struct report_style *style,
                                   bool order);

/* Asks on the terminal; false: no, or nobody to ask. `expected` (may be NULL) has to be typed. */
bool terminal_ask(const char *question, const char *expected);
bool terminal_is_interactive(void);

/* Columns to print in: of the terminal, within reason; 80 where there is none. */
unsigned terminal_width(void);
unsigned terminal_height(void);

/* Is standard output a terminal on which lines can be taken back? */
bool terminal_can_redraw(void);

/* One line typed at the terminal, in the arena; NULL: none. */
const char *terminal_line(struct arena *arena, const char *question);

/* The same, not shown while it is typed. */
const char *terminal_secret(struct arena *arena, const char *question);

/* How events of an apply are shown: in place on a terminal, as lines elsewhere. */
struct progress_view;
struct progress_view *progress_new(const struct invocation *invocation, const struct run *run,
                                   const struct target_run *target);
const struct execute_events *progress_events(struct progress_view *view);
void progress_free(struct progress_view *view);

/* First SIGINT or SIGTERM: soft; a second: hard. Exit code of the signal, 0 where none came. */
struct cancel *signals_install(void);
int signals_exit_code(void);

/* What the program answers: `code`, or that of the signal that kept it from being done. */
int signals_answer(enum exit_code code);

#endif
