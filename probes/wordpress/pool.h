/*
 * pool.h - PHP-FPM's pools and their php.ini: environment, memory_limit, owner, and how
 * many workers serve which socket.
 *
 * Reads /etc/php/X.Y/fpm (Debian), /etc/php-fpm.conf (RPM) and
 * /usr/local/etc/php-fpm.conf (the docker image): the master file, what it
 * includes, php.ini and its folder of additions. Never the command line's php.ini.
 * Files only; blocking.
 */
#ifndef WPB_WORDPRESS_POOL_H
#define WPB_WORDPRESS_POOL_H

#include <stdint.h>
#include <sys/types.h>

#include "probes/wordpress/environment.h"
#include "wpbloat/err.h"

#define WPB_POOLS_MAX 256

/* A memory_limit and where it is written. */
struct wpb_limit {
    bool is_set;
    uint64_t bytes; /* UINT64_MAX: none (-1) */
    const char *source;
};

/* How FPM runs a pool, as written: paths may be relative to FPM's prefix, texts are ""
 * and numbers 0 when not set. */
struct wpb_pool_service {
    const char *listen, *status_listen, *status_path;
    const char *manager; /* pm: "static", "dynamic", "ondemand" */
    const char *access_log, *access_format, *slow_log;
    const char *error_log; /* PHP's: php_admin_value[error_log], else php_value */
    bool is_error_log_final;
    const char *catches_output; /* catch_workers_output: "yes" */
    const char *backlog;        /* "-1": as much as the kernel allows */
    const char *slow_timeout;   /* "5s", "1m" */
    const char *max_children;   /* "40" */
    uint32_t max_children_line; /* of the pool's or of max_children_file */
    const char *max_children_file;
};

struct wpb_pool {
    const char *name; /* "www" */
    const char *file;
    const char *master;        /* FPM's main file, as its process title names it; "" */
    const char *fpm_prefix;    /* what FPM's relative paths are below: "/usr" */
    const char *fpm_log;       /* error_log of FPM's main file; "" */
    const char *ini_error_log; /* PHP's, as php.ini has it; "" */
    uint32_t sections;         /* [name] stands so often; FPM merges them */
    uint32_t php_version;      /* 80200 from the path; 0 when it does not say */
    const char *user, *chdir, *prefix; /* "" when not set */
    struct wpb_limit admin_limit;      /* php_admin_value[memory_limit]: final */
    struct wpb_limit value_limit;      /* php_value[memory_limit] */
    struct wpb_limit ini_limit;        /* php.ini, or PHP's own default */
    struct wpb_environment environment;
    struct wpb_pool_service service;
};

struct wpb_pools {
    struct wpb_pool items[WPB_POOLS_MAX];
    size_t count;
};

/* "128M", "-1", "268435456": as PHP reads it. False when it is no size. */
bool wpb_pool_size(struct wpb_slice text, uint64_t *bytes);

/* Read the pools below ROOT ("" or a folder that stands for /) into POOLS, whose texts
 * live in ARENA. What cannot be read is left out: there may be no FPM here. */
void wpb_pools_read(const char *root, struct wpb_arena *arena, struct wpb_pools *pools);

/* Add the pools of the FPM whose main file is MASTER, below ROOT, on behalf of the user
 * OWNER (file.h), who named it: without php.ini. WPB_E_NOT_FOUND, WPB_E_DENIED and what
 * else wpb_file_read() says. */
int wpb_pools_read_master(const char *root, const char *master, uid_t owner,
                          struct wpb_arena *arena, struct wpb_pools *pools,
                          struct wpb_err *err);

/* The pools that may serve a site in PATH whose files belong to the user OWNER ("" when
 * unknown): the only pool; else those whose chdir or prefix leads to PATH; else those
 * that run as OWNER; else all. Fills MATCHES (room for WPB_POOLS_MAX) and returns how
 * many. */
size_t wpb_pools_match(const struct wpb_pools *pools, const char *path, const char *owner,
                       const struct wpb_pool **matches);

/* One pool file's bytes, added to POOLS; sections without a name yet begin a pool.
 * Pure but for memory. */
void wpb_pool_parse(const char *file, struct wpb_slice bytes, uint32_t php_version,
                    struct wpb_arena *arena, struct wpb_pools *pools);

#endif
