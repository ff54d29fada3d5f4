/*
 * hooks_of_others: annotations by which Helm and Argo CD tell a hook.
 *
 * What `helm template` prints is full of them. They mean nothing here, so that
 * a Job that was to run before the rest, or a test that was to run on demand,
 * is applied like everything else: a warning says so, and what to write.
 */
#ifndef CMX_HOOKS_OF_OTHERS_H
#define CMX_HOOKS_OF_OTHERS_H

#include "manifest/options.h"
#include "manifest/resource.h"

void warn_hooks_of_others(const struct object_id *id, const struct value *document,
                          const struct object_options *options, const struct source_file *file,
                          struct problems *problems);

#endif
