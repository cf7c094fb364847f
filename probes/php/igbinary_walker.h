/*
 * igbinary_walker.h - inside of the igbinary walker: its state between two bytes.
 *
 * Shared by igbinary.c (the grammar, at any chunk boundary) and igbinary_run.c (the
 * elements of an array that a chunk holds whole, read at once).
 */
#ifndef WPB_PHP_IGBINARY_WALKER_H
#define WPB_PHP_IGBINARY_WALKER_H

#include "probes/php/frames.h"
#include "probes/php/igbinary_strings.h"

#define WPB_IGBINARY_HEAD_MAX 9 /* a type and a number of 8 bytes */

/* What the next byte belongs to. The first five begin a token, of which a chunk
 * may hold a part; the others are bytes of which `left` are to come. */
enum wpb_igbinary_state {
    WPB_IGBINARY_VERSION,
    WPB_IGBINARY_VALUE,
    WPB_IGBINARY_KEY,
    WPB_IGBINARY_CONTENT,
    WPB_IGBINARY_CASE,
    WPB_IGBINARY_END,
    WPB_IGBINARY_VALUE_TEXT,
    WPB_IGBINARY_KEY_TEXT,
    WPB_IGBINARY_CLASS_TEXT,
    WPB_IGBINARY_CASE_TEXT,
    WPB_IGBINARY_PAYLOAD,
};

struct wpb_php_igbinary {
    struct wpb_frames frames;
    struct wpb_igbinary_strings strings;
    enum wpb_igbinary_state state;
    uint8_t head_len;
    char head[WPB_IGBINARY_HEAD_MAX]; /* of a token that a chunk cut */
    uint64_t length;                  /* of the bytes being read, whole */
    uint64_t left;
    uint64_t references; /* arrays, objects and references so far */
    uint64_t unknown;
};

/* In state WPB_IGBINARY_KEY: read as many elements as the chunk holds whole. Returns P
 * itself when there is none; the grammar goes on from there. NULL after a failure. */
const char *wpb_igbinary_run(struct wpb_php_igbinary *walker, const char *p,
                             const char *end);

#endif
