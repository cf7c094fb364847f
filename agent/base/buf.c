#include "agent/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an empty buffer's `data` points at; never written to, since every append
 * reserves first. */
static char nothing[1];

void wpb_buf_init(struct wpb_buf *buf, size_t limit)
{
    *buf = (struct wpb_buf){.data = nothing, .limit = limit};
}

void wpb_buf_fini(struct wpb_buf *buf)
{
    if (buf->capacity)
        free(buf->data);
    wpb_buf_init(buf, buf->limit);
}

char *wpb_buf_take(struct wpb_buf *buf, size_t *len)
{
    char *data, *smaller;

    *len = 0;
    if (!buf->capacity || buf->failed)
        return NULL;
    *len = buf->len;
    data = buf->data;
    smaller = realloc(data, buf->len + 1);
    wpb_buf_init(buf, buf->limit);
    return smaller ? smaller : data;
}

void wpb_buf_clear(struct wpb_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->capacity)
        buf->data[0] = '\0';
}

/* Room for LEN more bytes and the NUL. */
static bool reserve(struct wpb_buf *buf, size_t len)
{
    size_t need = buf->len + len + 1, capacity = buf->capacity;
    char *data;

    if (buf->failed)
        return false;
    if (need <= len || (buf->limit && need - 1 > buf->limit)) {
        buf->failed = true;
        return false;
    }
    if (need <= capacity)
        return true;
    capacity = capacity ? capacity : 64;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    data = realloc(buf->capacity ? buf->data : NULL, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void wpb_buf_add(struct wpb_buf *buf, const void *bytes, size_t len)
{
    if (len == 0 || !reserve(buf, len))
        return;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void wpb_buf_slice(struct wpb_buf *buf, struct wpb_slice bytes)
{
    wpb_buf_add(buf, bytes.data, bytes.len);
}

void wpb_buf_text(struct wpb_buf *buf, const char *text)
{
    wpb_buf_add(buf, text, strlen(text));
}

void wpb_buf_char(struct wpb_buf *buf, char byte)
{
    wpb_buf_add(buf, &byte, 1);
}

void wpb_buf_repeat(struct wpb_buf *buf, char byte, size_t count)
{
    if (count == 0 || !reserve(buf, count))
        return;
    memset(buf->data + buf->len, byte, count);
    buf->len += count;
    buf->data[buf->len] = '\0';
}

void wpb_buf_printf(struct wpb_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    wpb_buf_vprintf(buf, format, args);
    va_end(args);
}

void wpb_buf_vprintf(struct wpb_buf *buf, const char *format, va_list args)
{
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0) {
        buf->failed = true;
        return;
    }
    if (len == 0 || !reserve(buf, (size_t)len))
        return;
    vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    buf->len += (size_t)len;
}

bool wpb_buf_failed(const struct wpb_buf *buf)
{
    return buf->failed;
}

struct wpb_slice wpb_buf_view(const struct wpb_buf *buf)
{
    return wpb_slice_of(buf->data, buf->len);
}
