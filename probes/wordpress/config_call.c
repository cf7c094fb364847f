#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "probes/wordpress/config_expr.h"

#define ARGUMENTS_MAX 16
#define ENVIRONMENT_NAME_MAX 128
#define SECRET_FILE_MAX ((size_t)65536)

struct call {
    struct wpb_slice class, name;
    uint32_t line;
    struct wpb_config_value values[ARGUMENTS_MAX];
    size_t count;
    bool is_opaque; /* named, spread or too many arguments */
};

static bool is_separator(const struct wpb_config_token *token, uint32_t punctuation)
{
    return token->type == WPB_TOKEN_PUNCTUATION && token->punctuation == punctuation;
}

/* An unset variable handed to a function nobody knows may come back set. */
static void taint_argument(struct wpb_config *config)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);

    if (token->type != WPB_TOKEN_VARIABLE || !(is_separator(next, WPB_PUNCT(',', 0, 0)) ||
                                               is_separator(next, WPB_PUNCT(')', 0, 0))))
        return;
    if (wpb_config_run_has(config, WPB_CONFIG_VARIABLE, token->text) == WPB_CONFIG_FALSE)
        wpb_config_run_set(
            config, WPB_CONFIG_VARIABLE, token->text,
            wpb_config_run_unresolved(config, token->line, wpb_config_expr_run_time),
            token->line);
}

static void parse_argument(struct wpb_config *config, struct call *call)
{
    if (wpb_config_run_accept(config, WPB_PUNCT('.', '.', '.'))) {
        call->is_opaque = true;
        if (wpb_config_run_is(config, WPB_PUNCT(')', 0, 0)))
            return;
    }
    if (wpb_config_run_peek(config)->type == WPB_TOKEN_NAME &&
        is_separator(wpb_config_run_ahead(config, 1), WPB_PUNCT(':', 0, 0))) {
        call->is_opaque = true;
        wpb_config_run_advance(config);
        wpb_config_run_advance(config);
    }
    struct wpb_config_value value = wpb_config_expr(config);
    if (call->count < ARGUMENTS_MAX)
        call->values[call->count++] = value;
    else
        call->is_opaque = true;
}

static void parse_arguments(struct wpb_config *config, struct call *call, bool is_known)
{
    wpb_config_run_expect(config, WPB_PUNCT('(', 0, 0));
    while (!wpb_config_run_is(config, WPB_PUNCT(')', 0, 0)) &&
           config->flow != WPB_FLOW_ERROR) {
        if (!is_known)
            taint_argument(config);
        parse_argument(config, call);
        if (!wpb_config_run_is(config, WPB_PUNCT(')', 0, 0)))
            wpb_config_run_expect(config, WPB_PUNCT(',', 0, 0));
    }
    wpb_config_run_expect(config, WPB_PUNCT(')', 0, 0));
}

void wpb_config_call_arguments(struct wpb_config *config)
{
    struct call call = {.count = 0};
    parse_arguments(config, &call, false);
}

static struct wpb_config_value unresolved(struct wpb_config *config,
                                          const struct call *call)
{
    for (size_t i = 0; i < call->count; i++) {
        if (call->values[i].type == WPB_CONFIG_UNRESOLVED && !call->values[i].is_unset)
            return call->values[i];
    }
    return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
}

static bool is_text(const struct call *call, size_t index)
{
    return index < call->count && call->values[index].type == WPB_CONFIG_STRING;
}

static struct wpb_config_value text(struct wpb_config *config, struct wpb_slice bytes)
{
    return wpb_config_value_string(wpb_arena_copy(config->arena, bytes));
}

/* --- constants --- */

static struct wpb_config_value call_define(struct wpb_config *config,
                                           const struct call *call)
{
    if (!is_text(call, 0) || call->count < 2 || call->is_opaque) {
        wpb_config_run_problem(config, WPB_CONFIG_DYNAMIC, call->line,
                               "a constant's name is computed when PHP runs");
        return wpb_config_value_bool(true);
    }
    struct wpb_config_value value = call->values[1];
    value.is_unset = false;
    wpb_config_run_define(config, call->values[0].text, value, call->line);
    return wpb_config_value_bool(true);
}

