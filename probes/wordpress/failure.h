/*
 * failure.h - what discovery could not read: path, what came back, what to do.
 */
#ifndef WPB_WORDPRESS_FAILURE_H
#define WPB_WORDPRESS_FAILURE_H

#include "probes/wordpress/discover.h"

/* Rows of what could not be read, as they are found. */
struct wpb_failure_list {
    struct wpb_arena *arena;
    struct wpb_discovery_failure *items;
    size_t count, capacity;
};

/* Append a row; texts are copied. At most 256 are kept. */
void wpb_failure_add(struct wpb_failure_list *list, const char *path, const char *reason);
/* The same for an error of a file, with advice. */
void wpb_failure_add_err(struct wpb_failure_list *list, const char *path,
                         const struct wpb_err *err);

#endif
