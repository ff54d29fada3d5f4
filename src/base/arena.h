/*
 * arena: memory that is freed all at once.
 *
 * What is loaded in a run lives in the run's arena, what a task makes in the
 * task's. Nothing in an arena is freed alone. Running out of memory aborts: a
 * run starts from what is live, so stopping anywhere is safe.
 *
 * An arena is not locked: one thread at a time allocates from it. What was
 * allocated may be read by any thread once it is published.
 */
#ifndef CMX_BASE_ARENA_H
#define CMX_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new, empty arena; the caller owns it and ends it with arena_free(). */
struct arena *arena_new(void) __attribute__((returns_nonnull, warn_unused_result));

/* Frees the arena and everything in it. NULL is allowed. */
void arena_free(struct arena *arena);

/* All that lives in `from` lives in `arena` from now on; `from` itself is gone. */
void arena_adopt(struct arena *arena, struct arena *from);

/* Empties the arena and keeps one block for the next use. */
void arena_clear(struct arena *arena);

/* Bytes handed out since arena_new() or arena_clear(). */
size_t arena_used(const struct arena *arena);

/* `size` zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* `count` zeroed elements of `size` bytes; aborts when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));

/* Copies: `length` bytes with a NUL behind them, a string, a formatted string. */
char *arena_memdup(struct arena *arena, const char *data, size_t length)
    __attribute__((returns_nonnull));
char *arena_strdup(struct arena *arena, const char *text) __attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), returns_nonnull));

/*
 * Makes room for one more element in an array that lives in the arena: returns
 * `array`, or a copy twice as large when `count` has reached `*capacity`.
 */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size)
    __attribute__((returns_nonnull));

/* Appends to an arena array made of three variables: items, count, capacity. */
#define arena_push(arena, items, count, capacity, item)                                            \
    ((items) = arena_grow((arena), (items), (count), &(capacity), sizeof *(items)),                \
     (items)[(count)++] = (item))

/* For heap memory outside arenas: like malloc and realloc, but abort when out of memory. */
void *memory_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *memory_realloc(void *old, size_t size) __attribute__((returns_nonnull));
char *memory_strdup(const char *text) __attribute__((malloc, returns_nonnull));

#endif
