#include "probes/mysql/shape_token.h"

#include <ctype.h>
#include <strings.h>

static bool is_space(char byte)
{
    return (unsigned char)byte <= ' ' || byte == 0x7f;
}

static bool is_word(char byte)
{
    unsigned char value = (unsigned char)byte;

    return isalnum(value) || value == '_' || value == '$' || value >= 0x80;
}

static bool is_quote(char byte)
{
    return byte == '\'' || byte == '"';
}

/* How many bytes the comment at the front has; 0: there is none. */
static size_t comment(struct wpb_slice sql)
{
    static const struct wpb_slice dashes = WPB_SLICE("--"), open = WPB_SLICE("/*");
    const char *end;

    if (wpb_slice_starts(sql, open)) {
        end = memmem(sql.data + 2, sql.len - 2, "*/", 2);
        return end ? (size_t)(end - sql.data) + 2 : sql.len;
    }
    if (sql.data[0] != '#' &&
        !(wpb_slice_starts(sql, dashes) && (sql.len == 2 || is_space(sql.data[2]))))
        return 0;
    end = memchr(sql.data, '\n', sql.len);
    return end ? (size_t)(end - sql.data) + 1 : sql.len;
}

/* How many bytes from the quote at AT to behind the one that ends it. */
static size_t quoted(struct wpb_slice sql, size_t at, bool has_escapes)
{
    char quote = sql.data[at];
    size_t i = at + 1;

    while (i < sql.len) {
        if (has_escapes && sql.data[i] == '\\')
            i += 2;
        else if (sql.data[i] != quote)
            i++;
        else if (i + 1 < sql.len && sql.data[i + 1] == quote)
            i += 2;
        else
            return i + 1 - at;
    }
    return sql.len - at;
}

/* 1.5e-10, 0x1F, and whatever else sticks to digits. */
static size_t number(struct wpb_slice sql)
{
    size_t i = 1;

    for (; i < sql.len; i++) {
        char byte = sql.data[i], before = sql.data[i - 1];
        bool is_exponent = (byte == '+' || byte == '-') &&
                           (before == 'e' || before == 'E') && i + 1 < sql.len &&
                           isdigit((unsigned char)sql.data[i + 1]);
        if (!is_word(byte) && byte != '.' && !is_exponent)
            break;
    }
    return i;
}

static size_t word(struct wpb_slice sql)
{
    size_t i = 1;

    while (i < sql.len && is_word(sql.data[i]))
        i++;
    return i;
}

static bool begins_number(struct wpb_slice sql)
{
    return isdigit((unsigned char)sql.data[0]) ||
           (sql.data[0] == '.' && sql.len > 1 && isdigit((unsigned char)sql.data[1]));
}

/* x'1f', N'name', _utf8mb4'name' and _utf8mb4 'name': all of it is the value. */
static size_t introduced(struct wpb_slice sql, size_t word_len)
{
    size_t at = word_len;

    while (sql.data[0] == '_' && at < sql.len && is_space(sql.data[at]))
        at++;
    if (at >= sql.len || !is_quote(sql.data[at]) || (sql.data[0] != '_' && word_len != 1))
        return 0;
    return at + quoted(sql, at, true);
}

static void take(struct wpb_slice *sql, size_t len, enum wpb_sql_token_kind kind,
                 struct wpb_sql_token *token)
{
    *token = (struct wpb_sql_token){kind, wpb_slice_head(*sql, len)};
    *sql = wpb_slice_skip(*sql, len);
}

static void take_name(struct wpb_slice *sql, struct wpb_sql_token *token)
{
    size_t len = quoted(*sql, 0, false);

    take(sql, len, WPB_SQL_NAME, token);
    bool is_ended = len > 1 && token->text.data[len - 1] == '`';
    token->text = wpb_slice_of(token->text.data + 1, len - 1 - is_ended);
}

bool wpb_sql_next_token(struct wpb_slice *sql, struct wpb_sql_token *token)
{
    size_t len;

    while (sql->len && (is_space(sql->data[0]) || comment(*sql)))
        *sql = wpb_slice_skip(*sql, is_space(sql->data[0]) ? 1 : comment(*sql));
    *token = (struct wpb_sql_token){.kind = WPB_SQL_END};
    if (sql->len == 0)
        return false;
    if (sql->data[0] == '`')
        take_name(sql, token);
    else if (is_quote(sql->data[0]))
        take(sql, quoted(*sql, 0, true), WPB_SQL_VALUE, token);
    else if (begins_number(*sql))
        take(sql, number(*sql), WPB_SQL_VALUE, token);
    else if (sql->data[0] == '?')
        take(sql, 1, WPB_SQL_VALUE, token);
    else if (!is_word(sql->data[0]))
        take(sql, 1, WPB_SQL_SIGN, token);
    else if ((len = introduced(*sql, word(*sql))) != 0)
        take(sql, len, WPB_SQL_VALUE, token);
    else
        take(sql, word(*sql), WPB_SQL_WORD, token);
    return true;
}

bool wpb_sql_token_is(const struct wpb_sql_token *token, const char *word_is)
{
    return token->kind == WPB_SQL_WORD && token->text.len == strlen(word_is) &&
           strncasecmp(token->text.data, word_is, token->text.len) == 0;
}
