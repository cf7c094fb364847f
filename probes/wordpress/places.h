/*
 * places.h - where WordPress may be: the usual places, or below the paths given.
 *
 * Walks folders breadth first, bounded in depth, folders and entries, each folder
 * once whatever links lead to it. Looks at names only; site_read.h reads the files.
 */
#ifndef WPB_WORDPRESS_PLACES_H
#define WPB_WORDPRESS_PLACES_H

#include "probes/wordpress/site_read.h"

#define WPB_PLACES_MAX 1024

struct wpb_place_list {
    struct wpb_place items[WPB_PLACES_MAX];
    size_t count;
};

/* The usual places, for "nothing found in ...". */
extern const char wpb_places_usual[];

/* Fill LIST from the usual places below ROOT, or, when PATHS is not NULL, from
 * those. What was asked for and is none is a row of FAILURES. */
void wpb_places_find(const char *root, const char *const *paths, struct wpb_arena *arena,
                     struct wpb_failure_list *failures, struct wpb_place_list *list);

#endif
