/*
 * zend_table.h - the table of a PHP array while a decoder puts elements into it.
 *
 * Follows zend_hash.c: a table is made for the first element, packed when its key
 * is an integer that fits, and becomes a hash when a key does not go on from the
 * ones before. A key that is put twice counts twice in a hash, so that the size is
 * an upper bound. Pure; a plain value.
 */
#ifndef WPB_PHP_ZEND_TABLE_H
#define WPB_PHP_ZEND_TABLE_H

#include <stdint.h>

#include "probes/php/walk.h"
#include "probes/php/zend.h"

#define WPB_ZEND_TABLE_MAX (UINT32_C(1) << 31)

struct wpb_zend_table {
    struct wpb_php_table now;
    uint64_t declared; /* elements to come, 0 when not known */
    uint64_t used;     /* packed: largest key + 1; hash: elements */
    uint64_t holes;    /* of the used ones: keys that were left out; hash: none */
};

/* For COUNT elements; 0 when the decoder does not know how many will come. */
static inline void wpb_zend_table_init(struct wpb_zend_table *table, uint64_t count)
{
    table->now.slots = 0;
    table->now.is_packed = false;
    table->declared = count;
    table->used = 0;
    table->holes = 0;
}

/* True when the next element, with a string key or the integer KEY, takes a slot that
 * is there and changes nothing else. */
static inline bool wpb_zend_table_has_slot(const struct wpb_zend_table *table,
                                           bool is_int, int64_t key)
{
    return table->used < table->now.slots &&
           (!table->now.is_packed || (is_int && (uint64_t)key == table->used));
}

/* Make the table for its first element. */
static inline void wpb_zend_table_make(struct wpb_zend_table *table, bool is_int,
                                       int64_t key)
{
    uint64_t slots = wpb_zend_hash_slots(table->declared);
    table->now.slots = slots < WPB_ZEND_TABLE_MAX ? (uint32_t)slots : WPB_ZEND_TABLE_MAX;
    table->now.is_packed = is_int && (uint64_t)key < table->now.slots;
}

/* Put any element. */
void wpb_zend_table_put_slowly(struct wpb_zend_table *table, bool is_int, int64_t key);

static inline void wpb_zend_table_put(struct wpb_zend_table *table, bool is_int,
                                      int64_t key)
{
    if (wpb_zend_table_has_slot(table, is_int, key))
        table->used++;
    else
        wpb_zend_table_put_slowly(table, is_int, key);
}

#endif
