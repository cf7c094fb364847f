/*
 * source_match.h - where PHP code holds the literal part of a name, and what it
 * does with it there.
 *
 * A name is rarely written whole: 'kestrel_tariff_v2_' . md5( $x ), or in pieces,
 * sprintf( 'kestrel_%s_v2_%s', ... ). So a literal is also found through its
 * leading parts, when the code ends a string or begins a placeholder behind them.
 * The code is not parsed: a small lexer knows strings, comments, heredocs and text
 * outside of PHP, and the enclosing parentheses tell the call. Pure: any bytes are
 * code; work is linear in them. Any thread.
 */
#ifndef WPB_WORDPRESS_SOURCE_MATCH_H
#define WPB_WORDPRESS_SOURCE_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

/* Leading parts shorter than this would be found everywhere. */
#define WPB_SOURCE_PART_MIN 6
/* Most bytes of a line that are shown. */
#define WPB_SOURCE_EXCERPT_MAX 120

struct wpb_source_literal {
    struct wpb_slice text;
    size_t shortest; /* bytes of the shortest leading part worth finding; text.len
                        when only the whole is */
};

/* Make LITERAL of TEXT, the literal part of a family of names: without the prefix
 * that WordPress gives to transients, whose callers do not write it. False when
 * nothing is left to search for. Points into TEXT. */
bool wpb_source_literal_init(struct wpb_source_literal *literal, struct wpb_slice text);

/* What the code does with the name, weakest first. */
enum wpb_source_use {
    WPB_SOURCE_COMMENT, /* speaks of it */
    WPB_SOURCE_MENTION, /* an identifier, or text outside of PHP */
    WPB_SOURCE_STRING,  /* a string */
    WPB_SOURCE_METHOD,  /* ... on a line with a call, or given to ->get_option() */
    WPB_SOURCE_WRITE,   /* ... given to update_option() and its like */
    WPB_SOURCE_READ,    /* ... given to get_option() and its like */
};

struct wpb_source_match {
    size_t len; /* bytes of the literal that are there; text.len: the whole */
    enum wpb_source_use use;
    uint64_t line;            /* from 1 */
    struct wpb_slice excerpt; /* the line, trimmed and cut around the match */
};

typedef void wpb_source_visit(void *cookie, const struct wpb_source_match *match);

/* Call VISIT for each line of CODE that holds LITERAL or a leading part of it, once
 * a line, in order. Slices point into CODE. */
void wpb_source_scan(struct wpb_slice code, const struct wpb_source_literal *literal,
                     wpb_source_visit *visit, void *cookie);

#endif
