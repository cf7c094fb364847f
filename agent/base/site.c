#include "wpbloat/site.h"

static const char *const flavour_names[] = {
    [WPB_FLAVOUR_UNKNOWN] = "unknown",
    [WPB_FLAVOUR_NONE] = "none",
    [WPB_FLAVOUR_REDIS_CACHE] = "redis-cache",
    [WPB_FLAVOUR_WP_REDIS] = "wp-redis",
    [WPB_FLAVOUR_W3TC] = "w3-total-cache",
    [WPB_FLAVOUR_LITESPEED] = "litespeed-cache",
    [WPB_FLAVOUR_DOCKET] = "docket-cache",
    [WPB_FLAVOUR_OBJECT_CACHE_PRO] = "object-cache-pro",
};

const char *wpb_flavour_name(enum wpb_flavour flavour)
{
    return flavour_names[flavour];
}
