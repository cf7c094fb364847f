/*
 * config_literal.h - the values that literal tokens stand for.
 *
 * Numbers, and strings with their escapes taken out; strings with variables come
 * apart into parts. Pure.
 */
#ifndef WPB_WORDPRESS_CONFIG_LITERAL_H
#define WPB_WORDPRESS_CONFIG_LITERAL_H

#include "agent/base/buf.h"
#include "probes/wordpress/config_lex.h"

/* The value of an INTEGER or FLOAT token. True: *INTEGER; false: *NUMBER, also for
 * integers that do not fit in 64 bits. */
bool wpb_config_literal_number(const struct wpb_config_token *token, int64_t *integer,
                               double *number);

/* Append the value of a STRING token. */
void wpb_config_literal_string(const struct wpb_config_token *token, struct wpb_buf *out);

enum wpb_config_part_type {
    WPB_PART_END,
    WPB_PART_LITERAL,    /* was appended to the buffer */
    WPB_PART_VARIABLE,   /* $name: `name` */
    WPB_PART_ELEMENT,    /* $name[key]: `key` is a literal, without quotes */
    WPB_PART_EXPRESSION, /* {$...}: `name` is PHP code, from the "$" on */
    WPB_PART_OTHER,      /* $name->property, ${...}, $name[$key] */
};

struct wpb_config_part {
    enum wpb_config_part_type type;
    struct wpb_slice name, key;
};

/* Walk the parts of a TEMPLATE token: start with *AT = 0, call until
 * WPB_PART_END. Literal bytes, escapes decoded, are appended to OUT. */
void wpb_config_literal_part(const struct wpb_config_token *token, size_t *at,
                             struct wpb_buf *out, struct wpb_config_part *part);

#endif
