#include "probes/php/zend.h"

#include "probes/php/memory.h"

#define PAGE 4096
#define LARGEST_SMALL 3072
#define LARGEST_LARGE 2093056 /* a chunk of 2 MiB less its first page */
#define HUGE_NODE 24          /* the list entry of a block above that */

#define IGBINARY_LONG_KEY 100

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

uint64_t wpb_zend_hash_slots(uint64_t count)
{
    uint64_t slots = 8;
    while (slots < count && slots < UINT64_C(1) << 40)
        slots *= 2;
    return slots;
}

uint64_t wpb_zend_hash_bytes(uint64_t count)
{
    return wpb_php_alloc_bytes(40 * wpb_zend_hash_slots(count));
}

uint64_t wpb_zend_unserialize_bytes(uint64_t values)
{
    uint64_t further = values > UNSERIALIZE_SLOTS ? values - UNSERIALIZE_SLOTS : 0;
    return UNSERIALIZE_FIRST +
           (further + UNSERIALIZE_SLOTS - 1) / UNSERIALIZE_SLOTS * UNSERIALIZE_BLOCK;
}
