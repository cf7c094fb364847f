/*
 * slice.h - a view of bytes that somebody else owns.
 *
 * Names and values come from strangers and may hold any byte, NUL included, so
 * they travel as (pointer, length). A slice never owns; its lifetime is that of
 * the memory it points into. Safe from any thread.
 */
#ifndef WPBLOAT_SLICE_H
#define WPBLOAT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct wpb_slice {
    const char *data; /* may be NULL only when len is 0 */
    size_t len;       /* bytes */
};

/* A slice of a string literal, usable in constant initialisers. */
#define WPB_SLICE(literal)                                                               \
    {                                                                                    \
        (literal), sizeof(literal) - 1                                                   \
    }

static inline struct wpb_slice wpb_slice_of(const void *data, size_t len)
{
    return (struct wpb_slice){data, len};
}

static inline struct wpb_slice wpb_slice_cstr(const char *text)
{
    return (struct wpb_slice){text, text ? strlen(text) : 0};
}

static inline bool wpb_slice_equal(struct wpb_slice a, struct wpb_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool wpb_slice_is(struct wpb_slice a, const char *text)
{
    return wpb_slice_equal(a, wpb_slice_cstr(text));
}

static inline bool wpb_slice_starts(struct wpb_slice a, struct wpb_slice prefix)
{
    return a.len >= prefix.len &&
           (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

static inline bool wpb_slice_ends(struct wpb_slice a, struct wpb_slice suffix)
{
    return a.len >= suffix.len &&
           (suffix.len == 0 ||
            memcmp(a.data + a.len - suffix.len, suffix.data, suffix.len) == 0);
}

/* A without its first N bytes (all of it when N is larger). */
static inline struct wpb_slice wpb_slice_skip(struct wpb_slice a, size_t n)
{
    if (n > a.len)
        n = a.len;
    return wpb_slice_of(a.data ? a.data + n : NULL, a.len - n);
}

/* The first N bytes of A (all of it when N is larger). */
static inline struct wpb_slice wpb_slice_head(struct wpb_slice a, size_t n)
{
    return wpb_slice_of(a.data, n < a.len ? n : a.len);
}

/* Byte order, shorter first when one is a prefix of the other: <0, 0, >0. */
static inline int wpb_slice_compare(struct wpb_slice a, struct wpb_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.data, b.data, n) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* 64-bit FNV-1a. For tables of our own, not against an adversary: every table
 * that holds strangers' names is bounded in size and in probe length. */
static inline unsigned long long wpb_slice_hash(struct wpb_slice a)
{
    unsigned long long hash = 14695981039346656037ULL;
    for (size_t i = 0; i < a.len; i++)
        hash = (hash ^ (unsigned char)a.data[i]) * 1099511628211ULL;
    return hash;
}

#endif
