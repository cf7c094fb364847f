#include "mysql_wordpress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct replacement {
    const char *from, *to;
};

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");

    if (!file)
        fail_msg("%s: cannot be read", path);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    fclose(file);
    return text;
}

/* TEXT with every FROM replaced, at each place by the first that matches; frees TEXT. */
static char *replaced(char *text, const struct replacement *replacements, size_t count)
{
    char *out = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&out, &size);

    assert_non_null(stream);
    for (const char *at = text; *at;) {
        size_t i = 0;
        while (i < count &&
               strncmp(at, replacements[i].from, strlen(replacements[i].from)) != 0)
            i++;
        if (i < count) {
            fputs(replacements[i].to, stream);
            at += strlen(replacements[i].from);
        } else {
            fputc(*at++, stream);
        }
    }
    assert_int_equal(fclose(stream), 0);
    free(text);
    return out;
}

static const char *or_usual(const char *text, const char *usual)
{
    return text ? text : usual;
}

static void run_schema(struct mysql_server *server, const char *path,
                       const struct mysql_wordpress *wordpress)
{
    const struct replacement replacements[] = {
        {"{schema}", or_usual(wordpress->schema, "wordpress")},
        {"{prefix}", or_usual(wordpress->prefix, "wp_")},
        {"{charset}", or_usual(wordpress->charset, "utf8mb4")},
        {"{autoload_type}",
         wordpress->has_old_autoload ? "enum('yes','no')" : "varchar(20)"},
        {"{autoload_key}",
         wordpress->lacks_autoload_index ? "" : ", KEY autoload (autoload)"},
        {"{session_key}",
         wordpress->has_session_index ? ", KEY session_expiry (session_expiry)" : ""},
    };
    char *sql = replaced(read_file(path), replacements,
                         sizeof replacements / sizeof replacements[0]);
    mysql_server_run(server, sql, strlen(sql));
    free(sql);
}

void mysql_wordpress_create(struct mysql_server *server,
                            const struct mysql_wordpress *wordpress)
{
    run_schema(server, MYSQL_SOURCE "/tests/unit/wordpress_schema.sql", wordpress);
    if (wordpress->has_woocommerce)
        run_schema(server, MYSQL_SOURCE "/tests/unit/woocommerce_schema.sql", wordpress);
    mysql_server_do(server, "USE `%s`", or_usual(wordpress->schema, "wordpress"));
    assert_int_equal(mysql_set_character_set(server->admin, "binary"), 0);
}

static char *quoted(struct mysql_server *server, const char *text)
{
    char *out = malloc(2 * strlen(text) + 1);
    assert_non_null(out);
    mysql_real_escape_string(server->admin, out, text, strlen(text));
    return out;
}

static void grant_from(struct mysql_server *server,
                       const struct mysql_wordpress *wordpress, const char *host)
{
    char tables[256], of_plugin[300];
    char *password = quoted(server, MYSQL_WORDPRESS_PASSWORD);

    snprintf(tables, sizeof tables, "`%s`.`%s", or_usual(wordpress->schema, "wordpress"),
             or_usual(wordpress->prefix, "wp_"));
    snprintf(of_plugin, sizeof of_plugin, "GRANT SELECT ON %s", tables);
    const struct replacement replacements[] = {
        {"`wordpress`.`wp_", tables},
        {"'localhost'", host},
        {"CHOOSE-A-PASSWORD", password},
        /* Last, so that the lines of a site without WooCommerce stay comments. */
        {"-- GRANT SELECT ON `wordpress`.`wp_", of_plugin},
    };
    size_t count = sizeof replacements / sizeof replacements[0];
    char *sql = replaced(read_file(MYSQL_SOURCE "/packaging/grants.sql"), replacements,
                         wordpress->has_woocommerce ? count : count - 1);
    mysql_server_run(server, sql, strlen(sql));
    free(sql);
    free(password);
}

void mysql_wordpress_grant(struct mysql_server *server,
                           const struct mysql_wordpress *wordpress)
{
    grant_from(server, wordpress, "'localhost'");
    grant_from(server, wordpress, "'127.0.0.1'");
}

/* An INSERT put together from texts and quoted bytes. */
struct statement {
    char *text;
    size_t len;
    FILE *stream;
};

static void begin(struct statement *statement)
{
    statement->stream = open_memstream(&statement->text, &statement->len);
    assert_non_null(statement->stream);
}

static void put_bytes(struct mysql_server *server, struct statement *statement,
                      struct wpb_slice bytes)
{
    char *out = malloc(2 * bytes.len + 1);
    assert_non_null(out);
    size_t len = mysql_real_escape_string(server->admin, out,
                                          bytes.data ? bytes.data : "", bytes.len);
    fputc('\'', statement->stream);
    fwrite(out, 1, len, statement->stream);
    fputc('\'', statement->stream);
    free(out);
}

static void end(struct mysql_server *server, struct statement *statement)
{
    assert_int_equal(fclose(statement->stream), 0);
    mysql_server_run(server, statement->text, statement->len);
    free(statement->text);
}

void mysql_wordpress_option(struct mysql_server *server, const char *prefix,
                            struct wpb_slice name, struct wpb_slice value,
                            const char *autoload)
{
    struct statement statement;

    begin(&statement);
    fprintf(statement.stream,
            "INSERT INTO `%soptions` (option_name, option_value, autoload) VALUES (",
            prefix);
    put_bytes(server, &statement, name);
    fputs(", ", statement.stream);
    put_bytes(server, &statement, value);
    fprintf(statement.stream, ", '%s')", autoload);
    end(server, &statement);
}

void mysql_wordpress_meta(struct mysql_server *server, const char *prefix,
                          uint64_t post_id, struct wpb_slice key, struct wpb_slice value)
{
    struct statement statement;

    begin(&statement);
    fprintf(statement.stream,
            "INSERT INTO `%spostmeta` (post_id, meta_key, meta_value) VALUES (%llu, ",
            prefix, (unsigned long long)post_id);
    put_bytes(server, &statement, key);
    fputs(", ", statement.stream);
    put_bytes(server, &statement, value);
    fputc(')', statement.stream);
    end(server, &statement);
}

uint64_t mysql_wordpress_post(struct mysql_server *server, const char *prefix,
                              uint64_t post_id, const char *type, const char *status,
                              uint64_t parent)
{
    mysql_server_do(server,
                    "INSERT INTO `%sposts` (ID, post_author, post_date, post_date_gmt, "
                    "post_content, post_title, post_excerpt, post_status, post_name, "
                    "to_ping, pinged, post_content_filtered, post_parent, post_type) "
                    "VALUES (%llu, 1, NOW(), UTC_TIMESTAMP(), '', 'A title', '', '%s', "
                    "'a-%s', '', '', '', %llu, '%s')",
                    prefix, (unsigned long long)post_id, status, type,
                    (unsigned long long)parent, type);
    return mysql_insert_id(server->admin);
}
