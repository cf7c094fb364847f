#include "agent/command/demo_database.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/command/demo_incident.h"
#include "agent/command/demo_page.h"
#include "probes/mysql/client.h"

static const char stage[] = "demo";

#define SEPARATOR "|"
#define PAGE_TABLE "atelier.at_postmeta"
#define PAGE_ID 812

/* The columns that are looked at, as WordPress makes them; {p} is the table prefix. */
static const char tables[] =
    "CREATE TABLE {p}options (option_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY "
    "KEY, option_name VARCHAR(191) NOT NULL UNIQUE, option_value LONGTEXT NOT NULL, "
    "autoload VARCHAR(20) NOT NULL DEFAULT 'yes', KEY autoload (autoload))" SEPARATOR
    "CREATE TABLE {p}postmeta (meta_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY "
    "KEY, post_id BIGINT UNSIGNED NOT NULL DEFAULT 0, meta_key VARCHAR(255), meta_value "
    "LONGTEXT, KEY post_id (post_id), KEY meta_key (meta_key(191)))" SEPARATOR
    "CREATE TABLE {p}posts (ID BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, "
    "post_date DATETIME NOT NULL DEFAULT NOW(), post_content LONGTEXT NOT NULL DEFAULT "
    "'', post_title TEXT NOT NULL DEFAULT '', post_status VARCHAR(20) NOT NULL DEFAULT "
    "'publish', post_name VARCHAR(200) NOT NULL DEFAULT '', post_modified_gmt DATETIME "
    "NOT NULL DEFAULT NOW(), post_parent BIGINT UNSIGNED NOT NULL DEFAULT 0, post_type "
    "VARCHAR(20) NOT NULL DEFAULT 'post', KEY post_name (post_name(191)), KEY "
    "type_status_date (post_type, post_status, post_date, ID), KEY post_parent "
    "(post_parent))";

/* Where InnoDB keeps what it knows of tables' sizes: an installation would have made
 * them. */
static const char statistics[] =
    "CREATE DATABASE mysql" SEPARATOR
    "CREATE TABLE mysql.innodb_table_stats (database_name VARCHAR(64) NOT NULL, "
    "table_name VARCHAR(199) NOT NULL, last_update TIMESTAMP NOT NULL DEFAULT "
    "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, n_rows BIGINT UNSIGNED NOT NULL, "
    "clustered_index_size BIGINT UNSIGNED NOT NULL, sum_of_other_index_sizes BIGINT "
    "UNSIGNED NOT NULL, PRIMARY KEY (database_name, table_name)) ENGINE=InnoDB CHARSET="
    "utf8mb3 COLLATE=utf8mb3_bin STATS_PERSISTENT=0" SEPARATOR
    "CREATE TABLE mysql.innodb_index_stats (database_name VARCHAR(64) NOT NULL, "
    "table_name VARCHAR(199) NOT NULL, index_name VARCHAR(64) NOT NULL, last_update "
    "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, stat_name "
    "VARCHAR(64) NOT NULL, stat_value BIGINT UNSIGNED NOT NULL, sample_size BIGINT "
    "UNSIGNED, stat_description VARCHAR(1024) NOT NULL, PRIMARY KEY (database_name, "
    "table_name, index_name, stat_name)) ENGINE=InnoDB CHARSET=utf8mb3 COLLATE="
    "utf8mb3_bin STATS_PERSISTENT=0";

static const char analysis[] = "ANALYZE TABLE {p}options, {p}postmeta, {p}posts";

/* The rows of each: nothing remarkable; the page's smaller values, the other two are
 * demo_page.h's; heavy. */
static const char shop_rows[] =
    "INSERT INTO {p}options (option_name, option_value) VALUES "
    "('siteurl', 'https://shop.example.test'), ('blogname', 'Quayside'), "
    "('active_plugins', "
    "'a:1:{i:0;s:35:\"kestrel-pricing/kestrel-pricing.php\";}')" SEPARATOR
    "INSERT INTO {p}posts (ID, post_type, post_name) SELECT seq, 'product', "
    "CONCAT('item-', seq) FROM seq_162_to_599" SEPARATOR
    "INSERT INTO {p}postmeta (post_id, meta_key, meta_value) SELECT seq, '_price', "
    "'19.95' "
    "FROM seq_200_to_599" SEPARATOR
    "INSERT INTO {p}postmeta (post_id, meta_key, meta_value) SELECT seq, "
    "'_elementor_edit_mode', 'builder' FROM seq_162_to_199" SEPARATOR
    "INSERT INTO {p}postmeta (post_id, meta_key, meta_value) SELECT seq, '_edit_lock', "
    "'1795461112:3' FROM seq_162_to_199";