static struct wpb_config_value truth(struct wpb_config *config, const struct call *call,
                                     enum wpb_config_truth found)
{
    if (found == WPB_CONFIG_UNKNOWN)
        return wpb_config_run_unresolved(
            config, call->line, "it is defined on some of the paths that PHP may take");
    return wpb_config_value_bool(found == WPB_CONFIG_TRUE);
}

static struct wpb_config_value call_defined(struct wpb_config *config,
                                            const struct call *call)
{
    if (!is_text(call, 0))
        return unresolved(config, call);
    struct wpb_slice name = call->values[0].text;
    if (name.len && name.data[0] == '\\')
        name = wpb_slice_skip(name, 1);
    return truth(config, call, wpb_config_run_has(config, WPB_CONFIG_CONSTANT, name));
}

static struct wpb_config_value call_constant(struct wpb_config *config,
                                             const struct call *call)
{
    if (!is_text(call, 0))
        return unresolved(config, call);
    return wpb_config_run_get(config, WPB_CONFIG_CONSTANT, call->values[0].text,
                              call->line);
}

static struct wpb_config_value call_ini_set(struct wpb_config *config,
                                            const struct call *call)
{
    if (is_text(call, 0) && call->count > 1)
        wpb_config_run_set(config, WPB_CONFIG_INI, call->values[0].text, call->values[1],
                           call->line);
    return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
}

/* --- Roots' Config: the last define() before apply() wins --- */

static struct wpb_config_value config_define(struct wpb_config *config,
                                             const struct call *call)
{
    if (!is_text(call, 0) || call->count < 2)
        return call_define(config, call);
    struct wpb_config_value value = call->values[1];
    value.is_unset = false;
    wpb_config_run_set(config, WPB_CONFIG_SETTING, call->values[0].text, value,
                       call->line);
    return wpb_config_value_null();
}

static struct wpb_config_value config_get(struct wpb_config *config,
                                          const struct call *call)
{
    if (!is_text(call, 0))
        return unresolved(config, call);
    return wpb_config_run_get(config, WPB_CONFIG_SETTING, call->values[0].text,
                              call->line);
}

static struct wpb_config_value config_remove(struct wpb_config *config,
                                             const struct call *call)
{
    int slot = is_text(call, 0) ? wpb_config_state_find(config->state, WPB_CONFIG_SETTING,
                                                        call->values[0].text)
                                : -1;
    if (slot >= 0)
        wpb_config_state_set(config->state, slot,
                             (struct wpb_config_binding){.file = config->source->path});
    return wpb_config_value_null();
}

static struct wpb_config_value config_apply(struct wpb_config *config,
                                            const struct call *call)
{
    size_t count = wpb_config_state_count(config->state);
    (void)call;
    for (size_t i = 0; i < count && config->flow == WPB_FLOW_NEXT; i++) {
        const struct wpb_config_slot *slot = wpb_config_state_at(config->state, (int)i);
        if (slot->kind != WPB_CONFIG_SETTING || slot->now.presence == WPB_CONFIG_ABSENT)
            continue;
        struct wpb_slice name = slot->name;
        uint32_t line = slot->now.line;
        struct wpb_config_value value =
            wpb_config_run_get(config, WPB_CONFIG_SETTING, name, line);
        wpb_config_run_define(config, name, value, line);
    }
    return wpb_config_value_null();
}

/* --- the environment --- */

static enum wpb_config_truth environment(struct wpb_config *config, struct wpb_slice name,
                                         struct wpb_slice *value)
{
    return config->reader.environment(config->reader.cookie, name, value);
}

