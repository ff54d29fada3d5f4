/*
 * image_reading: what the readers of a kind Image share: plain members, and paths.
 *
 * Private to image.c (the whole, repository, tags, build), image_settings.c and load_images.c.
 * The shape has checked the document; what it cannot say becomes problems here.
 */
#ifndef CMX_MANIFEST_IMAGE_READING_H
#define CMX_MANIFEST_IMAGE_READING_H

#include "manifest/image.h"

struct image_reading {
    struct arena *arena;
    const struct source_file *file;
    struct problems *problems;
};

#define WRONG(reading, value, ...)                                                                 \
    problem_add((reading)->problems, (reading)->file, (value)->place, true, __VA_ARGS__)

/* A member's text, or NULL; its milliseconds, or 0. */
const char *reading_text(const struct value *map, const char *name);
int64_t reading_duration(const struct value *map, const char *name);

/* Appends the texts of a list. */
void reading_texts(struct image_reading *reading, const struct value *list, struct text_list *ret);

/* The same; NULL where it was not given: that is something else than none. */
struct text_list *reading_words(struct image_reading *reading, const struct value *list);

/* A map of strings in the order of the file: one variable may be made of those before it. */
void reading_pairs(struct image_reading *reading, const struct value *map, struct image_pairs *ret);

/* "services/api" of "./services//api/"; NULL where it is absolute or leads upwards. */
const char *reading_plain_path(struct arena *arena, const char *path);

/* Is one of its parts `.git`? What is written there is git's: a pull request may not choose it. */
bool reading_is_gits(const char *path);

/* The same; a problem where it leads out of `what`. */
const char *reading_path_below(struct image_reading *reading, const struct value *value,
                               const char *where, const char *what);
void reading_check_absolute(struct image_reading *reading, const struct value *value,
                            const char *where);

/* image_settings.c: all of `spec` that is laid over a Dockerfile's own settings. */
void image_settings_read(struct image_reading *reading, const struct value *spec,
                         struct image_settings *ret);

/*
 * Without a Dockerfile the image is made of its files alone: nothing else of the repository
 * makes it another one.
 */
void image_leave_out_others(struct image_reading *reading, struct image_spec *image);

/* The first of those settings that is given, with its name; or NULL. */
const struct value *image_first_setting(const struct value *spec, const char **ret_name);

#endif
