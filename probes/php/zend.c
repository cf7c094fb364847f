#include "probes/php/zend.h"

#include "probes/php/memory.h"

#define PAGE 4096
#define LARGEST_SMALL 3072
#define LARGEST_LARGE 2093056 /* a chunk of 2 MiB less its first page */
#define HUGE_NODE 24          /* the list entry of a block above that */

#define IGBINARY_LONG_KEY 100
#define IGBINARY_FIRST 4 /* slots of its tables, which double */
#define IGBINARY_FIRST_WRITE 16

#define PACKED_ZVALS 80200 /* packed arrays hold zvals from 8.2 on, buckets before */

#define UNSERIALIZE_FIRST 12288 /* php_unserialize_data with its first 1,018 slots */
#define UNSERIALIZE_BLOCK 8192  /* each further block of as many */
#define UNSERIALIZE_SLOTS 1018

static uint64_t rounded_up(uint64_t size, uint64_t step)
{
    return size > UINT64_MAX - step ? UINT64_MAX / step * step
                                    : (size + step - 1) / step * step;
}

uint64_t wpb_php_alloc_bytes(uint64_t size)
{
    if (size <= 8)
        return 8;
    if (size <= 64)
        return rounded_up(size, 8);
    if (size <= LARGEST_SMALL) {
        /* Four size classes to each power of two. */
        unsigned top = 63 - (unsigned)__builtin_clzll(size - 1);
        return rounded_up(size, UINT64_C(1) << (top - 2));
    }
    uint64_t pages = rounded_up(size, PAGE);
    return size <= LARGEST_LARGE ? pages : pages + HUGE_NODE;
}

uint64_t wpb_zend_string_bytes(uint64_t len)
{
    return len <= 1 ? 0 : wpb_php_alloc_bytes(len + 32);
}

uint64_t wpb_zend_igbinary_key_bytes(uint64_t len)
{
    return len < IGBINARY_LONG_KEY ? wpb_zend_string_bytes(len)
                                   : wpb_php_alloc_bytes(len + 25);
}

uint64_t wpb_zend_plain_string_bytes(uint64_t len)
{
    return len == 0 ? 0 : wpb_php_alloc_bytes(len + 25);
}

bool wpb_zend_integer_key(struct wpb_slice key, int64_t *number)
{
    bool is_negative = key.len > 0 && key.data[0] == '-';
    struct wpb_slice digits = wpb_slice_skip(key, is_negative);
    uint64_t magnitude = 0;
    if (digits.len == 0 || digits.len > 19)
        return false;
    if (digits.data[0] == '0' && (digits.len > 1 || is_negative))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        magnitude = magnitude * 10 + (uint64_t)(digits.data[i] - '0');
    }
    if (magnitude > INT64_MAX)
        return false;
    *number = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

uint64_t wpb_zend_hash_bytes(uint64_t count)
{
    return wpb_php_alloc_bytes(40 * wpb_zend_hash_slots(count));
}

uint64_t wpb_zend_packed_bytes(uint64_t slots, uint32_t version)
{
    return wpb_php_alloc_bytes((version < PACKED_ZVALS ? 32 : 16) * slots + 8);
}

uint64_t wpb_zend_unserialize_bytes(uint64_t values)
{
    uint64_t further = values > UNSERIALIZE_SLOTS ? values - UNSERIALIZE_SLOTS : 0;
    return UNSERIALIZE_FIRST +
           (further + UNSERIALIZE_SLOTS - 1) / UNSERIALIZE_SLOTS * UNSERIALIZE_BLOCK;
}

/* SLOTS, a power of two, doubled until COUNT fit. */
static uint64_t doubled(uint64_t slots, uint64_t count)
{
    if (count <= slots)
        return slots;
    if (count > UINT64_C(1) << 40)
        return UINT64_C(1) << 40;
    return UINT64_C(1) << (64 - __builtin_clzll(count - 1));
}

uint64_t wpb_zend_igbinary_bytes(uint64_t strings, uint64_t references)
{
    return wpb_php_alloc_bytes(8 * doubled(IGBINARY_FIRST, strings)) +
           wpb_php_alloc_bytes(16 * doubled(IGBINARY_FIRST, references));
}

uint64_t wpb_zend_igbinary_write_bytes(uint64_t strings, uint64_t raw_bytes)
{
    /* A buffer that doubles, a table of the strings that were met beside it (24
     * bytes a slot, three quarters full), and the result is copied. */
    uint64_t slots = IGBINARY_FIRST_WRITE;
    while (slots / 4 * 3 < strings && slots < UINT64_C(1) << 40)
        slots *= 2;
    uint64_t table = 24 * slots;
    return doubled(32, raw_bytes) + (table > raw_bytes ? table : raw_bytes);
}
