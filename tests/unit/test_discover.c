#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <ftw.h>

#include "probes/wordpress/discover.h"
#include "probes/wordpress/dropin.h"
#include "probes/wordpress/environment.h"
#include "probes/wordpress/file.h"
#include "probes/wordpress/places.h"
#include "probes/wordpress/pool.h"

/* Where Debian's package puts it; the tests depend on that package. */
#define DEBIAN_CODE "/usr/share/wordpress"

#define REDIS_CACHE                                                                      \
    "<?php\n/**\n * Plugin Name: Redis Object Cache Drop-In\n * Version: 2.6.3\n */\n"

/* --- a host in a folder --- */

struct host {
    char root[64];
    struct wpb_arena *arena;
    struct wpb_discovery found;
};

static int set_up(void **state)
{
    struct host *host = calloc(1, sizeof(*host));
    assert_non_null(host);
    strcpy(host->root, "/tmp/wpbloat-discover-XXXXXX");
    assert_non_null(mkdtemp(host->root));
    host->arena = wpb_arena_new();
    *state = host;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    struct host *host = *state;
    nftw(host->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    wpb_arena_free(host->arena);
    free(host);
    return 0;
}

static const char *in(struct host *host, const char *path)
{
    return wpb_arena_printf(host->arena, "%s%s", host->root, path);
}

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}

