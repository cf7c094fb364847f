/*
 * arena.h - the memory of one cycle: many small allocations, freed at once.
 *
 * What a turn of the wheel produces (subjects, samples, findings, their texts)
 * borrows from one arena and dies with it. An arena belongs to one thread.
 */
#ifndef WPBLOAT_ARENA_H
#define WPBLOAT_ARENA_H

#include <stddef.h>

#include "wpbloat/slice.h"

struct wpb_arena;

/* A new, empty arena; NULL when memory is out. Free with wpb_arena_free(). */
struct wpb_arena *wpb_arena_new(void);
/* Free ARENA and all that was taken from it. NULL is a no-op. */
void wpb_arena_free(struct wpb_arena *arena);

/* SIZE zeroed bytes aligned for any type, valid until the arena is freed. Never
 * NULL: when memory is out the process ends with a message, since a scan that
 * has no memory for a few names has nothing left to report. Sizes that come
 * from outside must be bounded before they come here. */
void *wpb_arena_alloc(struct wpb_arena *arena, size_t size);

/* A copy of BYTES in the arena, with a NUL after it that is not counted. */
struct wpb_slice wpb_arena_copy(struct wpb_arena *arena, struct wpb_slice bytes);
/* The same as a C string; embedded NULs stay where they are. */
char *wpb_arena_cstr(struct wpb_arena *arena, struct wpb_slice bytes);
/* A formatted C string in the arena. */
char *wpb_arena_printf(struct wpb_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes handed out so far. */
size_t wpb_arena_used(const struct wpb_arena *arena);

#endif
