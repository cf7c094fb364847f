#include "wpbloat/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Many arenas hold a few texts and no more: the first block is small, and each further
 * one twice as large, up to a size beyond which nothing is gained. */
#define FIRST_BLOCK_BYTES ((size_t)1024)
#define BLOCK_BYTES ((size_t)16384)

struct block {
    struct block *next;
    size_t used, size;
    max_align_t data[];
};

struct wpb_arena {
    struct block *blocks; /* the newest first; allocations come from it */
    size_t used;
    size_t block_bytes; /* of the next block */
};

struct wpb_arena *wpb_arena_new(void)
{
    struct wpb_arena *arena = calloc(1, sizeof(*arena));

    if (arena)
        arena->block_bytes = FIRST_BLOCK_BYTES;
    return arena;
}

void wpb_arena_free(struct wpb_arena *arena)
{
    if (!arena)
        return;
    while (arena->blocks) {
        struct block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    free(arena);
}

static void out_of_memory(void)
{
    fputs("wpbloat: error: out of memory\n", stderr);
    abort();
}

/* A large allocation gets a block of its own behind the newest one, so that the
 * room left in that one is not lost. */
static struct block *add_block(struct wpb_arena *arena, size_t size)
{
    bool is_large = size > arena->block_bytes;
    size_t room = is_large ? size : arena->block_bytes;
    struct block *block = NULL;

    if (room < SIZE_MAX / 2)
        block = malloc(sizeof(*block) + room);
    if (!block)
        out_of_memory();
    block->used = 0;
    block->size = room;
    if (arena->block_bytes < BLOCK_BYTES)
        arena->block_bytes *= 2;
    if (is_large && arena->blocks) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *wpb_arena_alloc(struct wpb_arena *arena, size_t size)
{
    const size_t align = sizeof(max_align_t);
    struct block *block = arena->blocks;
    void *bytes;

    if (size > SIZE_MAX / 4)
        out_of_memory();
    size = (size + align - 1) / align * align;
    if (!block || block->size - block->used < size)
        block = add_block(arena, size);
    bytes = (char *)block->data + block->used;
    block->used += size;
    arena->used += size;
    memset(bytes, 0, size);
    return bytes;
}

struct wpb_slice wpb_arena_copy(struct wpb_arena *arena, struct wpb_slice bytes)
{
    return wpb_slice_of(wpb_arena_cstr(arena, bytes), bytes.len);
}

char *wpb_arena_cstr(struct wpb_arena *arena, struct wpb_slice bytes)
{
    char *copy = wpb_arena_alloc(arena, bytes.len + 1);

    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return copy;
}

char *wpb_arena_printf(struct wpb_arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = wpb_arena_alloc(arena, len < 0 ? 1 : (size_t)len + 1);
    if (len >= 0)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

size_t wpb_arena_used(const struct wpb_arena *arena)
{
    return arena->used;
}