static void put(struct host *host, const char *path, const char *content)
{
    char *full = wpb_arena_printf(host->arena, "%s%s", host->root, path);
    make_parents(full);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static void folder(struct host *host, const char *path)
{
    char *full = wpb_arena_printf(host->arena, "%s%s/", host->root, path);
    make_parents(full);
}

static void put_code(struct host *host, const char *folder_path)
{
    put(host, wpb_arena_printf(host->arena, "%s/wp-load.php", folder_path), "<?php\n");
    put(host, wpb_arena_printf(host->arena, "%s/wp-settings.php", folder_path),
        "<?php\n");
    put(host, wpb_arena_printf(host->arena, "%s/wp-includes/version.php", folder_path),
        "<?php\n/** @global string $wp_version */\n$wp_version = '6.5.2';\n");
}

/* A WordPress in FOLDER_PATH whose wp-config.php is "<?php", BODY and the end. */
static void put_site(struct host *host, const char *folder_path, const char *body)
{
    put_code(host, folder_path);
    put(host, wpb_arena_printf(host->arena, "%s/wp-config.php", folder_path),
        wpb_arena_printf(host->arena,
                         "<?php\n%s\nrequire_once ABSPATH . "
                         "'wp-settings.php';\n",
                         body));
}

static void put_dropin(struct host *host, const char *folder_path)
{
    put(host,
        wpb_arena_printf(host->arena, "%s/wp-content/object-cache.php", folder_path),
        REDIS_CACHE);
}

static void discover_paths(struct host *host, const char *const *paths)
{
    struct wpb_discovery_places places = {.root = host->root, .paths = paths};
    struct wpb_err err;
    assert_int_equal(wpb_discover(&places, host->arena, &host->found, &err), 0);
}

static void discover(struct host *host)
{
    discover_paths(host, NULL);
}

static const struct wpb_site *discover_at(struct host *host, const char *path)
{
    const char *const paths[] = {in(host, path), NULL};
    discover_paths(host, paths);
    assert_int_equal(host->found.site_count, 1);
    return &host->found.sites[0];
}

/* One site in /var/www/shop with a redis-cache drop-in and BODY as configuration. */
static const struct wpb_site *shop(struct host *host, const char *body)
{
    put_site(host, "/var/www/shop", body);
    put_dropin(host, "/var/www/shop");
    return discover_at(host, "/var/www/shop");
}

static const struct wpb_unresolved *unresolved(const struct wpb_site *site,
                                               const char *name)
{
    for (size_t i = 0; i < site->unresolved_count; i++) {
        if (strcmp(site->unresolved[i].name, name) == 0)
            return &site->unresolved[i];
    }
    return NULL;
}

static void assert_failure(struct host *host, const char *path, const char *reason)
{
    for (size_t i = 0; i < host->found.failure_count; i++) {
        const struct wpb_discovery_failure *failure = &host->found.failures[i];
        if (strcmp(failure->path, path) == 0 && strstr(failure->reason, reason))
            return;
    }
    for (size_t i = 0; i < host->found.failure_count; i++)
        print_message("%s: %s\n", host->found.failures[i].path,
                      host->found.failures[i].reason);
    fail_msg("no failure of %s with \"%s\"", path, reason);
}

static void assert_prefix(const struct wpb_site *site, const char *prefix, size_t len)
{
    assert_true(site->has_key_prefix);
    assert_int_equal(site->key_prefix_len, len);
    assert_memory_equal(site->key_prefix, prefix, len);
}

/* --- places --- */

static void a_plain_site_is_read_whole(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site;
    put_site(
        host, "/var/www/example.com/htdocs",
        "define('DB_NAME', 'shop'); define('DB_USER', 'u');\n"
        "define('DB_PASSWORD', 'it\\'s'); define('DB_HOST', 'localhost:/run/my.sock');\n"
        "$table_prefix = 'wp_';");
    put_dropin(host, "/var/www/example.com/htdocs");
    folder(host, "/var/www/example.com/htdocs/wp-content/plugins");
    folder(host, "/var/www/example.com/htdocs/wp-content/themes");
    discover(host);
    assert_int_equal(host->found.site_count, 1);
    assert_int_equal(host->found.failure_count, 0);
    site = &host->found.sites[0];
    assert_string_equal(site->name, "example-com");
    assert_string_equal(site->path, in(host, "/var/www/example.com/htdocs"));
    assert_string_equal(site->config_file,
                        in(host, "/var/www/example.com/htdocs/wp-config.php"));
    assert_string_equal(site->wp_version, "6.5.2");
    assert_string_equal(site->db_name, "shop");
    assert_string_equal(site->db_host, "localhost:/run/my.sock");
    assert_string_equal(site->table_prefix, "wp_");
    assert_string_equal(site->plugin_dir,
                        in(host, "/var/www/example.com/htdocs/wp-content/plugins"));
    assert_string_equal(site->mu_plugin_dir, "");
    assert_string_equal(site->theme_dir,
                        in(host, "/var/www/example.com/htdocs/wp-content/themes"));
    assert_false(site->is_multisite);
    assert_int_equal(site->flavour, WPB_FLAVOUR_REDIS_CACHE);
    assert_string_equal(site->flavour_version, "2.6.3");
    assert_int_equal(site->unresolved_count, 0);
}

static void a_configuration_above_the_code_counts(void **state)
{
    struct host *host = *state;
    put_code(host, "/srv/www/a/web");
    put(host, "/srv/www/a/wp-config.php", "<?php $table_prefix = 'above_';");
    discover(host);
    assert_int_equal(host->found.site_count, 1);
    assert_string_equal(host->found.sites[0].table_prefix, "above_");
    assert_string_equal(host->found.sites[0].path, in(host, "/srv/www/a/web"));
}

static void a_configuration_above_of_another_wordpress_does_not_count(void **state)
{
    struct host *host = *state;
    put_site(host, "/var/www/a", "$table_prefix = 'a_';");
    put_code(host, "/var/www/a/blog");
    discover(host);
    assert_int_equal(host->found.site_count, 1);
    assert_string_equal(host->found.sites[0].table_prefix, "a_");
    assert_failure(host, in(host, "/var/www/a/blog"), "no wp-config.php");
}

static void a_site_is_found_by_its_configuration_file(void **state)
{
    struct host *host = *state;
    put_site(host, "/opt/x", "$table_prefix = 'x_';");
    assert_string_equal(discover_at(host, "/opt/x/wp-config.php")->table_prefix, "x_");
    put_code(host, "/opt/y/core");
    put(host, "/opt/y/wp-config.php", "<?php $table_prefix = 'y_';");
    assert_string_equal(discover_at(host, "/opt/y/wp-config.php")->table_prefix, "y_");
    assert_string_equal(host->found.sites[0].path, in(host, "/opt/y/core"));
}

static void sites_below_a_given_folder_are_found_in_order_with_unique_names(void **state)
{
    struct host *host = *state;
    const char *const paths[] = {in(host, "/data"), NULL};
    put_site(host, "/data/b/htdocs", "");
    put_site(host, "/data/a/htdocs", "");
    put_site(host, "/data/a/htdocs/wp", "");
    discover_paths(host, paths);
    assert_int_equal(host->found.site_count, 3);
    assert_string_equal(host->found.sites[0].name, "data-a");
    assert_string_equal(host->found.sites[1].name, "data-a-2");
    assert_string_equal(host->found.sites[2].name, "data-b");
}

static void the_current_release_is_the_site(void **state)
{
    struct host *host = *state;
    put_site(host, "/var/www/s/releases/1", "$table_prefix = 'old_';");
    put_site(host, "/var/www/s/releases/2", "$table_prefix = 'new_';");
    assert_int_equal(symlink("releases/2", in(host, "/var/www/s/current")), 0);
    discover(host);
    assert_int_equal(host->found.site_count, 1);
    assert_string_equal(host->found.sites[0].path, in(host, "/var/www/s/current"));
    assert_string_equal(host->found.sites[0].table_prefix, "new_");
    assert_string_equal(host->found.sites[0].name, "s");
}

static void home_folders_are_searched(void **state)
{
    struct host *host = *state;
    put_site(host, "/home/ann/public_html", "");
    put_site(host, "/home/bob/private", "");
    discover(host);
    assert_int_equal(host->found.site_count, 1);
    assert_string_equal(host->found.sites[0].name, "ann");
}

static void a_host_without_wordpress_has_no_sites_and_no_failures(void **state)
{
    struct host *host = *state;
    folder(host, "/var/www/html");
    discover(host);
    assert_int_equal(host->found.site_count, 0);
    assert_int_equal(host->found.failure_count, 0);
    assert_string_equal(host->found.looked_in, wpb_places_usual);
}

static void debian_has_one_site_for_each_host(void **state)
{
    struct host *host = *state;
    struct wpb_slice config;
    assert_int_equal(wpb_file_read(DEBIAN_CODE "/wp-config.php", WPB_FILE_CONFIG_MAX,
                                   WPB_FILE_ANY_OWNER, false, host->arena, &config, NULL,
                                   NULL),
                     0);
    put_code(host, "/usr/share/wordpress");
    put(host, "/usr/share/wordpress/wp-config.php", config.data);
    put(host, "/etc/wordpress/config-b.example.php",
        "<?php define('DB_NAME', 'b'); $table_prefix = 'b_';\n"
        "define('WP_CONTENT_DIR', '/srv/b');");
    put(host, "/etc/wordpress/config-default.php", "<?php define('DB_NAME', 'd');");
    put(host, "/etc/wordpress/htaccess", "x");
    put(host, "/srv/b/object-cache.php", REDIS_CACHE);
    discover(host);
    assert_int_equal(host->found.failure_count, 0);
    assert_int_equal(host->found.site_count, 2);
    const struct wpb_site *b = &host->found.sites[0], *other = &host->found.sites[1];
    assert_string_equal(b->name, "b-example");
    assert_string_equal(b->db_name, "b");
    assert_string_equal(b->table_prefix, "b_");
    assert_string_equal(b->content_dir, in(host, "/srv/b"));
    assert_string_equal(b->config_file, in(host, "/etc/wordpress/config-b.example.php"));
    assert_int_equal(b->flavour, WPB_FLAVOUR_REDIS_CACHE);
    assert_int_equal(b->unresolved_count, 0);
    assert_string_equal(other->name, "wordpress");
    assert_string_equal(other->db_name, "d");
    assert_string_equal(other->db_host, "localhost");
    assert_string_equal(other->table_prefix, "wp_");
    assert_string_equal(other->content_dir, in(host, "/var/lib/wordpress/wp-content"));
}

static void the_installed_debian_package_is_read(void **state)
{
    struct host *host = *state;
    struct stat status;
    assert_int_equal(stat(DEBIAN_CODE "/wp-load.php", &status), 0);
    put(host, "/etc/wordpress/config-default.php", "<?php define('DB_NAME', 'd');");
    const char *code = in(host, "/usr/share/wordpress");
    folder(host, "/usr/share");
    assert_int_equal(symlink(DEBIAN_CODE, code), 0);
    discover(host);
    assert_int_equal(host->found.failure_count, 0);
    assert_int_equal(host->found.site_count, 1);
    const struct wpb_site *site = &host->found.sites[0];
    assert_string_equal(site->db_name, "d");
    assert_string_equal(site->db_host, "localhost");
    assert_int_equal(site->unresolved_count, 0);
    unsigned major = 0, minor = 0;
    assert_int_equal(sscanf(site->wp_version, "%u.%u", &major, &minor), 2);
    assert_true(major >= 6);
}

static const char bedrock_application[] =
    "<?php\n"
    "use Roots\\WPConfig\\Config;\nuse function Env\\env;\nEnv\\Env::$options = 31;\n"
    "$root_dir = dirname(__DIR__);\n$webroot_dir = $root_dir . '/web';\n"
    "if (file_exists($root_dir . '/.env')) {\n"
    "  $env_files = file_exists($root_dir . '/.env.local') ? ['.env', '.env.local']\n"
    "    : ['.env'];\n"
    "  $repository = Dotenv\\Repository\\RepositoryBuilder::createWithNoAdapters()\n"
    "    ->addAdapter(Dotenv\\Repository\\Adapter\\PutenvAdapter::class)->immutable()"
    "->make();\n"
    "  $dotenv = Dotenv\\Dotenv::create($repository, $root_dir, $env_files, false);\n"
    "  $dotenv->load();\n  $dotenv->required(['WP_HOME']);\n"
    "  if (!env('DATABASE_URL')) { $dotenv->required(['DB_NAME']); }\n}\n"
    "define('WP_ENV', env('WP_ENV') ?: 'production');\n"
    "if (!env('WP_ENVIRONMENT_TYPE') && in_array(WP_ENV, ['production'])) {\n"
    "  Config::define('WP_ENVIRONMENT_TYPE', WP_ENV);\n}\n"
    "Config::define('CONTENT_DIR', '/app');\n"
    "Config::define('WP_CONTENT_DIR', $webroot_dir . Config::get('CONTENT_DIR'));\n"
    "if (env('DATABASE_URL')) {\n  $dsn = (object) parse_url(env('DATABASE_URL'));\n"
    "  Config::define('DB_NAME', substr($dsn->path, 1));\n"
    "  Config::define('DB_HOST', isset($dsn->port) ? \"{$dsn->host}:{$dsn->port}\" :"
    " $dsn->host);\n} else {\n"
    "  Config::define('DB_NAME', env('DB_NAME'));\n"
    "  Config::define('DB_HOST', env('DB_HOST') ?: 'localhost');\n}\n"
    "$table_prefix = env('DB_PREFIX') ?: 'wp_';\n"
    "Config::define('WP_REDIS_HOST', env('WP_REDIS_HOST') ?: '127.0.0.1');\n"
    "Config::define('WP_REDIS_PREFIX', env('CACHE_PREFIX'));\n"
    "ini_set('display_errors', '0');\n"
    "if (isset($_SERVER['HTTP_X_FORWARDED_PROTO']) && "
    "$_SERVER['HTTP_X_FORWARDED_PROTO'] === 'https') { $_SERVER['HTTPS'] = 'on'; }\n"
    "$env_config = __DIR__ . '/environments/' . WP_ENV . '.php';\n"
    "if (file_exists($env_config)) { require_once $env_config; }\n"
    "Config::apply();\n"
    "if (!defined('ABSPATH')) { define('ABSPATH', $webroot_dir . '/wp/'); }\n";

static void put_bedrock(struct host *host, const char *dotenv)
{
    put_code(host, "/var/www/bed.example/web/wp");
    put(host, "/var/www/bed.example/web/wp-config.php",
        "<?php\nrequire_once dirname(__DIR__) . '/vendor/autoload.php';\n"
        "require_once dirname(__DIR__) . '/config/application.php';\n"
        "require_once ABSPATH . 'wp-settings.php';\n");
    put(host, "/var/www/bed.example/config/application.php", bedrock_application);
    put(host, "/var/www/bed.example/config/environments/staging.php",
        "<?php\nuse Roots\\WPConfig\\Config;\nConfig::define('WP_REDIS_DATABASE', 3);\n");
    put(host, "/var/www/bed.example/.env", dotenv);
    put(host, "/var/www/bed.example/web/app/object-cache.php", REDIS_CACHE);
    folder(host, "/var/www/bed.example/web/app/mu-plugins");
}

static void bedrock_is_read_with_its_dotenv(void **state)
{
    struct host *host = *state;
    put_bedrock(host, "DB_NAME='bed'\nexport WP_ENV=staging # not production\n"
                      "CACHE_PREFIX=\"bed:${WP_ENV}:\"\n");
    discover(host);
    assert_int_equal(host->found.failure_count, 0);
    assert_int_equal(host->found.site_count, 1);
    const struct wpb_site *site = &host->found.sites[0];
    assert_string_equal(site->name, "bed-example");
    assert_int_equal(site->unresolved_count, 0);
    assert_string_equal(site->path, in(host, "/var/www/bed.example/web/wp"));
    assert_string_equal(site->content_dir, in(host, "/var/www/bed.example/web/app"));
    assert_string_equal(site->mu_plugin_dir,
                        in(host, "/var/www/bed.example/web/app/mu-plugins"));
    assert_string_equal(site->db_name, "bed");
    assert_string_equal(site->db_host, "localhost");
    assert_int_equal(site->redis.database, 3);
    assert_prefix(site, "bed:staging:wp:", 15);
}

static void bedrock_with_a_database_url(void **state)
{
    struct host *host = *state;
    put_bedrock(host, "DATABASE_URL=mysql://u:p@db.local:3307/bedrock\nDB_PREFIX=b_\n");
    put(host, "/var/www/bed.example/.env.local", "DB_PREFIX=local_\n");
    discover(host);
    const struct wpb_site *site = &host->found.sites[0];
    assert_string_equal(site->db_name, "bedrock");
    assert_string_equal(site->db_host, "db.local:3307");
    assert_string_equal(site->table_prefix, "local_");
}

static const char docker_config[] =
    "if (!function_exists('getenv_docker')) {\n"
    "  function getenv_docker($env, $default) {\n"
    "    if ($fileEnv = getenv($env . '_FILE')) {\n"
    "      return rtrim(file_get_contents($fileEnv), \"\\r\\n\");\n    }\n"
    "    else if (($val = getenv($env)) !== false) { return $val; }\n"
    "    else { return $default; }\n  }\n}\n"
    "define( 'DB_NAME', getenv_docker('WORDPRESS_DB_NAME', 'wordpress') );\n"
    "define( 'DB_HOST', getenv_docker('WORDPRESS_DB_HOST', 'mysql') );\n"
    "$table_prefix = getenv_docker('WORDPRESS_TABLE_PREFIX', 'wp_');\n"
    "define( 'WP_DEBUG', !!getenv_docker('WORDPRESS_DEBUG', '') );\n"
    "if (isset($_SERVER['HTTP_X_FORWARDED_PROTO']) && "
    "strpos($_SERVER['HTTP_X_FORWARDED_PROTO'], 'https') !== false) {\n"
    "  $_SERVER['HTTPS'] = 'on';\n}\n"
    "if ($configExtra = getenv_docker('WORDPRESS_CONFIG_EXTRA', '')) {\n"
    "  eval($configExtra);\n}\n"
    "if ( ! defined( 'ABSPATH' ) ) { define( 'ABSPATH', __DIR__ . '/' ); }\n";

static void docker_without_its_environment_is_unresolved(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site = shop(host, docker_config);
    assert_string_equal(site->db_name, "");
    assert_string_equal(site->table_prefix, "");
    assert_false(site->has_key_prefix);
    const struct wpb_unresolved *row = unresolved(site, "DB_NAME");
    assert_non_null(row);
    assert_int_equal(row->line, 11);
    assert_string_equal(row->file, in(host, "/var/www/shop/wp-config.php"));
    assert_non_null(strstr(row->reason, "getenv_docker('WORDPRESS_DB_NAME')"));
    assert_non_null(unresolved(site, "table_prefix"));
    assert_non_null(unresolved(site, "(computed names)"));
}

static void docker_with_the_environment_of_its_pool(void **state)
{
    struct host *host = *state;
    put(host, "/usr/local/etc/php-fpm.conf", "[global]\ninclude=etc/php-fpm.d/*.conf\n");
    put(host, "/usr/local/etc/php-fpm.d/www.conf",
        "[www]\nuser = www-data\nenv[WORDPRESS_DB_NAME] = dock\n"
        "env[WORDPRESS_DB_HOST] = \"db:3306\" ; the service\n"
        "env[WORDPRESS_TABLE_PREFIX] = $PREFIX\n");
    const struct wpb_site *site = shop(host, docker_config);
    assert_string_equal(site->db_name, "dock");
    assert_string_equal(site->db_host, "db:3306");
    assert_non_null(unresolved(site, "table_prefix"));
}

/* --- what the configuration says --- */

static void branches_on_the_host_are_unresolved_with_file_and_line(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site =
        shop(host, "if ($_SERVER['HTTP_HOST'] === 'stage.example') {\n"
                   "  define('DB_NAME', 'stage'); $table_prefix = 'wp_';\n} else {\n"
                   "  define('DB_NAME', 'live'); $table_prefix = 'wp_';\n}\n");
    assert_string_equal(site->db_name, "");
    const struct wpb_unresolved *row = unresolved(site, "DB_NAME");
    assert_non_null(row);
    assert_int_equal(row->line, 2);
    assert_non_null(strstr(row->reason, "lines 3 and 5"));
    assert_null(strstr(row->reason, "stage"));
    assert_prefix(site, "wp:", 3);
}

static void database_hosts_are_kept_verbatim(void **state)
{
    static const char *const forms[] = {
        "localhost",     "127.0.0.1:3307", "localhost:/run/mysqld/mysqld.sock",
        ":/run/my.sock", "[::1]:3306",     "p:db.example"};
    struct host *host = *state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct wpb_site *site = shop(
            host, wpb_arena_printf(host->arena, "define('DB_HOST', '%s');", forms[i]));
        assert_string_equal(site->db_host, forms[i]);
    }
}

