#include "probes/mysql/installed.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "probes/wordpress/source_listing.h"

/* A plugin is a folder, or one file; a theme is a folder. */
static char *name_of(const struct wpb_source_entry *entry, bool takes_files,
                     struct wpb_arena *arena)
{
    struct wpb_slice name = wpb_slice_cstr(entry->name);
    static const struct wpb_slice php = WPB_SLICE(".php");

    if (!wpb_slice_ends(name, php))
        return entry->type == DT_REG ? NULL : wpb_arena_cstr(arena, name);
    if (!takes_files || wpb_slice_is(name, "index.php"))
        return NULL;
    return wpb_arena_cstr(arena, wpb_slice_head(name, name.len - php.len));
}

static const char *const *list(const char *path, bool takes_files,
                               struct wpb_arena *arena, size_t *count)
{
    struct wpb_source_listing listing;
    const char **names;
    int folder = *path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    *count = 0;
    if (folder < 0)
        return NULL;
    wpb_source_listing_init(&listing, folder);
    names = wpb_arena_alloc(arena, (listing.count + 1) * sizeof(*names));
    for (size_t i = 0; i < listing.count && *count < WPB_INSTALLED_MAX; i++) {
        const char *name = name_of(&listing.entries[i], takes_files, arena);
        if (name)
            names[(*count)++] = name;
    }
    wpb_source_listing_fini(&listing);
    close(folder);
    return names;
}

void wpb_installed_read(const struct wpb_site *site, struct wpb_arena *arena,
                        struct wpb_owner_folders *folders)
{
    folders->plugins = list(site->plugin_dir, true, arena, &folders->plugin_count);
    folders->themes = list(site->theme_dir, false, arena, &folders->theme_count);
}
