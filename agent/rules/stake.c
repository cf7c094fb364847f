#include "agent/rules/stake.h"

#include <math.h>

#include "agent/analyse/series.h"
#include "agent/rules/baseline.h"
#include "agent/rules/cache.h"
#include "agent/rules/database.h"
#include "agent/rules/server.h"

#define MEMORY "cache.memory_forecast"
#define DATABASE "database.growth"
#define OPTION "builder.option_growth"

/* Tables that requests of visitors read: of the others nobody minds that they do not fit
 * into the buffer pool. By their ends, since the prefix is the site's. */
static const char *const read_by_requests[] = {"postmeta", "posts", "options", "usermeta",
                                               "wc_orders_meta"};

/* The newest value of METRIC; false when it is unknown. */
static bool read_level(const struct wpb_rule_context *context,
                       const struct wpb_subject *subject, enum wpb_metric metric,
                       struct wpb_stake *stake)
{
    struct wpb_series series = {.subject = subject, .metric = metric};
    struct wpb_point point;

    *stake = (struct wpb_stake){.subject = subject, .metric = metric};
    if (!wpb_series_point(context->window, &series, &point))
        return false;
    stake->level = point.value;
    return true;
}

static bool has_target(struct wpb_stake *stake, enum wpb_stake_kind kind, double target)
{
    stake->kind = kind;
    stake->target = target;
    return isfinite(target) && target > 0;
}

/* --- a cache entry: PHP's memory --- */

/* The length at which decoding or storing it alone takes what memory_limit leaves. A list
 * of names has its own model; of other entries the memory is taken to grow with them. */
static bool of_entry(const struct wpb_rule_context *context, struct wpb_stake *stake)
{
    double limit = (double)wpb_cache_memory_limit(context);
    double room = limit, fails_at, peak = 0, other = 0;
    uint64_t besides;

    if (wpb_baseline_besides(context, stake->subject, &besides))
        room = limit - (double)besides;
    if (!(limit > 0) || !(room > 0) ||
        stake->metric != wpb_series_key_metric(context->window, stake->subject))
        return false;
    if (stake->metric == WPB_M_VALUE_BYTES &&
        wpb_rule_number(context, stake->subject, WPB_M_FAILS_AT_BYTES, &fails_at) &&
        fails_at > 0)
        return has_target(stake, WPB_STAKE_REQUEST, fails_at * room / limit);
    wpb_rule_number(context, stake->subject, WPB_M_PHP_READ_PEAK_BYTES, &peak);
    wpb_rule_number(context, stake->subject, WPB_M_PHP_REWRITE_PEAK_BYTES, &other);
    peak = fmax(peak, other);
    return peak > 0 && has_target(stake, WPB_STAKE_REQUEST, stake->level * room / peak);
}

/* A family of names inside a list. */
static bool of_family(const struct wpb_rule_context *context, struct wpb_stake *stake)
{
    const struct wpb_subject *key = stake->subject->parent;
    struct wpb_stake whole;
    double entries;

    if (!key || key->kind != WPB_SUBJECT_REDIS_KEY ||
        !wpb_stake_of(context, key, wpb_series_key_metric(context->window, key),
                      &whole) ||
        !wpb_rule_number(context, key, WPB_M_ENTRIES, &entries) || !(entries > 0) ||
        !(whole.level > 0))
        return false;
    return has_target(stake, whole.kind,
                      stake->level +
                          fmax(0, whole.target - whole.level) / (whole.level / entries));
}

/* --- Redis: its memory --- */

static bool is_local(struct wpb_slice scope)
{
    static const struct wpb_slice here[] = {
        WPB_SLICE("unix:"),         WPB_SLICE("redis://127."),
        WPB_SLICE("redis://[::1]"), WPB_SLICE("redis://localhost"),
        WPB_SLICE("rediss://127."), WPB_SLICE("rediss://localhost")};

    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        if (wpb_slice_starts(scope, here[i]))
            return true;
    }
    return false;
}

/* How much Redis may take at most, of whatever sets the limit; 0 when that is unknown or
 * nothing fails there. */
static double redis_limit(const struct wpb_rule_context *context,
                          const struct wpb_server *server, enum wpb_stake_kind *kind)
{
    uint64_t ram = wpb_database_ram_of_php(context);

    if (!server->has_limit || !server->has_used || server->policy.len == 0)
        return 0;
    *kind = WPB_STAKE_REDIS;
    if (server->limit)
        return wpb_server_evicts_any(server) ? 0 : (double)server->limit;
    *kind = WPB_STAKE_MACHINE;
    if (!ram || !is_local(server->subject->scope))
        return 0;
    return (double)ram * wpb_rule_option(context, MEMORY, "machine_ratio");
}

/* What can still be taken in DATABASE: what is free, and under volatile-* what has an
 * expiry and would be evicted for it. */
static double room_in(const struct wpb_rule_context *context,
                      const struct wpb_server *server, const struct wpb_subject *database,
                      double limit)
{
    double room = limit - (double)server->used, all, ttlless;

    if (server->limit && wpb_slice_starts(server->policy, wpb_slice_cstr("volatile-")) &&
        database && wpb_rule_number(context, database, WPB_M_MEMORY_BYTES, &all) &&
        wpb_rule_number(context, database, WPB_M_TTLLESS_BYTES, &ttlless))
        room += fmax(0, all - ttlless);
    return fmax(0, room);
}

/* Of the server what it uses; of a database what never expires, where the rest of it
 * gives way. */
