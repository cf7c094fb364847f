/*
 * sql.h - one statement's text, with strangers' names in it that stay names.
 *
 * Identifiers stand in backticks; strings are hexadecimal literals, which no sql_mode
 * and no character set can misread. Pure.
 */
#ifndef WPB_MYSQL_SQL_H
#define WPB_MYSQL_SQL_H

#include "agent/base/buf.h"
#include "wpbloat/site.h"

struct wpb_sql {
    struct wpb_buf text;
    const struct wpb_site *site; /* whose tables {name} means */
};

void wpb_sql_init(struct wpb_sql *sql, const struct wpb_site *site);
void wpb_sql_fini(struct wpb_sql *sql);
/* Forget the text; SITE is the one of the next statement. */
void wpb_sql_begin(struct wpb_sql *sql, const struct wpb_site *site);

/* Append TEXT, in which {options} becomes the site's table of that name, with its
 * prefix, in backticks. TEXT is ours, never a stranger's. */
void wpb_sql_add(struct wpb_sql *sql, const char *text);
void wpb_sql_number(struct wpb_sql *sql, uint64_t number);
void wpb_sql_identifier(struct wpb_sql *sql, struct wpb_slice name);
/* A string to compare a text column with: by the column's own collation, so that its
 * index serves. BYTES that are not UTF-8 become a binary string, which equals by bytes
 * only and is not found through an index. */
void wpb_sql_string(struct wpb_sql *sql, struct wpb_slice bytes);
/* A LIKE pattern of all that begins with PREFIX: its own % and _ are escaped by '|'
 * (the ESCAPE clause is part of what is appended). */
void wpb_sql_like_prefix(struct wpb_sql *sql, struct wpb_slice prefix);
/* The bytes of COLUMN as PHP reads them over a connection of the site's DB_CHARSET,
 * COUNT of them from FIRST, which begins at 1. */
void wpb_sql_bytes_of(struct wpb_sql *sql, const char *column, uint64_t first,
                      uint64_t count);
/* How many bytes those are in all; of a value too large for the server to convert, the
 * bytes it has in the table. */
void wpb_sql_length_of(struct wpb_sql *sql, const char *column);

#endif
