/*
 * failure.h - error numbers of the servers and of the client library: what they mean to a
 * probe, and what a reader can do about them. Pure.
 */
#ifndef WPB_MYSQL_FAILURE_H
#define WPB_MYSQL_FAILURE_H

#include <stdbool.h>

#include "wpbloat/err.h"

/* Server error numbers that callers tell apart. */
enum wpb_mysql_error {
    WPB_MYSQL_NO_SUCH_TABLE = 1146,
    WPB_MYSQL_NO_SUCH_COLUMN = 1054,
    WPB_MYSQL_TABLE_DENIED = 1142,
    WPB_MYSQL_PRIVILEGE_MISSING = 1227,
    WPB_MYSQL_UNKNOWN_VARIABLE = 1193,
    WPB_MYSQL_SYNTAX = 1064,
};

/* ERROR is not 0. */
enum wpb_err_code wpb_mysql_failure_code(unsigned error);
/* "; " and what to do, or ""; static. */
const char *wpb_mysql_failure_advice(unsigned error);
/* Is the connection gone with it? */
bool wpb_mysql_failure_is_loss(unsigned error);

#endif
