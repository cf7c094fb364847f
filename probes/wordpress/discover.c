#include "probes/wordpress/discover.h"

#include <ctype.h>
#include <stdlib.h>

#include "agent/base/buf.h"
#include "probes/wordpress/path.h"
#include "probes/wordpress/places.h"

#define NAME_MAX_BYTES 64

/* Parts of a path that say where sites are kept, not which one it is. */
static const char *const generic_parts[] = {
    "var",    "www",      "srv",      "home",  "usr",     "share",     "html",
    "htdocs", "httpdocs", "docroot",  "web",   "wp",      "public",    "public_html",
    "app",    "current",  "site",     "sites", "domains", "wordpress", "nginx",
    "opt",    "bitnami",  "releases", "tmp"};

static bool is_generic(struct wpb_slice part)
{
    for (size_t i = 0; i < sizeof generic_parts / sizeof generic_parts[0]; i++) {
        if (wpb_slice_is(part, generic_parts[i]))
            return true;
    }
    return false;
}

/* PART as letters, digits and dashes, behind a dash when there is something. */
static void add_slug(struct wpb_buf *out, struct wpb_slice part)
{
    bool is_gap = out->len > 0;
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.data[i];
        if (!isalnum(c) && c < 0x80) {
            is_gap = out->len > 0;
            continue;
        }
        if (is_gap)
            wpb_buf_char(out, '-');
        is_gap = false;
        wpb_buf_char(out, (char)tolower(c));
    }
}

static void slug_of_path(const char *path, bool with_generic, struct wpb_buf *out)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        struct wpb_slice part = wpb_slice_of(path, len);
        if (len && (with_generic || !is_generic(part)))
            add_slug(out, part);
        path += len + (path[len] == '/');
    }
}

/* Debian's config-HOST.php names the host. */
static void slug_of_host(const char *file, struct wpb_buf *out)
{
    struct wpb_slice host = wpb_slice_cstr(wpb_path_name(file));
    host = wpb_slice_skip(host, strlen("config-"));
    host.len -= host.len > strlen(".php") ? strlen(".php") : 0;
    add_slug(out, wpb_slice_is(host, "default") ? wpb_slice_cstr("wordpress") : host);
}

static bool is_taken(const struct wpb_site *sites, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(sites[i].name, name) == 0)
            return true;
    }
    return false;
}

/* A name for SITES[AT] that none of the ones before it has. */
static const char *name_of(const char *root, const struct wpb_place *place,
                           const struct wpb_site *sites, size_t at,
                           struct wpb_arena *arena)
{
    struct wpb_buf slug;
    size_t root_len = strlen(root);
    const char *path = place->code_dir;

    if (strncmp(path, root, root_len) == 0)
        path += root_len;
    wpb_buf_init(&slug, 0);
    if (*place->host_file)
        slug_of_host(place->host_file, &slug);
    else
        slug_of_path(path, false, &slug);
    if (slug.len == 0)
        slug_of_path(path, true, &slug);
    struct wpb_slice text = wpb_buf_view(&slug);
    if (text.len > NAME_MAX_BYTES)
        text = wpb_slice_skip(text, text.len - NAME_MAX_BYTES);
    const char *name = text.len ? wpb_arena_cstr(arena, text) : "site";
    wpb_buf_fini(&slug);

    const char *unique = name;
    for (unsigned i = 2; is_taken(sites, at, unique); i++)
        unique = wpb_arena_printf(arena, "%s-%u", name, i);
    return unique;
}

static int compare_places(const void *a, const void *b)
{
    const struct wpb_place *left = a, *right = b;
    int order = strcmp(left->code_dir, right->code_dir);
    return order ? order : strcmp(left->host_file, right->host_file);
}

static const char *joined(const char *const *paths, struct wpb_arena *arena)
{
    struct wpb_buf text;
    wpb_buf_init(&text, 4096);
    for (size_t i = 0; paths[i]; i++) {
        if (i)
            wpb_buf_text(&text, ", ");
        wpb_buf_text(&text, paths[i]);
    }
    const char *copy = wpb_arena_cstr(arena, wpb_buf_view(&text));
    wpb_buf_fini(&text);
    return copy;
}

/* ROOT without a slash at its end. */
static const char *clean_root(const char *root, struct wpb_arena *arena)
{
    if (!root || !*root)
        return "";
    const char *clean = wpb_path_clean(arena, root);
    return strcmp(clean, "/") == 0 ? "" : clean;
}

int wpb_discover(const struct wpb_discovery_places *places, struct wpb_arena *arena,
                 struct wpb_discovery *result, struct wpb_err *err)
{
    struct wpb_failure_list failures = {.arena = arena};
    const char *root = clean_root(places->root, arena);
    struct wpb_place_list *list = calloc(1, sizeof(*list));
    struct wpb_pools *pools = calloc(1, sizeof(*pools));
    int status = -1;

    *result = (struct wpb_discovery){.looked_in = wpb_places_usual};
    if (*root && root[0] != '/') {
        wpb_err_set(err, WPB_E_ARGUMENT, "wordpress", "the root %s is not absolute",
                    root);
        goto out_lists;
    }
    if (!list || !pools) {
        wpb_err_set(err, WPB_E_MEMORY, "wordpress", "no memory to look for sites");
        goto out_lists;
    }
    if (places->paths)
        result->looked_in = joined(places->paths, arena);
    wpb_pools_read(root, arena, pools);
    wpb_places_find(root, places->paths, arena, &failures, list);
    qsort(list->items, list->count, sizeof(list->items[0]), compare_places);

    struct wpb_site *sites = wpb_arena_alloc(arena, (list->count + 1) * sizeof(*sites));
    for (size_t i = 0; i < list->count; i++) {
        struct wpb_site *site = &sites[result->site_count];
        if (wpb_site_read(root, &list->items[i], pools, arena, &failures, site))
            continue;
        site->name = name_of(root, &list->items[i], sites, result->site_count, arena);
        result->site_count++;
    }
    result->sites = sites;
    result->failures = failures.items;
    result->failure_count = failures.count;
    status = 0;
out_lists:
    free(list);
    free(pools);
    return status;
}
