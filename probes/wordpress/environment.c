#include "probes/wordpress/environment.h"

#include <ctype.h>

#include "agent/base/buf.h"

#define VALUE_MAX ((size_t)65536)

static const struct wpb_slice export_word = WPB_SLICE("export");

void wpb_environment_init(struct wpb_environment *environment, struct wpb_arena *arena)
{
    *environment = (struct wpb_environment){.arena = arena};
}

static struct wpb_variable *find(const struct wpb_environment *environment,
                                 struct wpb_slice name)
{
    for (size_t i = 0; i < environment->count; i++) {
        if (wpb_slice_equal(environment->variables[i].name, name))
            return &environment->variables[i];
    }
    return NULL;
}

const struct wpb_variable *wpb_environment_find(const struct wpb_environment *environment,
                                                struct wpb_slice name)
{
    return find(environment, name);
}

void wpb_environment_set(struct wpb_environment *environment, struct wpb_slice name,
                         struct wpb_slice value, bool is_known, bool overrides)
{
    struct wpb_variable *variable = find(environment, name);
    if (variable && !overrides)
        return;
    if (!variable && environment->count == WPB_ENVIRONMENT_MAX)
        return;
    if (!variable && environment->count == environment->capacity) {
        size_t capacity = environment->capacity ? environment->capacity * 2 : 16;
        struct wpb_variable *larger =
            wpb_arena_alloc(environment->arena, capacity * sizeof(*larger));
        if (environment->count)
            memcpy(larger, environment->variables, environment->count * sizeof(*larger));
        environment->variables = larger;
        environment->capacity = capacity;
    }
    if (!variable) {
        variable = &environment->variables[environment->count++];
        variable->name = wpb_arena_copy(environment->arena, name);
    }
    variable->value = wpb_arena_copy(environment->arena, value);
    variable->is_known = is_known;
}

/* --- .env --- */

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static void skip_blanks(struct wpb_slice *rest)
{
    while (rest->len && (rest->data[0] == ' ' || rest->data[0] == '\t'))
        *rest = wpb_slice_skip(*rest, 1);
}

static void skip_line(struct wpb_slice *rest)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    *rest = end ? wpb_slice_skip(*rest, (size_t)(end - rest->data) + 1)
                : wpb_slice_skip(*rest, rest->len);
}

static struct wpb_slice take_name(struct wpb_slice *rest)
{
    size_t len = 0;
    while (len < rest->len && is_name(rest->data[len]))
        len++;
    struct wpb_slice name = wpb_slice_head(*rest, len);
    *rest = wpb_slice_skip(*rest, len);
    return name;
}

/* "${NAME}" at the start of REST: append its value. False when it is none. */
static bool take_reference(const struct wpb_environment *environment,
                           struct wpb_slice *rest, struct wpb_buf *value, bool *is_known)
{
    struct wpb_slice after = wpb_slice_skip(*rest, 2);
    if (rest->len < 3 || rest->data[0] != '$' || rest->data[1] != '{')
        return false;
    struct wpb_slice name = take_name(&after);
    if (name.len == 0 || after.len == 0 || after.data[0] != '}')
        return false;
    const struct wpb_variable *variable = wpb_environment_find(environment, name);
    if (variable)
        wpb_buf_slice(value, variable->value);
    *is_known = *is_known && variable && variable->is_known;
    *rest = wpb_slice_skip(after, 1);
    return true;
}

static char escaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

/* Behind the opening quote. False when it is never closed. */
static bool take_quoted(const struct wpb_environment *environment, struct wpb_slice *rest,
                        char quote, struct wpb_buf *value, bool *is_known)
{
    while (rest->len) {
        char c = rest->data[0];
        if (c == quote) {
            *rest = wpb_slice_skip(*rest, 1);
            return true;
        }
        if (quote == '"' && c == '\\' && rest->len > 1 &&
            strchr("nrt\"\\$", rest->data[1])) {
            wpb_buf_char(value, escaped(rest->data[1]));
            *rest = wpb_slice_skip(*rest, 2);
        } else if (quote != '"' || !take_reference(environment, rest, value, is_known)) {
            wpb_buf_char(value, c);
            *rest = wpb_slice_skip(*rest, 1);
        }
    }
    return false;
}

static void take_bare(const struct wpb_environment *environment, struct wpb_slice *rest,
                      struct wpb_buf *value, bool *is_known)
{
    bool was_blank = true;
    while (rest->len && rest->data[0] != '\n' && rest->data[0] != '\r') {
        char c = rest->data[0];
        if (c == '#' && was_blank)
            break;
        was_blank = c == ' ' || c == '\t';
        if (!take_reference(environment, rest, value, is_known)) {
            wpb_buf_char(value, c);
            *rest = wpb_slice_skip(*rest, 1);
        }
    }
    while (value->len &&
           (value->data[value->len - 1] == ' ' || value->data[value->len - 1] == '\t'))
        value->len--;
}

static void take_line(struct wpb_environment *environment, struct wpb_slice *rest,
                      bool overrides)
{
    struct wpb_buf value;
    bool is_known = true, is_whole = true;

    skip_blanks(rest);
    if (wpb_slice_starts(*rest, export_word) && rest->len > export_word.len &&
        (rest->data[export_word.len] == ' ' || rest->data[export_word.len] == '\t')) {
        *rest = wpb_slice_skip(*rest, export_word.len);
        skip_blanks(rest);
    }
    struct wpb_slice name = take_name(rest);
    skip_blanks(rest);
    if (name.len == 0 || rest->len == 0 || rest->data[0] != '=')
        return;
    *rest = wpb_slice_skip(*rest, 1);
    skip_blanks(rest);
    wpb_buf_init(&value, VALUE_MAX);
    if (rest->len && (rest->data[0] == '\'' || rest->data[0] == '"')) {
        char quote = rest->data[0];
        *rest = wpb_slice_skip(*rest, 1);
        is_whole = take_quoted(environment, rest, quote, &value, &is_known);
    } else {
        take_bare(environment, rest, &value, &is_known);
    }
    if (is_whole && !wpb_buf_failed(&value))
        wpb_environment_set(environment, name, wpb_buf_view(&value), is_known, overrides);
    wpb_buf_fini(&value);
}

void wpb_environment_dotenv(struct wpb_environment *environment, struct wpb_slice bytes,
                            bool overrides)
{
    while (bytes.len) {
        take_line(environment, &bytes, overrides);
        skip_line(&bytes);
    }
    environment->is_complete = true;
}
