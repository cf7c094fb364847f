#include "probes/php/zend_table.h"

#include "probes/php/zend.h"

#define SLOTS_MAX (UINT32_C(1) << 31)

void wpb_zend_table_init(struct wpb_zend_table *table, uint64_t count)
{
    uint64_t slots = wpb_zend_hash_slots(count);
    *table = (struct wpb_zend_table){
        .expected = slots < SLOTS_MAX ? (uint32_t)slots : SLOTS_MAX,
    };
}

static void grow(struct wpb_zend_table *table)
{
    if (table->now.slots < SLOTS_MAX)
        table->now.slots *= 2;
}

static void put_hash(struct wpb_zend_table *table)
{
    if (table->used >= table->now.slots)
        grow(table);
    table->used++;
    table->elements++;
}

static void become_hash(struct wpb_zend_table *table)
{
    table->now.is_packed = false;
    table->used = table->elements;
    put_hash(table);
}

static void put_packed(struct wpb_zend_table *table, uint64_t key)
{
    bool has_holes = table->elements < table->used;
    if (key < table->used && !has_holes)
        return; /* again */
    if (key < table->used) {
        become_hash(table); /* the order must be kept */
        return;
    }
    if (key >= table->now.slots && key / 2 < table->now.slots &&
        table->now.slots / 2 < table->elements)
        grow(table);
    if (key < table->now.slots) {
        table->used = key + 1;
        table->elements++;
        return;
    }
    if (table->used >= table->now.slots)
        grow(table);
    become_hash(table);
}

void wpb_zend_table_put_slowly(struct wpb_zend_table *table, bool is_int, int64_t key)
{
    if (table->now.slots == 0) {
        table->now.slots = table->expected;
        table->now.is_packed = is_int && (uint64_t)key < table->expected;
    }
    if (!table->now.is_packed)
        put_hash(table);
    else if (is_int)
        put_packed(table, (uint64_t)key);
    else
        become_hash(table);
}
