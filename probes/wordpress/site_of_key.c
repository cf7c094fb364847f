#include "probes/wordpress/site_of_key.h"

#include "probes/wordpress/key_group.h"

/* Does FOUND on SITE explain the key better than PARTS on BEST? */
static bool is_better(const struct wpb_site *site, const struct wpb_key_parts *found,
                      const struct wpb_site *best, const struct wpb_key_parts *parts)
{
    if (!best || site->key_prefix_len != best->key_prefix_len)
        return !best || site->key_prefix_len > best->key_prefix_len;
    return wpb_key_group_is_known(found->group) && !wpb_key_group_is_known(parts->group);
}

size_t wpb_site_by_prefix(const struct wpb_site *const *sites, size_t count,
                          struct wpb_slice key, struct wpb_key_parts *parts)
{
    size_t best = count;
    struct wpb_key_parts found;

    for (size_t i = 0; i < count; i++) {
        const struct wpb_site *site = sites[i],
                              *rival = best < count ? sites[best] : NULL;
        if (!site->has_key_prefix ||
            (rival && site->key_prefix_len < rival->key_prefix_len))
            continue;
        wpb_key_parse(site, key, &found);
        if (found.is_ours && is_better(site, &found, rival, parts)) {
            best = i;
            *parts = found;
        }
    }
    return best;
}

/* Can a key of SHAPE be of a site with that drop-in? */
static bool fits(const struct wpb_site *site, enum wpb_flavour shape)
{
    switch (site->flavour) {
    case WPB_FLAVOUR_W3TC:
    case WPB_FLAVOUR_LITESPEED:
        return shape == site->flavour;
    case WPB_FLAVOUR_NONE:
    case WPB_FLAVOUR_DOCKET:
        return false;
    case WPB_FLAVOUR_REDIS_CACHE:
    case WPB_FLAVOUR_WP_REDIS:
    case WPB_FLAVOUR_OBJECT_CACHE_PRO:
        return shape == WPB_FLAVOUR_UNKNOWN;
    case WPB_FLAVOUR_UNKNOWN:
        break;
    }
    return true;
}

static const struct wpb_site *by_shape(const struct wpb_site *const *sites, size_t count,
                                       struct wpb_slice key, struct wpb_key_parts *parts)
{
    const struct wpb_site *only = NULL;
    struct wpb_key_parts found;
    enum wpb_flavour shape = wpb_key_shape(key, &found);

    for (size_t i = 0; i < count; i++) {
        if (sites[i]->has_key_prefix || !fits(sites[i], shape))
            continue;
        if (only)
            return NULL;
        only = sites[i];
    }
    if (only)
        wpb_key_parse(only, key, parts);
    return only;
}

const struct wpb_site *wpb_site_of_key(const struct wpb_site *const *sites, size_t count,
                                       struct wpb_slice key, struct wpb_key_parts *parts)
{
    size_t index = wpb_site_by_prefix(sites, count, key, parts);
    const struct wpb_site *site =
        index < count ? sites[index] : by_shape(sites, count, key, parts);
    if (!site)
        *parts = (struct wpb_key_parts){.blog = {"", 0}, .group = {"", 0}, .id = key};
    return site;
}