static void folders_follow_their_constants(void **state)
{
    struct host *host = *state;
    folder(host, "/srv/content/plug");
    folder(host, "/srv/mu");
    put(host, "/srv/content/object-cache.php", REDIS_CACHE);
    put_site(host, "/var/www/shop",
             "define('WP_CONTENT_DIR', '/srv/content');\n"
             "define('WP_PLUGIN_DIR', WP_CONTENT_DIR . '/plug');\n"
             "define('WPMU_PLUGIN_DIR', '/srv/mu');");
    const struct wpb_site *site = discover_at(host, "/var/www/shop");
    assert_string_equal(site->content_dir, in(host, "/srv/content"));
    assert_string_equal(site->plugin_dir, in(host, "/srv/content/plug"));
    assert_string_equal(site->mu_plugin_dir, in(host, "/srv/mu"));
    assert_string_equal(site->theme_dir, "");
    assert_int_equal(site->flavour, WPB_FLAVOUR_REDIS_CACHE);
}

static void a_network_is_recognised(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site =
        shop(host, "define('MULTISITE', true); define('WP_REDIS_PREFIX', 'net:');\n"
                   "$table_prefix = 'wp_';");
    assert_true(site->is_multisite);
    assert_prefix(site, "net:", 4);
    site = shop(host, "define('MULTISITE', false); $table_prefix = 'wp_';");
    assert_false(site->is_multisite);
    site = shop(host, "define('SUBDOMAIN_INSTALL', false); $table_prefix = 'wp_';");
    assert_true(site->is_multisite);
    assert_prefix(site, "", 0);
    site = shop(host, "define('MULTISITE', getenv('MS')); $table_prefix = 'wp_';");
    assert_false(site->has_key_prefix);
    assert_non_null(unresolved(site, "MULTISITE"));
}

