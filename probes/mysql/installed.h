/*
 * installed.h - the plugins and themes in a site's folders, by name.
 */
#ifndef WPB_MYSQL_INSTALLED_H
#define WPB_MYSQL_INSTALLED_H

#include "probes/mysql/owner.h"
#include "wpbloat/arena.h"
#include "wpbloat/site.h"

/* More folders than this are nobody's plugins. */
#define WPB_INSTALLED_MAX 1000

/* List the folders of SITE into FOLDERS, whose names live in ARENA; those that cannot be
 * read, or are not known, are empty. Blocking, for a few reads of directories. */
void wpb_installed_read(const struct wpb_site *site, struct wpb_arena *arena,
                        struct wpb_owner_folders *folders);

#endif
