#include "probes/mysql/prefix.h"

#include <stdbool.h>

static bool is_table(struct wpb_slice name, struct wpb_slice end, struct wpb_slice *lead)
{
    *lead = wpb_slice_head(name, name.len < end.len ? 0 : name.len - end.len);
    return wpb_slice_ends(name, end);
}

static bool has_meta(const struct wpb_slice *names, size_t count, struct wpb_slice prefix)
{
    static const struct wpb_slice meta = WPB_SLICE("postmeta");
    struct wpb_slice lead;

    for (size_t i = 0; i < count; i++) {
        if (is_table(names[i], meta, &lead) && wpb_slice_equal(lead, prefix))
            return true;
    }
    return false;
}

/* wp_ and a number and _. */
static bool is_blog_of(struct wpb_slice blog, struct wpb_slice site)
{
    struct wpb_slice rest = wpb_slice_skip(blog, site.len);

    if (!wpb_slice_starts(blog, site) || rest.len < 2 || rest.data[rest.len - 1] != '_')
        return false;
    for (size_t i = 0; i + 1 < rest.len; i++) {
        if (rest.data[i] < '0' || rest.data[i] > '9')
            return false;
    }
    return true;
}

static bool is_a_blog(const struct wpb_slice *prefixes, size_t count, size_t i)
{
    for (size_t s = 0; s < count; s++) {
        if (s != i && is_blog_of(prefixes[i], prefixes[s]))
            return true;
    }
    return false;
}

size_t wpb_mysql_prefixes(const struct wpb_slice *names, size_t count,
                          struct wpb_slice *prefixes)
{
    static const struct wpb_slice options = WPB_SLICE("options");
    struct wpb_slice all[256], lead;
    size_t found = 0, kept = 0;

    for (size_t i = 0; i < count && found < sizeof(all) / sizeof(all[0]); i++) {
        if (is_table(names[i], options, &lead) && has_meta(names, count, lead))
            all[found++] = lead;
    }
    for (size_t i = 0; i < found && kept < WPB_MYSQL_PREFIXES_MAX; i++) {
        if (!is_a_blog(all, found, i))
            prefixes[kept++] = all[i];
    }
    return kept;
}
