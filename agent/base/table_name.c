#include "agent/base/table_name.h"

#include <ctype.h>
#include <strings.h>

#define OWN_MIN 5

static const char *const before_tables[] = {"FROM", "INTO", "UPDATE", "JOIN", "TABLE"};
static const char *const between[] = {"IGNORE", "LOW_PRIORITY", "DELAYED", "ONLY"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Everybody's tables: their names stand in the code of many plugins. */
static const char *const shared[] = {
    "posts",    "postmeta",        "options",       "users",
    "usermeta", "terms",           "term_taxonomy", "term_relationships",
    "termmeta", "comments",        "commentmeta",   "links",
    "blogs",    "blogmeta",        "site",          "sitemeta",
    "signups",  "registration_log"};
static const struct wpb_slice shared_beginnings[] = {
    WPB_SLICE("wc_"), WPB_SLICE("woocommerce_"), WPB_SLICE("actionscheduler_")};

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static struct wpb_slice skip_spaces(struct wpb_slice text)
{
    while (text.len && is_space(text.data[0]))
        text = wpb_slice_skip(text, 1);
    return text;
}

static bool is_of_name(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || byte == '$' ||
           (unsigned char)byte >= 0x80;
}

/* Take an identifier from the front of TEXT; empty when none stands there. */
static struct wpb_slice take_identifier(struct wpb_slice *text)
{
    struct wpb_slice name = {NULL, 0};
    size_t len = 0;

    *text = skip_spaces(*text);
    if (text->len && text->data[0] == '`') {
        const char *end = memchr(text->data + 1, '`', text->len - 1);
        if (!end)
            return name;
        name = wpb_slice_of(text->data + 1, (size_t)(end - text->data) - 1);
        *text = wpb_slice_skip(*text, name.len + 2);
        return name;
    }
    while (len < text->len && is_of_name(text->data[len]))
        len++;
    name = wpb_slice_head(*text, len);
    *text = wpb_slice_skip(*text, len);
    return name;
}

static struct wpb_slice take_name(struct wpb_slice *text)
{
    struct wpb_slice name = take_identifier(text);
    struct wpb_slice rest = skip_spaces(*text);

    if (!name.len || !rest.len || rest.data[0] != '.')
        return name;
    *text = wpb_slice_skip(rest, 1);
    return take_identifier(text);
}

static bool is_one_of(struct wpb_slice word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (word.len == strlen(words[i]) &&
            strncasecmp(word.data, words[i], word.len) == 0)
            return true;
    }
    return false;
}

struct wpb_slice wpb_table_name_of(struct wpb_slice statement)
{
    struct wpb_slice rest = skip_spaces(statement), none = {NULL, 0};

    while (rest.len) {
        struct wpb_slice word, name, after;
        size_t len = 0;
        bool is_quoted = rest.data[0] == '`';

        while (!is_quoted && len < rest.len && is_of_name(rest.data[len]))
            len++;
        word = wpb_slice_head(rest, len);
        if (is_quoted) {
            take_identifier(&rest);
            len = rest.len && rest.data[0] == '`' ? 1 : 0; /* one that nobody closed */
        } else if (!len) {
            len = 1;
        }
        rest = skip_spaces(wpb_slice_skip(rest, len));
        if (!is_one_of(word, before_tables, COUNT(before_tables)))
            continue;
        after = rest;
        do {
            name = take_name(&after);
        } while (is_one_of(name, between, COUNT(between)));
        if (name.len && !is_one_of(name, before_tables, COUNT(before_tables)))
            return name;
    }
    return none;
}

static bool is_shared(struct wpb_slice name)
{
    for (size_t i = 0; i < COUNT(shared); i++) {
        if (wpb_slice_is(name, shared[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT(shared_beginnings); i++) {
        if (wpb_slice_starts(name, shared_beginnings[i]))
            return true;
    }
    return false;
}

struct wpb_slice wpb_table_name_own(const struct wpb_subject *subject, const char *prefix)
{
    struct wpb_slice none = {NULL, 0}, begins = wpb_slice_cstr(prefix);
    struct wpb_slice name = subject->kind == WPB_SUBJECT_STATEMENT
                                ? wpb_table_name_of(subject->name)
                                : subject->name;
    size_t digits = 0;

    if (begins.len && wpb_slice_starts(name, begins))
        name = wpb_slice_skip(name, begins.len);
    while (digits < name.len && isdigit((unsigned char)name.data[digits]))
        digits++;
    if (digits && digits < name.len && name.data[digits] == '_')
        name = wpb_slice_skip(name, digits + 1);
    return name.len < OWN_MIN || is_shared(name) ? none : name;
}
