/*
 * peel.h - the layout inside a string of a value, as the value's bytes arrive.
 *
 * Finds the first string that holds JSON by its own first byte, '{' or '[', and passes
 * on what it holds without its wrapping: escapes of a JSON string, base64 in a string of
 * serialize, percent signs. Does not judge the value around it: that is a walker's task.
 * Pure; one thread.
 */
#ifndef WPB_WORDPRESS_PEEL_H
#define WPB_WORDPRESS_PEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

enum wpb_peel_kind {
    WPB_PEEL_JSON_STRING, /* of a JSON text */
    WPB_PEEL_BASE64,      /* of a string in serialize */
    WPB_PEEL_PERCENT,     /* all of it */
};

#define WPB_PEEL_BUFFER 4096

struct wpb_peel {
    enum wpb_peel_kind kind;
    void (*pass)(void *cookie, struct wpb_slice bytes);
    void *cookie;
    bool has_begun; /* the layout's first byte has come */
    bool is_over;   /* ... and its last */
    uint64_t passed;

    int state;
    uint32_t code, high; /* of an escape; a surrogate's first half */
    uint64_t left;       /* of a string of serialize */
    bool is_quiet;       /* the current string is not it */
    char out[WPB_PEEL_BUFFER];
    size_t len;
};

/* PASS is called with the layout's bytes, COOKIE with it. */
void wpb_peel_init(struct wpb_peel *peel, enum wpb_peel_kind kind,
                   void (*pass)(void *cookie, struct wpb_slice bytes), void *cookie);
void wpb_peel_feed(struct wpb_peel *peel, struct wpb_slice chunk);
/* No more bytes: what is still held is passed on. */
void wpb_peel_finish(struct wpb_peel *peel);

#endif
