/*
 * igbinary_head.h - what the first bytes of an igbinary value tell of its shape.
 *
 *   value = 00 00 00 02 (or 01) item
 *   array = 14 count:8 | 15 count:16 | 16 count:32, big-endian, then (key item)*
 *   key   = 11 len:8 bytes | 12 len:16 bytes | 13 len:32 bytes
 *   item  = 00 (null) | 04 (false) | 05 (true) | ...
 *
 * Pure.
 */
#ifndef WPB_PHP_IGBINARY_HEAD_H
#define WPB_PHP_IGBINARY_HEAD_H

#include <stdbool.h>

#include "wpbloat/slice.h"

/* True when HEAD begins an array of names that all lead to true, false or null,
 * as far as HEAD holds whole pairs, one at least. */
bool wpb_igbinary_head_is_flags(struct wpb_slice head);

#endif
