/*
 * scan: single values out of project files, line by line. No parser: what is written in an
 * unusual way is not found, and the caller takes what is usual.
 */
#ifndef CMX_BUILD_TEMPLATE_SCAN_H
#define CMX_BUILD_TEMPLATE_SCAN_H

#include "base/arena.h"
#include "manifest/resource.h"

#include <stdbool.h>

/* The next line, or NULL; *at moves behind it. Without its end and the blanks around it. */
const char *scan_line(struct arena *arena, const char **at);

/* The word behind the first line that begins with `key` and a blank: "go 1.22" → "1.22". */
const char *scan_word(struct arena *arena, const char *text, const char *key);

/* `key = "…"` in a TOML section ("package"; "" is the top), or NULL. Any text may be NULL. */
const char *scan_toml(struct arena *arena, const char *text, const char *section, const char *key);

/* The keys of a TOML section; the strings at `key` of all sections of that name ([[bin]]). */
struct text_list scan_toml_keys(struct arena *arena, const char *text, const char *section);
struct text_list scan_toml_all(struct arena *arena, const char *text, const char *section,
                               const char *key);
bool scan_toml_has(struct arena *arena, const char *text, const char *section);

/* What stands between `start` and `end`, the first time, or NULL. */
const char *scan_between(struct arena *arena, const char *text, const char *start, const char *end);

/*
 * The first version in a text, at most `parts` numbers of it: "^v20.11.1" → "20" with 1,
 * "20.11" with 2. NULL: there is none.
 */
const char *scan_version(struct arena *arena, const char *text, unsigned parts);

/* <0, 0, >0: "3.9" before "3.13". */
int version_compare(const char *one, const char *other);

/*
 * A version that satisfies a range (">=3.9,<3.13", "^20", "18 || 20", "20.x"): `usual` where that
 * does, else the highest whole step below an upper bound, else the lowest one that is named.
 * `parts` of it.
 */
const char *scan_range(struct arena *arena, const char *range, const char *usual, unsigned parts);

#endif
