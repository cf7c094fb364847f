#include "probes/requests/component.h"

#include <stdio.h>

static const struct {
    const char *folder, *kind;
} kinds[] = {{"plugins/", "plugin"}, {"mu-plugins/", "mu-plugin"}, {"themes/", "theme"}};

/* WordPress' folder of content, and Bedrock's. */
static const char *const roots[] = {"/wp-content/", "/app/"};

/* The first place in PATH where a folder of components begins; its kind in *KIND. */
static const char *find_folder(struct wpb_slice path, const char *root, size_t *kind)
{
    size_t len = strlen(root);

    while (path.len >= len) {
        const char *at = memmem(path.data, path.len, root, len);
        if (!at)
            return NULL;
        path = wpb_slice_skip(path, (size_t)(at - path.data) + len);
        for (*kind = 0; *kind < sizeof kinds / sizeof *kinds; ++*kind)
            if (wpb_slice_starts(path, wpb_slice_cstr(kinds[*kind].folder)))
                return at + 1;
    }
    return NULL;
}

/* The slug in REST, what follows the folder of KIND. */
static struct wpb_slice slug_of(struct wpb_slice rest, const char *kind)
{
    const char *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;

    if (slash)
        return wpb_slice_head(rest, (size_t)(slash - rest.data));
    if (strcmp(kind, "plugin") == 0 && wpb_slice_ends(rest, wpb_slice_cstr(".php")))
        rest.len -= 4;
    return rest;
}

bool wpb_component_of(struct wpb_slice path, char name[WPB_COMPONENT_MAX],
                      struct wpb_slice *file)
{
    name[0] = '\0';
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        size_t kind;
        const char *at = find_folder(path, roots[i], &kind);
        if (!at)
            continue;
        struct wpb_slice below = wpb_slice_skip(path, (size_t)(at - path.data));
        size_t folder = strlen(roots[i]) - 1 + strlen(kinds[kind].folder);
        struct wpb_slice slug = slug_of(wpb_slice_skip(below, folder), kinds[kind].kind);
        if (slug.len == 0 || slug.len > WPB_COMPONENT_MAX - sizeof "mu-plugin:" ||
            memchr(slug.data, '\0', slug.len))
            return false;
        snprintf(name, WPB_COMPONENT_MAX, "%s:%.*s", kinds[kind].kind, (int)slug.len,
                 slug.data);
        if (file)
            *file = below;
        return true;
    }
    return false;
}

bool wpb_component_is_dropin(struct wpb_slice path)
{
    static const char *const names[] = {"/object-cache.php", "/advanced-cache.php",
                                        "/wp-content/db.php", "/app/db.php"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (wpb_slice_ends(path, wpb_slice_cstr(names[i])))
            return true;
    return false;
}
