/*
 * config_call.h - calls of functions that can be computed here. Internal to
 * probes/wordpress/config_*.c.
 *
 * A function of PHP is one that depends on its arguments alone, or on the files and
 * the environment of the reader; all others are unresolved.
 */
#ifndef WPB_WORDPRESS_CONFIG_CALL_H
#define WPB_WORDPRESS_CONFIG_CALL_H

#include "probes/wordpress/config_expr.h"

#define WPB_CONFIG_ARGUMENTS_MAX 16

/* One call, its arguments evaluated. */
struct wpb_config_arguments {
    struct wpb_slice class, name;
    uint32_t line;
    struct wpb_config_value values[WPB_CONFIG_ARGUMENTS_MAX];
    size_t count;
    bool is_opaque; /* named, spread or too many arguments */
};

/* config_call.c: what a call comes to that cannot be computed: the first argument that
 * is unresolved, else a reason of its own. */
struct wpb_config_value
wpb_config_call_unresolved(struct wpb_config *config,
                           const struct wpb_config_arguments *call);
/* True when argument INDEX is there and a string. */
bool wpb_config_call_is_text(const struct wpb_config_arguments *call, size_t index);

/* config_function.c: functions of PHP, under their own names. file_exists() is also
 * is_file() and is_readable(), trim() also ltrim() and rtrim(), case() strtolower() and
 * strtoupper(). */
struct wpb_config_value
wpb_config_function_dirname(struct wpb_config *config,
                            const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_basename(struct wpb_config *config,
                             const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_realpath(struct wpb_config *config,
                             const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_file_exists(struct wpb_config *config,
                                const struct wpb_config_arguments *call);
struct wpb_config_value wpb_config_function_trim(struct wpb_config *config,
                                                 const struct wpb_config_arguments *call);
struct wpb_config_value wpb_config_function_case(struct wpb_config *config,
                                                 const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_str_replace(struct wpb_config *config,
                                const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_substr(struct wpb_config *config,
                           const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_filter_var(struct wpb_config *config,
                               const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_intval(struct wpb_config *config,
                           const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_strval(struct wpb_config *config,
                           const struct wpb_config_arguments *call);
struct wpb_config_value
wpb_config_function_parse_url(struct wpb_config *config,
                              const struct wpb_config_arguments *call);

#endif
