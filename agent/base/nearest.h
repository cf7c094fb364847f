/*
 * nearest.h - of some names the one that was probably meant. Pure, any thread.
 */
#ifndef WPB_BASE_NEAREST_H
#define WPB_BASE_NEAREST_H

#include <stddef.h>

#include "wpbloat/slice.h"

/* Longer words resemble none of ours: only so many leading bytes are compared. */
#define WPB_NEAREST_WORD_MAX 128

/* Letters to insert, delete or replace until A is B (Levenshtein). */
size_t wpb_nearest_edits(struct wpb_slice a, struct wpb_slice b);

#endif
