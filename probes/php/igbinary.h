/*
 * igbinary.h - an igbinary value, walked as its bytes arrive.
 *
 * Calls back as walk.h does: the same events, limits and errors, any chunks, no
 * recursion, no allocation by a declared count. Grammar (igbinary 2 and 3, format
 * versions 1 and 2; numbers are big-endian, N is one, two or four bytes for the
 * three types of a row), from src/php7/igbinary.c of github.com/igbinary/igbinary:
 *
 *   value  = 00 00 00 (01|02) item
 *   item   = 00 null | 04 false | 05 true | 0c double:8 | 0d (the string "")
 *          | int | text | id
 *          | 14..16 N=count (key item)*count
 *          | object content | 25 item (held by a PHP reference)
 *          | 01..03 N (the array or reference number N again)
 *          | 22..24 N (the object number N again)
 *   int    = 06 +:1 | 07 -:1 | 08 +:2 | 09 -:2 | 0a +:4 | 0b -:4 | 20 +:8 | 21 -:8
 *   text   = 11..13 N=length bytes | 26 length:8 bytes
 *   id     = 0e..10 N (the text number N again)
 *   object = 17..19 N=length bytes (name) | 1a..1c N (name is the text number N)
 *   content = 14..16 N=count (key item)*count | 1d..1f N=length bytes
 *           | 27 (text | id) (an enum's case)
 *   key    = int | text | id | 0d | 00 (an element left out, without item)
 *
 * Texts and names are numbered from 0 as they come; arrays, objects and what 25
 * holds as they begin. A text that comes again by number is passed with is_shared
 * or key_is_shared. Numbers of what has not come yet are refused, as PHP does;
 * whether classes exist is not looked at. Texts past what is remembered (see
 * igbinary_strings.h) come again with an empty key, and are counted as unknown.
 *
 * Pure; a walker belongs to one thread at a time.
 */
#ifndef WPB_PHP_IGBINARY_H
#define WPB_PHP_IGBINARY_H

#include "probes/php/walk.h"

struct wpb_php_igbinary;

/* As in walk.h. */
struct wpb_php_igbinary *wpb_php_igbinary_new(const struct wpb_php_limits *limits,
                                              wpb_php_visit *visit, void *cookie);
void wpb_php_igbinary_free(struct wpb_php_igbinary *walker);
int wpb_php_igbinary_feed(struct wpb_php_igbinary *walker, struct wpb_slice chunk,
                          struct wpb_err *err);
int wpb_php_igbinary_finish(struct wpb_php_igbinary *walker, struct wpb_err *err);
uint64_t wpb_php_igbinary_elements(const struct wpb_php_igbinary *walker);
uint64_t wpb_php_igbinary_bytes(const struct wpb_php_igbinary *walker);
/* Keys and names by number whose text is not remembered. */
uint64_t wpb_php_igbinary_unknown(const struct wpb_php_igbinary *walker);

#endif