static struct wpb_config_value not_in_environment(struct wpb_config *config,
                                                  const struct call *call)
{
    struct wpb_slice name = call->values[0].text;
    if (name.len > ENVIRONMENT_NAME_MAX)
        name.len = ENVIRONMENT_NAME_MAX;
    return wpb_config_run_unresolved(
        config, call->line,
        wpb_arena_printf(config->arena, "%.*s('%.*s') is not set in .env or in the pool",
                         (int)call->name.len, call->name.data, (int)name.len, name.data));
}

static struct wpb_config_value call_getenv(struct wpb_config *config,
                                           const struct call *call)
{
    struct wpb_slice value;
    if (!is_text(call, 0))
        return unresolved(config, call);
    switch (environment(config, call->values[0].text, &value)) {
    case WPB_CONFIG_TRUE:
        return text(config, value);
    case WPB_CONFIG_FALSE:
        return wpb_config_value_bool(false);
    case WPB_CONFIG_UNKNOWN:
        break;
    }
    return not_in_environment(config, call);
}

/* phpdotenv's and Laravel's env(): words become values. */
static struct wpb_config_value call_env(struct wpb_config *config,
                                        const struct call *call)
{
    struct wpb_slice value;
    if (!is_text(call, 0))
        return unresolved(config, call);
    enum wpb_config_truth found = environment(config, call->values[0].text, &value);
    if (found == WPB_CONFIG_FALSE)
        return call->count > 1 ? call->values[1] : wpb_config_value_null();
    if (found == WPB_CONFIG_UNKNOWN)
        return not_in_environment(config, call);
    if (value.len == 4 && strncasecmp(value.data, "true", 4) == 0)
        return wpb_config_value_bool(true);
    if (value.len == 5 && strncasecmp(value.data, "false", 5) == 0)
        return wpb_config_value_bool(false);
    if (value.len == 4 && strncasecmp(value.data, "null", 4) == 0)
        return wpb_config_value_null();
    return text(config, value);
}

/* The function that the docker image's wp-config.php brings along: NAME_FILE names a
 * file that holds the value, else NAME, else the default. */
static struct wpb_config_value call_getenv_docker(struct wpb_config *config,
                                                  const struct call *call)
{
    struct wpb_slice value, bytes;
    struct wpb_err err;

    if (!is_text(call, 0) || call->count < 2)
        return unresolved(config, call);
    struct wpb_slice name = call->values[0].text;
    const char *file = wpb_arena_printf(
        config->arena, "%.*s_FILE", (int)(name.len > 4096 ? 4096 : name.len), name.data);
    enum wpb_config_truth found = environment(config, wpb_slice_cstr(file), &value);
    if (found == WPB_CONFIG_TRUE && value.len > 0) {
        const char *path = wpb_config_include_path(config, value);
        if (config->reader.read(config->reader.cookie, path, true, config->arena, &bytes,
                                &err))
            return wpb_config_run_unresolved(
                config, call->line, wpb_arena_printf(config->arena, "%s", err.message));
        while (bytes.len && strchr("\r\n", bytes.data[bytes.len - 1]))
            bytes.len--;
        if (bytes.len > SECRET_FILE_MAX)
            return wpb_config_run_unresolved(config, call->line, "its file is too large");
        return text(config, bytes);
    }
    found = environment(config, name, &value);
    if (found == WPB_CONFIG_TRUE)
        return text(config, value);
    return found == WPB_CONFIG_FALSE ? call->values[1] : not_in_environment(config, call);
}

/* --- paths and files --- */

static struct wpb_config_value call_dirname(struct wpb_config *config,
                                            const struct call *call)
{
    int64_t levels = 1;
    if (!is_text(call, 0) ||
        (call->count > 1 && !wpb_config_value_number(call->values[1], &levels)))
        return unresolved(config, call);
    struct wpb_slice path = call->values[0].text;
    for (; levels > 0 && path.len > 1; levels--) {
        while (path.len > 1 && path.data[path.len - 1] == '/')
            path.len--;
        while (path.len > 0 && path.data[path.len - 1] != '/')
            path.len--;
        while (path.len > 1 && path.data[path.len - 1] == '/')
            path.len--;
    }
    return path.len ? wpb_config_value_string(path)
                    : wpb_config_value_string(wpb_slice_cstr("."));
}

