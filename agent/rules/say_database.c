/* Pieces of the sentences and commands about a site's database. */
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/mysql_address.h"
#include "agent/base/text.h"
#include "agent/rules/context.h"

static const char *settle(struct wpb_arena *arena, struct wpb_buf *buf)
{
    const char *text = wpb_arena_cstr(arena, wpb_buf_view(buf));

    wpb_buf_fini(buf);
    return text;
}

static const char *say_known(const struct wpb_rule_context *context,
                             const struct wpb_subject *subject, enum wpb_metric metric,
                             const char *(*say)(struct wpb_arena *, uint64_t))
{
    const struct wpb_sample *sample = wpb_window_get(context->window, subject, metric);

    if (!sample || sample->value.type != WPB_VALUE_INTEGER || sample->value.integer < 0)
        return "";
    return wpb_arena_printf(context->arena, "%s%s",
                            sample->provenance == WPB_EXACT ? "" : "about ",
                            say(context->arena, (uint64_t)sample->value.integer));
}

const char *wpb_say_known_bytes(const struct wpb_rule_context *context,
                                const struct wpb_subject *subject, enum wpb_metric metric)
{
    return say_known(context, subject, metric, wpb_say_bytes);
}

const char *wpb_say_known_count(const struct wpb_rule_context *context,
                                const struct wpb_subject *subject, enum wpb_metric metric)
{
    return say_known(context, subject, metric, wpb_say_count);
}

static void add_client(const struct wpb_rule_context *context, struct wpb_buf *out)
{
    if (context->site->has_mysql)
        wpb_mysql_address_cli(&context->site->mysql, out);
    else
        wpb_buf_text(out, "mysql");
}

/* Double quotes read better around SQL, which has single ones: where nothing in it means
 * anything to a shell between them. */
static bool is_safe_between_double_quotes(const char *sql)
{
    for (; *sql; sql++) {
        unsigned char byte = (unsigned char)*sql;
        if (byte < ' ' || byte > '~' || strchr("\"$`!", byte))
            return false;
        if (byte == '\\' && sql[1] != '_')
            return false;
    }
    return true;
}

const char *wpb_say_mysql_command(const struct wpb_rule_context *context, const char *sql)
{
    struct wpb_buf buf;

    wpb_buf_init(&buf, 0);
    add_client(context, &buf);
    wpb_buf_text(&buf, " -e ");
    if (strchr(sql, '\'') && is_safe_between_double_quotes(sql))
        wpb_buf_printf(&buf, "\"%s\"", sql);
    else
        wpb_text_shell(&buf, wpb_slice_cstr(sql));
    return settle(context->arena, &buf);
}

const char *wpb_say_mysql_backup(const struct wpb_rule_context *context,
                                 struct wpb_slice table)
{
    static const char client[] = "mysql";
    struct wpb_buf reach, line;

    wpb_buf_init(&reach, 0);
    wpb_buf_init(&line, 0);
    add_client(context, &reach);
    /* The client's options are the dump's. */
    wpb_buf_text(&line, "mysqldump --single-transaction");
    wpb_buf_slice(&line, wpb_slice_skip(wpb_buf_view(&reach), sizeof(client) - 1));
    wpb_buf_char(&line, ' ');
    wpb_text_shell(&line, table);
    wpb_buf_text(&line, " > before.sql");
    wpb_buf_fini(&reach);
    return settle(context->arena, &line);
}

static bool is_plain(struct wpb_slice text, const char *also)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool is_alphanumeric = (byte >= '0' && byte <= '9') ||
                               (byte >= 'A' && byte <= 'Z') ||
                               (byte >= 'a' && byte <= 'z');
        if (!is_alphanumeric && (byte == '\0' || !strchr(also, byte)))
            return false;
    }
    return text.len > 0;
}

const char *wpb_say_sql_name(struct wpb_arena *arena, struct wpb_slice name)
{
    struct wpb_buf buf;
    bool is_word = is_plain(name, "_") && !(name.data[0] >= '0' && name.data[0] <= '9');

    wpb_buf_init(&buf, 0);
    if (!is_word)
        wpb_buf_char(&buf, '`');
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '`')
            wpb_buf_char(&buf, '`');
        wpb_buf_char(&buf, name.data[i]);
    }
    if (!is_word)
        wpb_buf_char(&buf, '`');
    return settle(arena, &buf);
}

const char *wpb_say_sql_table(const struct wpb_rule_context *context, const char *name)
{
    const char *prefix = context->site->table_prefix;
    const char *table = wpb_arena_printf(context->arena, "%s%s",
                                         prefix && prefix[0] ? prefix : "wp_", name);

    return wpb_say_sql_name(context->arena, wpb_slice_cstr(table));
}

const char *wpb_say_sql_text(struct wpb_arena *arena, struct wpb_slice text)
{
    struct wpb_buf buf;
    bool is_bare = is_plain(text, "_-.:/ ") || text.len == 0;

    wpb_buf_init(&buf, 0);
    wpb_buf_text(&buf, is_bare ? "'" : "X'");
    for (size_t i = 0; i < text.len; i++) {
        if (is_bare)
            wpb_buf_char(&buf, text.data[i]);
        else
            wpb_buf_printf(&buf, "%02x", (unsigned char)text.data[i]);
    }
    wpb_buf_char(&buf, '\'');
    return settle(arena, &buf);
}

static bool is_number(struct wpb_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.len > 0 && text.len < 19;
}

const char *wpb_say_sql_id(struct wpb_arena *arena, struct wpb_slice id)
{
    return is_number(id) ? wpb_arena_cstr(arena, id) : wpb_say_sql_text(arena, id);
}

static bool has_nul(struct wpb_slice text)
{
    return text.len > 0 && memchr(text.data, '\0', text.len);
}

/* Where the site is: its folder, else its database. */
static void add_place(const struct wpb_rule_context *context, struct wpb_buf *out)
{
    const struct wpb_site *site = context->site;
    struct wpb_buf uri;

    if (site->path && site->path[0]) {
        wpb_buf_text(out, " --site ");
        wpb_text_shell(out, wpb_slice_cstr(site->path));
    } else if (site->has_mysql) {
        wpb_buf_init(&uri, 0);
        wpb_mysql_address_uri(&site->mysql, &uri);
        wpb_buf_text(out, " --mysql ");
        wpb_text_shell(out, wpb_buf_view(&uri));
        wpb_buf_fini(&uri);
        if (site->mysql.password[0])
            wpb_buf_text(out, " --mysql-password-file FILE");
    }
}

const char *wpb_say_explain_option(const struct wpb_rule_context *context,
                                   const struct wpb_subject *option)
{
    struct wpb_buf buf;

    if (has_nul(option->name))
        return NULL;
    wpb_buf_init(&buf, 0);
    wpb_buf_text(&buf, "wpbloat explain option ");
    wpb_text_shell(&buf, option->name);
    add_place(context, &buf);
    return settle(context->arena, &buf);
}

const char *wpb_say_explain_meta(const struct wpb_rule_context *context,
                                 struct wpb_slice post, struct wpb_slice meta_key)
{
    struct wpb_buf buf;

    if (has_nul(post) || has_nul(meta_key))
        return NULL;
    wpb_buf_init(&buf, 0);
    wpb_buf_text(&buf, "wpbloat explain meta ");
    wpb_text_shell(&buf, post);
    wpb_buf_char(&buf, ' ');
    wpb_text_shell(&buf, meta_key);
    add_place(context, &buf);
    return settle(context->arena, &buf);
}
