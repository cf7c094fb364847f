#include "probes/wordpress/memory_limit.h"

/* wp_initial_constants() of WordPress. */
#define WP_DEFAULT_BYTES ((uint64_t)40 << 20)
#define WP_DEFAULT_NETWORK_BYTES ((uint64_t)64 << 20)

/* What wp-config.php contributes. */
struct wishes {
    struct wpb_limit wordpress; /* WP_MEMORY_LIMIT; not set: unresolved */
    struct wpb_limit ini;       /* ini_set('memory_limit') */
    bool is_ini_unresolved;
};

static struct wpb_limit size_of(struct wpb_config_value value, struct wpb_arena *arena)
{
    struct wpb_limit limit = {.is_set = false};
    struct wpb_slice text;
    limit.is_set =
        wpb_config_value_text(value, arena, &text) && wpb_pool_size(text, &limit.bytes);
    return limit;
}

static void read_wishes(const struct wpb_config *config, bool is_multisite,
                        struct wpb_unresolved_list *list, struct wishes *wishes)
{
    struct wpb_config_value value;
    const char *file;
    uint32_t line;

    *wishes = (struct wishes){.is_ini_unresolved = false};
    if (wpb_config_constant(config, "WP_MEMORY_LIMIT", &value) == WPB_CONFIG_IS_ABSENT) {
        wishes->wordpress = (struct wpb_limit){
            true, is_multisite ? WP_DEFAULT_NETWORK_BYTES : WP_DEFAULT_BYTES,
            "WordPress's default WP_MEMORY_LIMIT"};
    } else if (wpb_settings_constant(config, "WP_MEMORY_LIMIT", list, &value)) {
        wpb_config_where(config, "WP_MEMORY_LIMIT", &file, &line);
        wishes->wordpress = size_of(value, list->arena);
        wishes->wordpress.source =
            wpb_arena_printf(list->arena, "WP_MEMORY_LIMIT in %s:%u", file, line);
        if (!wishes->wordpress.is_set)
            wpb_settings_unresolved(list, "WP_MEMORY_LIMIT", file, line, "it is no size");
    }
    enum wpb_config_presence_of ini = wpb_config_ini(config, "memory_limit", &value);
    if (ini == WPB_CONFIG_IS_KNOWN) {
        wishes->ini = size_of(value, list->arena);
        wishes->ini.source = "ini_set('memory_limit') in wp-config.php";
    }
    wishes->is_ini_unresolved = ini == WPB_CONFIG_IS_UNRESOLVED;
}

/* The limit under POOL; not set when something that matters is unresolved. */
static struct wpb_limit limit_under(const struct wpb_pool *pool,
                                    const struct wishes *wishes)
{
    struct wpb_limit unknown = {.is_set = false};
    if (pool->admin_limit.is_set)
        return pool->admin_limit;
    struct wpb_limit start =
        pool->value_limit.is_set ? pool->value_limit : pool->ini_limit;
    if (wishes->is_ini_unresolved)
        return unknown;
    if (wishes->ini.is_set)
        start = wishes->ini;
    if (start.bytes == UINT64_MAX)
        return start;
    if (!wishes->wordpress.is_set)
        return unknown;
    return wishes->wordpress.bytes > start.bytes ? wishes->wordpress : start;
}

static void disagree(const struct wpb_pool *const *pools, size_t pool_count,
                     struct wpb_unresolved_list *list, struct wpb_site *site)
{
    site->memory_limit_bytes = 0;
    site->memory_limit_source = wpb_arena_printf(
        list->arena,
        "not known: %zu PHP-FPM pools may serve this site and differ, such as %s in %s "
        "and %s in %s",
        pool_count, pools[0]->name, pools[0]->file, pools[pool_count - 1]->name,
        pools[pool_count - 1]->file);
    wpb_settings_unresolved(list, "memory_limit", pools[0]->file, 0,
                            site->memory_limit_source);
}

void wpb_memory_limit_read(const struct wpb_config *config,
                           const struct wpb_pool *const *pools, size_t pool_count,
                           struct wpb_unresolved_list *list, struct wpb_site *site)
{
    struct wishes wishes;

    site->memory_limit_bytes = 0;
    site->memory_limit_source = "not known: no PHP-FPM pool was found";
    site->php_version = 0;
    read_wishes(config, site->is_multisite, list, &wishes);
    if (pool_count == 0)
        return;
    struct wpb_limit limit = limit_under(pools[0], &wishes);
    site->php_version = pools[0]->php_version;
    for (size_t i = 1; i < pool_count; i++) {
        struct wpb_limit other = limit_under(pools[i], &wishes);
        if (pools[i]->php_version != site->php_version)
            site->php_version = 0;
        if (other.is_set != limit.is_set ||
            (limit.is_set && other.bytes != limit.bytes)) {
            disagree(pools, pool_count, list, site);
            return;
        }
    }
    if (!limit.is_set) {
        site->memory_limit_source = "not known: what wp-config.php sets is unresolved";
        return;
    }
    site->memory_limit_bytes = limit.bytes;
    site->memory_limit_source = wpb_arena_printf(list->arena, "%s", limit.source);
}
