/*
 * source_search.h - which of a site's sources ask for names with a given beginning.
 *
 * One pass over the PHP files of the must-use plugins, plugins, themes and drop-ins
 * for all literals at once, folders in byte order, so that equal trees give equal
 * results. Bounded in files, bytes, depth and time. Reads regular files only;
 * symbolic links are not followed, save for a whole plugin or theme that is linked
 * from elsewhere within the site. What could not be read is counted. Blocking: run
 * it on a thread of its own.
 */
#ifndef WPB_WORDPRESS_SOURCE_SEARCH_H
#define WPB_WORDPRESS_SOURCE_SEARCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/arena.h"
#include "wpbloat/slice.h"

/* Most literals of one search. */
#define WPB_SOURCE_LITERALS_MAX 64

struct wpb_source_folders {
    const char *site_path; /* files are named relative to it; "" when unknown */
    const char *mu_plugin_dir, *plugin_dir, *theme_dir, *content_dir; /* or "" */
};

struct wpb_source_limits {
    uint64_t files;       /* opened */
    uint64_t total_bytes; /* read */
    uint64_t file_bytes;  /* of one file; what follows is not read */
    unsigned depth;       /* folders below a plugin's folder */
    uint64_t until_ms;    /* wpb_clock_monotonic_ms() at which to stop; 0: never */
};
/* 20,000 files, 256 MiB, 4 MiB a file, 12 deep, no time. */
extern const struct wpb_source_limits wpb_source_limits_default;

/* What was found of one literal. */
struct wpb_source_found {
    uint64_t matches; /* lines with strings that hold it or, when there are none, with
                         identifiers, or comments; 0: none at all */
    bool is_whole;    /* the whole literal stands there, not a leading part of it */
    struct wpb_slice component; /* of the best match: "plugin:kestrel-pricing" */
    struct wpb_slice file;      /* relative to site_path; absolute when outside */
    uint64_t line;
    struct wpb_slice excerpt; /* raw bytes of site code, at most 120 */
};

struct wpb_source_result {
    struct wpb_source_found found[WPB_SOURCE_LITERALS_MAX]; /* as the literals */
    uint64_t folders;               /* of the four, those that could be opened */
    uint64_t files, bytes;          /* read */
    uint64_t unreadable;            /* files and folders that could not be */
    const char *unreadable_example; /* "PATH: Permission denied" of the first; "" */
    uint64_t links;                 /* symbolic links not followed */
    uint64_t cut;                   /* files longer than file_bytes */
    uint64_t deep;                  /* folders below the depth limit */
    const char *stopped;            /* "" or why it ended early; static */
};

/* Search FOLDERS for COUNT literals (at most WPB_SOURCE_LITERALS_MAX). A literal of
 * which wpb_source_literal_init() leaves nothing is not found. CANCEL may be set by
 * another thread; it is looked at between files. Texts of RESULT live in ARENA. */
void wpb_source_search(const struct wpb_source_folders *folders,
                       const struct wpb_slice *literals, size_t count,
                       const struct wpb_source_limits *limits, const atomic_bool *cancel,
                       struct wpb_arena *arena, struct wpb_source_result *result);

/* All was looked at. */
bool wpb_source_is_complete(const struct wpb_source_result *result);
/* Append a sentence for what was not, nothing when all was. */
void wpb_source_explain(const struct wpb_source_result *result, struct wpb_buf *out);

#endif
