/* Where the drop-ins' own configurations say that their Redis is, and how their keys
 * begin. */
#include <ftw.h>
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

#include "probes/wordpress/discover.h"
#include "probes/wordpress/md5.h"
#include "probes/wordpress/plugin_json.h"

#define WP_REDIS "<?php\n/**\n * WP Redis\n * This file needs to be symlinked or copied\n"
#define LITESPEED "<?php\n/**\n * Plugin Name: LiteSpeed Cache - Object Cache (Drop-in)\n"
#define W3TC                                                                             \
    "<?php\n/**\n * ObjectCache Version: 1.5\n *\n * W3 Total Cache Object Cache\n"
#define PRO "<?php\n/*\n * Plugin Name: Object Cache Pro (Drop-in)\n */"

#define LITESPEED_CONF "wp-content/.litespeed_conf.dat"
#define LITESPEED_PLUGIN "wp-content/plugins/litespeed-cache/litespeed-cache.php"
#define W3TC_MASTER "wp-content/w3tc-config/master.php"
#define LITESPEED_CLASS                                                                  \
    "<?php\nif ( ! defined( 'LSOC_PREFIX' ) ) {\n"                                       \
    "define( 'LSOC_PREFIX', substr( md5( __FILE__ ), -5 ) );\n}\n"

/* One site, /srv/s below a folder of its own. */
struct host {
    char root[64];
    struct wpb_arena *arena;
    struct wpb_discovery found;
};

static const char *in(struct host *host, const char *path)
{
    return wpb_arena_printf(host->arena, "%s/srv/s/%s", host->root, path);
}

static void put_bytes(struct host *host, const char *path, struct wpb_slice content)
{
    char *full = wpb_arena_printf(host->arena, "%s", in(host, path));
    for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
}

static void put(struct host *host, const char *path, const char *content)
{
    put_bytes(host, path, wpb_slice_cstr(content));
}

