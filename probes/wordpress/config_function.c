#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "probes/wordpress/config_call.h"

/* --- paths and files --- */

struct wpb_config_value
wpb_config_function_dirname(struct wpb_config *config,
                            const struct wpb_config_arguments *call)
{
    int64_t levels = 1;
    if (!wpb_config_call_is_text(call, 0) ||
        (call->count > 1 && !wpb_config_value_number(call->values[1], &levels)))
        return wpb_config_call_unresolved(config, call);
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

struct wpb_config_value
wpb_config_function_basename(struct wpb_config *config,
                             const struct wpb_config_arguments *call)
{
    if (!wpb_config_call_is_text(call, 0) || call->count > 1)
        return wpb_config_call_unresolved(config, call);
    struct wpb_slice path = call->values[0].text;
    while (path.len > 0 && path.data[path.len - 1] == '/')
        path.len--;
    const char *slash = path.len ? memrchr(path.data, '/', path.len) : NULL;
    return wpb_config_value_string(
        slash ? wpb_slice_skip(path, (size_t)(slash - path.data) + 1) : path);
}

struct wpb_config_value
wpb_config_function_realpath(struct wpb_config *config,
                             const struct wpb_config_arguments *call)
{
    if (!wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
    const char *path = wpb_config_include_path(config, call->values[0].text);
    if (!config->reader.exists(config->reader.cookie, path))
        return wpb_config_value_bool(false);
    return wpb_config_value_string(wpb_slice_cstr(path));
}

struct wpb_config_value
wpb_config_function_file_exists(struct wpb_config *config,
                                const struct wpb_config_arguments *call)
{
    if (!wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
    const char *path = wpb_config_include_path(config, call->values[0].text);
    return wpb_config_value_bool(config->reader.exists(config->reader.cookie, path));
}

/* --- strings --- */

struct wpb_config_value wpb_config_function_trim(struct wpb_config *config,
                                                 const struct wpb_config_arguments *call)
{
    struct wpb_slice set = wpb_slice_of(" \t\n\r\0\x0b", 6);
    bool left = (call->name.data[0] | 0x20) != 'r',
         right = (call->name.data[0] | 0x20) != 'l';

    if (!wpb_config_call_is_text(call, 0) ||
        (call->count > 1 && !wpb_config_call_is_text(call, 1)))
        return wpb_config_call_unresolved(config, call);
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

struct wpb_config_value wpb_config_function_case(struct wpb_config *config,
                                                 const struct wpb_config_arguments *call)
{
    bool is_upper = call->name.len > 5 && (call->name.data[5] | 0x20) == 'u';
    struct wpb_buf out;
    if (!wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
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

struct wpb_config_value
wpb_config_function_str_replace(struct wpb_config *config,
                                const struct wpb_config_arguments *call)
{
    struct wpb_buf out;
    if (!wpb_config_call_is_text(call, 0) || !wpb_config_call_is_text(call, 1) ||
        !wpb_config_call_is_text(call, 2) || call->values[0].text.len == 0 ||
        call->count > 3)
        return wpb_config_call_unresolved(config, call);
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

struct wpb_config_value
wpb_config_function_substr(struct wpb_config *config,
                           const struct wpb_config_arguments *call)
{
    int64_t from, count = INT64_MAX;
    if (!wpb_config_call_is_text(call, 0) || call->count < 2 ||
        !wpb_config_value_number(call->values[1], &from) ||
        (call->count > 2 && !wpb_config_value_number(call->values[2], &count)))
        return wpb_config_call_unresolved(config, call);
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
struct wpb_config_value
wpb_config_function_filter_var(struct wpb_config *config,
                               const struct wpb_config_arguments *call)
{
    static const char *const yes[] = {"1", "true", "on", "yes"};
    static const char *const no[] = {"0", "false", "off", "no", ""};
    if (call->count < 1 || call->values[0].type == WPB_CONFIG_UNRESOLVED)
        return wpb_config_call_unresolved(config, call);
    if (call->values[0].type == WPB_CONFIG_BOOL)
        return call->values[0];
    for (size_t i = 0; wpb_config_call_is_text(call, 0) && i < sizeof yes / sizeof yes[0];
         i++) {
        if (call->values[0].text.len == strlen(yes[i]) &&
            strncasecmp(call->values[0].text.data, yes[i], strlen(yes[i])) == 0)
            return wpb_config_value_bool(true);
    }
    for (size_t i = 0; wpb_config_call_is_text(call, 0) && i < sizeof no / sizeof no[0];
         i++) {
        if (call->values[0].text.len == strlen(no[i]) &&
            strncasecmp(call->values[0].text.data, no[i], strlen(no[i])) == 0)
            return wpb_config_value_bool(false);
    }
    return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
}

struct wpb_config_value
wpb_config_function_intval(struct wpb_config *config,
                           const struct wpb_config_arguments *call)
{
    int64_t integer;
    if (call->count == 1 && wpb_config_value_number(call->values[0], &integer))
        return wpb_config_value_integer(integer);
    return wpb_config_call_unresolved(config, call);
}

struct wpb_config_value
wpb_config_function_strval(struct wpb_config *config,
                           const struct wpb_config_arguments *call)
{
    struct wpb_slice bytes;
    if (call->count == 1 && wpb_config_value_text(call->values[0], config->arena, &bytes))
        return wpb_config_value_string(bytes);
    return wpb_config_call_unresolved(config, call);
}

static void put_named(struct wpb_config_builder *builder, const char *name,
                      struct wpb_config_value value)
{
    struct wpb_config_value key = wpb_config_value_string(wpb_slice_cstr(name));
    wpb_config_builder_put(builder, &key, value);
}

/* "user:pass" */
static void put_user(struct wpb_config_builder *builder, struct wpb_slice user)
{
    const char *colon = user.len ? memchr(user.data, ':', user.len) : NULL;
    size_t len = colon ? (size_t)(colon - user.data) : user.len;

    put_named(builder, "user", wpb_config_value_string(wpb_slice_head(user, len)));
    if (colon)
        put_named(builder, "pass",
                  wpb_config_value_string(wpb_slice_skip(user, len + 1)));
}

/* "[user:pass@]host[:port]" */
static void put_authority(struct wpb_config_builder *builder, struct wpb_slice place)
{
    const char *at = place.len ? memrchr(place.data, '@', place.len) : NULL;
    int64_t port = 0;

    if (at) {
        put_user(builder, wpb_slice_head(place, (size_t)(at - place.data)));
        place = wpb_slice_skip(place, (size_t)(at - place.data) + 1);
    }
    size_t digits = place.len;
    while (digits > 0 && isdigit((unsigned char)place.data[digits - 1]))
        digits--;
    if (digits > 0 && digits < place.len && place.len - digits <= 5 &&
        place.data[digits - 1] == ':') {
        for (size_t i = digits; i < place.len; i++)
            port = port * 10 + (place.data[i] - '0');
        put_named(builder, "port", wpb_config_value_integer(port));
        place.len = digits - 1;
    }
    put_named(builder, "host", wpb_config_value_string(place));
}

static size_t span_until(struct wpb_slice text, const char *ends)
{
    size_t len = 0;
    while (len < text.len && !(text.data[len] && strchr(ends, text.data[len])))
        len++;
    return len;
}

/* parse_url() of the form that DATABASE_URL and REDIS_URL have:
 * scheme://[user[:pass]@]host[:port][/path][?query]. */
struct wpb_config_value
wpb_config_function_parse_url(struct wpb_config *config,
                              const struct wpb_config_arguments *call)
{
    struct wpb_config_builder builder;
    const char *mark = NULL;

    if (call->count != 1 || !wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
    struct wpb_slice url = call->values[0].text;
    if (url.len)
        mark = memmem(url.data, url.len, "://", 3);
    if (!mark)
        return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
    struct wpb_slice rest = wpb_slice_skip(url, (size_t)(mark - url.data) + 3);
    size_t authority = span_until(rest, "/?#");

    wpb_config_builder_init(&builder, config->arena);
    put_named(&builder, "scheme",
              wpb_config_value_string(wpb_slice_head(url, (size_t)(mark - url.data))));
    put_authority(&builder, wpb_slice_head(rest, authority));
    rest = wpb_slice_skip(rest, authority);
    size_t path = span_until(rest, "?#");
    if (path)
        put_named(&builder, "path", wpb_config_value_string(wpb_slice_head(rest, path)));
    return wpb_config_builder_take(&builder);
}