/* --- the prefix of the keys --- */

static void prefixes_of_redis_cache(void **state)
{
    static const struct {
        const char *body, *prefix;
    } cases[] = {
        {"$table_prefix = 'wp_';", "wp:"},
        {"$table_prefix = '_wp_7_';", "wp_7:"},
        {"define('WP_CACHE_KEY_SALT', 'q7:prod_kx:'); $table_prefix = 'wp_';",
         "q7:prod_kx:wp:"},
        {"define('WP_CACHE_KEY_SALT', 'no'); define('WP_REDIS_PREFIX', 'yes-');"
         "$table_prefix = 'wp_';",
         "yes-wp:"},
        {"define('WP_REDIS_PREFIX', \" it's \\\"q\\\" \\t\"); $table_prefix = 'x_';",
         "it's \"q\"x:"},
        {"define('WP_REDIS_PREFIX', 'caf\xc3\xa9:\xff:'); $table_prefix = 'wp_';",
         "caf\xc3\xa9:\xff:wp:"},
        {"define('WP_REDIS_PREFIX', 12); $table_prefix = 'wp_';", "12wp:"},
        {"define('WP_REDIS_PREFIX', ''); define('WP_CACHE_KEY_SALT', 'no');"
         "$table_prefix = 'wp_';",
         "wp:"},
        {"$table_prefix = '$wp-:';", "wp:"},
    };
    struct host *host = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct wpb_site *site = shop(host, cases[i].body);
        assert_prefix(site, cases[i].prefix, strlen(cases[i].prefix));
    }
}

static void a_salt_that_is_unresolved_leaves_no_prefix(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site =
        shop(host, "define('WP_CACHE_KEY_SALT', gethostname()); $table_prefix = 'wp_';");
    assert_false(site->has_key_prefix);
    assert_non_null(unresolved(site, "WP_CACHE_KEY_SALT"));
    assert_true(site->has_redis);
}

/* --- the address of Redis --- */

static void the_default_address(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site = shop(host, "$table_prefix = 'wp_';");
    assert_true(site->has_redis);
    assert_int_equal(site->redis.scheme, WPB_REDIS_TCP);
    assert_string_equal(site->redis.host, "127.0.0.1");
    assert_int_equal(site->redis.port, 6379);
    assert_int_equal(site->redis.database, 0);
    assert_string_equal(site->redis.password, "");
}

static void all_connection_constants(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site = shop(
        host, "define('WP_REDIS_SCHEME', 'tls'); define('WP_REDIS_HOST', 'r.local');\n"
              "define('WP_REDIS_PORT', '6380'); define('WP_REDIS_DATABASE', '5');\n"
              "define('WP_REDIS_PASSWORD', ['ann', 'pa\\'ss']);");
    assert_int_equal(site->redis.scheme, WPB_REDIS_TLS);
    assert_string_equal(site->redis.host, "r.local");
    assert_int_equal(site->redis.port, 6380);
    assert_int_equal(site->redis.database, 5);
    assert_string_equal(site->redis.user, "ann");
    assert_string_equal(site->redis.password, "pa'ss");
    site = shop(host, "define('WP_REDIS_USERNAME', 'bob'); "
                      "define('WP_REDIS_PASSWORD', 'p');");
    assert_string_equal(site->redis.user, "bob");
    assert_string_equal(site->redis.password, "p");
}

static void unix_sockets_in_their_forms(void **state)
{
    static const char *const forms[] = {
        "define('WP_REDIS_SCHEME', 'unix'); define('WP_REDIS_PATH', '/run/r.sock');",
        "define('WP_REDIS_HOST', '/run/r.sock');",
        "define('WP_REDIS_HOST', 'unix:///run/r.sock');",
    };
    struct host *host = *state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct wpb_site *site = shop(host, forms[i]);
        assert_int_equal(site->redis.scheme, WPB_REDIS_UNIX);
        assert_string_equal(site->redis.path, "/run/r.sock");
        assert_string_equal(site->redis.host, "");
    }
    /* Without the scheme the plugin ignores the path, and so do we. */
    const struct wpb_site *site = shop(host, "define('WP_REDIS_PATH', '/run/r.sock');");
    assert_int_equal(site->redis.scheme, WPB_REDIS_TCP);
}

static void hosts_in_their_forms(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site = shop(host, "define('WP_REDIS_HOST', 'tls://r:7000');");
    assert_int_equal(site->redis.scheme, WPB_REDIS_TLS);
    assert_string_equal(site->redis.host, "r");
    assert_int_equal(site->redis.port, 7000);
    site = shop(host, "define('WP_REDIS_HOST', '[::1]');");
    assert_string_equal(site->redis.host, "::1");
    site = shop(host, "define('WP_REDIS_HOST', '::1');");
    assert_string_equal(site->redis.host, "::1");
}

static void the_nodes_of_a_cluster_are_read(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site =
        shop(host, "define('WP_REDIS_PASSWORD', 'hush');\n"
                   "define('WP_REDIS_DATABASE', 3);\n"
                   "define('WP_REDIS_CLUSTER', ['tcp://a:7001?alias=x', 'tls://b:2']);");

    assert_true(site->has_redis);
    assert_true(site->redis.is_cluster);
    assert_false(site->redis.is_sentinel);
    assert_string_equal(site->redis.host, "a");
    assert_int_equal(site->redis.port, 7001);
    assert_int_equal(site->redis.database, 0); /* there is no other */
    assert_string_equal(site->redis.password, "hush");
    assert_int_equal(site->redis.seed_count, 2);
    assert_string_equal(site->redis.seeds[1].host, "b");
    assert_int_equal(site->redis.seeds[1].scheme, WPB_REDIS_TLS);
    assert_string_equal(site->redis.seeds[0].password, "");
    /* A name stands for what php.ini says; shards are servers of the client's choice. */
    site = shop(host, "define('WP_REDIS_CLUSTER', 'mycluster');");
    assert_true(site->redis.is_cluster);
    assert_int_equal(site->redis.seed_count, 0);
    site = shop(host, "define('WP_REDIS_SHARDS', ['tcp://a:1']);");
    assert_true(site->redis.is_cluster);
    assert_int_equal(site->redis.seed_count, 0);
}

static void sentinels_and_the_name_of_the_master_are_read(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site =
        shop(host, "define('WP_REDIS_PASSWORD', 'hush');\n"
                   "define('WP_REDIS_DATABASE', 3);\n"
                   "define('WP_REDIS_SENTINEL', 'mymaster');\n"
                   "define('WP_REDIS_SERVERS', ['tcp://a:26379?password=own',\n"
                   "  ['host' => 'b', 'port' => 26380]]);");

    assert_true(site->has_redis);
    assert_false(site->redis.is_cluster);
    assert_true(site->redis.is_sentinel);
    assert_string_equal(site->redis.service, "mymaster");
    assert_string_equal(site->redis.host, "");
    assert_int_equal(site->redis.database, 3);
    assert_string_equal(site->redis.password, "hush");
    assert_int_equal(site->redis.seed_count, 2);
    assert_string_equal(site->redis.seeds[0].host, "a");
    assert_int_equal(site->redis.seeds[0].port, 26379);
    assert_string_equal(site->redis.seeds[0].password, "own");
    assert_string_equal(site->redis.seeds[1].host, "b");
    assert_string_equal(site->redis.seeds[1].password, "");
    assert_true(site->redis.seeds[1].is_sentinel);
    site = shop(host, "define('WP_REDIS_SENTINEL', 'mymaster');");
    assert_true(site->redis.is_sentinel);
    assert_int_equal(site->redis.seed_count, 0);
}

