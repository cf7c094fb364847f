/*
 * dropin.h - which plugin wrote wp-content/object-cache.php.
 *
 * Only the first 2 KB are looked at. The file may be a symbolic link into the
 * plugin, or a stub of a few lines that requires it: that is followed once.
 */
#ifndef WPB_WORDPRESS_DROPIN_H
#define WPB_WORDPRESS_DROPIN_H

#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"
#include "wpbloat/slice.h"

#define WPB_DROPIN_HEAD_MAX ((size_t)2048)

struct wpb_dropin {
    enum wpb_flavour flavour;
    const char *version; /* "" when the head says none */
};

/* Judge HEAD, the leading bytes of a drop-in; pure. WPB_FLAVOUR_UNKNOWN when
 * nothing matches. The version lives in ARENA. */
void wpb_dropin_recognise(struct wpb_slice head, struct wpb_arena *arena,
                          struct wpb_dropin *dropin);

/* Read and judge CONTENT_DIR/object-cache.php. No such file is
 * WPB_FLAVOUR_NONE and no error; one that cannot be read is unknown, with -1. */
int wpb_dropin_read(const char *content_dir, struct wpb_arena *arena,
                    struct wpb_dropin *dropin, struct wpb_err *err);

#endif
