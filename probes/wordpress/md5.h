/*
 * md5.h - MD5 (RFC 1321), because a drop-in names its keys by it. Not for secrets. Pure.
 */
#ifndef WPB_WORDPRESS_MD5_H
#define WPB_WORDPRESS_MD5_H

#include "wpbloat/slice.h"

#define WPB_MD5_DIGITS 32

/* The digest of BYTES in lower-case hexadecimal digits, with a NUL. */
void wpb_md5_hex(struct wpb_slice bytes, char digits[WPB_MD5_DIGITS + 1]);

#endif
