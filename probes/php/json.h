/*
 * json.h - a JSON text, walked as its bytes arrive.
 *
 * Calls back as walk.h does, with what json_decode($text, true) would hold: lists
 * and objects are arrays, "12" as a key is an integer, integers that do not fit
 * are floats. The count of an array is 0 when it is entered, and real when it is
 * left. Any chunks, no recursion. Grammar (RFC 8259, as PHP 8 reads it):
 *
 *   text   = ws value ws              ws = (space | tab | CR | LF)*
 *   value  = "null" | "true" | "false" | number | string
 *          | "[" ws "]" | "[" ws value ws ("," ws value ws)* "]"
 *          | "{" ws "}" | "{" pair ("," pair)* "}"     pair = ws string ws ":" ws value
 * ws number = "-"? ("0" | 1-9 digit*) ("." digit+)? (("e" | "E") ("+" | "-")? digit+)?
 *   string = '"' (UTF-8 without controls, '"' and "\" | "\" one of "\/bfnrt and '"'
 *          | "\u" hex hex hex hex)* '"', surrogates in pairs only
 *
 * As PHP does, text that is not UTF-8 is refused. A key that comes twice is passed
 * twice, where PHP keeps the last: counts and sizes are then an upper bound.
 *
 * Pure; a walker belongs to one thread at a time.
 */
#ifndef WPB_PHP_JSON_H
#define WPB_PHP_JSON_H

#include "probes/php/walk.h"

/* What json_decode() allows by default: 512 levels with the innermost value. */
#define WPB_PHP_JSON_MAX_DEPTH 511

struct wpb_php_json;

/* As in walk.h, but for max_depth 0: WPB_PHP_JSON_MAX_DEPTH. */
struct wpb_php_json *wpb_php_json_new(const struct wpb_php_limits *limits,
                                      wpb_php_visit *visit, void *cookie);
void wpb_php_json_free(struct wpb_php_json *walker);
int wpb_php_json_feed(struct wpb_php_json *walker, struct wpb_slice chunk,
                      struct wpb_err *err);
/* May call the visitor: a number without anything around it ends here. */
int wpb_php_json_finish(struct wpb_php_json *walker, struct wpb_err *err);
uint64_t wpb_php_json_elements(const struct wpb_php_json *walker);
uint64_t wpb_php_json_bytes(const struct wpb_php_json *walker);

#endif
