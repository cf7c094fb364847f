/*
 * zend.h - what the Zend engine (64 bits, PHP 7.3 and later) allocates.
 *
 * Each figure was measured by memory_get_usage() of PHP 8.2. Pure functions.
 */
#ifndef WPB_PHP_ZEND_H
#define WPB_PHP_ZEND_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

#define WPB_ZEND_ZVAL 16
#define WPB_ZEND_ARRAY 56     /* zend_array, without its data */
#define WPB_ZEND_OBJECT 40    /* zend_object, without property slots */
#define WPB_ZEND_REFERENCE 32 /* zend_reference */

/* A string of LEN bytes: nothing up to 1 byte (interned). The measured size is
 * that of LEN + 32, where the struct needs LEN + 25. */
uint64_t wpb_zend_string_bytes(uint64_t len);
/* The same for a key that igbinary decodes: long ones take what the struct needs. */
uint64_t wpb_zend_igbinary_key_bytes(uint64_t len);
/* A string that json_decode() makes, or igbinary of a value: what the struct needs,
 * nothing when it is empty. */
uint64_t wpb_zend_plain_string_bytes(uint64_t len);
/* PHP turns keys such as "12" and "-7" into integers, which take no string: true
 * with *NUMBER, false leaves it. */
bool wpb_zend_integer_key(struct wpb_slice key, int64_t *number);
/* Slots of a hash for COUNT elements: a power of two, at least 8. */
static inline uint64_t wpb_zend_hash_slots(uint64_t count)
{
    if (count <= 8)
        return 8;
    if (count > UINT64_C(1) << 40)
        return UINT64_C(1) << 40;
    return UINT64_C(1) << (64 - __builtin_clzll(count - 1));
}
/* Their data block. */
uint64_t wpb_zend_hash_bytes(uint64_t count);
/* The data block of a packed array with SLOTS in PHP VERSION (as in memory.h). */
uint64_t wpb_zend_packed_bytes(uint64_t slots, uint32_t version);
/* The table of unserialize() by which references find VALUES earlier values. */
uint64_t wpb_zend_unserialize_bytes(uint64_t values);
/* The tables by which igbinary finds earlier strings, arrays and objects. */
uint64_t wpb_zend_igbinary_bytes(uint64_t strings, uint64_t references);
/* What igbinary_serialize() takes to write RAW_BYTES with as many different STRINGS,
 * and the copy that is sent. */
uint64_t wpb_zend_igbinary_write_bytes(uint64_t strings, uint64_t raw_bytes);

#endif
