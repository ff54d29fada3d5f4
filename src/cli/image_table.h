/*
 * image_table: Images as lines and as JSON, for `build` and `images`.
 */
#ifndef CMX_CLI_IMAGE_TABLE_H
#define CMX_CLI_IMAGE_TABLE_H

#include "cli/command.h"
#include "reconciler/images/produce.h"

/* What is known of one Image; texts may be "" and size -1. */
struct image_row {
    const struct image_run *run;
    const char *status; /* "built", "there", "to be built", "could not be looked at", "failed" */
    const char *id;
    int64_t size;
    struct text_list used_by; /* "Deployment/api" */
    struct text_list names;   /* by which it can be found where `build --to` put it */
    int64_t milliseconds;
};

/* "sha256:9fc9d4b01234", "5.1 MB". */
const char *digest_shown(struct arena *arena, const char *digest);
const char *size_shown(struct arena *arena, int64_t bytes);

/* Tags with blanks between them. */
const char *tags_shown(struct arena *arena, const struct image_run *run);

struct value *image_row_value(struct arena *arena, const struct image_row *row);

/* Flags of the Images that the arguments name; all that are built without any. False: *ret_code. */
bool command_choose_images(struct invocation *invocation, const struct run *run, bool *chosen,
                           enum exit_code *ret_code);

#endif
