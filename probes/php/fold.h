/*
 * fold.h - one name turned into its template, in one pass and without memory.
 *
 * A name is cut into words at ASCII punctuation and blanks, which are kept. A
 * word becomes a placeholder when it varies by nature:
 *
 *   digits                            <n>     (more than 20 of them: <hex>)
 *   19700101..20991231, also with a time of 6 digits, 2026-11-23 with - _ / or .
 *     between, also with a time "T10:45:00Z"                        <date>
 *   8 or more hex digits, both kinds  <hex>
 *   8-4-4-4-12 hex digits             <uuid>
 *   letters, then digits              the letters and <n>; v2, mp3, h1, v10 stay
 *   digits "x" digits                 <n>x<n>
 *   8 or more letters and digits mixed  <id>; web2print stays
 *   local@host.tld                    <email>, local beginning after the last
 *                                     byte that is not a letter, digit or .%+-
 *   not UTF-8, or holding control bytes, "<" or ">"   <bytes>
 *
 * A "<" of a template is therefore always ours. Templates end at 200 bytes: the
 * rest is "<*>". Time is linear in the name. Pure; any thread.
 */
#ifndef WPB_PHP_FOLD_H
#define WPB_PHP_FOLD_H

#include <stddef.h>

#include "wpbloat/slice.h"

#define WPB_FOLD_CUT 200
#define WPB_FOLD_MAX (WPB_FOLD_CUT + 3)
/* What callers must provide: the longest template, and eight zero bytes. */
#define WPB_FOLD_ROOM 216

/* Write the template of NAME to OUT, with eight zero bytes after it, and return
 * its length, at most WPB_FOLD_MAX. */
size_t wpb_fold_name(struct wpb_slice name, char out[static WPB_FOLD_ROOM]);

/* Where TEMPLATE_NAME can be cut for a shorter, common one: up to MAX places behind a
 * separator with at least two letters or digits before it, into CUTS; returns
 * how many. TEMPLATE_NAME is at most WPB_FOLD_MAX bytes. */
size_t wpb_fold_cuts(struct wpb_slice template_name, unsigned char *cuts, size_t max);

#endif