static const char atelier_rows[] =
    "INSERT INTO {p}options (option_name, option_value) VALUES "
    "('siteurl', 'https://atelier.example.test'), ('blogname', 'Atelier'), "
    "('elementor_css_print_method', 'internal'), "
    "('active_plugins', 'a:1:{i:0;s:23:\"elementor/elementor.php\";}')" SEPARATOR
    "INSERT INTO {p}posts (ID, post_type, post_name) SELECT seq, 'page', "
    "CONCAT('page-', seq) FROM seq_800_to_859" SEPARATOR
    "UPDATE {p}posts SET post_name = 'spring-lookbook' WHERE ID = 812" SEPARATOR
    "INSERT INTO {p}postmeta (post_id, meta_key, meta_value) SELECT seq, "
    "'_elementor_edit_mode', 'builder' FROM seq_800_to_859" SEPARATOR
    "INSERT INTO {p}postmeta (post_id, meta_key, meta_value) SELECT seq, "
    "'_elementor_data', CONCAT('[{\"id\":\"', HEX(seq), '\",\"elType\":\"section\","
    "\"settings\":{\"html\":\"', REPEAT('Linen and oak. ', 200), "
    "'\"},\"elements\":[]}]') "
    "FROM seq_800_to_859 WHERE seq <> 812" SEPARATOR
    "INSERT INTO {p}postmeta (post_id, meta_key, meta_value) VALUES "
    "(812, '_wp_page_template', 'elementor_header_footer'), "
    "(812, '_elementor_version', '3.21.2')";

/* 38,000,000 bytes of three plugins, of the first 22,000,000: two options, 900 and 400.
 */
static const char club_rows[] =
    "INSERT INTO {p}options (option_name, option_value) VALUES "
    "('siteurl', 'https://club.example.test'), ('blogname', 'Rowing club'), "
    "('tern_catalogue_index', REPEAT('{\"sku\":\"TC\",\"n\":12},', 1000000)), "
    "('tern_catalogue_log', RPAD('import of 1,204 rows\\n', 2000000, 'import of 988 "
    "rows\\n')), "
    "('active_plugins', 'a:3:{i:0;s:33:\"tern-catalogue/tern-catalogue.php\";i:1;s:31:"
    "\"harbour-forms/harbour-forms.php\";i:2;s:23:\"lumen-seo/"
    "lumen-seo.php\";}')" SEPARATOR
    "INSERT INTO {p}options (option_name, option_value) SELECT "
    "CONCAT('harbour_forms_entry_', seq), RPAD('a:9:{s:4:\"form\";', 12000, "
    "'s:7:\"message\";') FROM seq_1_to_900" SEPARATOR
    "INSERT INTO {p}options (option_name, option_value) SELECT "
    "CONCAT('lumen_seo_redirects_', seq), RPAD('a:80:{i:0;', 13000, "
    "'s:11:\"/old-path/1\";') FROM seq_1_to_400";

static const struct {
    const char *schema, *prefix, *rows;
} schemas[] = {
    {"shop", WPB_DEMO_TABLE_PREFIX, shop_rows},
    {"atelier", "at_", atelier_rows},
    {"club", "kl_", club_rows},
};

static int refused(MYSQL *mysql, struct wpb_err *err)
{
    return wpb_err_set(err, WPB_E_PROTOCOL, stage, "the private mariadbd: %s",
                       mysql_error(mysql));
}

/* TEXT with PREFIX in its places. */
static void fill_in(const char *text, const char *prefix, struct wpb_buf *out)
{
    const char *place;

    wpb_buf_clear(out);
    while ((place = strstr(text, "{p}"))) {
        wpb_buf_add(out, text, (size_t)(place - text));
        wpb_buf_text(out, prefix);
        text = place + 3;
    }
    wpb_buf_text(out, text);
}

static int run_all(MYSQL *mysql, const char *statements, const char *prefix,
                   struct wpb_err *err)
{
    struct wpb_buf text;
    int result = 0;

