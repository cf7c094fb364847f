/*
 * shape.h - what kind of statement some SQL is: its text without values and comments, and
 * the first table it names.
 *
 *   UPDATE `wp_options` SET `option_value` = 'x' WHERE `option_name` = 'y' -- a:1
 *   UPDATE wp_options SET option_value = ? WHERE option_name = ?
 *
 * Strings, in either quote, and all that begins with a digit become "?", lists of values
 * "(...)" whatever their length, plain names lose their backticks, white space is one
 * space where a reader expects it. Digest texts, which have no values already, come out
 * alike. Text may end anywhere, as the server cuts it. A statement under the sql_mode
 * NO_BACKSLASH_ESCAPES must not be given: where its strings end cannot be told without
 * knowing the mode, and values would be taken for names.
 *
 * Pure; no memory but the caller's.
 */
#ifndef WPB_MYSQL_SHAPE_H
#define WPB_MYSQL_SHAPE_H

#include <stdbool.h>

#include "wpbloat/slice.h"

#define WPB_SHAPE_MAX 200
/* A name has 64 characters. */
#define WPB_SHAPE_TABLE_MAX 256

struct wpb_sql_shape {
    char text[WPB_SHAPE_MAX + 1]; /* cut at a character, with "..." then */
    size_t len;
    char table[WPB_SHAPE_TABLE_MAX + 1]; /* without schema; "" when none is named */
    size_t table_len;
    /* It changes rows, or locks those it reads. */
    bool takes_locks;
};

void wpb_sql_shape(struct wpb_slice sql, struct wpb_sql_shape *shape);

#endif
