/*
 * folder: a context written out, for programs that read folders.
 *
 * Modes and times are the context's own, whatever the umask; nothing is written through a
 * link. The Dockerfile lies beside it, not in it, so that no COPY takes it.
 */
#ifndef CMX_BUILD_BUILDKIT_FOLDER_H
#define CMX_BUILD_BUILDKIT_FOLDER_H

#include "providers/build/context.h"

/* Writes the list into `folder`, which is there and empty. */
bool folder_write(const char *folder, const struct context_list *list, int64_t mtime,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Removes a folder and all in it; what cannot be removed stays. */
void folder_remove(const char *folder);

#endif
