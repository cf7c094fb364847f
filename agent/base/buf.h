/*
 * buf.h - a growable byte buffer with a sticky error.
 *
 * Append freely and check once at the end: after a failed allocation or when a
 * limit is reached the buffer keeps what it has, ignores further appends and
 * wpb_buf_failed() stays true. `data` is never NULL and is always followed by a
 * NUL that is not counted. One thread.
 */
#ifndef WPB_BASE_BUF_H
#define WPB_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/slice.h"

struct wpb_buf {
    char *data;
    size_t len, capacity;
    size_t limit; /* 0: none */
    bool failed;
};

/* An empty buffer that allocates nothing yet. LIMIT: most bytes it may hold, 0
 * for none. */
void wpb_buf_init(struct wpb_buf *buf, size_t limit);
/* Free the memory; the buffer is empty and usable again. */
void wpb_buf_fini(struct wpb_buf *buf);
/* Forget the content, keep the memory, clear the error. */
void wpb_buf_clear(struct wpb_buf *buf);

void wpb_buf_add(struct wpb_buf *buf, const void *bytes, size_t len);
void wpb_buf_slice(struct wpb_buf *buf, struct wpb_slice bytes);
void wpb_buf_text(struct wpb_buf *buf, const char *text);
void wpb_buf_char(struct wpb_buf *buf, char byte);
void wpb_buf_repeat(struct wpb_buf *buf, char byte, size_t count);
void wpb_buf_printf(struct wpb_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void wpb_buf_vprintf(struct wpb_buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* The content as memory of the caller's, for free(), with *LEN bytes and a NUL after
 * them; the buffer is empty then. NULL when it has failed or never held anything. */
char *wpb_buf_take(struct wpb_buf *buf, size_t *len);

bool wpb_buf_failed(const struct wpb_buf *buf);
struct wpb_slice wpb_buf_view(const struct wpb_buf *buf);

#endif
