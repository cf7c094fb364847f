#include "probes/requests/route.h"

/* WordPress' own entry points, in any folder of the site. */
static const struct wpb_route_prefix files[] = {
    {"wp-admin/admin-ajax.php", WPB_ROUTE_ADMIN_AJAX},
    {"wp-admin", WPB_ROUTE_ADMIN},
    {"wp-cron.php", WPB_ROUTE_CRON},
    {"wp-login.php", WPB_ROUTE_LOGIN},
    {"wp-json", WPB_ROUTE_REST},
};

/* WooCommerce's defaults. */
static const struct wpb_route_prefix pages[] = {
    {"product", WPB_ROUTE_PRODUCT},
    {"cart", WPB_ROUTE_CART},
    {"checkout", WPB_ROUTE_CHECKOUT},
};

/* Arguments by which WordPress and WooCommerce choose what to do, before the path. */
static const struct {
    const char *name;
    enum wpb_route route;
} arguments[] = {
    {"wc-ajax", WPB_ROUTE_WC_AJAX},
    {"rest_route", WPB_ROUTE_REST},
};

/* PATH begins with PREFIX and a slash or nothing follows. */
static bool is_below(struct wpb_slice path, struct wpb_slice prefix)
{
    return wpb_slice_starts(path, prefix) &&
           (path.len == prefix.len || path.data[prefix.len] == '/');
}

static struct wpb_slice without_slashes(struct wpb_slice path)
{
    while (path.len && path.data[0] == '/')
        path = wpb_slice_skip(path, 1);
    return path;
}

static struct wpb_slice without_base(struct wpb_slice path, const char *text)
{
    struct wpb_slice base = without_slashes(wpb_slice_cstr(text));

    path = without_slashes(path);
    while (base.len && base.data[base.len - 1] == '/')
        base.len--;
    return is_below(path, base) ? without_slashes(wpb_slice_skip(path, base.len)) : path;
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* PATH without "de/" or "pt-br/" in front; the same when there is none. */
static struct wpb_slice without_language(struct wpb_slice path)
{
    size_t len = 2;

    if (path.len < 2 || !is_letter(path.data[0]) || !is_letter(path.data[1]))
        return path;
    if (path.len >= 5 && (path.data[2] == '-' || path.data[2] == '_') &&
        is_letter(path.data[3]) && is_letter(path.data[4]))
        len = 5;
    if (path.len > len && path.data[len] != '/')
        return path;
    return without_slashes(wpb_slice_skip(path, len));
}

static bool find_prefix(struct wpb_slice path, const struct wpb_route_prefix *prefixes,
                        size_t count, enum wpb_route *route)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_below(path, wpb_slice_cstr(prefixes[i].path)))
            continue;
        *route = prefixes[i].route;
        return true;
    }
    return false;
}

/* The query holds NAME with or without a value. */
static bool has_argument(struct wpb_slice query, const char *name)
{
    size_t len = strlen(name);

    while (query.len >= len) {
        if (memcmp(query.data, name, len) == 0 &&
            (query.len == len || query.data[len] == '=' || query.data[len] == '&'))
            return true;
        const char *next = memchr(query.data, '&', query.len);
        if (!next)
            return false;
        query = wpb_slice_skip(query, (size_t)(next - query.data) + 1);
    }
    return false;
}

static bool find_argument(const struct wpb_request_line *request, enum wpb_route *route)
{
    if (!(request->known & WPB_LINE_QUERY) || request->query.len == 0)
        return false;
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        if (!has_argument(request->query, arguments[i].name))
            continue;
        *route = arguments[i].route;
        return true;
    }
    return false;
}

/* Sites without permalinks: "/?product=blue-shirt". */
static enum wpb_route route_of_root(const struct wpb_request_line *request)
{
    struct wpb_slice query = request->query;

    if (!(request->known & WPB_LINE_QUERY) || query.len == 0)
        return WPB_ROUTE_FRONT_PAGE;
    if (has_argument(query, "product"))
        return WPB_ROUTE_PRODUCT;
    /* what chooses a page, a post, an archive or a search */
    static const char *const choices[] = {
        "p",           "page_id", "cat",  "s",    "post_type",
        "product_cat", "author",  "feed", "name", "m"};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (has_argument(query, choices[i]))
            return WPB_ROUTE_OTHER;
    return WPB_ROUTE_FRONT_PAGE;
}

enum wpb_route wpb_route_of(const struct wpb_request_line *request,
                            const struct wpb_route_names *names)
{
    static const struct wpb_route_names none = {0};
    enum wpb_route route;

    if (!(request->known & WPB_LINE_PATH))
        return WPB_ROUTE_OTHER;
    if (!names)
        names = &none;
    if (find_argument(request, &route))
        return route;
    struct wpb_slice path = without_base(request->path, names->base);
    struct wpb_slice local = without_language(path);
    if (find_prefix(path, names->prefixes, names->prefixes_count, &route) ||
        find_prefix(local, names->prefixes, names->prefixes_count, &route) ||
        find_prefix(local, files, sizeof files / sizeof *files, &route) ||
        find_prefix(local, pages, sizeof pages / sizeof *pages, &route))
        return route;
    if (wpb_slice_is(local, "index.php"))
        return request->is_rewritten ? WPB_ROUTE_OTHER : route_of_root(request);
    return local.len == 0 ? route_of_root(request) : WPB_ROUTE_OTHER;
}

struct wpb_route_names wpb_route_names_of(const struct wpb_site *site,
                                          struct wpb_arena *arena)
{
    struct wpb_route_names names = {0};
    struct wpb_route_prefix *prefixes;
    struct wpb_slice path;
    size_t words = 0;

    while (site->routes && site->routes[words])
        words++;
    prefixes = wpb_arena_alloc(arena, words * sizeof(*prefixes));
    for (size_t i = 0; i < words; i++) {
        struct wpb_route_prefix *prefix = &prefixes[names.prefixes_count];
        if (!wpb_route_word(wpb_slice_cstr(site->routes[i]), &path, &prefix->route))
            continue; /* the configuration's reader has refused it */
        prefix->path = wpb_arena_cstr(arena, path);
        names.prefixes_count++;
    }
    names.prefixes = prefixes;
    names.base = wpb_arena_cstr(arena, wpb_slice_cstr(site->url_path));
    return names;
}
