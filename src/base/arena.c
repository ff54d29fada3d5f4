/*
 * arena: a chain of blocks, each twice as large as the one before up to a limit.
 * Large requests get a block of their own behind the one in use, whose rest is
 * still wanted. See arena.h for the rules of use.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 256, LARGEST_BLOCK = 1 << 20, LARGE = LARGEST_BLOCK / 4, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
    struct block *blocks; /* the one in use first */
    size_t next_size, used;
};

static void *checked(void *memory)
{
    if (!memory) {
        static const char message[] = "cmx-reconcile: out of memory\n";
        fwrite(message, 1, sizeof message - 1, stderr);
        abort();
    }
    return memory;
}

void *memory_alloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *memory_realloc(void *old, size_t size)
{
    return checked(realloc(old, size ? size : 1));
}

char *memory_strdup(const char *text)
{
    return checked(strdup(text));
}

struct arena *arena_new(void)
{
    struct arena *arena = memory_alloc(sizeof *arena);
    *arena = (struct arena){ .next_size = FIRST_BLOCK };
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->blocks);
    free(arena);
}

void arena_adopt(struct arena *arena, struct arena *from)
{
    struct block **place = arena->blocks ? &arena->blocks->next : &arena->blocks;
    struct block **end = &from->blocks;
    while (*end)
        end = &(*end)->next;
    *end = *place;
    *place = from->blocks;
    arena->used += from->used;
    free(from);
}

void arena_clear(struct arena *arena)
{
    arena->used = 0;
    if (!arena->blocks)
        return;
    free_blocks(arena->blocks->next);
    arena->blocks->next = NULL;
    arena->blocks->used = 0;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

static struct block *add_block(struct arena *arena, size_t least)
{
    size_t size = arena->next_size;
    if (size < LARGEST_BLOCK)
        arena->next_size *= 2;
    if (size < least)
        size = least;
    struct block *block = memory_alloc(sizeof *block + size);
    block->size = size;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

/* Zeroed by the kernel where it is new: what nobody touches takes no memory. */
static void *add_large(struct arena *arena, size_t size)
{
    struct block *block = checked(calloc(1, sizeof *block + size));
    struct block **place = arena->blocks ? &arena->blocks->next : &arena->blocks;
    block->size = block->used = size;
    block->next = *place;
    *place = block;
    arena->used += size;
    return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        checked(NULL);
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded >= LARGE)
        return add_large(arena, rounded);
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < rounded)
        block = add_block(arena, rounded);
    void *memory = block->bytes + block->used;
    block->used += rounded;
    arena->used += rounded;
    return memset(memory, 0, rounded);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        checked(NULL);
    return arena_alloc(arena, bytes);
}

char *arena_memdup(struct arena *arena, const char *data, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (length)
        memcpy(copy, data, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_memdup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        length = 0;
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t larger = *capacity ? *capacity * 2 : 8;
    void *copy = arena_array(arena, larger, size);
    if (count)
        memcpy(copy, array, count * size);
    *capacity = larger;
    return copy;
}