static int set_up(void **state)
{
    struct host *host = calloc(1, sizeof(*host));
    assert_non_null(host);
    strcpy(host->root, "/tmp/wpbloat-settings-XXXXXX");
    assert_non_null(mkdtemp(host->root));
    host->arena = wpb_arena_new();
    put(host, "wp-load.php", "<?php\n");
    put(host, "wp-settings.php", "<?php\n");
    put(host, "wp-includes/version.php", "<?php\n$wp_version = '6.5.2';\n");
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

/* The site with the drop-in HEAD and BODY in its wp-config.php. */
static const struct wpb_site *site(struct host *host, const char *head, const char *body)
{
    const char *const paths[] = {in(host, ""), NULL};
    struct wpb_discovery_places places = {.root = host->root, .paths = paths};
    struct wpb_err err;

    put(host, "wp-content/object-cache.php", head);
    put(host, "wp-config.php",
        wpb_arena_printf(host->arena,
                         "<?php\n$table_prefix = 'wp_';\n%s\nrequire_once ABSPATH . "
                         "'wp-settings.php';\n",
                         body));
    assert_int_equal(wpb_discover(&places, host->arena, &host->found, &err), 0);
    assert_int_equal(host->found.site_count, 1);
    return &host->found.sites[0];
}

static const struct wpb_unresolved *unresolved(const struct wpb_site *of,
                                               const char *name)
{
    for (size_t i = 0; i < of->unresolved_count; i++) {
        if (strcmp(of->unresolved[i].name, name) == 0)
            return &of->unresolved[i];
    }
    return NULL;
}

static void assert_tcp(const struct wpb_site *of, const char *name, uint16_t port,
                       uint32_t database, const char *user, const char *password)
{
    assert_true(of->has_redis);
    assert_int_equal(of->redis.scheme, WPB_REDIS_TCP);
    assert_string_equal(of->redis.host, name);
    assert_int_equal(of->redis.port, port);
    assert_int_equal(of->redis.database, database);
    assert_string_equal(of->redis.user, user);
    assert_string_equal(of->redis.password, password);
}

static void assert_socket(const struct wpb_site *of, const char *path)
{
    assert_true(of->has_redis);
    assert_int_equal(of->redis.scheme, WPB_REDIS_UNIX);
    assert_string_equal(of->redis.path, path);
}

static void assert_prefix(const struct wpb_site *of, const char *prefix)
{
    assert_true(of->has_key_prefix);
    assert_int_equal(of->key_prefix_len, strlen(prefix));
    assert_memory_equal(of->key_prefix, prefix, strlen(prefix));
}

static void assert_noted(const struct wpb_site *of, const char *words)
{
    if (!strstr(of->flavour_note, words))
        fail_msg("\"%s\" does not say \"%s\"", of->flavour_note, words);
}

/* --- wp-redis --- */

static void wp_redis_defaults_to_the_local_server(void **state)
{
    assert_tcp(site(*state, WP_REDIS, ""), "127.0.0.1", 6379, 0, "", "");
    assert_tcp(site(*state, WP_REDIS, "$redis_server = array();"), "127.0.0.1", 6379, 0,
               "", "");
}

static void wp_redis_takes_the_environment(void **state)
{
    put(*state, ".env",
        "CACHE_HOST=10.0.0.1\nCACHE_PORT=6400\nCACHE_DB=3\nCACHE_PASSWORD=pw\n");
    assert_tcp(site(*state, WP_REDIS, ""), "10.0.0.1", 6400, 3, "", "pw");
    /* What the file sets itself counts more. */
    assert_tcp(site(*state, WP_REDIS, "$_SERVER['CACHE_HOST'] = '10.0.0.2';"), "10.0.0.2",
               6400, 3, "", "pw");
}

static void wp_redis_host_may_be_a_socket(void **state)
{
    assert_socket(site(*state, WP_REDIS, "$redis_server = ['host' => '/run/r.sock'];"),
                  "/run/r.sock");
    put(*state, ".env", "CACHE_HOST=/run/c.sock\n");
    assert_socket(site(*state, WP_REDIS, ""), "/run/c.sock");
}

static void wp_redis_unresolved_server_is_not_guessed(void **state)
{
    const struct wpb_site *of =
        site(*state, WP_REDIS, "$redis_server = ['host' => shell_exec('x')];");
    assert_false(of->has_redis);
    assert_non_null(unresolved(of, "$redis_server['host']"));
    of = site(*state, WP_REDIS, "$redis_server = unserialize($_GET['x']);");
    assert_false(of->has_redis);
    assert_non_null(unresolved(of, "redis_server"));
}

static void wp_redis_prefix_is_the_salt_without_whitespace(void **state)
{
    assert_prefix(site(*state, WP_REDIS, ""), "");
    assert_prefix(site(*state, WP_REDIS, "define('WP_CACHE_KEY_SALT', 'my shop:');"),
                  "myshop:");
    const struct wpb_site *of =
        site(*state, WP_REDIS, "define('WP_CACHE_KEY_SALT', $_SERVER['HTTP_HOST']);");
    assert_false(of->has_key_prefix);
    assert_noted(of, "read by shape");
    assert_non_null(unresolved(of, "WP_CACHE_KEY_SALT"));
}

/* --- Object Cache Pro --- */

static void object_cache_pro_prefix_ends_with_its_separator(void **state)
{
    const struct wpb_site *of =
        site(*state, PRO, "define('WP_REDIS_CONFIG', ['host' => 'r', 'prefix' => 'p']);");
    assert_tcp(of, "r", 6379, 0, "", "");
    assert_prefix(of, "p:");
    assert_noted(of, "not published");
    assert_false(
        site(*state, PRO, "define('WP_REDIS_CONFIG', ['host' => 'r']);")->has_key_prefix);
}

static void object_cache_pro_url_is_not_guessed(void **state)
{
    const struct wpb_site *of = site(
        *state, PRO, "define('WP_REDIS_CONFIG', ['url' => 'redis://u:s3cret@r:1/2']);");
    assert_false(of->has_redis);
    assert_non_null(unresolved(of, "WP_REDIS_CONFIG['url']"));
    assert_null(strstr(unresolved(of, "WP_REDIS_CONFIG['url']")->reason, "s3cret"));
}

static void object_cache_pro_names_sentinels_or_nodes(void **state)
{
    const struct wpb_site *of = site(
        *state, PRO,
        "define('WP_REDIS_CONFIG', ['service' => 'shop', 'database' => 2,\n"
        "  'password' => 'hush', 'sentinels' => ['tcp://s1:26379', 'tcp://s2:26379']]);");
    assert_true(of->has_redis);
    assert_true(of->redis.is_sentinel);
    assert_string_equal(of->redis.service, "shop");
    assert_int_equal(of->redis.database, 2);
    assert_int_equal(of->redis.seed_count, 2);
    assert_string_equal(of->redis.seeds[1].host, "s2");
    of = site(*state, PRO,
              "define('WP_REDIS_CONFIG', ['cluster' => ['tcp://n1:7000', 'tcp://n2']]);");
    assert_true(of->redis.is_cluster);
    assert_int_equal(of->redis.seed_count, 2);
    assert_string_equal(of->redis.host, "n1");
    of = site(*state, PRO,
              "define('WP_REDIS_CONFIG', ['database' => 5, 'servers' => [\n"
              "  'tcp://r1:6379?role=replica', 'tcp://m1:6380?role=master']]);");
    assert_false(of->redis.is_cluster);
    assert_string_equal(of->redis.host, "m1");
    assert_int_equal(of->redis.database, 5);
    assert_int_equal(of->redis_replica_count, 1);
    assert_string_equal(of->redis_replicas[0].host, "r1");
}

/* --- LiteSpeed --- */

static void litespeed_reads_its_data_file(void **state)
{
    put(*state, LITESPEED_CONF,
        "{\"object-kind\":\"1\",\"object-host\":\"10.1.1.1\",\"object-port\":\"6390\","
        "\"object-db_id\":7,\"object-user\":\"u\",\"object-pswd\":\"p\\u00e4\\\"w\","
        "\"object-global_groups\":[\"users\"],\"object-life\":360}");
    assert_tcp(site(*state, LITESPEED, ""), "10.1.1.1", 6390, 7, "u", "p\xc3\xa4\"w");
    put(*state, LITESPEED_CONF,
        "{\"object-kind\":true,\"object-host\":\"/run/ls.sock\",\"object-port\":0}");
    assert_socket(site(*state, LITESPEED, ""), "/run/ls.sock");
}

static void litespeed_on_memcached_has_no_redis(void **state)
{
    static const char *const kinds[] = {"0", "false", "\"\"", "\"0\"", "null"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct host *host = *state;
        put(host, LITESPEED_CONF,
            wpb_arena_printf(host->arena,
                             "{\"object-host\":\"localhost\",\"object-kind\":%s}",
                             kinds[i]));
        const struct wpb_site *of = site(host, LITESPEED, "");
        assert_false(of->has_redis);
        assert_noted(of, "memcached");
        assert_int_equal(of->unresolved_count, 0);
    }
}

static void litespeed_without_a_file_or_a_host_caches_nothing(void **state)
{
    const struct wpb_site *of = site(*state, LITESPEED, "");
    assert_false(of->has_redis);
    assert_noted(of, "nothing is cached");
    assert_int_equal(of->unresolved_count, 0);
    put(*state, LITESPEED_CONF, "{\"object-kind\":1,\"object-host\":\"\"}");
    of = site(*state, LITESPEED, "");
    assert_false(of->has_redis);
    assert_noted(of, "nothing is cached");
}

static void litespeed_switched_off_says_so(void **state)
{
    put(*state, LITESPEED_CONF, "{\"object-kind\":1,\"object-host\":\"r\"}");
    assert_noted(site(*state, LITESPEED, "define('LSCWP_OBJECT_CACHE', false);"),
                 "switched off");
}

static void litespeed_prefix_is_of_the_path_that_php_sees(void **state)
{
    static const char *const files[] = {"src/object-cache-wp.cls.php",
                                        "src/object.lib.php"};
    struct host *host = *state;
    char digits[WPB_MD5_DIGITS + 1];
    put(host, LITESPEED_CONF, "{\"object-kind\":1,\"object-host\":\"r\"}");
    put(host, LITESPEED_PLUGIN, "<?php\n");
    assert_false(site(host, LITESPEED, "")->has_key_prefix);
    /* The newer file, once it is there, is the one that counts. */
    for (size_t i = 2; i-- > 0;) {
        put(host,
            wpb_arena_printf(host->arena, "wp-content/plugins/litespeed-cache/%s",
                             files[i]),
            LITESPEED_CLASS);
        wpb_md5_hex(
            wpb_slice_cstr(wpb_arena_printf(
                host->arena, "/srv/s/wp-content/plugins/litespeed-cache/%s", files[i])),
            digits);
        assert_prefix(site(host, LITESPEED, ""), digits + WPB_MD5_DIGITS - 5);
    }
    assert_prefix(site(host, LITESPEED, "define('LSOC_PREFIX', 'mine_');"), "mine_");
    assert_false(
        site(host, LITESPEED, "define('LSOC_PREFIX', $_GET['p']);")->has_key_prefix);
}

static void litespeed_prefix_follows_links(void **state)
{
    struct host *host = *state;
    char digits[WPB_MD5_DIGITS + 1];
    put(host, LITESPEED_CONF, "{\"object-kind\":1,\"object-host\":\"r\"}");
    put(host, "../shared/ls/litespeed-cache.php", "<?php\n");
    put(host, "../shared/ls/src/object.lib.php", LITESPEED_CLASS);
    put(host, "wp-content/plugins/index.php", "<?php\n");
    assert_int_equal(
        symlink("../../../shared/ls", in(host, "wp-content/plugins/litespeed-cache")), 0);
    wpb_md5_hex(wpb_slice_cstr("/srv/shared/ls/src/object.lib.php"), digits);
    assert_prefix(site(host, LITESPEED, ""), digits + WPB_MD5_DIGITS - 5);
}

static void litespeed_that_makes_its_prefix_otherwise_is_read_by_shape(void **state)
{
    put(*state, LITESPEED_CONF, "{\"object-kind\":1,\"object-host\":\"r\"}");
    put(*state, LITESPEED_PLUGIN, "<?php\n");
    put(*state, "wp-content/plugins/litespeed-cache/src/object.lib.php",
        "<?php\ndefine( 'LSOC_PREFIX', uniqid() );\n");
    const struct wpb_site *of = site(*state, LITESPEED, "");
    assert_true(of->has_redis);
    assert_false(of->has_key_prefix);
    assert_noted(of, "read by shape");
}

/* --- W3 Total Cache --- */

static void put_master(struct host *host, const char *json)
{
    put(host, W3TC_MASTER, wpb_arena_printf(host->arena, "<?php exit; ?>%s", json));
}

static void w3tc_reads_its_master_file(void **state)
{
    put_master(*state, "{\"version\":\"2.10.2\",\"common.instance_id\":1804289383,"
                       "\"objectcache.enabled\":true,\"objectcache.engine\":\"redis\","
                       "\"objectcache.redis.servers\":[\"10.2.2.2:6391\"],"
                       "\"objectcache.redis.password\":\"pw\","
                       "\"objectcache.redis.dbid\":\"5\"}");
    const struct wpb_site *of = site(*state, W3TC, "");
    assert_tcp(of, "10.2.2.2", 6391, 5, "", "pw");
    assert_prefix(of, "w3tc_1804289383_");
    assert_string_equal(of->flavour_note, "");
    assert_prefix(site(*state, W3TC, "define('W3TC_INSTANCE_ID', 12);"), "w3tc_12_");
}

static void w3tc_servers_in_their_forms(void **state)
{
    put_master(*state, "{\"objectcache.engine\":\"redis\","
                       "\"objectcache.redis.servers\":[\"unix:/run/w.sock\"]}");
    assert_socket(site(*state, W3TC, ""), "/run/w.sock");
    put_master(*state, "{\"objectcache.engine\":\"redis\","
                       "\"objectcache.redis.servers\":[\"tls://r:6380\"]}");
    const struct wpb_site *of = site(*state, W3TC, "");
    assert_int_equal(of->redis.scheme, WPB_REDIS_TLS);
    assert_string_equal(of->redis.host, "r");
    assert_int_equal(of->redis.port, 6380);
    put_master(*state, "{\"objectcache.engine\":\"redis\","
                       "\"objectcache.redis.servers\":[\"[::1]:6382\"]}");
    assert_tcp(site(*state, W3TC, ""), "::1", 6382, 0, "", "");
    put_master(*state, "{\"objectcache.engine\":\"redis\"}");
    of = site(*state, W3TC, "");
    assert_tcp(of, "127.0.0.1", 6379, 0, "", "");
    assert_prefix(of, "w3tc_0_");
    assert_false(of->redis.is_cluster);
    put_master(*state, "{\"objectcache.engine\":\"redis\","
                       "\"objectcache.redis.servers\":[\"a:1\",\"b:2\"]}");
    assert_true(site(*state, W3TC, "")->redis.is_cluster);
}

static void w3tc_with_another_engine_has_no_redis(void **state)
{
    const struct wpb_site *of = site(*state, W3TC, "");
    assert_false(of->has_redis);
    assert_noted(of, "kept in files");
    put_master(*state, "{\"objectcache.engine\":\"memcached\"}");
    of = site(*state, W3TC, "");
    assert_false(of->has_redis);
    assert_noted(of, "\"memcached\", not in Redis");
    put_master(*state, "{\"objectcache.engine\":\"\\u001b[31m\"}");
    assert_noted(site(*state, W3TC, ""), "its entries are not kept in Redis");
    put_master(*state, "{}");
    assert_noted(site(*state, W3TC, ""), "\"file\", not in Redis");
}

static void w3tc_settings_elsewhere(void **state)
{
    put(*state, "etc/master.php",
        "<?php exit; ?>{\"objectcache.engine\":\"redis\","
        "\"objectcache.enabled\":false}");
    const struct wpb_site *of =
        site(*state, W3TC, "define('W3TC_CONFIG_DIR', __DIR__ . '/etc');");
    assert_true(of->has_redis);
    assert_noted(of, "switched off");
    of = site(*state, W3TC, "define('W3TC_CONFIG_DIR', '/srv/s/etc');");
    assert_true(of->has_redis);
    of = site(*state, W3TC, "define('W3TC_CONFIG_DATABASE', true);");
    assert_false(of->has_redis);
    assert_non_null(unresolved(of, "redis address"));
    of = site(*state, W3TC, "define('W3TC_CONFIG_DIR', $_GET['d']);");
    assert_false(of->has_redis);
    assert_non_null(unresolved(of, "W3TC_CONFIG_DIR"));
}

/* --- bad files --- */

/* The Redis of a site whose file cannot be read is unresolved, with file and reason. */
static void assert_unreadable(struct host *host, const char *head, const char *reason)
{
    const struct wpb_site *of = site(host, head, "");
    const struct wpb_unresolved *row = unresolved(of, "redis address");
    assert_false(of->has_redis);
    assert_noted(of, "could not be read");
    assert_non_null(row);
    if (!strstr(row->reason, reason))
        fail_msg("\"%s\" does not say \"%s\"", row->reason, reason);
    assert_null(strstr(row->reason, "s3cret"));
}

static void broken_json_is_unresolved_and_its_bytes_stay_unsaid(void **state)
{
    put(*state, LITESPEED_CONF, "{\"object-pswd\":\"s3cret\",\"object-host\" s3cret}");
    assert_unreadable(*state, LITESPEED, "not valid JSON at byte 38");
    put(*state, LITESPEED_CONF, "{\"object-host\":\"r\",\"object-kind\":1} s3cret");
    assert_unreadable(*state, LITESPEED, "not valid JSON at byte");
    put(*state, LITESPEED_CONF, "[\"s3cret\"]");
    assert_unreadable(*state, LITESPEED, "no JSON object");
    put(*state, LITESPEED_CONF, "");
    assert_unreadable(*state, LITESPEED, "not valid JSON at byte 0");
    put(*state, W3TC_MASTER, "<?php");
    assert_unreadable(*state, W3TC, "not valid JSON at byte 0");
    put_master(*state, "{\"objectcache.redis.password\":\"s3cret");
    assert_unreadable(*state, W3TC, "not valid JSON at byte");
}

static void a_huge_or_deep_file_is_unresolved(void **state)
{
    size_t len = WPB_PLUGIN_JSON_MAX + 1;
    char *bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, ' ', len);
    put_bytes(*state, LITESPEED_CONF, wpb_slice_of(bytes, len));
    assert_unreadable(*state, LITESPEED, "more than");
    memset(bytes, '[', len);
    put_bytes(*state, LITESPEED_CONF, wpb_slice_of(bytes, len - 1));
    assert_unreadable(*state, LITESPEED, "not valid JSON");
    free(bytes);
}

