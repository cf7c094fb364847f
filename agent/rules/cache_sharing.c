/* Sites whose keys begin alike in the same database. */
#include "agent/base/text.h"
#include "agent/rules/cache.h"

#define SLUG_MAX 32

/* How a drop-in keeps the keys of sites apart. */
struct separation {
    enum wpb_flavour flavour;
    const char *prefix;   /* with the place for a name of the site's own */
    const char *database; /* or NULL */
};

static const struct separation separations[] = {
    {WPB_FLAVOUR_REDIS_CACHE, "define( 'WP_REDIS_PREFIX', '%s:' );",
     "Better still, also a database of its own, with another number for each site: "
     "WP_REDIS_DATABASE in wp-config.php."},
    {WPB_FLAVOUR_WP_REDIS, "define( 'WP_CACHE_KEY_SALT', '%s:' );",
     "Better still, also a database of its own, with another number for each site: "
     "'database' in $redis_server of wp-config.php."},
    {WPB_FLAVOUR_OBJECT_CACHE_PRO,
     "In WP_REDIS_CONFIG of wp-config.php: 'prefix' => '%s'.",
     "Better still, also a database of its own: 'database' in WP_REDIS_CONFIG, another "
     "number for each site."},
    {WPB_FLAVOUR_LITESPEED, "define( 'LSOC_PREFIX', '%s' );",
     "Better still, also a database of its own: LiteSpeed Cache, Cache, Object, Redis "
     "Database ID, another number for each site."},
    {WPB_FLAVOUR_W3TC, NULL,
     "Give each site a database of its own: W3 Total Cache, Object Cache, Redis "
     "Database ID, another number for each site."},
};

static const struct separation any_drop_in = {
    WPB_FLAVOUR_UNKNOWN, "define( 'WP_CACHE_KEY_SALT', '%s:' );",
    "Better still, also a database of its own, with another number for each site."};

static const struct separation *separation_for(const struct wpb_site *site)
{
    for (size_t i = 0; i < sizeof(separations) / sizeof(separations[0]); i++) {
        if (separations[i].flavour == site->flavour)
            return &separations[i];
    }
    return &any_drop_in;
}