static void servers_are_a_master_and_its_replicas(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site =
        shop(host, "define('WP_REDIS_CLIENT', 'predis');\n"
                   "define('WP_REDIS_DATABASE', 5);\n"
                   "define('WP_REDIS_PASSWORD', 'hush');\n"
                   "define('WP_REDIS_SERVERS', [\n"
                   "  'tcp://10.0.0.2:6380?alias=slave-01',\n"
                   "  'tls://u:secret@10.0.0.1/7?role=master',\n"
                   "  'unix:/run/r.sock?database=2&password=other',\n"
                   "  ['host' => '10.0.0.3', 'port' => 6390, 'role' => 'slave']]);");

    assert_true(site->has_redis);
    assert_false(site->redis.is_cluster);
    assert_int_equal(site->redis.scheme, WPB_REDIS_TLS);
    assert_string_equal(site->redis.host, "10.0.0.1");
    assert_int_equal(site->redis.port, 6379);
    assert_int_equal(site->redis.database, 7);
    assert_string_equal(site->redis.user, "u");
    assert_string_equal(site->redis.password, "secret");
    assert_int_equal(site->redis_replica_count, 3);
    const struct wpb_redis_address *replicas = site->redis_replicas;
    assert_string_equal(replicas[0].host, "10.0.0.2");
    assert_int_equal(replicas[0].port, 6380);
    assert_int_equal(replicas[0].database, 5);
    assert_string_equal(replicas[0].password, "hush");
    assert_int_equal(replicas[1].scheme, WPB_REDIS_UNIX);
    assert_string_equal(replicas[1].path, "/run/r.sock");
    assert_int_equal(replicas[1].database, 2);
    assert_string_equal(replicas[1].password, "other");
    assert_string_equal(replicas[2].host, "10.0.0.3");
    assert_int_equal(replicas[2].port, 6390);
}

static void servers_count_only_for_a_client_that_reads_them(void **state)
{
    static const char servers[] =
        "define('WP_REDIS_SERVERS', ['tcp://10.0.0.1', 'tcp://10.0.0.2']);";
    struct host *host = *state;
    char text[300];
    const struct wpb_site *site = shop(host, servers); /* no host: they are meant */

    assert_string_equal(site->redis.host, "10.0.0.1");
    assert_int_equal(site->redis_replica_count, 1);
    assert_string_equal(site->redis_replicas[0].host, "10.0.0.2");
    snprintf(text, sizeof text, "define('WP_REDIS_HOST', '10.9.9.9');\n%s", servers);
    site = shop(host, text);
    assert_string_equal(site->redis.host, "10.9.9.9");
    assert_int_equal(site->redis_replica_count, 0);
    snprintf(text, sizeof text, "define('WP_REDIS_CLIENT', 'phpredis');\n%s", servers);
    site = shop(host, text);
    assert_string_equal(site->redis.host, "127.0.0.1");
    assert_int_equal(site->redis_replica_count, 0);
    site = shop(host, "define('WP_REDIS_CLIENT', 'predis');\n"
                      "define('WP_REDIS_SERVERS', getenv('REDIS_SERVERS'));");
    assert_false(site->has_redis);
    assert_non_null(unresolved(site, "WP_REDIS_SERVERS"));
    site =
        shop(host, "define('WP_REDIS_CLIENT', 'predis');\n"
                   "define('WP_REDIS_SERVERS', ['', 'tcp://', '://@/?', '?&=&role']);");
    assert_true(site->has_redis); /* whatever it says, it is read */
    assert_string_equal(site->redis.host, "127.0.0.1");
}

static void an_unresolved_host_leaves_no_address(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site = shop(host, "define('WP_REDIS_HOST', getenv('R'));");
    assert_false(site->has_redis);
    assert_non_null(unresolved(site, "WP_REDIS_HOST"));
}

static void wp_redis_takes_its_global_variable(void **state)
{
    struct host *host = *state;
    put(host, "/var/www/shop/wp-content/object-cache.php",
        "<?php\n/**\n * WP Redis\n *\n * This file needs to be symlinked or copied to\n");
    put_site(host, "/var/www/shop",
             "$redis_server = array('host' => '10.0.0.9', 'port' => 6390,\n"
             " 'auth' => 'hush', 'database' => 4);");
    const struct wpb_site *site = discover_at(host, "/var/www/shop");
    assert_int_equal(site->flavour, WPB_FLAVOUR_WP_REDIS);
    assert_true(site->has_redis);
    assert_string_equal(site->redis.host, "10.0.0.9");
    assert_int_equal(site->redis.port, 6390);
    assert_int_equal(site->redis.database, 4);
    assert_string_equal(site->redis.password, "hush");
    assert_prefix(site, "", 0);
}

static void object_cache_pro_takes_its_array(void **state)
{
    struct host *host = *state;
    put(host, "/var/www/shop/wp-content/object-cache.php",
        "<?php\n/*\n * Plugin Name: Object Cache Pro (Drop-in)\n * Version: 1.21.0\n */");
    put_site(host, "/var/www/shop",
             "define('WP_REDIS_CONFIG', ['token' => 'x', 'host' => '127.0.0.2',\n"
             "'port' => 6381, 'database' => 2, 'username' => 'u', 'password' => "
             "getenv('P'), 'prefix' => 'p']);");
    const struct wpb_site *site = discover_at(host, "/var/www/shop");
    assert_int_equal(site->flavour, WPB_FLAVOUR_OBJECT_CACHE_PRO);
    assert_string_equal(site->flavour_version, "1.21.0");
    assert_true(site->has_redis);
    assert_string_equal(site->redis.host, "127.0.0.2");
    assert_int_equal(site->redis.port, 6381);
    assert_int_equal(site->redis.database, 2);
    assert_string_equal(site->redis.user, "u");
    assert_non_null(unresolved(site, "WP_REDIS_CONFIG['password']"));
    assert_prefix(site, "p:", 2);
}

static void other_dropins_are_named(void **state)
{
    static const struct {
        const char *head;
        enum wpb_flavour flavour;
    } cases[] = {
        {"<?php\n/* W3 Total Cache Object Cache, ObjectCache Version: 1.5 */",
         WPB_FLAVOUR_W3TC},
        {"<?php\n/**\n * Plugin Name: LiteSpeed Cache - Object Cache (Drop-in)",
         WPB_FLAVOUR_LITESPEED},
        {"<?php\n// Docket Cache Drop-in", WPB_FLAVOUR_DOCKET},
        {"<?php\n// something else", WPB_FLAVOUR_UNKNOWN},
    };
    struct host *host = *state;
    put_site(host, "/var/www/shop", "");
    assert_int_equal(discover_at(host, "/var/www/shop")->flavour, WPB_FLAVOUR_NONE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put(host, "/var/www/shop/wp-content/object-cache.php", cases[i].head);
        const struct wpb_site *site = discover_at(host, "/var/www/shop");
        assert_int_equal(site->flavour, cases[i].flavour);
        assert_false(site->has_redis);
        assert_false(site->has_key_prefix);
        assert_true(*site->flavour_note != '\0');
    }
}

static void a_stub_that_requires_the_plugin_is_followed_once(void **state)
{
    struct host *host = *state;
    put_site(host, "/var/www/shop", "");
    put(host, "/var/www/shop/wp-content/plugins/redis-cache/includes/object-cache.php",
        REDIS_CACHE);
    put(host, "/var/www/shop/wp-content/object-cache.php",
        "<?php\nrequire_once WP_PLUGIN_DIR . "
        "'/redis-cache/includes/object-cache.php';\n");
    const struct wpb_site *site = discover_at(host, "/var/www/shop");
    assert_int_equal(site->flavour, WPB_FLAVOUR_REDIS_CACHE);
    put(host, "/var/www/shop/wp-content/object-cache.php",
        "<?php\nrequire_once __DIR__ . '/object-cache.php';\n");
    assert_int_equal(discover_at(host, "/var/www/shop")->flavour, WPB_FLAVOUR_UNKNOWN);
}

