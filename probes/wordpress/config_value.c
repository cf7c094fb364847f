#include "probes/wordpress/config_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct wpb_config_value wpb_config_value_null(void)
{
    return (struct wpb_config_value){.type = WPB_CONFIG_NULL};
}

struct wpb_config_value wpb_config_value_bool(bool boolean)
{
    return (struct wpb_config_value){.type = WPB_CONFIG_BOOL, .boolean = boolean};
}

struct wpb_config_value wpb_config_value_integer(int64_t integer)
{
    return (struct wpb_config_value){.type = WPB_CONFIG_INTEGER, .integer = integer};
}

struct wpb_config_value wpb_config_value_float(double number)
{
    return (struct wpb_config_value){.type = WPB_CONFIG_FLOAT, .number = number};
}

struct wpb_config_value wpb_config_value_string(struct wpb_slice text)
{
    return (struct wpb_config_value){.type = WPB_CONFIG_STRING, .text = text};
}

struct wpb_config_value wpb_config_value_unresolved(struct wpb_arena *arena,
                                                    const char *file, uint32_t line,
                                                    const char *reason)
{
    struct wpb_config_why *why = wpb_arena_alloc(arena, sizeof(*why));
    *why = (struct wpb_config_why){file, line, reason};
    return (struct wpb_config_value){.type = WPB_CONFIG_UNRESOLVED, .why = why};
}

static enum wpb_config_truth truth_of(bool is_true)
{
    return is_true ? WPB_CONFIG_TRUE : WPB_CONFIG_FALSE;
}

enum wpb_config_truth wpb_config_value_truth(struct wpb_config_value value)
{
    switch (value.type) {
    case WPB_CONFIG_NULL:
        return WPB_CONFIG_FALSE;
    case WPB_CONFIG_BOOL:
        return truth_of(value.boolean);
    case WPB_CONFIG_INTEGER:
        return truth_of(value.integer != 0);
    case WPB_CONFIG_FLOAT:
        return truth_of(value.number < 0 || value.number > 0 ||
                        value.number != value.number);
    case WPB_CONFIG_STRING:
        return truth_of(value.text.len > 0 && !wpb_slice_is(value.text, "0"));
    case WPB_CONFIG_ARRAY:
        return truth_of(value.array->count > 0);
    case WPB_CONFIG_UNRESOLVED:
        break;
    }
    return value.is_unset ? WPB_CONFIG_FALSE : WPB_CONFIG_UNKNOWN;
}

/* With the 14 digits that PHP's own "precision" and every shipped php.ini have; NULL
 * where PHP would use an exponent. */
static const char *float_text(double number, struct wpb_arena *arena)
{
    double size = number < 0 ? -number : number;
    if (!(size < 1e14) || (size < 1e-4 && size > 0))
        return NULL;
    return wpb_arena_printf(arena, "%.14G", number);
}

bool wpb_config_value_text(struct wpb_config_value value, struct wpb_arena *arena,
                           struct wpb_slice *text)
{
    switch (value.type) {
    case WPB_CONFIG_NULL:
        *text = wpb_slice_cstr("");
        return true;
    case WPB_CONFIG_BOOL:
        *text = wpb_slice_cstr(value.boolean ? "1" : "");
        return true;
    case WPB_CONFIG_INTEGER:
        *text = wpb_slice_cstr(wpb_arena_printf(arena, "%" PRId64, value.integer));
        return true;
    case WPB_CONFIG_FLOAT:
        *text = wpb_slice_cstr(float_text(value.number, arena));
        return text->data != NULL;
    case WPB_CONFIG_STRING:
        *text = value.text;
        return true;
    case WPB_CONFIG_ARRAY:
    case WPB_CONFIG_UNRESOLVED:
        break;
    }
    return false;
}

/* "-12", not "012", "+1" or "-0": what PHP takes for an integer key. */
static bool canonical_integer(struct wpb_slice text, int64_t *integer)
{
    char digits[24], *end;

    if (text.len == 0 || text.len >= sizeof digits)
        return false;
    memcpy(digits, text.data, text.len);
    digits[text.len] = '\0';
    const char *first = digits[0] == '-' ? digits + 1 : digits;
    if (*first < '0' || *first > '9' || (*first == '0' && text.len > 1))
        return false;
    errno = 0;
    long long number = strtoll(digits, &end, 10);
    if (errno || end != digits + text.len)
        return false;
    *integer = number;
    return true;
}

