/*
 * source_listing.h - the names in a folder, in byte order.
 *
 * The order of readdir() differs from host to host; results must not. Bounded: a
 * folder of more names than WPB_SOURCE_LISTING_MAX is nobody's source. Any thread.
 */
#ifndef WPB_WORDPRESS_SOURCE_LISTING_H
#define WPB_WORDPRESS_SOURCE_LISTING_H

#include <stddef.h>

#define WPB_SOURCE_LISTING_MAX 20000

struct wpb_source_entry {
    char *name;
    unsigned char type; /* DT_* of dirent.h; DT_UNKNOWN where the disk does not say */
};

struct wpb_source_listing {
    struct wpb_source_entry *entries;
    size_t count, capacity;
};

/* The names in the folder open at FOLDER, without "." and "..". 0, or -1 with errno
 * (E2BIG: too many); what was read until then is in LISTING. Free in either case. */
int wpb_source_listing_init(struct wpb_source_listing *listing, int folder);
void wpb_source_listing_fini(struct wpb_source_listing *listing);

/* The DT_* type of NAME in FOLDER, DT_UNKNOWN when it cannot be told. FLAGS as of
 * fstatat(): AT_SYMLINK_NOFOLLOW or 0. */
unsigned char wpb_source_type(int folder, const char *name, int flags);

#endif