static bool of_server(const struct wpb_rule_context *context, struct wpb_stake *stake)
{
    const struct wpb_subject *subject = stake->subject;
    enum wpb_stake_kind kind;
    struct wpb_server server;
    bool is_volatile;
    double limit;

    if (!wpb_server_of(context, subject->scope, &server))
        return false;
    limit = redis_limit(context, &server, &kind);
    is_volatile =
        server.limit && wpb_slice_starts(server.policy, wpb_slice_cstr("volatile-"));
    if (stake->metric == WPB_M_USED_MEMORY_BYTES)
        return !is_volatile && has_target(stake, kind, limit);
    return stake->metric == WPB_M_TTLLESS_BYTES && is_volatile && limit > 0 &&
           has_target(stake, kind,
                      stake->level + room_in(context, &server, subject, limit));
}

/* A group whose entries never expire, when it alone grows. */
static bool of_group(const struct wpb_rule_context *context, struct wpb_stake *stake)
{
    const struct wpb_subject *subject = stake->subject;
    enum wpb_stake_kind kind;
    struct wpb_server server;
    double limit;

    if (stake->metric != WPB_M_TTLLESS_BYTES ||
        wpb_slice_is(subject->name, WPB_GROUP_FOREIGN) ||
        !wpb_server_of(context, subject->scope, &server))
        return false;
    limit = redis_limit(context, &server, &kind);
    return limit > 0 &&
           has_target(stake, kind,
                      stake->level + room_in(context, &server,
                                             wpb_server_database(context, subject->scope),
                                             limit));
}

/* --- MySQL --- */

static double autoload_target(const struct wpb_rule_context *context)
{
    double target = wpb_rule_option(context, "database.autoload_large", "critical_bytes");
    uint64_t ram = wpb_database_ram_of_php(context);

    if (ram)
        target = fmin(target, (double)ram *
                                  wpb_rule_option(context, "database.autoload_large",
                                                  "critical_ram_ratio") /
                                  WPB_DATABASE_REQUESTS);
    return target;
}

static bool is_read_by_requests(const struct wpb_subject *table)
{
    for (size_t i = 0; i < sizeof(read_by_requests) / sizeof(read_by_requests[0]); i++) {
        if (wpb_database_is_table(table, read_by_requests[i]))
            return true;
    }
    return false;
}

/* The buffer pool of the server on which TABLE lies; 0 when it is unknown. */
static double pool_of(const struct wpb_rule_context *context,
                      const struct wpb_subject *table)
{
    const struct wpb_subject *server;
    size_t cursor = 0;
    double pool;

    while ((server = wpb_window_next(context->window, WPB_SUBJECT_MYSQL_SERVER, NULL,
                                     &cursor))) {
        if (wpb_slice_starts(table->scope, server->scope) &&
            wpb_rule_number(context, server, WPB_M_POOL_BYTES, &pool))
            return pool;
    }
    return 0;
}

static bool of_table(const struct wpb_rule_context *context, struct wpb_stake *stake)
{
    switch (stake->metric) {
    case WPB_M_AUTOLOAD_BYTES:
        return has_target(stake, WPB_STAKE_TOO_MUCH, autoload_target(context));
    case WPB_M_ROWS:
        return wpb_database_is_table(stake->subject, "woocommerce_sessions") &&
               has_target(stake, WPB_STAKE_TOO_MUCH,
                          wpb_rule_option(context, DATABASE, "session_rows"));
    case WPB_M_LOG_ROWS:
        return has_target(stake, WPB_STAKE_TOO_MUCH,
                          wpb_rule_option(context, "woocommerce.action_scheduler",
                                          "critical_log_rows"));
    case WPB_M_DATA_BYTES:
        return is_read_by_requests(stake->subject) &&
               has_target(stake, WPB_STAKE_POOL, pool_of(context, stake->subject));
    default:
        return false;
    }
}

/* The options of one plugin, theme or builder among all that are autoloaded. */
static bool of_component(const struct wpb_rule_context *context, struct wpb_stake *stake)
{
    const struct wpb_subject *table = stake->subject->parent;
    struct wpb_stake whole;

    return table && stake->metric == WPB_M_AUTOLOAD_BYTES &&
           wpb_stake_of(context, table, WPB_M_AUTOLOAD_BYTES, &whole) &&
           has_target(stake, whole.kind,
                      stake->level + fmax(0, whole.target - whole.level));
}

static bool of_option(const struct wpb_rule_context *context, struct wpb_stake *stake)
{
    const struct wpb_subject *option = stake->subject;
    bool is_loaded =
        wpb_window_integer(context->window, option, WPB_M_AUTOLOADED, 0) == 1;

    if (stake->metric != WPB_M_ROW_BYTES || option->parent ||
        !wpb_slice_is(wpb_window_text(context->window, option, WPB_M_META_ROLE),
                      "per page"))
        return false;
    return has_target(
        stake, WPB_STAKE_TOO_MUCH,
        is_loaded
            ? wpb_rule_option(context, "builder.option_grows_per_page", "critical_bytes")
            : wpb_rule_option(context, OPTION, "unloaded_bytes"));
}

bool wpb_stake_of(const struct wpb_rule_context *context,
                  const struct wpb_subject *subject, enum wpb_metric metric,
                  struct wpb_stake *stake)
{
    if (!read_level(context, subject, metric, stake))
        return false;
    switch (subject->kind) {
    case WPB_SUBJECT_REDIS_KEY:
        return of_entry(context, stake);
    case WPB_SUBJECT_OPTION_FAMILY:
        return of_family(context, stake);
    case WPB_SUBJECT_REDIS_SERVER:
        return of_server(context, stake);
    case WPB_SUBJECT_REDIS_GROUP:
        return of_group(context, stake);
    case WPB_SUBJECT_TABLE:
        return of_table(context, stake);
    case WPB_SUBJECT_COMPONENT:
        return of_component(context, stake);
    case WPB_SUBJECT_OPTION:
        return of_option(context, stake);
    default:
        return false;
    }
}
