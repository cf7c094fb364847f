/*
 * builder_setting.h - what the raw value of a builder's option says: is its CSS
 * printed into every page, or a file?
 *
 * The value is a stranger's. A member of an array is found by walking the value, in
 * serialize or JSON, without building it. Pure; any thread.
 */
#ifndef WPB_WORDPRESS_BUILDER_SETTING_H
#define WPB_WORDPRESS_BUILDER_SETTING_H

#include "probes/wordpress/builders.h"

/* What is known of the option's row. */
enum wpb_option_state {
    WPB_OPTION_ABSENT, /* there is no such row */
    WPB_OPTION_WHOLE,  /* the value is all of it */
    WPB_OPTION_CUT,    /* the value is its beginning */
};

struct wpb_builder_choice {
    enum wpb_css_place place;
    bool is_default;  /* the option or member is absent: the builder's default */
    bool is_readable; /* false: the value is no array, is damaged, or was cut before
                         the member; PLACE is then unknown */
    char value[64];   /* the bytes that decided, cut; strangers' bytes, NUL-ended */
    size_t value_len; /* bytes in VALUE */
};

/* Decide for BUILDER. VALUE, of STATE, is the raw option_value of
 * builder->setting.option; not looked at for the kinds without an option. */
struct wpb_builder_choice wpb_builder_choose(const struct wpb_builder *builder,
                                             enum wpb_option_state state,
                                             struct wpb_slice value);

#endif
