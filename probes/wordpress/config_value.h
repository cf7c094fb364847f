/*
 * config_value.h - what an expression of a configuration file comes to.
 *
 * A PHP scalar or array, or UNRESOLVED with where and why: every operation on
 * something unresolved is unresolved for the same reason. Values are plain and
 * immutable; texts and arrays borrow from the arena of the evaluation. A reason
 * never holds bytes of a value: those may be a password. Pure.
 */
#ifndef WPB_WORDPRESS_CONFIG_VALUE_H
#define WPB_WORDPRESS_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/arena.h"
#include "wpbloat/slice.h"

/* An array nested deeper, or with more elements, becomes unresolved. */
#define WPB_CONFIG_ARRAY_DEPTH_MAX 16
#define WPB_CONFIG_ARRAY_COUNT_MAX 4096
/* The same for longer strings. */
#define WPB_CONFIG_STRING_MAX ((size_t)65536)

enum wpb_config_type {
    WPB_CONFIG_NULL,
    WPB_CONFIG_BOOL,
    WPB_CONFIG_INTEGER,
    WPB_CONFIG_FLOAT,
    WPB_CONFIG_STRING,
    WPB_CONFIG_ARRAY,
    WPB_CONFIG_UNRESOLVED,
};

/* Why a value is unresolved. */
struct wpb_config_why {
    const char *file;
    uint32_t line;
    const char *reason;
};

struct wpb_config_array;

struct wpb_config_value {
    enum wpb_config_type type;
    /* UNRESOLVED because there is nothing: a variable or element never set. isset()
     * and ?? know what to do with that. */
    bool is_unset;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct wpb_slice text;
        const struct wpb_config_array *array;
        const struct wpb_config_why *why;
    };
};

struct wpb_config_element {
    bool is_integer;
    int64_t index;
    struct wpb_slice key;
    struct wpb_config_value value;
};

struct wpb_config_array {
    size_t count;
    size_t depth;       /* 1 for an array of scalars */
    int64_t next_index; /* of the element that [] appends */
    const struct wpb_config_element *elements;
};

/* Yes, no, or only PHP knows. */
enum wpb_config_truth { WPB_CONFIG_FALSE, WPB_CONFIG_TRUE, WPB_CONFIG_UNKNOWN };

struct wpb_config_value wpb_config_value_null(void);
struct wpb_config_value wpb_config_value_bool(bool boolean);
struct wpb_config_value wpb_config_value_integer(int64_t integer);
struct wpb_config_value wpb_config_value_float(double number);
/* TEXT is borrowed. */
struct wpb_config_value wpb_config_value_string(struct wpb_slice text);
/* FILE and REASON are borrowed. */
struct wpb_config_value wpb_config_value_unresolved(struct wpb_arena *arena,
                                                    const char *file, uint32_t line,
                                                    const char *reason);

/* As PHP's (bool). */
enum wpb_config_truth wpb_config_value_truth(struct wpb_config_value value);
/* As PHP's (string), in ARENA. False for arrays, very large or small floats, and what
 * is unresolved. */
bool wpb_config_value_text(struct wpb_config_value value, struct wpb_arena *arena,
                           struct wpb_slice *text);
/* An integer, or a decimal string that is nothing else. */
bool wpb_config_value_number(struct wpb_config_value value, int64_t *integer);

/* PHP's === and ==. The loose one knows scalars only. */
enum wpb_config_truth wpb_config_value_identical(struct wpb_config_value a,
                                                 struct wpb_config_value b);
enum wpb_config_truth wpb_config_value_equal(struct wpb_config_value a,
                                             struct wpb_config_value b);

/* The element of ARRAY under KEY, or NULL. Strings such as "8" are the integer 8. */
const struct wpb_config_element *
wpb_config_value_find(const struct wpb_config_array *array, struct wpb_config_value key);
/* The same under a name. */
const struct wpb_config_element *
wpb_config_value_named(const struct wpb_config_array *array, const char *name);

/* A copy of ARRAY (NULL: empty) with VALUE under KEY, or appended when KEY is NULL.
 * False when a limit is reached or the key is no key. */
bool wpb_config_value_put(const struct wpb_config_array *array,
                          const struct wpb_config_value *key,
                          struct wpb_config_value value, struct wpb_arena *arena,
                          struct wpb_config_value *result);

/* An array under construction, which need not be copied for every element. */
struct wpb_config_builder {
    struct wpb_arena *arena;
    struct wpb_config_element *elements;
    size_t count, capacity, depth;
    int64_t next_index;
    bool is_full; /* a limit was reached, or a key was no key */
};

void wpb_config_builder_init(struct wpb_config_builder *builder, struct wpb_arena *arena);
void wpb_config_builder_put(struct wpb_config_builder *builder,
                            const struct wpb_config_value *key,
                            struct wpb_config_value value);
struct wpb_config_value wpb_config_builder_take(struct wpb_config_builder *builder);

#endif
