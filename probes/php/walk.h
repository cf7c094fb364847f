/*
 * walk.h - a PHP-serialized value, walked as its bytes arrive.
 *
 * The walker is fed chunks of any size and calls back once per element with
 * type, key, declared size and depth; it holds no more than the part of a token
 * that a chunk boundary cut, the current path's frames and key names. It never
 * recurses on the input's depth and never allocates by a count the input
 * declares. Grammar (PHP 7.0 to 8.4, ext/standard/var_unserializer.re):
 *
 *   value  = "N;" | "b:" ("0"|"1") ";" | "i:" int ";" | "d:" float ";"
 *          | "s:" len ":" '"' bytes '"' ";" | "S:" ... (escaped form)
 *          | "a:" count ":{" (key value)* "}" | "O:" len ":" '"' name '"' ":" count ":{"
 * ... "}" | "C:" len ":" '"' name '"' ":" len ":{" bytes "}" | "E:" len ":" '"' name '"'
 * ";" | "r:" n ";" | "R:" n ";" key    = "i:" int ";" | "s:" len ":" '"' bytes '"' ";" |
 * "S:" ...
 *
 * What PHP accepts is accepted (signs, leading zeros, floats such as .5 and 1E+9,
 * integers out of range, which saturate), with two exceptions: a length of 2^63 or
 * more is refused where PHP would wrap it, and bytes after the value are. Whether a
 * class or an enum case exists, and what r: points to, is not looked at.
 *
 * Pure: no I/O, no clock. A walker belongs to one thread at a time and may move
 * between threads between two feeds.
 */
#ifndef WPB_PHP_WALK_H
#define WPB_PHP_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

enum wpb_php_type {
    WPB_PHP_NULL,
    WPB_PHP_BOOL,
    WPB_PHP_INT,
    WPB_PHP_FLOAT,
    WPB_PHP_STRING,
    WPB_PHP_ARRAY,
    WPB_PHP_OBJECT,
    WPB_PHP_CUSTOM,    /* C: an object that serializes itself; opaque bytes */
    WPB_PHP_ENUM,      /* E: */
    WPB_PHP_REFERENCE, /* R: or r: */
};

enum wpb_php_phase {
    WPB_PHP_LEAF,  /* a value without children */
    WPB_PHP_ENTER, /* an array or object begins */
    WPB_PHP_LEAVE, /* ... ends */
};

/* Keys longer than this are passed cut; key_len is always the whole length. */
#define WPB_PHP_KEY_MAX 256

/* The table behind a PHP array, of a decoder that fills it element by element. */
struct wpb_php_table {
    uint32_t slots; /* a power of two; 0 while there is none */
    bool is_packed; /* a list, without hash and keys */
};

struct wpb_php_event {
    enum wpb_php_phase phase;
    enum wpb_php_type type;
    uint32_t depth; /* 0 for the outermost value */
    bool has_key;   /* false for the outermost value */
    bool key_is_int;
    int64_t key_int;
    struct wpb_slice key; /* text of a string key, at most WPB_PHP_KEY_MAX; valid
                             during the callback */
    uint64_t key_len;     /* whole length in bytes of a string key */
    bool is_property;     /* the key names a property of a class other than stdClass,
                             whose declared names PHP holds once */
    uint64_t length;      /* bytes of a string, custom payload or class name */
    uint64_t count;       /* declared elements or properties (ENTER), real (LEAVE) */
    struct wpb_slice class_name; /* of objects, enums, customs; cut as keys are */
    uint64_t target; /* REFERENCE: number of the earlier value it means, from 1 */
    bool is_hard;    /* REFERENCE: R:, which makes a PHP reference of both; r: is
                        the same object again. igbinary: the value, of any type, is
                        held by a PHP reference */
    /* igbinary and JSON only, zero in a walk of serialize: */
    bool is_shared;     /* the string is held already, by an earlier value or key */
    bool key_is_shared; /* the same of the key */
    struct wpb_php_table table_from; /* the parent's table before it took this */
    struct wpb_php_table table_to;   /* ... and after, when that changed it, else 0 */
    uint64_t offset;                 /* where the element's value begins in the stream */
    uint64_t bytes;                  /* encoded length of the value, for LEAF and LEAVE */
};

/* Return 0 to go on, -1 to stop the walk (WPB_E_CANCELLED). */
typedef int wpb_php_visit(void *cookie, const struct wpb_php_event *event);

struct wpb_php_limits {
    uint64_t max_bytes;    /* of input; 0: 1 GiB */
    uint64_t max_elements; /* 0: 100 million */
    uint32_t max_depth;    /* 0: 4,096 (PHP's own unserialize_max_depth default) */
};

struct wpb_php_walker;

/* In an error's message: the value ended before it was complete (walkers of all
 * encodings); something else stands where a string's declared length ends. */
#define WPB_WALK_ENDS ", and the value ends"
#define WPB_WALK_STRING_END "'\"' after the declared length"

/* LIMITS may be NULL. NULL when memory is out. */
struct wpb_php_walker *wpb_php_walker_new(const struct wpb_php_limits *limits,
                                          wpb_php_visit *visit, void *cookie);
void wpb_php_walker_free(struct wpb_php_walker *walker);
/* Walk a further CHUNK. On -1 err says "invalid at byte N: expected X"
 * (WPB_E_SYNTAX), which limit was met (WPB_E_BUDGET) or WPB_E_CANCELLED, and the
 * walker accepts nothing more. */
int wpb_php_walker_feed(struct wpb_php_walker *walker, struct wpb_slice chunk,
                        struct wpb_err *err);
/* No more input: -1 when the value is not complete, or bytes follow it. */
int wpb_php_walker_finish(struct wpb_php_walker *walker, struct wpb_err *err);
/* Elements and bytes at the end of the last feed; after a failure, those before the
 * byte it names. Not for use by the visitor. */
uint64_t wpb_php_walker_elements(const struct wpb_php_walker *walker);
uint64_t wpb_php_walker_bytes(const struct wpb_php_walker *walker);

#endif