static struct wpb_config_value call_basename(struct wpb_config *config,
                                             const struct call *call)
{
    if (!is_text(call, 0) || call->count > 1)
        return unresolved(config, call);
    struct wpb_slice path = call->values[0].text;
    while (path.len > 0 && path.data[path.len - 1] == '/')
        path.len--;
    const char *slash = path.len ? memrchr(path.data, '/', path.len) : NULL;
    return wpb_config_value_string(
        slash ? wpb_slice_skip(path, (size_t)(slash - path.data) + 1) : path);
}

static struct wpb_config_value call_realpath(struct wpb_config *config,
                                             const struct call *call)
{
    if (!is_text(call, 0))
        return unresolved(config, call);
    const char *path = wpb_config_include_path(config, call->values[0].text);
    if (!config->reader.exists(config->reader.cookie, path))
        return wpb_config_value_bool(false);
    return wpb_config_value_string(wpb_slice_cstr(path));
}

static struct wpb_config_value call_file_exists(struct wpb_config *config,
                                                const struct call *call)
{
    if (!is_text(call, 0))
        return unresolved(config, call);
    const char *path = wpb_config_include_path(config, call->values[0].text);
    return wpb_config_value_bool(config->reader.exists(config->reader.cookie, path));
}

/* --- strings --- */

static struct wpb_config_value call_trim(struct wpb_config *config,
                                         const struct call *call)
{
    struct wpb_slice set = wpb_slice_of(" \t\n\r\0\x0b", 6);
    bool left = (call->name.data[0] | 0x20) != 'r',
         right = (call->name.data[0] | 0x20) != 'l';

    if (!is_text(call, 0) || (call->count > 1 && !is_text(call, 1)))
        return unresolved(config, call);
    if (call->count > 1)
        set = call->values[1].text;
    if (set.len == 0)
        return call->values[0];
    if (memmem(set.data, set.len, "..", 2))
        return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
    struct wpb_slice bytes = call->values[0].text;
    while (left && bytes.len && memchr(set.data, bytes.data[0], set.len))
        bytes = wpb_slice_skip(bytes, 1);
    while (right && bytes.len && memchr(set.data, bytes.data[bytes.len - 1], set.len))
        bytes.len--;
    return wpb_config_value_string(bytes);
}

static struct wpb_config_value call_case(struct wpb_config *config,
                                         const struct call *call)
{
    bool is_upper = call->name.len > 5 && (call->name.data[5] | 0x20) == 'p';
    struct wpb_buf out;
    if (!is_text(call, 0))
        return unresolved(config, call);
    wpb_buf_init(&out, WPB_CONFIG_STRING_MAX);
    for (size_t i = 0; i < call->values[0].text.len; i++) {
        char c = call->values[0].text.data[i];
        bool is_ascii = (unsigned char)c < 0x80;
        wpb_buf_char(&out, !is_ascii  ? c
                           : is_upper ? (char)toupper((unsigned char)c)
                                      : (char)tolower((unsigned char)c));
    }
    return wpb_config_run_take_text(config, &out, call->line);
}

static struct wpb_config_value call_str_replace(struct wpb_config *config,
                                                const struct call *call)
{
    struct wpb_buf out;
    if (!is_text(call, 0) || !is_text(call, 1) || !is_text(call, 2) ||
        call->values[0].text.len == 0 || call->count > 3)
        return unresolved(config, call);
    struct wpb_slice search = call->values[0].text, rest = call->values[2].text;
    wpb_buf_init(&out, WPB_CONFIG_STRING_MAX);
    for (;;) {
        const char *at =
            rest.len ? memmem(rest.data, rest.len, search.data, search.len) : NULL;
        if (!at)
            break;
        wpb_buf_slice(&out, wpb_slice_head(rest, (size_t)(at - rest.data)));
        wpb_buf_slice(&out, call->values[1].text);
        rest = wpb_slice_skip(rest, (size_t)(at - rest.data) + search.len);
    }
    wpb_buf_slice(&out, rest);
    return wpb_config_run_take_text(config, &out, call->line);
}

