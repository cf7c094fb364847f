#include "probes/php/memory.h"

#include <strings.h>

#include "probes/php/zend.h"

void wpb_php_memory_init(struct wpb_php_memory *memory, enum wpb_php_decoder decoder,
                         uint32_t version)
{
    *memory = (struct wpb_php_memory){
        .version = version ? version : WPB_PHP_VERSION_MEASURED,
        .decoder = decoder,
    };
}

static uint64_t serialized_key_bytes(const struct wpb_php_event *event)
{
    int64_t ignored;
    if (event->key_len <= 20 && wpb_zend_integer_key(event->key, &ignored))
        return 0;
    return wpb_zend_string_bytes(event->key_len);
}

static uint64_t key_bytes(const struct wpb_php_memory *memory,
                          const struct wpb_php_event *event)
{
    if (!event->has_key || event->key_is_int || event->is_property ||
        event->key_is_shared)
        return 0;
    switch (memory->decoder) {
    case WPB_PHP_UNSERIALIZE:
        return serialized_key_bytes(event);
    case WPB_PHP_IGBINARY_UNSERIALIZE:
        return wpb_zend_igbinary_key_bytes(event->key_len);
    case WPB_PHP_JSON_DECODE:
        return wpb_zend_plain_string_bytes(event->key_len);
    }
    return 0;
}

static uint64_t string_bytes(const struct wpb_php_memory *memory,
                             const struct wpb_php_event *event)
{
    if (event->is_shared)
        return 0;
    return memory->decoder == WPB_PHP_UNSERIALIZE
               ? wpb_zend_string_bytes(event->length)
               : wpb_zend_plain_string_bytes(event->length);
}

static uint64_t object_bytes(const struct wpb_php_memory *memory,
                             const struct wpb_php_event *event, bool is_std_class)
{
    uint64_t count = event->count;
    if (is_std_class || count == 0)
        return WPB_ZEND_OBJECT + WPB_ZEND_ARRAY +
               (count ? wpb_zend_hash_bytes(count) : 0);
    /* Declared properties live in the object; a decoder makes it a property table
     * as well, unserialize() one with room for as many again. */
    if (memory->decoder == WPB_PHP_UNSERIALIZE)
        count *= 2;
    return wpb_php_alloc_bytes(WPB_ZEND_OBJECT + WPB_ZEND_ZVAL * event->count) +
           WPB_ZEND_ARRAY + wpb_zend_hash_bytes(count);
}

static void add_object(struct wpb_php_memory *memory, const struct wpb_php_event *event)
{
    bool is_std_class = event->class_name.len == 8 &&
                        strncasecmp(event->class_name.data, "stdClass", 8) == 0;
    memory->objects++;
    memory->has_classes |= !is_std_class;
    memory->held += object_bytes(memory, event, is_std_class);
}

static uint64_t table_bytes(const struct wpb_php_memory *memory,
                            struct wpb_php_table table)
{
    if (table.slots == 0)
        return 0;
    return table.is_packed ? wpb_zend_packed_bytes(table.slots, memory->version)
                           : wpb_zend_hash_bytes(table.slots);
}

static void note_peak(struct wpb_php_memory *memory, uint64_t passing)
{
    if (memory->decoder == WPB_PHP_IGBINARY_UNSERIALIZE)
        passing += wpb_zend_igbinary_bytes(memory->strings, memory->references);
    if (memory->held + passing > memory->peak)
        memory->peak = memory->held + passing;
}

/* The parent's table was made or changed, the old block beside the new one: but for
 * a list behind which nothing was allocated since it last grew, which grows where it
 * is. */
static void change_table(struct wpb_php_memory *memory, const struct wpb_php_event *event)
{
    uint64_t to = table_bytes(memory, event->table_to);
    uint64_t from = table_bytes(memory, event->table_from);
    bool is_in_place = from && event->table_to.is_packed && memory->held == memory->grown;
    if (event->table_from.slots == 0)
        memory->held += WPB_ZEND_ARRAY;
    note_peak(memory, is_in_place ? to - from : to);
    memory->held += to - from;
    memory->grown = memory->held;
    if (event->depth == 1) {
        memory->root_data = to;
        memory->is_root_packed = event->table_to.is_packed;
    }
}

/* unserialize() makes the whole array when it begins. */
static void add_array(struct wpb_php_memory *memory, const struct wpb_php_event *event)
{
    if (event->depth == 0)
        memory->has_array_root = true;
    if (memory->decoder != WPB_PHP_UNSERIALIZE || event->count == 0)
        return;
    uint64_t data = wpb_zend_hash_bytes(event->count);
    memory->held += WPB_ZEND_ARRAY + data;
    if (event->depth == 0)
        memory->root_data = data;
}

static bool is_power_of_two(uint64_t number)
{
    return (number & (number - 1)) == 0;
}

