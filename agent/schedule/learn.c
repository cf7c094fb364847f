#include "agent/schedule/learn.h"

#include "agent/base/address.h"

void wpb_learn_table_prefix(struct wpb_site *site, const struct wpb_window *window,
                            struct wpb_arena *arena)
{
    const struct wpb_subject *server;
    size_t cursor = 0;

    while (site->is_table_prefix_guessed &&
           (server = wpb_window_next(window, WPB_SUBJECT_MYSQL_SERVER, NULL, &cursor))) {
        struct wpb_slice prefix = wpb_window_text(window, server, WPB_M_TABLE_PREFIX);
        if (!prefix.len)
            continue;
        site->table_prefix = wpb_arena_cstr(arena, prefix);
        site->is_table_prefix_guessed = false;
    }
}

/* What the drop-in's own head says, and the configuration of the site with it, is not
 * changed by what its keys look like. */
static void learn_flavour(struct wpb_site *site, const struct wpb_window *window,
                          const struct wpb_subject *database)
{
    struct wpb_slice name = wpb_window_text(window, database, WPB_M_FLAVOUR);

    if (site->flavour != WPB_FLAVOUR_UNKNOWN)
        return;
    for (int f = WPB_FLAVOUR_UNKNOWN; f <= WPB_FLAVOUR_OBJECT_CACHE_PRO; f++) {
        if (wpb_slice_is(name, wpb_flavour_name((enum wpb_flavour)f)))
            site->flavour = (enum wpb_flavour)f;
    }
    site->is_multisite |= wpb_window_integer(window, database, WPB_M_MULTISITE, 0) == 1;
}

/* True when DATABASE has shown the prefix of SITE's keys, which had none. */
static bool learn_from(struct wpb_site *site, const struct wpb_window *window,
                       const struct wpb_subject *database, struct wpb_arena *arena)
{
    const struct wpb_sample *prefix = wpb_window_get(window, database, WPB_M_KEY_PREFIX);
    struct wpb_slice votes = wpb_window_text(window, database, WPB_M_SHAPE_VOTES);

    if (votes.len && !wpb_slice_is(votes, site->shape_votes))
        site->shape_votes = wpb_arena_cstr(arena, votes);
    if (site->has_key_prefix || !prefix || prefix->value.type != WPB_VALUE_TEXT)
        return false;
    site->key_prefix = wpb_arena_cstr(arena, prefix->value.text);
    site->key_prefix_len = prefix->value.text.len;
    site->has_key_prefix = true;
    learn_flavour(site, window, database);
    return true;
}

bool wpb_learn_keys(struct wpb_site *site, const struct wpb_window *window,
                    struct wpb_arena *arena)
{
    const struct wpb_subject *database;
    bool has_learnt = false;
    size_t cursor = 0;

    while ((database = wpb_window_next(window, WPB_SUBJECT_REDIS_SERVER, NULL, &cursor)))
        has_learnt |= learn_from(site, window, database, arena);
    return has_learnt;
}

void wpb_learn_master(struct wpb_site *site, const struct wpb_window *window,
                      struct wpb_arena *arena)
{
    const struct wpb_subject *server;
    size_t cursor = 0;

    while (site->redis.service &&
           (server = wpb_window_next(window, WPB_SUBJECT_REDIS_SERVER, NULL, &cursor)))
        wpb_redis_address_master(wpb_window_text(window, server, WPB_M_MASTER_ADDRESS),
                                 arena, &site->redis);
}
