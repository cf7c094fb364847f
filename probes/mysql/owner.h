/*
 * owner.h - which plugin or theme an option belongs to, told by its name.
 *
 * WordPress does not record it. A plugin's options mostly begin with the name of its
 * folder, some with another word known for it, and WordPress's own names are known.
 * Pure; any thread.
 */
#ifndef WPB_MYSQL_OWNER_H
#define WPB_MYSQL_OWNER_H

#include <stdbool.h>
#include <stddef.h>

#include "wpbloat/slice.h"

/* What is installed: names of folders, or of single files without ".php". */
struct wpb_owner_folders {
    const char *const *plugins, *const *themes;
    size_t plugin_count, theme_count;
};

enum wpb_owner_kind {
    WPB_OWNER_CORE,   /* name is "core" */
    WPB_OWNER_PLUGIN, /* name is the folder */
    WPB_OWNER_THEME,
    WPB_OWNER_PREFIX, /* name is the option's first word: nobody installed is called so */
};

struct wpb_owner {
    enum wpb_owner_kind kind;
    struct wpb_slice name; /* of the folders, of the option or static */
};

/* The owner of OPTION among FOLDERS, in a site whose tables begin with PREFIX. The
 * longest match wins. */
struct wpb_owner wpb_owner_of(struct wpb_slice option, struct wpb_slice prefix,
                              const struct wpb_owner_folders *folders);

#endif