static void a_linked_dropin_is_followed(void **state)
{
    struct host *host = *state;
    put_site(host, "/var/www/shop", "");
    put(host, "/var/www/shop/wp-content/plugins/r/oc.php", REDIS_CACHE);
    assert_int_equal(symlink("plugins/r/oc.php",
                             in(host, "/var/www/shop/wp-content/object-cache.php")),
                     0);
    assert_int_equal(discover_at(host, "/var/www/shop")->flavour,
                     WPB_FLAVOUR_REDIS_CACHE);
}

/* --- PHP-FPM --- */

#define FPM "/etc/php/8.2/fpm"

static void put_fpm(struct host *host, const char *pool, const char *ini)
{
    put(host, FPM "/php-fpm.conf",
        "[global]\npid = /run/x.pid\ninclude=" FPM "/pool.d/*.conf\n");
    put(host, FPM "/pool.d/www.conf", pool);
    put(host, FPM "/php.ini", ini);
    put(host, "/etc/php/8.2/cli/php.ini", "memory_limit = -1\n");
}

static void assert_limit(const struct wpb_site *site, uint64_t mib, const char *source)
{
    assert_int_equal(site->memory_limit_bytes, mib << 20);
    if (!strstr(site->memory_limit_source, source))
        fail_msg("source is: %s", site->memory_limit_source);
}

static void the_limit_of_php_ini_counts_when_nothing_raises_it(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\nuser = www-data\n;php_admin_value[memory_limit] = 32M\n",
            "; memory_limit = 1M\nmemory_limit = 96M ; note\n[PATH=/x]\n"
            "memory_limit = 1G\n");
    const struct wpb_site *site = shop(host, "");
    assert_limit(site, 96, "memory_limit in ");
    assert_non_null(strstr(site->memory_limit_source, FPM "/php.ini:2"));
    assert_int_equal(site->php_version, 80200);
}

static void an_addition_overrides_php_ini(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\n", "memory_limit = 96M\n");
    put(host, FPM "/conf.d/99-site.ini", "memory_limit = 200M\n");
    assert_limit(shop(host, ""), 200, "99-site.ini:1");
}

static void the_admin_value_of_a_pool_is_final(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\nphp_admin_value[memory_limit] = 64M\n", "memory_limit = 96M\n");
    assert_limit(shop(host, "define('WP_MEMORY_LIMIT', '512M');"), 64,
                 FPM "/pool.d/www.conf:2");
}

static void wordpress_only_raises_the_limit(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\nphp_value[memory_limit] = 100M\n", "memory_limit = 300M\n");
    assert_limit(shop(host, "define('WP_MEMORY_LIMIT', '256M');"), 256,
                 "WP_MEMORY_LIMIT in ");
    assert_limit(shop(host, "define('WP_MEMORY_LIMIT', '64M');"), 100, "php_value in ");
    put_fpm(host, "[www]\n", "memory_limit = 32M\n");
    assert_limit(shop(host, ""), 40, "default WP_MEMORY_LIMIT");
    assert_limit(shop(host, "define('MULTISITE', true);"), 64, "default WP_MEMORY_LIMIT");
}

static void a_limit_of_minus_one_is_none(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\n", "memory_limit = -1\n");
    assert_true(shop(host, "define('WP_MEMORY_LIMIT', '64M');")->memory_limit_bytes ==
                UINT64_MAX);
    put_fpm(host, "[www]\n", "memory_limit = 64M\n");
    assert_true(shop(host, "define('WP_MEMORY_LIMIT', '-1');")->memory_limit_bytes ==
                UINT64_MAX);
}

static void a_limit_set_in_the_configuration_counts(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\n", "memory_limit = 64M\n");
    assert_limit(shop(host, "@ini_set('memory_limit', '300M');"), 300, "ini_set");
}

static void an_unresolved_limit_is_not_guessed(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\n", "memory_limit = 64M\n");
    const struct wpb_site *site =
        shop(host, "define('WP_MEMORY_LIMIT', getenv('LIMIT'));");
    assert_int_equal(site->memory_limit_bytes, 0);
    assert_non_null(unresolved(site, "WP_MEMORY_LIMIT"));
}

static void without_fpm_the_limit_is_not_known(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site = shop(host, "");
    assert_int_equal(site->memory_limit_bytes, 0);
    assert_non_null(strstr(site->memory_limit_source, "no PHP-FPM pool"));
}

static void pools_that_differ_are_ambiguous(void **state)
{
    struct host *host = *state;
    put_fpm(host,
            "[one]\nuser = u1\nphp_admin_value[memory_limit] = 64M\n"
            "[two]\nuser = u2\nphp_admin_value[memory_limit] = 128M\n",
            "");
    const struct wpb_site *site = shop(host, "");
    assert_int_equal(site->memory_limit_bytes, 0);
    assert_non_null(strstr(site->memory_limit_source, "one"));
    assert_non_null(strstr(site->memory_limit_source, "two"));
    assert_non_null(unresolved(site, "memory_limit"));
    assert_int_equal(site->php_version, 80200);
}

static void pools_that_agree_are_not_ambiguous(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[one]\n[two]\n", "memory_limit = 96M\n");
    assert_limit(shop(host, ""), 96, "php.ini:1");
}

static void a_pool_is_matched_by_its_folder(void **state)
{
    struct host *host = *state;
    put_fpm(host,
            "[all]\nphp_admin_value[memory_limit] = 64M\nenv[P] = all_\n"
            "[shop]\nchdir = /var/www/$pool\nphp_admin_value[memory_limit] = 128M\n"
            "env[P] = pool_\n[shopping]\nchdir = /var/www/sho\n",
            "");
    const struct wpb_site *site = shop(host, "$table_prefix = getenv('P');");
    assert_limit(site, 128, "www.conf:6");
    assert_string_equal(site->table_prefix, "pool_");
}

static void a_pool_is_matched_by_the_owner_of_the_configuration(void **state)
{
    struct host *host = *state;
    put(host, "/etc/passwd",
        wpb_arena_printf(host->arena,
                         "nobody:x:65534:65534::/:\nann:x:%lu:1::/:/bin/sh\n",
                         (unsigned long)getuid()));
    put_fpm(host,
            "[all]\nuser = www-data\nphp_admin_value[memory_limit] = 64M\n"
            "[ann]\nuser = ann\nphp_admin_value[memory_limit] = 128M\n",
            "");
    assert_limit(shop(host, ""), 128, "www.conf:6");
}

static void a_quote_in_quotes_does_not_end_them(void **state)
{
    struct host *host = *state;
    struct wpb_pools *pools = calloc(1, sizeof *pools);
    assert_non_null(pools);
    wpb_pool_parse("shop.conf",
                   wpb_slice_cstr("[shop]\naccess.format = \"%s \\\"%r\\\"\" ; ours\n"
                                  "slowlog = \"/var/log/slow\\\"\n"
                                  "user = 'o\\'\n"),
                   80200, host->arena, pools);
    const struct wpb_pool *pool = &pools->items[0];
    assert_string_equal(pool->service.access_format, "%s \\\"%r\\\"");
    assert_string_equal(pool->service.slow_log, "/var/log/slow\\\"");
    assert_string_equal(pool->user, "o\\");
    free(pools);
}

static void the_only_pool_is_the_sites(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\nuser = www-data\n", "");
    const struct wpb_site *site = shop(host, "");
    assert_string_equal(site->pool_name, "www");
    assert_non_null(strstr(site->pool_file, FPM "/pool.d/www.conf"));
    assert_string_equal(site->pool_reason, "");
}

