#include "probes/host/probes.h"
#include "probes/mysql/probes.h"
#include "probes/redis/probes.h"
#include "probes/requests/probes.h"
#include "probes/wordpress/source.h"
#include "wpbloat/probe.h"

/* A new probe is one line here. Surveys first, cheapest first; then examiners. */
/* clang-format off */
const struct wpb_probe *const wpb_probes[] = {
    &wpb_probe_host_memory,
    &wpb_probe_requests_log,
    &wpb_probe_requests_pool,
    &wpb_probe_host_cpu,
    &wpb_probe_requests_slow,
    &wpb_probe_requests_errors,
    &wpb_probe_redis_server,
    &wpb_probe_redis_stats,
    &wpb_probe_redis_watchlist,
    &wpb_probe_redis_churn,
    &wpb_probe_redis_keyspace,
    &wpb_probe_redis_rdb,
    &wpb_probe_mysql_server,
    &wpb_probe_mysql_status,
    &wpb_probe_mysql_locks,
    &wpb_probe_mysql_statements,
    &wpb_probe_mysql_autoload,
    &wpb_probe_mysql_builders,
    &wpb_probe_mysql_transients,
    &wpb_probe_mysql_cron,
    &wpb_probe_mysql_woocommerce,
    &wpb_probe_mysql_postmeta,
    &wpb_probe_mysql_orphans,
    &wpb_probe_mysql_meta_keys,
    &wpb_probe_mysql_deep,
    &wpb_probe_redis_value,
    &wpb_probe_redis_rdb_value,
    &wpb_probe_mysql_post,
    &wpb_probe_mysql_option,
    &wpb_probe_mysql_meta,
    &wpb_probe_mysql_stale_notoptions,
    &wpb_probe_wordpress_source,
    NULL,
};
/* clang-format on */
