/*
 * builders.h - page builders as data: what each keeps in post meta and options, in
 * which encoding, and what decides whether its CSS is printed into every page or is a
 * file.
 *
 * Const tables and look-ups; pure, any thread. Each row says how well it is known.
 * Names are compared byte by byte, as PHP does: MySQL's collations take "_FL_builder"
 * for the same key, PHP does not. Names looked up are strangers' and may hold any byte.
 */
#ifndef WPB_WORDPRESS_BUILDERS_H
#define WPB_WORDPRESS_BUILDERS_H

#include "wpbloat/slice.h"

/* How a row is known: what a reader may build on it. */
enum wpb_known {
    WPB_KNOWN_SOURCE,      /* read in the builder's own source, or a copy of it */
    WPB_KNOWN_SECOND_HAND, /* others' code that reads, clears or exports the name */
    WPB_KNOWN_ASSUMED,     /* not checked: to be seen on a real site before a parser
                              relies on it */
};

enum wpb_builder_role {
    WPB_BUILDER_LAYOUT,   /* what the page is made of */
    WPB_BUILDER_COPY,     /* drafts, undo states, content of before: never rendered */
    WPB_BUILDER_CSS,      /* compiled or typed-in CSS */
    WPB_BUILDER_CACHE,    /* can be made again from the layout */
    WPB_BUILDER_SETTINGS, /* of the page or of the builder; marks and versions too */
    WPB_BUILDER_PER_PAGE, /* an option that takes an entry for each page there is */
};

enum wpb_builder_encoding {
    WPB_BUILDER_TEXT, /* a word, a number, JavaScript */
    WPB_BUILDER_JSON,
    WPB_BUILDER_JSON_IN_JSON, /* JSON with a member that is JSON again */
    WPB_BUILDER_JSON_IN_URL,  /* JSON, percent-encoded */
    WPB_BUILDER_SERIALIZE,
    WPB_BUILDER_BASE64, /* serialize, whose long strings are base64 of JSON or HTML */
    WPB_BUILDER_SHORTCODES,
    WPB_BUILDER_CSS_TEXT,
    WPB_BUILDER_HTML,
};

/* Where the CSS of a page goes. */
enum wpb_css_place {
    WPB_CSS_UNKNOWN,
    WPB_CSS_INLINE, /* PHP holds it and prints it for every view of the page */
    WPB_CSS_FILE,   /* a file, which the web server hands out and browsers keep */
};

enum wpb_builder_setting_kind {
    WPB_SETTING_NONE,   /* nothing is compiled, or nothing is known */
    WPB_SETTING_OPTION, /* an option by itself */
    WPB_SETTING_KEY,    /* a member of an array that is an option */
    WPB_SETTING_CODE,   /* a filter or constant only: not visible from outside */
    WPB_SETTING_FIXED,  /* the builder offers no choice */
};

/* The setting by which CSS is inline or a file. Lists end with NULL. */
struct wpb_builder_setting {
    enum wpb_builder_setting_kind kind;
    const char *option; /* OPTION, KEY; else NULL */
    const char *key;    /* KEY: the member of the outermost array; else NULL */
    const char *inline_values[3], *file_values[3];
    enum wpb_css_place otherwise; /* a value in neither list */
    enum wpb_css_place absent;    /* no such option or member; CODE: without the code;
                                     FIXED: always */
    const char *change;           /* where to change it, one sentence; or NULL */
    enum wpb_known known;
};

enum wpb_builder_id {
    WPB_BUILDER_ELEMENTOR,
    WPB_BUILDER_ELEMENTOR_PRO,
    WPB_BUILDER_DIVI,
    WPB_BUILDER_DIVI_5,
    WPB_BUILDER_WPBAKERY,
    WPB_BUILDER_BEAVER,
    WPB_BUILDER_BRICKS,
    WPB_BUILDER_OXYGEN,
    WPB_BUILDER_BREAKDANCE,
    WPB_BUILDER_BRIZY,
    WPB_BUILDER_SITEORIGIN,
    WPB_BUILDER_AVADA,
    WPB_BUILDER_THRIVE,
    WPB_BUILDER_VISUAL_COMPOSER,
    WPB_BUILDER_THEMIFY,
    WPB_BUILDER_CORNERSTONE,
    WPB_BUILDER_GENERATEBLOCKS,
    WPB_BUILDER_SPECTRA,
    WPB_BUILDER_KADENCE,
    WPB_BUILDER_ESSENTIAL_ADDONS,
    WPB_BUILDER_ACF,
    WPB_BUILDERS, /* how many */
};

struct wpb_builder {
    const char *slug, *name;   /* "elementor", "Elementor" */
    const char *components[5]; /* folders of plugins and themes that carry it */
    const char *content_mark;  /* in post_content, when the layout is there; or NULL */
    bool can_write_files;      /* it has a way to put CSS into files */
    struct wpb_builder_setting setting;
};

/* A meta key or an option, or, with IS_PREFIX, all whose names begin so. */
struct wpb_builder_name {
    struct wpb_slice name;
    bool is_prefix;
    enum wpb_builder_id builder;
    enum wpb_builder_role role;
    enum wpb_builder_encoding encoding;
    enum wpb_known known;
};

const struct wpb_builder *wpb_builder(enum wpb_builder_id id);
/* The builder with that slug, or whose plugin or theme folder is COMPONENT; NULL. */
const struct wpb_builder *wpb_builder_by_slug(struct wpb_slice slug);
const struct wpb_builder *wpb_builder_of_component(struct wpb_slice component);
/* The position of a row of wpb_builder(), for names of that builder. */
enum wpb_builder_id wpb_builder_id(const struct wpb_builder *builder);

/* The row for a meta key, or for an option's name; NULL for a name of no builder.
 * Binary search. Of ACF no meta keys are known: they are the fields' own names. */
const struct wpb_builder_name *wpb_builder_of_meta(struct wpb_slice key);
const struct wpb_builder_name *wpb_builder_of_option(struct wpb_slice name);

/* All rows, in the order of their names; *COUNT: how many. */
const struct wpb_builder_name *wpb_builder_metas(size_t *count);
const struct wpb_builder_name *wpb_builder_options(size_t *count);

/* Static lower-case words: "layout", "json in json", "second-hand". */
const char *wpb_builder_role_name(enum wpb_builder_role role);
const char *wpb_builder_encoding_name(enum wpb_builder_encoding encoding);
const char *wpb_known_name(enum wpb_known known);

#endif