static void a_pool_that_does_not_run_is_nobodys(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\nlisten = /run/php/php8.2-fpm.sock\n", "");
    const struct wpb_site *site = shop(host, "");
    assert_string_equal(site->pool_name, "");
    assert_non_null(strstr(site->pool_reason, "php8.2-fpm.sock is not there"));
    assert_non_null(strstr(site->pool_reason, "set pool_file"));
    put(host, "/run/php/php8.2-fpm.sock", "");
    assert_string_equal(shop(host, "")->pool_name, "www");
}

static void without_a_pool_the_reason_says_what_to_set(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site = shop(host, "");
    assert_string_equal(site->pool_name, "");
    assert_non_null(strstr(site->pool_reason, "no pool of PHP-FPM"));
    assert_non_null(strstr(site->pool_reason, "set pool_file"));
}

static void several_pools_are_named(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[one]\n[two]\n[three]\n[four]\n[five]\n", "");
    const struct wpb_site *site = shop(host, "");
    assert_string_equal(site->pool_name, "");
    assert_non_null(strstr(site->pool_reason, "5 pools of PHP-FPM"));
    assert_non_null(strstr(site->pool_reason, "one in "));
    assert_non_null(strstr(site->pool_reason, " and 2 more"));
}

static void of_two_versions_the_one_whose_socket_is_there_serves(void **state)
{
    struct host *host = *state;
    put_fpm(host,
            "[www]\nlisten = /run/php/php8.2-fpm.sock\n"
            "php_admin_value[memory_limit] = 96M\n",
            "");
    put(host, "/etc/php/8.1/fpm/php-fpm.conf",
        "[global]\ninclude=/etc/php/8.1/fpm/pool.d/*.conf\n");
    put(host, "/etc/php/8.1/fpm/pool.d/www.conf",
        "[www]\nlisten = /run/php/php8.1-fpm.sock\n");
    put(host, "/run/php/php8.2-fpm.sock", "");
    const struct wpb_site *site = shop(host, "");
    assert_string_equal(site->pool_name, "www");
    assert_non_null(strstr(site->pool_file, "/8.2/"));
    assert_int_equal(site->memory_limit_bytes, 96u << 20);
}

static void a_pool_that_logs_beside_the_site_serves_it(void **state)
{
    struct host *host = *state;
    put_fpm(host,
            "[one]\naccess.log = /var/www/other/log/access\n"
            "[two]\naccess.log = /var/www/shop/log/access\n",
            "");
    assert_string_equal(shop(host, "")->pool_name, "two");
}