static struct wpb_config_value call_substr(struct wpb_config *config,
                                           const struct call *call)
{
    int64_t from, count = INT64_MAX;
    if (!is_text(call, 0) || call->count < 2 ||
        !wpb_config_value_number(call->values[1], &from) ||
        (call->count > 2 && !wpb_config_value_number(call->values[2], &count)))
        return unresolved(config, call);
    struct wpb_slice bytes = call->values[0].text;
    int64_t len = (int64_t)bytes.len;
    if (from < 0)
        from = from < -len ? 0 : len + from;
    if (from > len)
        from = len;
    if (count < 0)
        count = count < from - len ? 0 : len - from + count;
    bytes = wpb_slice_skip(bytes, (size_t)from);
    return wpb_config_value_string(wpb_slice_head(bytes, (size_t)count));
}

/* filter_var($x, FILTER_VALIDATE_BOOLEAN): the constant is not ours to know, so the
 * call is recognised by the value being a word for a boolean. */
static struct wpb_config_value call_filter_var(struct wpb_config *config,
                                               const struct call *call)
{
    static const char *const yes[] = {"1", "true", "on", "yes"};
    static const char *const no[] = {"0", "false", "off", "no", ""};
    if (call->count < 1 || call->values[0].type == WPB_CONFIG_UNRESOLVED)
        return unresolved(config, call);
    if (call->values[0].type == WPB_CONFIG_BOOL)
        return call->values[0];
    for (size_t i = 0; is_text(call, 0) && i < sizeof yes / sizeof yes[0]; i++) {
        if (call->values[0].text.len == strlen(yes[i]) &&
            strncasecmp(call->values[0].text.data, yes[i], strlen(yes[i])) == 0)
            return wpb_config_value_bool(true);
    }
    for (size_t i = 0; is_text(call, 0) && i < sizeof no / sizeof no[0]; i++) {
        if (call->values[0].text.len == strlen(no[i]) &&
            strncasecmp(call->values[0].text.data, no[i], strlen(no[i])) == 0)
            return wpb_config_value_bool(false);
    }
    return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
}

static struct wpb_config_value call_intval(struct wpb_config *config,
                                           const struct call *call)
{
    int64_t integer;
    if (call->count == 1 && wpb_config_value_number(call->values[0], &integer))
        return wpb_config_value_integer(integer);
    return unresolved(config, call);
}

static struct wpb_config_value call_strval(struct wpb_config *config,
                                           const struct call *call)
{
    struct wpb_slice bytes;
    if (call->count == 1 && wpb_config_value_text(call->values[0], config->arena, &bytes))
        return wpb_config_value_string(bytes);
    return unresolved(config, call);
}

static void put_named(struct wpb_config_builder *builder, const char *name,
                      struct wpb_config_value value)
{
    struct wpb_config_value key = wpb_config_value_string(wpb_slice_cstr(name));
    wpb_config_builder_put(builder, &key, value);
}

/* parse_url() of the form that DATABASE_URL and REDIS_URL have:
 * scheme://[user[:pass]@]host[:port][/path][?query]. */