bool wpb_config_value_number(struct wpb_config_value value, int64_t *integer)
{
    if (value.type == WPB_CONFIG_INTEGER) {
        *integer = value.integer;
        return true;
    }
    return value.type == WPB_CONFIG_STRING && canonical_integer(value.text, integer);
}

static enum wpb_config_truth identical_arrays(const struct wpb_config_array *a,
                                              const struct wpb_config_array *b)
{
    if (a == b)
        return WPB_CONFIG_TRUE;
    if (a->count != b->count || a->depth != b->depth)
        return WPB_CONFIG_FALSE;
    enum wpb_config_truth all = WPB_CONFIG_TRUE;
    for (size_t i = 0; i < a->count && all != WPB_CONFIG_FALSE; i++) {
        const struct wpb_config_element *left = &a->elements[i], *right = &b->elements[i];
        if (left->is_integer != right->is_integer ||
            (left->is_integer ? left->index != right->index
                              : !wpb_slice_equal(left->key, right->key)))
            return WPB_CONFIG_FALSE;
        /* Bounded: an array's depth is. */
        enum wpb_config_truth one = wpb_config_value_identical(left->value, right->value);
        if (one != WPB_CONFIG_TRUE)
            all = one;
    }
    return all;
}

enum wpb_config_truth wpb_config_value_identical(struct wpb_config_value a,
                                                 struct wpb_config_value b)
{
    if (a.type == WPB_CONFIG_UNRESOLVED || b.type == WPB_CONFIG_UNRESOLVED)
        return WPB_CONFIG_UNKNOWN;
    if (a.type != b.type)
        return WPB_CONFIG_FALSE;
    switch (a.type) {
    case WPB_CONFIG_BOOL:
        return truth_of(a.boolean == b.boolean);
    case WPB_CONFIG_INTEGER:
        return truth_of(a.integer == b.integer);
    case WPB_CONFIG_FLOAT:
        return truth_of(!(a.number < b.number) && !(a.number > b.number));
    case WPB_CONFIG_STRING:
        return truth_of(wpb_slice_equal(a.text, b.text));
    case WPB_CONFIG_ARRAY:
        return identical_arrays(a.array, b.array);
    case WPB_CONFIG_NULL:
    case WPB_CONFIG_UNRESOLVED:
        break;
    }
    return WPB_CONFIG_TRUE;
}

static bool is_truthlike(struct wpb_config_value value)
{
    return value.type == WPB_CONFIG_BOOL || value.type == WPB_CONFIG_NULL;
}

enum wpb_config_truth wpb_config_value_equal(struct wpb_config_value a,
                                             struct wpb_config_value b)
{
    int64_t left, right;

    if (a.type == WPB_CONFIG_UNRESOLVED || b.type == WPB_CONFIG_UNRESOLVED)
        return WPB_CONFIG_UNKNOWN;
    if (is_truthlike(a) || is_truthlike(b))
        return truth_of(wpb_config_value_truth(a) == wpb_config_value_truth(b));
    if (wpb_config_value_number(a, &left) && wpb_config_value_number(b, &right))
        return truth_of(left == right);
    if (a.type == b.type && a.type == WPB_CONFIG_STRING) {
        if (wpb_slice_equal(a.text, b.text))
            return WPB_CONFIG_TRUE;
        /* "1e1" == "10" in PHP: only texts that cannot be numbers surely differ. */
        bool may_be_numbers = a.text.len && b.text.len &&
                              strchr("0123456789.+- \t\n\r\v\f", a.text.data[0]) &&
                              strchr("0123456789.+- \t\n\r\v\f", b.text.data[0]);
        return may_be_numbers ? WPB_CONFIG_UNKNOWN : WPB_CONFIG_FALSE;
    }
    if (a.type == b.type && a.type != WPB_CONFIG_ARRAY)
        return wpb_config_value_identical(a, b);
    return WPB_CONFIG_UNKNOWN;
}

