/* tar_parts: what the parts of the tar reader share; see tar.h. */
#ifndef CMX_OCI_TAR_PARTS_H
#define CMX_OCI_TAR_PARTS_H

#include "oci/tar.h"

/* One block, as it stands there. Texts are not longer than their fields. */
struct tar_header {
    char type; /* '0'…; 'x', 'g', 'L', 'K', 'V' */
    char path[100 + 1 + 155 + 1], link[100 + 1];
    int64_t mode, uid, gid, size, mtime, major, minor;
};

/* --- tar_header.c --- */

bool tar_block_is_empty(const char *block);

/* ERROR_INVALID: no tar (its sum is wrong), a number that is none, a kind that is not read. */
bool tar_header_read(const char *block, struct tar_header *ret, struct error *err)
    __attribute__((warn_unused_result));

/* Is a number of this base-256 or octal form? */
bool tar_number(const char *field, size_t length, int64_t *ret) __attribute__((warn_unused_result));

/* --- tar_pax.c --- */

/* The member that a header, its pax records and its GNU long names ("": none) make together. */
bool tar_entry_of(struct arena *arena, const struct tar_header *header, const struct buf *pax,
                  const char *long_path, const char *long_link, struct tar_entry *ret,
                  struct error *err) __attribute__((warn_unused_result));

/* --- tar_path.c --- */

/* Cleans path and link, finds whiteouts, and notes what was tried. */
bool tar_entry_clean(struct arena *arena, struct tar_entry *entry, struct error *err)
    __attribute__((warn_unused_result));

#endif
