/*
 * heaviest.h - the heaviest parts of a value, found while it is walked.
 *
 * Holds the open frames of the path (64 deep) and a table of 128 candidates,
 * whatever the value holds. A part is listed when it is 1 % of what was walked
 * or more; an array or object of which one child is 80 % or more leaves its
 * place to that child; a child with an integer key (one of a list) is listed
 * only when it is 10 % of its list. One thread.
 */
#ifndef WPB_PHP_HEAVIEST_H
#define WPB_PHP_HEAVIEST_H

#include "probes/php/examine.h"

struct wpb_heaviest;

/* NULL when memory is out. */
struct wpb_heaviest *wpb_heaviest_new(void);
void wpb_heaviest_free(struct wpb_heaviest *heaviest);

/* False when EVENT is too light to matter: callers may skip wpb_heaviest_add(). */
static inline bool wpb_heaviest_wants(const struct wpb_php_event *event)
{
    return event->phase != WPB_PHP_LEAF ||
           event->bytes >= (event->offset + event->bytes) / 100;
}
void wpb_heaviest_add(struct wpb_heaviest *heaviest, const struct wpb_php_event *event);
/* Nothing comes after byte WALKED: parts still open count as far as they were
 * seen. Writes at most MAX paths, heaviest first, their text in ARENA, and
 * returns how many. */
size_t wpb_heaviest_finish(struct wpb_heaviest *heaviest, uint64_t walked,
                           struct wpb_arena *arena, struct wpb_examination_path *paths,
                           size_t max);

#endif