/* PHP's array keys: integers, and strings that are not one. */
static bool normalise_key(struct wpb_config_value key, struct wpb_config_element *element)
{
    element->is_integer = true;
    if (wpb_config_value_number(key, &element->index))
        return true;
    if (key.type == WPB_CONFIG_BOOL) {
        element->index = key.boolean;
        return true;
    }
    element->is_integer = false;
    element->key = key.type == WPB_CONFIG_STRING ? key.text : wpb_slice_cstr("");
    return key.type == WPB_CONFIG_STRING || key.type == WPB_CONFIG_NULL;
}

static bool same_key(const struct wpb_config_element *a,
                     const struct wpb_config_element *b)
{
    if (a->is_integer != b->is_integer)
        return false;
    return a->is_integer ? a->index == b->index : wpb_slice_equal(a->key, b->key);
}

const struct wpb_config_element *
wpb_config_value_find(const struct wpb_config_array *array, struct wpb_config_value key)
{
    struct wpb_config_element wanted;
    if (!normalise_key(key, &wanted))
        return NULL;
    for (size_t i = 0; i < array->count; i++) {
        if (same_key(&array->elements[i], &wanted))
            return &array->elements[i];
    }
    return NULL;
}

const struct wpb_config_element *
wpb_config_value_named(const struct wpb_config_array *array, const char *name)
{
    return wpb_config_value_find(array, wpb_config_value_string(wpb_slice_cstr(name)));
}

void wpb_config_builder_init(struct wpb_config_builder *builder, struct wpb_arena *arena)
{
    *builder = (struct wpb_config_builder){.arena = arena, .depth = 1};
}

static bool builder_grow(struct wpb_config_builder *builder)
{
    if (builder->count < builder->capacity)
        return true;
    if (builder->count >= WPB_CONFIG_ARRAY_COUNT_MAX)
        return false;
    size_t capacity = builder->capacity ? builder->capacity * 2 : 4;
    struct wpb_config_element *elements =
        wpb_arena_alloc(builder->arena, capacity * sizeof(*elements));
    if (builder->count)
        memcpy(elements, builder->elements, builder->count * sizeof(*elements));
    builder->elements = elements;
    builder->capacity = capacity;
    return true;
}

void wpb_config_builder_put(struct wpb_config_builder *builder,
                            const struct wpb_config_value *key,
                            struct wpb_config_value value)
{
    struct wpb_config_element element = {.is_integer = true,
                                         .index = builder->next_index};
    size_t depth = value.type == WPB_CONFIG_ARRAY ? value.array->depth + 1 : 1;

    if (builder->is_full)
        return;
    if ((key && !normalise_key(*key, &element)) || depth > WPB_CONFIG_ARRAY_DEPTH_MAX) {
        builder->is_full = true;
        return;
    }
    element.value = value;
    if (depth > builder->depth)
        builder->depth = depth;
    if (element.is_integer && element.index >= builder->next_index)
        builder->next_index = element.index < INT64_MAX ? element.index + 1 : INT64_MAX;
    for (size_t i = 0; key && i < builder->count; i++) {
        if (same_key(&builder->elements[i], &element)) {
            builder->elements[i] = element;
            return;
        }
    }
    if (!builder_grow(builder)) {
        builder->is_full = true;
        return;
    }
    builder->elements[builder->count++] = element;
}

struct wpb_config_value wpb_config_builder_take(struct wpb_config_builder *builder)
{
    struct wpb_config_array *array = wpb_arena_alloc(builder->arena, sizeof(*array));
    *array = (struct wpb_config_array){.count = builder->count,
                                       .depth = builder->depth,
                                       .next_index = builder->next_index,
                                       .elements = builder->elements};
    return (struct wpb_config_value){.type = WPB_CONFIG_ARRAY, .array = array};
}

bool wpb_config_value_put(const struct wpb_config_array *array,
                          const struct wpb_config_value *key,
                          struct wpb_config_value value, struct wpb_arena *arena,
                          struct wpb_config_value *result)
{
    struct wpb_config_builder builder;

    wpb_config_builder_init(&builder, arena);
    if (array && array->count) {
        builder.capacity = array->count + 4;
        builder.elements =
            wpb_arena_alloc(arena, builder.capacity * sizeof(*builder.elements));
        memcpy(builder.elements, array->elements,
               array->count * sizeof(*builder.elements));
        builder.count = array->count;
        builder.depth = array->depth;
        builder.next_index = array->next_index;
    }
    wpb_config_builder_put(&builder, key, value);
    *result = wpb_config_builder_take(&builder);
    return !builder.is_full;
}