/* The site's name as far as it is plain: it becomes PHP code. */
static const char *slug(struct wpb_arena *arena, const char *name)
{
    char text[SLUG_MAX + 1];
    size_t len = 0;

    for (; name && *name && len < SLUG_MAX; name++) {
        if ((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
            (*name >= '0' && *name <= '9') || *name == '-' || *name == '_')
            text[len++] = *name;
    }
    return len ? wpb_arena_cstr(arena, wpb_slice_of(text, len)) : "a-name-of-its-own";
}

static const char *say_prefix(struct wpb_arena *arena, const char *format,
                              const char *name)
{
    const char *place = strstr(format, "%s");

    return wpb_arena_printf(arena, "%.*s%s%s", (int)(place - format), format, name,
                            place + 2);
}

static void draft_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_site *site = context->site;
    const struct separation *separation = separation_for(site);
    struct wpb_buf buf;

    draft->finding.remedy.summary =
        "Give each site a prefix of its own, and empty the cache of all of them right "
        "afterwards, so that nobody reads what another site has left. Do it for all "
        "sites in one go; a flush before that helps for seconds.";
    if (site->config_file && site->config_file[0]) {
        wpb_buf_init(&buf, 0);
        wpb_text_shell(&buf, wpb_slice_cstr(site->config_file));
        wpb_draft_line(
            &draft->now,
            wpb_arena_printf(
                context->arena,
                "grep -nE 'WP_REDIS_(PREFIX|DATABASE)|WP_CACHE_KEY_SALT|table_prefix' %s",
                buf.data));
        wpb_buf_fini(&buf);
    }
    if (separation->prefix) {
        wpb_draft_line(&draft->for_good,
                       "In wp-config.php of this site, above the line that loads "
                       "wp-settings.php; another name in each site:");
        wpb_draft_line(&draft->for_good, say_prefix(context->arena, separation->prefix,
                                                    slug(context->arena, site->name)));
    }
    wpb_draft_line(&draft->for_good, separation->database);
    wpb_draft_line(&draft->for_good, "Then empty the cache, in each of the sites:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(context, "cache flush", wpb_slice_of("", 0)));
    wpb_draft_line(&draft->for_good,
                   "A staging copy takes wp-config.php along, and with it the prefix: "
                   "change it as part of making the copy.");
    wpb_draft_line(&draft->verify, wpb_say_wp_command(context, "option get siteurl",
                                                      wpb_slice_of("", 0)));
}

/* The sites that share one prefix are told by the same names. */
static bool shares(const struct wpb_rule_context *context, size_t window,
                   const struct wpb_subject *database)
{
    struct wpb_slice names =
        wpb_window_text(context->window, database, WPB_M_PREFIX_SITE_NAMES);

    return names.len &&
           wpb_slice_equal(names, wpb_window_text(context->windows[window], database,
                                                  WPB_M_PREFIX_SITE_NAMES));
}

static bool is_told(const struct wpb_rule_context *context,
                    const struct wpb_subject *database)
{
    for (size_t w = 0; w < context->at; w++) {
        if (shares(context, w, database))
            return true;
    }
    return false;
}

static void draft_sites(struct wpb_draft *draft)
{
    const struct wpb_rule_context *context = draft->context;

    for (size_t w = context->at + 1; w < context->window_count; w++) {
        if (shares(context, w, draft->finding.subject))
            wpb_draft_other_site(draft, wpb_window_site(context->windows[w]));
    }
}

static void report(struct wpb_rule_context *context, const struct wpb_subject *database,
                   int64_t sites)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_site *site = context->site;
    struct wpb_slice names =
        wpb_window_text(context->window, database, WPB_M_PREFIX_SITE_NAMES);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, WPB_CRITICAL, database);
    draft.finding.title =
        wpb_arena_printf(arena, "%s sites keep their cache under the same names%s%s",
                         wpb_say_count(arena, (uint64_t)sites), names.len ? ": " : "",
                         names.len ? wpb_say_name(arena, names) : "");
    draft.finding.summary =
        "Their keys begin alike in the same Redis database, so each of them reads and "
        "overwrites what the others have stored: options, posts, users and their "
        "rights. Visitors of one site may be sent to another, see its content or get "
        "errors; a setting saved in one may vanish or appear in the other; a list that "
        "one site lets grow can bring down all of them, and flushing one flushes all.";
    wpb_draft_sample(&draft, "prefix_sites", WPB_M_PREFIX_SITES);
    wpb_draft_known(&draft, "prefix_site_names", WPB_M_PREFIX_SITE_NAMES);
    if (site->has_key_prefix && site->key_prefix_len)
        wpb_draft_fact(
            &draft, "key_prefix",
            wpb_value_text(wpb_slice_of(site->key_prefix, site->key_prefix_len)),
            WPB_EXACT);
    wpb_draft_known(&draft, "keys", WPB_M_KEYS);
    draft.finding.cause.kind = "configuration";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note =
        site->flavour == WPB_FLAVOUR_REDIS_CACHE
            ? "Without WP_REDIS_PREFIX, Redis Object Cache begins its keys with the "
              "table prefix, which is wp_ nearly everywhere."
            : "The prefix and the database are the same in the configuration of these "
              "sites, or both are left at their defaults.";
    draft_remedy(&draft);
    draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_shared_prefix(struct wpb_rule_context *context)
{
    const struct wpb_subject *database;
    double least = wpb_rule_option(context, "cache.shared_prefix", "critical_sites");
    size_t cursor = 0;

    while ((database = wpb_window_next(context->window, WPB_SUBJECT_REDIS_SERVER, NULL,
                                       &cursor))) {
        int64_t sites =
            wpb_window_integer(context->window, database, WPB_M_PREFIX_SITES, 0);
        if (sites > 0 && (double)sites >= least && !is_told(context, database))
            report(context, database, sites);
    }
}
