#include "probes/wordpress/path.h"

#include <stdbool.h>
#include <string.h>

const char *wpb_path_join(struct wpb_arena *arena, const char *folder, const char *name)
{
    size_t len = strlen(folder);
    while (len > 0 && folder[len - 1] == '/')
        len--;
    while (*name == '/')
        name++;
    return wpb_arena_printf(arena, "%.*s/%s", (int)len, folder, name);
}

const char *wpb_path_parent(struct wpb_arena *arena, const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    while (len > 1 && path[len - 1] == '/')
        len--;
    return len ? wpb_arena_cstr(arena, wpb_slice_of(path, len)) : ".";
}

const char *wpb_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static size_t drop_last_part(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '/')
        len--;
    return len > 1 ? len - 1 : len;
}

const char *wpb_path_clean(struct wpb_arena *arena, const char *path)
{
    char *clean = wpb_arena_alloc(arena, strlen(path) + 2);
    size_t len = 0;
    bool is_absolute = *path == '/';

    if (is_absolute)
        clean[len++] = '/';
    while (*path) {
        size_t part = strcspn(path, "/");
        bool has_parent = len > (is_absolute ? 1U : 0U);
        if (part == 2 && memcmp(path, "..", 2) == 0 && (has_parent || is_absolute)) {
            len = drop_last_part(clean, len);
        } else if (part > 0 && !(part == 1 && *path == '.')) {
            if (has_parent)
                clean[len++] = '/';
            memcpy(clean + len, path, part);
            len += part;
        }
        path += part;
        while (*path == '/')
            path++;
    }
    clean[len] = '\0';
    return len ? clean : ".";
}

const char *wpb_path_rooted(struct wpb_arena *arena, const char *root, const char *path)
{
    size_t len = strlen(root);
    if (len == 0 || path[0] != '/' ||
        (strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0')))
        return path;
    return wpb_arena_printf(arena, "%s%s", root, path);
}
