#include "probes/mysql/sql.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"

/* Above any statement built here; a longer one fails as the buffer does. */
#define SQL_MAX ((size_t)1 << 20)

void wpb_sql_init(struct wpb_sql *sql, const struct wpb_site *site)
{
    wpb_buf_init(&sql->text, SQL_MAX);
    sql->site = site;
}

void wpb_sql_fini(struct wpb_sql *sql)
{
    wpb_buf_fini(&sql->text);
}

void wpb_sql_begin(struct wpb_sql *sql, const struct wpb_site *site)
{
    wpb_buf_clear(&sql->text);
    sql->site = site;
}

static void add_quoted(struct wpb_buf *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '`')
            wpb_buf_char(out, '`');
        wpb_buf_char(out, data[i]);
    }
}

void wpb_sql_add(struct wpb_sql *sql, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "{");
        wpb_buf_add(&sql->text, text, plain);
        text += plain;
        if (*text != '{')
            return;
        size_t name = strcspn(++text, "}");
        wpb_buf_char(&sql->text, '`');
        add_quoted(&sql->text, sql->site->table_prefix, strlen(sql->site->table_prefix));
        wpb_buf_add(&sql->text, text, name);
        wpb_buf_char(&sql->text, '`');
        text += name + (text[name] == '}');
    }
}

void wpb_sql_number(struct wpb_sql *sql, uint64_t number)
{
    wpb_buf_printf(&sql->text, "%llu", (unsigned long long)number);
}

void wpb_sql_identifier(struct wpb_sql *sql, struct wpb_slice name)
{
    wpb_buf_char(&sql->text, '`');
    add_quoted(&sql->text, name.data, name.len);
    wpb_buf_char(&sql->text, '`');
}

static void add_hex(struct wpb_buf *out, struct wpb_slice bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        wpb_buf_char(out, digits[byte >> 4]);
        wpb_buf_char(out, digits[byte & 15]);
    }
}

void wpb_sql_string(struct wpb_sql *sql, struct wpb_slice bytes)
{
    bool is_text = wpb_text_is_utf8(bytes);

    wpb_buf_text(&sql->text, is_text ? "_utf8mb4 x'" : "CAST(x'");
    add_hex(&sql->text, bytes);
    wpb_buf_text(&sql->text, is_text ? "'" : "' AS BINARY)");
}

void wpb_sql_like_prefix(struct wpb_sql *sql, struct wpb_slice prefix)
{
    struct wpb_buf pattern;

    wpb_buf_init(&pattern, 0);
    for (size_t i = 0; i < prefix.len; i++) {
        if (strchr("%_|", prefix.data[i]) && prefix.data[i])
            wpb_buf_char(&pattern, '|');
        wpb_buf_char(&pattern, prefix.data[i]);
    }
    wpb_buf_char(&pattern, '%');
    wpb_sql_add(sql, " LIKE ");
    wpb_sql_string(sql, wpb_buf_view(&pattern));
    wpb_sql_add(sql, " ESCAPE '|'");
    sql->text.failed |= pattern.failed;
    wpb_buf_fini(&pattern);
}

/* Letters and digits only: it comes from a configuration file. */
static bool is_charset(const char *name)
{
    if (!*name || strlen(name) > 32)
        return false;
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    }
    return true;
}

static const char *charset_of(const struct wpb_sql *sql)
{
    const char *charset = sql->site->db_charset;

    /* wpdb takes utf8mb4 for utf8. */
    return is_charset(charset) && strcmp(charset, "utf8") != 0 ? charset : "utf8mb4";
}

/* What is behind the piece is cut off before it is converted: characters are not more
 * than their bytes, and a whole value above max_allowed_packet would become NULL. */
void wpb_sql_bytes_of(struct wpb_sql *sql, const char *column, uint64_t first,
                      uint64_t count)
{
    wpb_buf_printf(
        &sql->text,
        "SUBSTRING(CAST(CONVERT(LEFT(%s, %llu) USING %s) AS BINARY), %llu, %llu)", column,
        (unsigned long long)(first + count - 1), charset_of(sql),
        (unsigned long long)first, (unsigned long long)count);
}

void wpb_sql_length_of(struct wpb_sql *sql, const char *column)
{
    wpb_buf_printf(&sql->text, "COALESCE(LENGTH(CONVERT(%s USING %s)), LENGTH(%s))",
                   column, charset_of(sql), column);
}