static void sizes_are_read_as_php_does(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {{"128M", 128u << 20}, {"1g", 1u << 30},   {"64 K", 65536},
                 {"1048576", 1048576}, {"-1", UINT64_MAX}, {"256MB", 256u << 20}};
    static const char *const bad[] = {"", "M", "12X", "1.5G", "99999999999999999999G"};
    uint64_t bytes;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(wpb_pool_size(wpb_slice_cstr(cases[i].text), &bytes));
        assert_true(bytes == cases[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(wpb_pool_size(wpb_slice_cstr(bad[i]), &bytes));
}

static void how_a_pool_serves_is_read_with_its_name(void **state)
{
    struct host *host = *state;
    struct wpb_pools *pools = calloc(1, sizeof *pools);

    assert_non_null(pools);
    wpb_pool_parse("shop.conf",
                   wpb_slice_cstr("[shop]\nlisten = /run/$pool/$pool.sock\n"
                                  "pm.max_children = 4\n"
                                  "php_value[error_log] = /tmp/first\n"
                                  "php_admin_value[error_log] = /var/log/$pool\n"
                                  "php_value[error_log] = /tmp/last\n"
                                  "[other]\n[shop]\npm.max_children = 7\n"),
                   80200, host->arena, pools);
    const struct wpb_pool_service *service = &pools->items[0].service;
    assert_int_equal(pools->count, 2);
    assert_int_equal(pools->items[0].sections, 2);
    assert_string_equal(service->listen, "/run/shop/shop.sock");
    assert_string_equal(service->max_children, "7");
    assert_string_equal(service->max_children_file, "shop.conf");
    assert_int_equal(service->max_children_line, 9);
    assert_string_equal(service->error_log, "/var/log/shop");
    assert_string_equal(service->status_path, "");
    assert_string_equal(pools->items[1].service.listen, "");
    free(pools);
}

/* --- .env --- */

static void dotenv_values_in_their_forms(void **state)
{
    static const char text[] = "# note\nA=plain # note\nB='single $A #x'\n"
                               "C=\"double ${A}\\n\\\"q\\\" #x\"\nexport D=d#not\n"
                               " E = spaced \nF=\nG=\"two\nlines\"\nH=${NOPE}\nnonsense\n"
                               "A=last\nI=\"open";
    struct host *host = *state;
    struct wpb_environment environment;
    static const char *const expected[] = {
        "A", "last",      "B", "single $A #x", "C", "double plain\n\"q\" #x",
        "D", "d#not",     "E", "spaced",       "F", "",
        "G", "two\nlines"};
    wpb_environment_init(&environment, host->arena);
    wpb_environment_dotenv(&environment, wpb_slice_cstr(text), true);
    assert_true(environment.is_complete);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i += 2) {
        const struct wpb_variable *variable =
            wpb_environment_find(&environment, wpb_slice_cstr(expected[i]));
        assert_non_null(variable);
        assert_true(variable->is_known);
        assert_string_equal(variable->value.data, expected[i + 1]);
    }
    assert_false(wpb_environment_find(&environment, wpb_slice_cstr("H"))->is_known);
    assert_null(wpb_environment_find(&environment, wpb_slice_cstr("I")));
}

static void the_pool_outranks_dotenv(void **state)
{
    struct host *host = *state;
    put_fpm(host, "[www]\nenv[A] = pool\n", "");
    put(host, "/var/www/shop/.env", "A=dotenv\nB=dotenv\n");
    const struct wpb_site *site =
        shop(host, "define('DB_NAME', getenv('A')); define('DB_HOST', getenv('B'));");
    assert_string_equal(site->db_name, "pool");
    assert_string_equal(site->db_host, "dotenv");
}

/* --- what cannot be read --- */

static void a_dotenv_that_cannot_be_read_is_a_failure(void **state)
{
    struct host *host = *state;
    folder(host, "/var/www/shop/.env");
    const struct wpb_site *site = shop(host, "define('DB_NAME', getenv('A'));");
    assert_failure(host, in(host, "/var/www/shop/.env"), "is a directory");
    assert_non_null(unresolved(site, "DB_NAME"));
}

static void a_fifo_is_refused_and_not_waited_for(void **state)
{
    struct host *host = *state;
    put_code(host, "/var/www/shop");
    const char *fifo = in(host, "/var/www/shop/wp-config.php");
    assert_int_equal(mkfifo(fifo, 0666), 0);
    discover(host);
    assert_int_equal(host->found.site_count, 0);
    assert_failure(host, fifo, "is a FIFO, not a file; ");
}

static void a_folder_named_wp_config_is_refused(void **state)
{
    struct host *host = *state;
    const char *config = in(host, "/var/www/shop/wp-config.php");
    const char *const paths[] = {config, NULL};
    put_code(host, "/var/www/shop");
    folder(host, "/var/www/shop/wp-config.php");
    discover(host);
    assert_failure(host, config, "is a directory");
    discover_paths(host, paths);
    assert_failure(host, config, "is a directory");
}

static void a_device_is_refused(void **state)
{
    struct host *host = *state;
    const char *config = in(host, "/var/www/shop/wp-config.php");
    put_code(host, "/var/www/shop");
    assert_int_equal(symlink("/dev/zero", config), 0);
    discover(host);
    assert_failure(host, config, "is a device");
}

static void a_huge_file_is_refused(void **state)
{
    struct host *host = *state;
    const char *config = in(host, "/var/www/shop/wp-config.php");
    put_site(host, "/var/www/shop", "");
    assert_int_equal(truncate(config, (off_t)100 << 20), 0);
    discover(host);
    assert_failure(host, config, "104857600 bytes");
}

static void a_private_file_of_another_user_is_refused(void **state)
{
    struct host *host = *state;
    const char *path = in(host, "/secret");
    struct wpb_slice bytes;
    struct wpb_err err;
    uid_t stranger = getuid() + 1;
    put(host, "/secret", "x");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(
        wpb_file_read(path, 10, stranger, false, host->arena, &bytes, NULL, &err), -1);
    assert_int_equal(err.code, WPB_E_DENIED);
    assert_int_equal(
        wpb_file_read(path, 10, getuid(), false, host->arena, &bytes, NULL, &err), 0);
    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(
        wpb_file_read(path, 10, stranger, true, host->arena, &bytes, NULL, &err), 0);
}

static void a_link_in_a_circle_is_a_failure(void **state)
{
    struct host *host = *state;
    const char *config = in(host, "/var/www/shop/wp-config.php");
    put_code(host, "/var/www/shop");
    assert_int_equal(symlink("wp-config.php", config), 0);
    discover(host);
    assert_failure(host, config, "reading");
}

static void folders_linked_in_a_circle_are_visited_once(void **state)
{
    struct host *host = *state;
    put_site(host, "/var/www/shop", "");
    assert_int_equal(symlink("..", in(host, "/var/www/shop/up")), 0);
    assert_int_equal(symlink(".", in(host, "/var/www/loop")), 0);
    discover(host);
    assert_int_equal(host->found.site_count, 1);
    assert_int_equal(host->found.failure_count, 0);
}

static void a_path_that_is_not_there_is_a_failure(void **state)
{
    struct host *host = *state;
    const char *path = in(host, "/nowhere");
    const char *const paths[] = {path, NULL};
    discover_paths(host, paths);
    assert_int_equal(host->found.site_count, 0);
    assert_failure(host, path, "No such file or directory; check the path");
    assert_string_equal(host->found.looked_in, path);
}

static void a_given_folder_without_wordpress_is_a_failure(void **state)
{
    struct host *host = *state;
    const char *path = in(host, "/empty");
    const char *const paths[] = {path, NULL};
    folder(host, "/empty/a");
    discover_paths(host, paths);
    assert_failure(host, path, "no WordPress in it");
}

static void a_syntax_error_keeps_the_site(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site =
        shop(host, "define('DB_NAME', 'kept');\ndefine('DB_PASSWORD', 'abc's3cret');\n"
                   "define('DB_HOST', 'lost');");
    assert_string_equal(site->db_name, "kept");
    assert_string_equal(site->db_host, "");
    assert_failure(host, in(host, "/var/www/shop/wp-config.php"),
                   "wp-config.php:3: syntax error");
    assert_non_null(unresolved(site, "(what follows)"));
}

static void no_secret_is_in_any_message(void **state)
{
    struct host *host = *state;
    const struct wpb_site *site =
        shop(host, "if ($_GET) { define('DB_PASSWORD', 's3cret'); } else { "
                   "define('DB_PASSWORD', 's3cret2'); }\n"
                   "define('WP_REDIS_PASSWORD', \"s3cret$x\");\n"
                   "define('WP_REDIS_PREFIX', s3cret);\n$x = 's3cret' 's3cret';");
    for (size_t i = 0; i < site->unresolved_count; i++)
        assert_null(strstr(site->unresolved[i].reason, "s3cret"));
    for (size_t i = 0; i < host->found.failure_count; i++)
        assert_null(strstr(host->found.failures[i].reason, "s3cret"));
    assert_non_null(unresolved(site, "DB_PASSWORD"));
    assert_non_null(unresolved(site, "WP_REDIS_PASSWORD"));
    assert_non_null(unresolved(site, "WP_REDIS_PREFIX"));
}

static void a_relative_root_is_nonsense(void **state)
{
    struct host *host = *state;
    struct wpb_discovery_places places = {.root = "relative"};
    struct wpb_err err;
    assert_int_equal(wpb_discover(&places, host->arena, &host->found, &err), -1);
    assert_int_equal(err.code, WPB_E_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plain_site_is_read_whole),
        TEST(a_configuration_above_the_code_counts),
        TEST(a_configuration_above_of_another_wordpress_does_not_count),
        TEST(a_site_is_found_by_its_configuration_file),
        TEST(sites_below_a_given_folder_are_found_in_order_with_unique_names),
        TEST(the_current_release_is_the_site),
        TEST(home_folders_are_searched),
        TEST(a_host_without_wordpress_has_no_sites_and_no_failures),
        TEST(debian_has_one_site_for_each_host),
        TEST(the_installed_debian_package_is_read),
        TEST(bedrock_is_read_with_its_dotenv),
        TEST(bedrock_with_a_database_url),
        TEST(docker_without_its_environment_is_unresolved),
        TEST(docker_with_the_environment_of_its_pool),
        TEST(branches_on_the_host_are_unresolved_with_file_and_line),
        TEST(database_hosts_are_kept_verbatim),
        TEST(folders_follow_their_constants),
        TEST(a_network_is_recognised),
        TEST(prefixes_of_redis_cache),
        TEST(a_salt_that_is_unresolved_leaves_no_prefix),
        TEST(the_default_address),
        TEST(all_connection_constants),
        TEST(unix_sockets_in_their_forms),
        TEST(hosts_in_their_forms),
        TEST(the_nodes_of_a_cluster_are_read),
        TEST(sentinels_and_the_name_of_the_master_are_read),
        TEST(servers_are_a_master_and_its_replicas),
        TEST(servers_count_only_for_a_client_that_reads_them),
        TEST(an_unresolved_host_leaves_no_address),
        TEST(wp_redis_takes_its_global_variable),
        TEST(object_cache_pro_takes_its_array),
        TEST(other_dropins_are_named),
        TEST(a_stub_that_requires_the_plugin_is_followed_once),
        TEST(a_linked_dropin_is_followed),
        TEST(the_limit_of_php_ini_counts_when_nothing_raises_it),
        TEST(an_addition_overrides_php_ini),
        TEST(a_quote_in_quotes_does_not_end_them),
        TEST(the_only_pool_is_the_sites),
        TEST(a_pool_that_does_not_run_is_nobodys),
        TEST(without_a_pool_the_reason_says_what_to_set),
        TEST(several_pools_are_named),
        TEST(of_two_versions_the_one_whose_socket_is_there_serves),
        TEST(a_pool_that_logs_beside_the_site_serves_it),
        TEST(the_admin_value_of_a_pool_is_final),
        TEST(wordpress_only_raises_the_limit),
        TEST(a_limit_of_minus_one_is_none),
        TEST(a_limit_set_in_the_configuration_counts),
        TEST(an_unresolved_limit_is_not_guessed),
        TEST(without_fpm_the_limit_is_not_known),
        TEST(pools_that_differ_are_ambiguous),
        TEST(pools_that_agree_are_not_ambiguous),
        TEST(a_pool_is_matched_by_its_folder),
        TEST(a_pool_is_matched_by_the_owner_of_the_configuration),
        TEST(sizes_are_read_as_php_does),
        TEST(how_a_pool_serves_is_read_with_its_name),
        TEST(dotenv_values_in_their_forms),
        TEST(the_pool_outranks_dotenv),
        TEST(a_dotenv_that_cannot_be_read_is_a_failure),
        TEST(a_fifo_is_refused_and_not_waited_for),
        TEST(a_folder_named_wp_config_is_refused),
        TEST(a_device_is_refused),
        TEST(a_huge_file_is_refused),
        TEST(a_private_file_of_another_user_is_refused),
        TEST(a_link_in_a_circle_is_a_failure),
        TEST(folders_linked_in_a_circle_are_visited_once),
        TEST(a_path_that_is_not_there_is_a_failure),
        TEST(a_given_folder_without_wordpress_is_a_failure),
        TEST(a_syntax_error_keeps_the_site),
        TEST(no_secret_is_in_any_message),
        TEST(a_relative_root_is_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
