/*
 * shape_token.h - the words of a statement, one after the other. Pure.
 *
 *   name    = "`" {any byte but "`", or "``"} "`"
 *   word    = letter, "_", "$" or a byte above 0x7f, then those and digits
 *   value   = "'...'" or '"..."' with doubled quotes and backslashes, the letters or
 *             "_charset" right before one of them too; or what begins with a digit, or
 *             with "." and a digit; or "?"
 *   comment = "/" "*" ... "*" "/", "# ..." or "-- ..." to the end of the line: none
 *   sign    = any other byte
 *
 * What is not ended ends with the text.
 */
#ifndef WPB_MYSQL_SHAPE_TOKEN_H
#define WPB_MYSQL_SHAPE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

enum wpb_sql_token_kind {
    WPB_SQL_END,
    WPB_SQL_WORD,
    WPB_SQL_NAME, /* text: between the backticks, as it stands there */
    WPB_SQL_VALUE,
    WPB_SQL_SIGN, /* one byte */
};

struct wpb_sql_token {
    enum wpb_sql_token_kind kind;
    struct wpb_slice text;
};

/* Take the next one off the front of SQL; false at its end. */
bool wpb_sql_next_token(struct wpb_slice *sql, struct wpb_sql_token *token);

/* Is it the WORD, in any case? */
bool wpb_sql_token_is(const struct wpb_sql_token *token, const char *word);

#endif
