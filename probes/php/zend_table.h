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

struct wpb_zend_table {
    struct wpb_php_table now;
    uint32_t expected; /* slots of the first block */
    uint64_t used;     /* packed: largest key + 1; hash: elements */
    uint64_t elements;
};

/* For COUNT elements; 0 when the decoder does not know how many will come. */
void wpb_zend_table_init(struct wpb_zend_table *table, uint64_t count);

/* What does not fit as it is; use the two below. */
void wpb_zend_table_put_slowly(struct wpb_zend_table *table, bool is_int, int64_t key);

/* Put an element with an integer key. */
static inline void wpb_zend_table_put_int(struct wpb_zend_table *table, int64_t key)
{
    if (table->now.is_packed && (uint64_t)key == table->used &&
        table->used < table->now.slots) {
        table->used++;
        table->elements++;
        return;
    }
    wpb_zend_table_put_slowly(table, true, key);
}

/* Put an element with a string key. */
static inline void wpb_zend_table_put_string(struct wpb_zend_table *table)
{
    if (!table->now.is_packed && table->used < table->now.slots) {
        table->used++;
        table->elements++;
        return;
    }
    wpb_zend_table_put_slowly(table, false, 0);
}

#endif
