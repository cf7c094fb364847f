#include "probes/mysql/shape.h"

#include <ctype.h>
#include <stdio.h>

#include "probes/mysql/shape_token.h"

/* Of values in a row, more than these are not written: their list is "(...)". */
#define VALUES_SHOWN 2

/* Where it is being written, and what stands there. */
struct writer {
    struct wpb_sql_shape *shape;
    struct wpb_sql_token last;
    bool is_cut;
    /* The innermost open parenthesis, while nothing but values stands in it. */
    bool in_list, owes_comma;
    size_t list_at, values;
};

/* The table is the name that comes after one of these words. */
enum place { ELSEWHERE, AT_TABLE, AFTER_TABLE, KNOWN };

struct reader {
    struct wpb_sql_token first; /* word of the statement */
    struct wpb_sql_token last;  /* token before this one */
    enum place place;
    /* A bit an open parenthesis: is it of a function that has FROM among its words? */
    uint64_t in_function;
};

/* ---- writing ---- */

static void put(struct writer *writer, const char *bytes, size_t len)
{
    struct wpb_sql_shape *shape = writer->shape;

    if (writer->is_cut)
        return;
    if (len > WPB_SHAPE_MAX - shape->len) {
        len = WPB_SHAPE_MAX - shape->len;
        writer->is_cut = true;
    }
    memcpy(shape->text + shape->len, bytes, len);
    shape->len += len;
}

static bool keeps_space_before_parenthesis(const struct wpb_sql_token *token)
{
    static const char *const words[] = {
        "IN",   "VALUES", "VALUE", "AND",   "OR",  "NOT",   "WHERE",  "ON",
        "FROM", "JOIN",   "AS",    "USING", "ALL", "UNION", "SELECT", "EXISTS"};

    if (token->kind != WPB_SQL_WORD)
        return token->kind != WPB_SQL_NAME;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (wpb_sql_token_is(token, words[i]))
            return true;
    }
    return false;
}

static bool is_sign(const struct wpb_sql_token *token, const char *signs)
{
    return token->kind == WPB_SQL_SIGN && strchr(signs, token->text.data[0]);
}

static bool needs_space(const struct wpb_sql_token *last,
                        const struct wpb_sql_token *token)
{
    if (last->kind == WPB_SQL_END || is_sign(last, "(.@") || is_sign(token, "),.;"))
        return false;
    if (is_sign(token, "("))
        return keeps_space_before_parenthesis(last);
    if (is_sign(last, "<>=!:|&") && is_sign(token, "<>=!:|&"))
        return false;
    return true;
}

static bool ends_with(const struct writer *writer, size_t len, const char *words)
{
    size_t words_len = strlen(words);

    return len >= words_len &&
           memcmp(writer->shape->text + len - words_len, words, words_len) == 0;
}

/* Nothing but values stood in the parentheses that close here: write them as one, and
 * not again after the same. True when that is done. */
static bool fold_list(struct writer *writer)
{
    const char *list = writer->values >= VALUES_SHOWN ? "(...)" : "(?)";
    char before[16];
    size_t at = writer->list_at;

    if (!writer->in_list || writer->values == 0 || writer->is_cut)
        return false;
    writer->in_list = false;
    snprintf(before, sizeof(before), "%s, ", list);
    if (ends_with(writer, at, before)) {
        writer->shape->len = at - 2;
        return true;
    }
    writer->shape->len = at;
    put(writer, list, strlen(list));
    return true;
}

/* Values beyond those that are shown; the commas before them too. */
static bool is_dropped(struct writer *writer, const struct wpb_sql_token *token)
{
    if (!writer->in_list)
        return false;
    if (token->kind == WPB_SQL_VALUE) {
        writer->owes_comma = false;
        return ++writer->values > VALUES_SHOWN;
    }
    if (is_sign(token, ","))
        return writer->owes_comma = writer->values >= VALUES_SHOWN;
    if (writer->owes_comma)
        put(writer, ",", 1);
    writer->in_list = false;
    return false;
}

/* The sign of a number, which digests tell apart from it. */
static bool is_unary(const struct writer *writer, const struct wpb_sql_token *token)
{
    return is_sign(token, "+-") && is_sign(&writer->last, "(,=<>");
}

static bool is_plain(struct wpb_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        if (!isalnum(byte) && byte != '_' && byte != '$' && byte < 0x80)
            return false;
    }
    return name.len > 0 && !isdigit((unsigned char)name.data[0]);
}

static void put_token(struct writer *writer, const struct wpb_sql_token *token)
{
    if (token->kind == WPB_SQL_VALUE) {
        put(writer, "?", 1);
    } else if (token->kind == WPB_SQL_NAME && !is_plain(token->text)) {
        put(writer, "`", 1);
        put(writer, token->text.data, token->text.len);
        put(writer, "`", 1);
    } else {
        put(writer, token->text.data, token->text.len);
    }
}

static void write_token(struct writer *writer, const struct wpb_sql_token *token)
{
    if (is_sign(token, ")") && fold_list(writer)) {
        writer->last = *token;
        return;
    }
    if (is_unary(writer, token) || is_dropped(writer, token))
        return;
    if (needs_space(&writer->last, token))
        put(writer, " ", 1);
    if (is_sign(token, "(")) {
        writer->in_list = true;
        writer->owes_comma = false;
        writer->list_at = writer->shape->len;
        writer->values = 0;
    }
    put_token(writer, token);
    writer->last = *token;
}

