#include "probes/php/zend_table.h"

static void grow(struct wpb_zend_table *table)
{
    if (table->now.slots < WPB_ZEND_TABLE_MAX)
        table->now.slots *= 2;
}

static void put_hash(struct wpb_zend_table *table)
{
    if (table->used >= table->now.slots)
        grow(table);
    table->used++;
}

static void become_hash(struct wpb_zend_table *table)
{
    table->now.is_packed = false;
    table->used -= table->holes;
    table->holes = 0;
    put_hash(table);
}

static void put_packed(struct wpb_zend_table *table, uint64_t key)
{
    if (key < table->used && table->holes == 0)
        return; /* again */
    if (key < table->used) {
        become_hash(table); /* the order must be kept */
        return;
    }
    if (key >= table->now.slots && key / 2 < table->now.slots &&
        table->now.slots / 2 < table->used - table->holes)
        grow(table);
    if (key < table->now.slots) {
        table->holes += key - table->used;
        table->used = key + 1;
        return;
    }
    if (table->used >= table->now.slots)
        grow(table);
    become_hash(table);
}

void wpb_zend_table_put_slowly(struct wpb_zend_table *table, bool is_int, int64_t key)
{
    if (table->now.slots == 0)
        wpb_zend_table_make(table, is_int, key);
    if (!table->now.is_packed)
        put_hash(table);
    else if (is_int)
        put_packed(table, (uint64_t)key);
    else
        become_hash(table);
}
