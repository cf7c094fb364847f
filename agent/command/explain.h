/*
 * explain.h - what `wpbloat explain` was asked for, and its parts by kind of value.
 *
 * Main thread; each part prints the explanation, or a line on standard error, and
 * returns the exit code.
 */
#ifndef WPB_COMMAND_EXPLAIN_H
#define WPB_COMMAND_EXPLAIN_H

#include "agent/command/sites.h"
#include "agent/output/explanation.h"
#include "wpbloat/arena.h"

enum wpb_explain_kind {
    WPB_EXPLAIN_NOTHING,
    WPB_EXPLAIN_REDIS,
    WPB_EXPLAIN_OPTION,
    WPB_EXPLAIN_META,
    WPB_EXPLAIN_FILE,
};

struct wpb_explain {
    struct wpb_site_selection selection;
    enum wpb_explain_kind kind;
    const char *name;      /* the key, the option, the meta key, or the path */
    const char *post;      /* META: the post's id, digits */
    const char *rdb_scope; /* "rdb:///file?db=N", as findings name it; or NULL */
    bool is_json;
    uint32_t php_version; /* 0: the site's */
    struct wpb_arena *arena;
};

/* A value kept in a regular file. */
int wpb_explain_file(const struct wpb_explain *explain);
/* A Redis key, an option or a meta value: looked at by the probe that owns it. */
int wpb_explain_value(const struct wpb_explain *explain);

/* Print EXPLANATION in the format asked for. */
int wpb_explain_show(const struct wpb_explain *explain,
                     const struct wpb_explanation *explanation);

#endif