    wpb_buf_init(&text, 0);
    fill_in(statements, prefix, &text);
    for (const char *at = text.data; at && !result;) {
        size_t len = strcspn(at, SEPARATOR);
        if (wpb_buf_failed(&text) || mysql_real_query(mysql, at, (unsigned long)len) != 0)
            result = refused(mysql, err);
        else
            mysql_free_result(mysql_store_result(mysql));
        at = at[len] ? at + len + 1 : NULL;
    }
    wpb_buf_fini(&text);
    return result;
}

static int seed_schema(MYSQL *mysql, const char *schema, const char *prefix,
                       const char *rows, struct wpb_err *err)
{
    char create[64];
    int len = snprintf(create, sizeof create, "CREATE DATABASE %s", schema);

    if (mysql_real_query(mysql, create, (unsigned long)len) != 0 ||
        mysql_select_db(mysql, schema) != 0)
        return refused(mysql, err);
    if (run_all(mysql, tables, prefix, err) != 0)
        return -1;
    return run_all(mysql, rows, prefix, err);
}

/* Neither value holds a byte that a quoted string must escape but these two. */
static void append_quoted(struct wpb_buf *out, struct wpb_slice value)
{
    wpb_buf_char(out, '\'');
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '\\' || value.data[i] == '\'')
            wpb_buf_char(out, '\\');
        wpb_buf_char(out, value.data[i]);
    }
    wpb_buf_char(out, '\'');
}

static int insert_meta(MYSQL *mysql, const char *table, unsigned post, const char *key,
                       struct wpb_slice value, struct wpb_err *err)
{
    struct wpb_buf statement;
    int result = 0;

    wpb_buf_init(&statement, 0);
    wpb_buf_printf(&statement,
                   "INSERT INTO %s (post_id, meta_key, meta_value) VALUES (%u, '%s', ",
                   table, post, key);
    append_quoted(&statement, value);
    wpb_buf_char(&statement, ')');
    if (wpb_buf_failed(&statement) ||
        mysql_real_query(mysql, statement.data, (unsigned long)statement.len) != 0)
        result = refused(mysql, err);
    wpb_buf_fini(&statement);
    return result;
}

static int set_key(redisContext *redis, const char *key, struct wpb_slice value,
                   struct wpb_err *err)
{
    redisReply *reply = redisCommand(redis, "SET %s %b", key, value.data, value.len);
    bool is_set = reply && reply->type == REDIS_REPLY_STATUS;

    if (reply)
        freeReplyObject(reply);
    return is_set ? 0
                  : wpb_err_set(err, WPB_E_IO, stage, "the private redis-server: %s",
                                redis->errstr);
}

/* What the atelier's drop-in keeps: options as they are, and the page. */
static int seed_cache(const char *socket, struct wpb_slice entry, struct wpb_err *err)
{
    static const struct {
        const char *key, *value;
    } small[] = {
        {"atelier_at:options:alloptions",
         "a:2:{s:8:\"blogname\";s:7:\"Atelier\";s:26:\"elementor_css_print_method\";s:8:"
         "\"internal\";}"},
        {"atelier_at:options:notoptions", "a:1:{s:6:\"WPLANG\";b:1;}"},
        {"atelier_at:posts:last_changed", "0.64035600 1795464061"},
    };
    redisContext *redis = redisConnectUnix(socket);
    redisReply *reply;
    int result = -1;

    if (!redis || redis->err) {
        wpb_err_set(err, WPB_E_IO, stage, "the private redis-server does not answer");
        goto out;
    }
    reply = redisCommand(redis, "SELECT %d", WPB_DEMO_PAGE_DATABASE);
    if (reply)
        freeReplyObject(reply);
    result = set_key(redis, WPB_DEMO_PAGE_KEY, entry, err);
    for (size_t i = 0; i < sizeof small / sizeof *small && result == 0; i++)
        result = set_key(redis, small[i].key, wpb_slice_cstr(small[i].value), err);
out:
    if (redis)
        redisFree(redis);
    return result;
}

/* The string that follows KEY in ENTRY, which demo_values.c has written: a list of one,
 * a:1:{i:0;s:LENGTH:"...";}. */
static struct wpb_slice value_in(struct wpb_slice entry, const char *key)
{
    static const char before[] = "\";a:1:{i:0;s:";
    const char *at = memmem(entry.data, entry.len, key, strlen(key));
    char *end;
    size_t len;