/* A string or an array of which igbinary keeps the number, in tables that double. */
static void count_numbered(struct wpb_php_memory *memory,
                           const struct wpb_php_event *event)
{
    bool is_new_key = event->has_key && !event->key_is_int && !event->key_is_shared &&
                      event->key_len > 0;
    bool is_new_string =
        event->type == WPB_PHP_STRING && !event->is_shared && event->length > 0;
    uint64_t before = memory->strings;
    memory->strings += (uint64_t)is_new_key + is_new_string;
    memory->references += event->phase == WPB_PHP_ENTER || event->is_hard;
    if (memory->strings != before && is_power_of_two(before))
        note_peak(memory, 8 * before);
}

static void add_reference(struct wpb_php_memory *memory,
                          const struct wpb_php_event *event)
{
    if (!event->is_hard || event->target == memory->last_target)
        return;
    if (memory->decoder == WPB_PHP_UNSERIALIZE)
        memory->held += WPB_ZEND_REFERENCE;
    memory->last_target = event->target;
}

static void add_value(struct wpb_php_memory *memory, const struct wpb_php_event *event)
{
    if (memory->decoder == WPB_PHP_UNSERIALIZE)
        memory->values += !event->is_hard;
    else if (memory->decoder == WPB_PHP_IGBINARY_UNSERIALIZE)
        count_numbered(memory, event);
    switch (event->type) {
    case WPB_PHP_STRING:
        memory->held += string_bytes(memory, event);
        break;
    case WPB_PHP_ARRAY:
        add_array(memory, event);
        break;
    case WPB_PHP_OBJECT:
        add_object(memory, event);
        break;
    case WPB_PHP_CUSTOM:
        /* As if it kept its bytes in one property. */
        memory->objects++;
        memory->has_classes = true;
        memory->held += wpb_php_alloc_bytes(WPB_ZEND_OBJECT + WPB_ZEND_ZVAL) +
                        wpb_php_alloc_bytes(event->length + 25);
        break;
    case WPB_PHP_REFERENCE:
        add_reference(memory, event);
        break;
    case WPB_PHP_NULL:
    case WPB_PHP_BOOL:
    case WPB_PHP_INT:
    case WPB_PHP_FLOAT:
    case WPB_PHP_ENUM:
        break;
    }
    /* igbinary says of the first value, whatever it is, that a reference holds it. */
    if (event->is_hard && event->type != WPB_PHP_REFERENCE)
        memory->held += WPB_ZEND_REFERENCE;
}

void wpb_php_memory_add(struct wpb_php_memory *memory, const struct wpb_php_event *event)
{
    bool is_new = event->phase != WPB_PHP_LEAVE;
    bool is_table_last = memory->decoder == WPB_PHP_JSON_DECODE;
    if (event->depth == 0)
        memory->entries = event->count;
    if (is_new)
        memory->held += key_bytes(memory, event);
    if (event->table_to.slots && !is_table_last)
        change_table(memory, event);
    if (is_new)
        add_value(memory, event);
    if (event->table_to.slots && is_table_last)
        change_table(memory, event);
}

/* The store exists with room for 1,023 objects before anything is decoded. */
static uint64_t object_store_bytes(uint64_t objects)
{
    uint64_t capacity = 1024;
    while (capacity < objects + 1)
        capacity *= 2;
    return capacity > 1024 ? wpb_php_alloc_bytes(8 * capacity) - 8 * 1024 : 0;
}

/* What the decoder holds beside the value and the raw bytes when it is largest. */
static uint64_t read_peak(const struct wpb_php_memory *memory, uint64_t value)
{
    uint64_t end = value;
    if (memory->decoder == WPB_PHP_UNSERIALIZE)
        end += wpb_zend_unserialize_bytes(memory->values);
    else if (memory->decoder == WPB_PHP_IGBINARY_UNSERIALIZE)
        end += wpb_zend_igbinary_bytes(memory->strings, memory->references);
    return end > memory->peak ? end : memory->peak;
}

/* The outermost array with one element more. */
static uint64_t copy_bytes(const struct wpb_php_memory *memory)
{
    if (!memory->has_array_root)
        return 0;
    return memory->is_root_packed
               ? wpb_zend_packed_bytes(wpb_zend_hash_slots(memory->entries + 1),
                                       memory->version)
               : wpb_zend_hash_bytes(memory->entries + 1);
}

void wpb_php_memory_cost(const struct wpb_php_memory *memory, uint64_t raw_bytes,
                         struct wpb_php_cost *cost)
{
    bool is_exact = memory->version == WPB_PHP_VERSION_MEASURED && !memory->has_classes;
    uint64_t value = memory->held + object_store_bytes(memory->objects);
    uint64_t writing = memory->decoder == WPB_PHP_IGBINARY_UNSERIALIZE
                           ? wpb_zend_igbinary_write_bytes(memory->strings, raw_bytes)
                           : 2 * raw_bytes;
    *cost = (struct wpb_php_cost){
        .entries = memory->entries,
        .value_bytes = value,
        .read_peak_bytes = raw_bytes + read_peak(memory, value),
        .rewrite_peak_bytes = value + copy_bytes(memory) + writing,
        .provenance = is_exact ? WPB_EXACT : WPB_ESTIMATED,
    };
}
