/*
 * prefix.h - table prefixes of the WordPress sites in a schema, told by its table names.
 * Pure.
 */
#ifndef WPB_MYSQL_PREFIX_H
#define WPB_MYSQL_PREFIX_H

#include "wpbloat/slice.h"

#define WPB_MYSQL_PREFIXES_MAX 32

/* The prefixes among COUNT table NAMES, in their order: there are both an options and a
 * postmeta table. Those of a network's further blogs (wp_2_) are not sites of their own.
 * They point into NAMES; at most WPB_MYSQL_PREFIXES_MAX go to PREFIXES. */
size_t wpb_mysql_prefixes(const struct wpb_slice *names, size_t count,
                          struct wpb_slice *prefixes);

#endif