    if (!at || strncmp(at + strlen(key), before, strlen(before)) != 0)
        return (struct wpb_slice){NULL, 0};
    len = strtoul(at + strlen(key) + strlen(before), &end, 10);
    return wpb_slice_of(end + strlen(":\""), len);
}

static int copy_post(MYSQL *mysql, redisContext *redis, unsigned post,
                     struct wpb_err *err)
{
    redisReply *entry =
        redisCommand(redis, "GET " WPB_DEMO_KEY_PREFIX "post_meta:%u", post);
    int result = -1;

    if (!entry || entry->type != REDIS_REPLY_STRING)
        wpb_err_set(err, WPB_E_IO, stage, "the private redis-server has lost post %u",
                    post);
    else
        result = insert_meta(
            mysql, "shop." WPB_DEMO_TABLE_PREFIX "postmeta", post, "_elementor_data",
            value_in(wpb_slice_of(entry->str, entry->len), "_elementor_data"), err);
    if (entry)
        freeReplyObject(entry);
    return result;
}

/* What the shop's Redis already carries stands in its database, too. */
static int seed_shop_posts(MYSQL *mysql, const char *redis_socket, struct wpb_err *err)
{
    redisContext *redis = redisConnectUnix(redis_socket);
    redisReply *reply =
        redis && !redis->err ? redisCommand(redis, "SELECT %d", WPB_DEMO_DATABASE) : NULL;
    int result = reply ? 0
                       : wpb_err_set(err, WPB_E_IO, stage,
                                     "the private redis-server does not answer");

    for (unsigned i = 0; i < WPB_DEMO_BUILDER_POSTS && result == 0; i++)
        result = copy_post(mysql, redis, WPB_DEMO_BUILDER_POST_FIRST + i, err);
    if (reply)
        freeReplyObject(reply);
    if (redis)
        redisFree(redis);
    return result;
}

static int seed_page(MYSQL *mysql, const char *redis_socket, struct wpb_err *err)
{
    struct wpb_buf layout, css, entry;
    int result = -1;

    wpb_buf_init(&layout, 0);
    wpb_buf_init(&css, 0);
    wpb_buf_init(&entry, 0);
    wpb_demo_page_layout(&layout);
    wpb_demo_page_css(&css);
    wpb_demo_page_entry(wpb_buf_view(&layout), wpb_buf_view(&css), &entry);
    if (wpb_buf_failed(&layout) || wpb_buf_failed(&css) || wpb_buf_failed(&entry))
        wpb_err_set(err, WPB_E_MEMORY, stage, "out of memory");
    else if (insert_meta(mysql, PAGE_TABLE, PAGE_ID, "_elementor_data",
                         wpb_buf_view(&layout), err) == 0 &&
             insert_meta(mysql, PAGE_TABLE, PAGE_ID, "_elementor_css", wpb_buf_view(&css),
                         err) == 0)
        result = seed_cache(redis_socket, wpb_buf_view(&entry), err);
    wpb_buf_fini(&entry);
    wpb_buf_fini(&css);
    wpb_buf_fini(&layout);
    return result;
}

/* Have the server look how large the tables have become. */
static int analyse(MYSQL *mysql, struct wpb_err *err)
{
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        if (mysql_select_db(mysql, schemas[i].schema) != 0)
            return refused(mysql, err);
        if (run_all(mysql, analysis, schemas[i].prefix, err) != 0)
            return -1;
    }
    return 0;
}

int wpb_demo_database_seed(const char *mariadb_socket, const char *redis_socket,
                           struct wpb_err *err)
{
    MYSQL *mysql;
    int result = -1;

    wpb_mysql_client_begin();
    mysql = mysql_init(NULL);
    if (!mysql)
        return wpb_err_set(err, WPB_E_MEMORY, stage, "out of memory");
    if (!mysql_real_connect(mysql, NULL, "demo", NULL, NULL, 0, mariadb_socket, 0)) {
        refused(mysql, err);
        goto out;
    }
    if (run_all(mysql, statistics, "", err) != 0)
        goto out;
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        if (seed_schema(mysql, schemas[i].schema, schemas[i].prefix, schemas[i].rows,
                        err) != 0)
            goto out;
    }
    if (seed_shop_posts(mysql, redis_socket, err) == 0 &&
        seed_page(mysql, redis_socket, err) == 0)
        result = analyse(mysql, err);
out:
    mysql_close(mysql);
    return result;
}
