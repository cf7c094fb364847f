/*
 * site.h - one WordPress installation, as found from outside PHP.
 *
 * Made by probes/wordpress (from a folder and its configuration) or by the
 * command line (`--redis URI` without a path). All texts are NUL-terminated,
 * never NULL unless said, and live in the arena the site was made in. Secrets
 * are here and nowhere else: no output stage reads `password`.
 */
#ifndef WPBLOAT_SITE_H
#define WPBLOAT_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which object-cache drop-in writes the keys. */
enum wpb_flavour {
    WPB_FLAVOUR_UNKNOWN, /* a drop-in nobody here recognises, or an ad-hoc site */
    WPB_FLAVOUR_NONE,    /* no wp-content/object-cache.php: no persistent cache */
    WPB_FLAVOUR_REDIS_CACHE,
    WPB_FLAVOUR_WP_REDIS,
    WPB_FLAVOUR_W3TC,
    WPB_FLAVOUR_LITESPEED,
    WPB_FLAVOUR_DOCKET,
    WPB_FLAVOUR_OBJECT_CACHE_PRO,
};

/* "redis-cache", "wp-redis", ... "unknown", "none"; static. */
const char *wpb_flavour_name(enum wpb_flavour flavour);

enum wpb_redis_scheme { WPB_REDIS_TCP, WPB_REDIS_UNIX, WPB_REDIS_TLS };

/* Where a site's Redis is and how to get in. */
struct wpb_redis_address {
    enum wpb_redis_scheme scheme;
    const char *host; /* TCP, TLS; without brackets; "" for unix */
    uint16_t port;
    const char *path; /* unix socket; "" otherwise */
    uint32_t database;
    const char *user;     /* "" means the default user */
    const char *password; /* "" means none; never printed */
    /* A Redis Cluster: `seeds` are nodes that know the others, and host and port are the
     * first one's. Without seeds the client spreads the keys over servers of its own
     * choice, which cannot be followed. */
    bool is_cluster;
    /* Sentinels: `seeds` are they, and host and port are those of the master, or "" and 0
     * before one of them was asked. Of a seed itself: it is one of them. */
    bool is_sentinel;
    const char *service; /* how the sentinels call the master; NULL when there are none */
    const struct wpb_redis_address *seeds;
    size_t seed_count;
};

/* More are not asked. */
#define WPB_REDIS_SEEDS_MAX 8

/* Where a site's database is and how to get in. */
struct wpb_mysql_address {
    const char *host; /* without brackets; "localhost" without a path: the library's
                         own socket; "" when `path` is set */
    uint16_t port;
    const char *path; /* unix socket; "" otherwise */
    const char *schema;
    const char *user;
    const char *password; /* never printed */
    bool is_encrypted;    /* TLS or nothing */
    bool is_replica;      /* left alone while it lags */
};

/* Something a configuration says that could not be followed to a value. */
struct wpb_unresolved {
    const char *name; /* constant or variable, such as "DB_PASSWORD" */
    const char *file;
    uint32_t line;
    const char *reason; /* "getenv('X') is not set in .env or in the pool" */
};

struct wpb_site {
    const char *name;        /* [site NAME], else a slug of its path */
    const char *owner;       /* "" when nobody is named */
    const char *path;        /* folder of the WordPress code; "" for ad hoc */
    const char *config_file; /* the wp-config that counts; "" when none */
    const char *content_dir; /* WP_CONTENT_DIR */
    const char *plugin_dir, *mu_plugin_dir, *theme_dir; /* "" when absent */
    const char *wp_version;                             /* "6.1.9"; "" when unknown */
    const char *table_prefix;                           /* "wp_"; "" when unknown */
    bool is_table_prefix_guessed;  /* nobody said so: the tables may say otherwise */
    const char *db_name, *db_host; /* "" when unknown */
    bool is_multisite;

    bool has_mysql; /* `mysql` is meaningful */
    struct wpb_mysql_address mysql;
    bool has_mysql_replica; /* a replica to read instead, told by the operator */
    struct wpb_mysql_address mysql_replica;
    const char *db_charset; /* DB_CHARSET, what PHP reads values as; "" for utf8mb4 */

    enum wpb_flavour flavour;
    const char *flavour_version; /* "" when unknown */
    const char *flavour_note;    /* for the reader: "read by shape", ...; "" */
    const char *shape_votes;     /* how the keys voted, when asked; NULL or "" when not */

    bool has_redis; /* `redis` is meaningful */
    struct wpb_redis_address redis;
    /* Replicas of it that the configuration or the command line names: keys are read
     * there rather. */
    const struct wpb_redis_address *redis_replicas;
    size_t redis_replica_count;
    /* An RDB file to read instead of asking Redis; NULL or "" for none. Which of its
     * databases is redis.database when has_redis, else the first that has keys. */
    const char *rdb_file;
    /* Leading bytes of every key up to its group or, on multisite, up to the
     * blog id, separator included. Meaningful when has_key_prefix. */
    bool has_key_prefix;
    const char *key_prefix;
    size_t key_prefix_len;

    uint64_t memory_limit_bytes;     /* 0: unknown; UINT64_MAX: unlimited (-1) */
    const char *memory_limit_source; /* "php_admin_value in /etc/.../www.conf:12" */
    uint32_t php_version;            /* 80200 for 8.2; 0 when unknown */

    /* The PHP-FPM pool that runs it, by which the pools of the host are searched
     * (probes/requests/fpm_pools.h); NULL or "" when none is known, and then why. */
    const char *pool_name, *pool_file;
    const char *pool_reason;
    /* As the operator said; NULL or "" when nobody did. */
    const char *pool_status; /* address of the pool's status page, as pm.status_listen */
    const char *web_log, *web_log_format; /* the web server's access log */
    uint32_t request_window_s;            /* 0: WPB_WORK_LENGTH_DEFAULT_S */
    /* How its pages are named, where they are not as WooCommerce names them: the path of
     * its front page ("/shop"), and words as of wpbloat/route.h, ended by NULL. */
    const char *url_path;
    const char *const *routes;

    const struct wpb_unresolved *unresolved;
    size_t unresolved_count;
};

#endif
