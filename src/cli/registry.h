/*
 * registry: what the commands of `cmx-reconcile registry` share. Private to cli/registry*.c.
 */
#ifndef CMX_CLI_REGISTRY_H
#define CMX_CLI_REGISTRY_H

#include "cli/command.h"
#include "manifest/reference.h"
#include "oci/image.h"
#include "oci/registry/registry.h"

/* One call: connections and credentials, and what is said about them. */
struct registry_run {
    struct invocation *invocation;
    struct arena *arena;
    struct http *http;
    struct registries *registries;
    const struct wait *wait;
};

typedef enum exit_code registry_action(struct registry_run *run, const char *const *arguments,
                                       size_t count);

/* Runs one of them, between the start and the end of what it needs. */
enum exit_code registry_with(struct invocation *invocation, registry_action *action,
                             const char *const *arguments, size_t count);

registry_action registry_ls, registry_inspect, registry_exists, registry_rm, registry_tag,
    registry_copy, registry_login_command, registry_logout_command, registry_pull, registry_push;

/* Could the text be a registry or what is in one? Else it is told: "oci:out" is a folder. */
bool registry_is_meant(struct registry_run *run, const char *text, enum exit_code *ret_code);

/* The repository of "ghcr.io/acme/api:1", and what names the image there (its digest where one
 * is written, else its tag, else "latest"). False: *ret_code says how it ended. */
bool registry_open_text(struct registry_run *run, const char *text, struct reference *ret_reference,
                        struct image_store **ret_store, const char **ret_name,
                        enum exit_code *ret_code);

/* "3.1 MB". */
const char *bytes_text(struct arena *arena, int64_t bytes);

/* Prints {"format": 1, …members of map}. */
enum exit_code registry_print_json(struct registry_run *run, struct value *map);

/* Sets a member, where the text is not NULL. */
void json_text(struct arena *arena, struct value *map, const char *key, const char *text);

#endif