/* Whole characters, and a sign that there was more. */
static void end_text(struct writer *writer)
{
    struct wpb_sql_shape *shape = writer->shape;

    if (writer->is_cut) {
        shape->len = WPB_SHAPE_MAX - 3;
        while (shape->len > 0 && ((unsigned char)shape->text[shape->len] & 0xc0) == 0x80)
            shape->len--;
        memcpy(shape->text + shape->len, "...", 3);
        shape->len += 3;
    }
    shape->text[shape->len] = '\0';
}

/* ---- finding the table ---- */

static bool is_any(const struct wpb_sql_token *token, const char *const *words)
{
    for (; *words; words++) {
        if (wpb_sql_token_is(token, *words))
            return true;
    }
    return false;
}

/* EXTRACT(YEAR FROM post_date), TRIM(LEADING ? FROM name). */
static void take_parenthesis(struct reader *reader, const struct wpb_sql_token *token)
{
    static const char *const functions[] = {"EXTRACT", "TRIM", "SUBSTRING",
                                            "SUBSTR",  "MID",  NULL};

    if (is_sign(token, "("))
        reader->in_function =
            reader->in_function << 1 | (uint64_t)is_any(&reader->last, functions);
    else if (is_sign(token, ")"))
        reader->in_function >>= 1;
}

/* Does the name of a table come next, after TOKEN? */
static bool leads_to_table(const struct reader *reader, const struct wpb_sql_token *token)
{
    static const char *const writes[] = {"INSERT", "REPLACE", NULL};
    static const char *const modifies[] = {"UPDATE", "INSERT", "REPLACE", NULL};

    if (wpb_sql_token_is(token, "FROM") || wpb_sql_token_is(token, "JOIN"))
        return (reader->in_function & 1) == 0;
    if (wpb_sql_token_is(token, "INTO"))
        return is_any(&reader->first, writes);
    if (wpb_sql_token_is(token, "TABLE"))
        return true;
    return reader->first.kind == WPB_SQL_END && is_any(token, modifies);
}

static bool is_between(const struct wpb_sql_token *token)
{
    static const char *const words[] = {
        "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "IGNORE", "QUICK",   "INTO",
        "IF",           "EXISTS",        "NOT",     "ONLY",   "LATERAL", NULL};

    return is_any(token, words);
}

static void keep_table(struct wpb_sql_shape *shape, struct wpb_slice name)
{
    shape->table_len = name.len < WPB_SHAPE_TABLE_MAX ? name.len : WPB_SHAPE_TABLE_MAX;
    memcpy(shape->table, name.data, shape->table_len);
    shape->table[shape->table_len] = '\0';
}

static bool is_name(const struct wpb_sql_token *token)
{
    return token->kind == WPB_SQL_NAME || token->kind == WPB_SQL_WORD;
}

static void read_token(struct reader *reader, const struct wpb_sql_token *token,
                       struct wpb_sql_shape *shape)
{
    bool is_known = reader->place == KNOWN;

    take_parenthesis(reader, token);
    if (reader->place == AFTER_TABLE) {
        /* What was taken for the table was its schema. */
        reader->place = is_sign(token, ".") ? AT_TABLE : KNOWN;
    } else if (reader->place == AT_TABLE && is_name(token) && !is_between(token) &&
               !wpb_sql_token_is(token, "SELECT")) {
        keep_table(shape, token->text);
        reader->place = AFTER_TABLE;
    } else if (!is_known && !(reader->place == AT_TABLE &&
                              (is_between(token) || is_sign(token, "(")))) {
        reader->place = leads_to_table(reader, token) ? AT_TABLE : ELSEWHERE;
    }
    if (reader->first.kind == WPB_SQL_END && token->kind == WPB_SQL_WORD)
        reader->first = *token;
    reader->last = *token;
}

/* ---- locks ---- */

static bool takes_locks(const struct wpb_sql_token *first,
                        const struct wpb_sql_token *before,
                        const struct wpb_sql_token *token)
{
    static const char *const writes[] = {"UPDATE", "INSERT", "REPLACE", "DELETE", NULL};

    return is_any(first, writes) ||
           (wpb_sql_token_is(before, "FOR") &&
            (wpb_sql_token_is(token, "UPDATE") || wpb_sql_token_is(token, "SHARE"))) ||
           (wpb_sql_token_is(before, "SHARE") && wpb_sql_token_is(token, "MODE"));
}

void wpb_sql_shape(struct wpb_slice sql, struct wpb_sql_shape *shape)
{
    struct writer writer = {.shape = shape};
    struct reader reader = {.place = ELSEWHERE};
    struct wpb_sql_token token;

    *shape = (struct wpb_sql_shape){0};
    while (wpb_sql_next_token(&sql, &token)) {
        struct wpb_sql_token before = reader.last;
        write_token(&writer, &token);
        read_token(&reader, &token, shape);
        shape->takes_locks |= takes_locks(&reader.first, &before, &token);
    }
    end_text(&writer);
}