static struct wpb_config_value call_parse_url(struct wpb_config *config,
                                              const struct call *call)
{
    struct wpb_config_builder builder;
    const char *mark;

    if (call->count != 1 || !is_text(call, 0))
        return unresolved(config, call);
    struct wpb_slice url = call->values[0].text;
    mark = url.len ? memmem(url.data, url.len, "://", 3) : NULL;
    if (!mark)
        return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
    wpb_config_builder_init(&builder, config->arena);
    put_named(&builder, "scheme",
              wpb_config_value_string(wpb_slice_head(url, (size_t)(mark - url.data))));
    struct wpb_slice rest = wpb_slice_skip(url, (size_t)(mark - url.data) + 3);
    size_t end = 0;
    while (end < rest.len && !strchr("/?#", rest.data[end]))
        end++;
    struct wpb_slice place = wpb_slice_head(rest, end);
    rest = wpb_slice_skip(rest, end);

    const char *at = place.len ? memrchr(place.data, '@', place.len) : NULL;
    if (at) {
        struct wpb_slice user = wpb_slice_head(place, (size_t)(at - place.data));
        const char *colon = user.len ? memchr(user.data, ':', user.len) : NULL;
        size_t name_len = colon ? (size_t)(colon - user.data) : user.len;
        put_named(&builder, "user",
                  wpb_config_value_string(wpb_slice_head(user, name_len)));
        if (colon)
            put_named(&builder, "pass",
                      wpb_config_value_string(wpb_slice_skip(user, name_len + 1)));
        place = wpb_slice_skip(place, (size_t)(at - place.data) + 1);
    }
    size_t digits = place.len;
    while (digits > 0 && isdigit((unsigned char)place.data[digits - 1]))
        digits--;
    if (digits > 0 && digits < place.len && place.data[digits - 1] == ':') {
        put_named(&builder, "port",
                  wpb_config_value_integer(atoi(wpb_arena_cstr(
                      config->arena, wpb_slice_head(wpb_slice_skip(place, digits), 5)))));
        place.len = digits - 1;
    }
    put_named(&builder, "host", wpb_config_value_string(place));
    size_t path = 0;
    while (path < rest.len && !strchr("?#", rest.data[path]))
        path++;
    if (path)
        put_named(&builder, "path", wpb_config_value_string(wpb_slice_head(rest, path)));
    return wpb_config_builder_take(&builder);
}

/* --- the table --- */

static const struct function_row {
    const char *class; /* "" for a function */
    const char *name;  /* lower case */
    struct wpb_config_value (*run)(struct wpb_config *, const struct call *);
} functions[] = {
    {"", "define", call_define},
    {"", "defined", call_defined},
    {"", "constant", call_constant},
    {"", "ini_set", call_ini_set},
    {"", "getenv", call_getenv},
    {"", "env", call_env},
    {"", "getenv_docker", call_getenv_docker},
    {"", "dirname", call_dirname},
    {"", "basename", call_basename},
    {"", "realpath", call_realpath},
    {"", "file_exists", call_file_exists},
    {"", "is_file", call_file_exists},
    {"", "is_readable", call_file_exists},
    {"", "trim", call_trim},
    {"", "ltrim", call_trim},
    {"", "rtrim", call_trim},
    {"", "strtolower", call_case},
    {"", "strtoupper", call_case},
    {"", "str_replace", call_str_replace},
    {"", "substr", call_substr},
    {"", "filter_var", call_filter_var},
    {"", "intval", call_intval},
    {"", "strval", call_strval},
    {"", "parse_url", call_parse_url},
    {"config", "define", config_define},
    {"config", "get", config_get},
    {"config", "remove", config_remove},
    {"config", "apply", config_apply},
};

static bool is_name(struct wpb_slice text, const char *name)
{
    return text.len == strlen(name) &&
           (text.len == 0 || strncasecmp(text.data, name, text.len) == 0);
}

struct wpb_config_value wpb_config_call(struct wpb_config *config, struct wpb_slice class,
                                        struct wpb_slice name, uint32_t line)
{
    struct call call = {.class = class, .name = name, .line = line};
    const struct function_row *row = NULL;

    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && !row; i++) {
        if (is_name(class, functions[i].class) && is_name(name, functions[i].name))
            row = &functions[i];
    }
    parse_arguments(config, &call, row != NULL);
    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (!row || (call.is_opaque && row->run != call_define))
        return unresolved(config, &call);
    return row->run(config, &call);
}