static void a_fifo_or_a_folder_is_unresolved_and_not_waited_for(void **state)
{
    struct host *host = *state;
    put(host, W3TC_MASTER, "");
    assert_int_equal(remove(in(host, W3TC_MASTER)), 0);
    assert_int_equal(mkfifo(in(host, W3TC_MASTER), 0644), 0);
    assert_unreadable(host, W3TC, "master.php");
    assert_int_equal(mkdir(in(host, LITESPEED_CONF), 0755), 0);
    assert_unreadable(host, LITESPEED, ".litespeed_conf.dat");
}

static void a_link_to_another_users_private_file_is_refused(void **state)
{
    struct host *host = *state;
    if (geteuid() != 0)
        skip(); /* only root could read it at all */
    put(host, "../victim.json", "{\"object-kind\":1,\"object-host\":\"s3cret\"}");
    assert_int_equal(chmod(in(host, "../victim.json"), 0600), 0);
    put(host, "wp-content/index.php", "<?php\n");
    assert_int_equal(symlink("../../victim.json", in(host, LITESPEED_CONF)), 0);
    assert_int_equal(lchown(in(host, LITESPEED_CONF), 65534, 65534), 0);
    assert_unreadable(host, LITESPEED, "another user");
}

static void names_and_numbers_of_json_are_those_of_php(void **state)
{
    struct host *host = *state;
    struct wpb_err err;
    size_t count;
    int64_t number;
    struct wpb_plugin_json *json = wpb_plugin_json_parse(
        wpb_slice_cstr("{\"a\":1,\"A\":2,\"a\":\"3\",\"f\":1.5,\"n\":null,\"o\":{},"
                       "\"l\":[],\"big\":1e300}"),
        &err);
    assert_non_null(json);
    assert_true(wpb_slice_is(wpb_plugin_json_value(json, "a", host->arena).text, "3"));
    assert_int_equal(wpb_plugin_json_value(json, "A", host->arena).integer, 2);
    assert_int_equal(wpb_plugin_json_value(json, "f", host->arena).type,
                     WPB_CONFIG_FLOAT);
    assert_false(wpb_config_value_number(wpb_plugin_json_value(json, "big", host->arena),
                                         &number));
    assert_int_equal(wpb_plugin_json_value(json, "o", host->arena).type, WPB_CONFIG_NULL);
    assert_int_equal(wpb_plugin_json_value(json, "x", host->arena).type, WPB_CONFIG_NULL);
    assert_true(wpb_plugin_json_has(json, "n"));
    assert_false(wpb_plugin_json_has(json, "x"));
    assert_int_equal(wpb_plugin_json_first(json, "l", host->arena, &count).type,
                     WPB_CONFIG_NULL);
    assert_int_equal(count, 0);
    wpb_plugin_json_free(json);
    wpb_plugin_json_free(NULL);
}

