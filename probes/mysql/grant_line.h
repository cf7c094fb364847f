/*
 * grant_line.h - the line that an administrator runs so that an account may do more.
 * Pure.
 */
#ifndef WPB_MYSQL_GRANT_LINE_H
#define WPB_MYSQL_GRANT_LINE_H

#include "agent/base/buf.h"

/* Will a line that holds TEXT stay one? */
bool wpb_mysql_grant_is_line(const char *text);
/* Append "\nGRANT RIGHT TO 'user'@'host';" for ACCOUNT, which is "user@host" as
 * CURRENT_USER() tells; nothing when that is no line, or empty. RIGHT is a line. */
void wpb_mysql_grant_line(struct wpb_buf *lines, const char *right, const char *account);

#endif
