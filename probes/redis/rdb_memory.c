#include "probes/redis/rdb_memory.h"

/* Strings up to this length are stored within their object. */
#define EMBEDDED_MAX 44

uint64_t wpb_rdb_alloc(uint64_t size)
{
    uint64_t step = 16;

    if (size <= 8)
        return 8;
    /* Four classes between two powers of two. */
    while (step < UINT64_C(1) << 60 && size > step * 8)
        step *= 2;
    return (size + step - 1) / step * step;
}

uint64_t wpb_rdb_sds(uint64_t length)
{
    uint64_t head = length < 32 ? 1 : length < 256 ? 3 : length < 65536 ? 5 : 9;
    return wpb_rdb_alloc(head + length + 1);
}

uint64_t wpb_rdb_string_memory(uint64_t length)
{
    if (length <= EMBEDDED_MAX)
        return wpb_rdb_alloc(WPB_RDB_OBJECT + 3 + length + 1);
    return WPB_RDB_OBJECT + wpb_rdb_sds(length);
}

uint64_t wpb_rdb_table(uint64_t n)
{
    uint64_t slots = 4;
    while (slots < n && slots < UINT64_C(1) << 60)
        slots *= 2;
    return 8 * slots;
}