/* RFC 1321, A.5, and lengths around the block. */
static void md5_is_that_of_the_rfc(void **state)
{
    static const struct {
        const char *text, *digits;
    } cases[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"1234567890123456789012345678901234567890123456789012345678901234567890123456789"
         "0",
         "57edf4a22be3c955ac49da2e2107b67a"},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "04364420e25c512fd958a70738aa8f72"},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "668a72d5ba17f08e62dabcafad6db14b"},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "c1bb4f81d892b2d57947682aeb252456"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char digits[WPB_MD5_DIGITS + 1];
        wpb_md5_hex(wpb_slice_cstr(cases[i].text), digits);
        assert_string_equal(digits, cases[i].digits);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wp_redis_defaults_to_the_local_server),
        TEST(wp_redis_takes_the_environment),
        TEST(wp_redis_host_may_be_a_socket),
        TEST(wp_redis_unresolved_server_is_not_guessed),
        TEST(wp_redis_prefix_is_the_salt_without_whitespace),
        TEST(object_cache_pro_prefix_ends_with_its_separator),
        TEST(object_cache_pro_url_is_not_guessed),
        TEST(object_cache_pro_names_sentinels_or_nodes),
        TEST(litespeed_reads_its_data_file),
        TEST(litespeed_on_memcached_has_no_redis),
        TEST(litespeed_without_a_file_or_a_host_caches_nothing),
        TEST(litespeed_switched_off_says_so),
        TEST(litespeed_prefix_is_of_the_path_that_php_sees),
        TEST(litespeed_prefix_follows_links),
        TEST(litespeed_that_makes_its_prefix_otherwise_is_read_by_shape),
        TEST(w3tc_reads_its_master_file),
        TEST(w3tc_servers_in_their_forms),
        TEST(w3tc_with_another_engine_has_no_redis),
        TEST(w3tc_settings_elsewhere),
        TEST(broken_json_is_unresolved_and_its_bytes_stay_unsaid),
        TEST(a_huge_or_deep_file_is_unresolved),
        TEST(a_fifo_or_a_folder_is_unresolved_and_not_waited_for),
        TEST(a_link_to_another_users_private_file_is_refused),
        TEST(names_and_numbers_of_json_are_those_of_php),
        cmocka_unit_test(md5_is_that_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
