#include "probes/php/memory.h"

#include <strings.h>

#include "probes/php/zend.h"

void wpb_php_memory_init(struct wpb_php_memory *memory, uint32_t version)
{
    *memory = (struct wpb_php_memory){
        .version = version ? version : WPB_PHP_VERSION_MEASURED,
    };
}

/* PHP turns keys such as "12" and "-7" into integers, which take no string. */
static bool is_integer_key(struct wpb_slice key)
{
    bool is_negative = key.len > 0 && key.data[0] == '-';
    struct wpb_slice digits = wpb_slice_skip(key, is_negative);
    if (digits.len == 0 || digits.len > 19)
        return false;
    if (digits.data[0] == '0')
        return digits.len == 1 && !is_negative;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
    }
    return digits.len < 19 || memcmp(digits.data, "9223372036854775807", 19) <= 0;
}

static uint64_t key_bytes(const struct wpb_php_event *event)
{
    if (!event->has_key || event->key_is_int || event->is_property)
        return 0;
    if (event->key_len <= 20 && is_integer_key(event->key))
        return 0;
    return wpb_zend_string_bytes(event->key_len);
}

static uint64_t object_bytes(const struct wpb_php_event *event, bool is_std_class)
{
    uint64_t count = event->count;
    if (is_std_class || count == 0)
        return WPB_ZEND_OBJECT + WPB_ZEND_ARRAY +
               (count ? wpb_zend_hash_bytes(count) : 0);
    /* Declared properties live in the object; unserialize() makes it a property
     * table as well, with room for as many again. */
    return wpb_php_alloc_bytes(WPB_ZEND_OBJECT + WPB_ZEND_ZVAL * count) + WPB_ZEND_ARRAY +
           wpb_zend_hash_bytes(2 * count);
}

static void add_object(struct wpb_php_memory *memory, const struct wpb_php_event *event)
{
    bool is_std_class = event->class_name.len == 8 &&
                        strncasecmp(event->class_name.data, "stdClass", 8) == 0;
    memory->objects++;
    memory->has_classes |= !is_std_class;
    memory->held += object_bytes(event, is_std_class);
}

void wpb_php_memory_add(struct wpb_php_memory *memory, const struct wpb_php_event *event)
{
    if (event->phase == WPB_PHP_LEAVE)
        return;
    memory->values += !event->is_hard;
    memory->held += key_bytes(event);
    if (event->depth == 0)
        memory->entries = event->count;
    switch (event->type) {
    case WPB_PHP_STRING:
        memory->held += wpb_zend_string_bytes(event->length);
        break;
    case WPB_PHP_ARRAY: {
        uint64_t data = event->count ? wpb_zend_hash_bytes(event->count) : 0;
        memory->held += event->count ? WPB_ZEND_ARRAY + data : 0;
        if (event->depth == 0) {
            memory->has_array_root = true;
            memory->root_data = data;
        }
        break;
    }
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
        if (event->is_hard && event->target != memory->last_target) {
            memory->held += WPB_ZEND_REFERENCE;
            memory->last_target = event->target;
        }
        break;
    case WPB_PHP_NULL:
    case WPB_PHP_BOOL:
    case WPB_PHP_INT:
    case WPB_PHP_FLOAT:
    case WPB_PHP_ENUM:
        break;
    }
}

/* The store exists with room for 1,023 objects before anything is decoded. */
static uint64_t object_store_bytes(uint64_t objects)
{
    uint64_t capacity = 1024;
    while (capacity < objects + 1)
        capacity *= 2;
    return capacity > 1024 ? wpb_php_alloc_bytes(8 * capacity) - 8 * 1024 : 0;
}

void wpb_php_memory_cost(const struct wpb_php_memory *memory, uint64_t raw_bytes,
                         struct wpb_php_cost *cost)
{
    bool is_exact = memory->version == WPB_PHP_VERSION_MEASURED && !memory->has_classes;
    uint64_t value = memory->held + object_store_bytes(memory->objects);
    uint64_t copy = memory->has_array_root ? wpb_zend_hash_bytes(memory->entries + 1) : 0;
    *cost = (struct wpb_php_cost){
        .entries = memory->entries,
        .value_bytes = value,
        .read_peak_bytes = raw_bytes + value + wpb_zend_unserialize_bytes(memory->values),
        .rewrite_peak_bytes = value + copy + 2 * raw_bytes,
        .provenance = is_exact ? WPB_EXACT : WPB_ESTIMATED,
    };
}
