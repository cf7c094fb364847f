#include <string.h>
#include <strings.h>

#include "probes/wordpress/config_call.h"

#define ENVIRONMENT_NAME_MAX 128
#define SECRET_FILE_MAX ((size_t)65536)

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

static void parse_argument(struct wpb_config *config, struct wpb_config_arguments *call)
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
    if (call->count < WPB_CONFIG_ARGUMENTS_MAX)
        call->values[call->count++] = value;
    else
        call->is_opaque = true;
}

static void parse_arguments(struct wpb_config *config, struct wpb_config_arguments *call,
                            bool is_known)
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
    struct wpb_config_arguments call = {.count = 0};
    parse_arguments(config, &call, false);
}

struct wpb_config_value
wpb_config_call_unresolved(struct wpb_config *config,
                           const struct wpb_config_arguments *call)
{
    for (size_t i = 0; i < call->count; i++) {
        if (call->values[i].type == WPB_CONFIG_UNRESOLVED && !call->values[i].is_unset)
            return call->values[i];
    }
    return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
}

bool wpb_config_call_is_text(const struct wpb_config_arguments *call, size_t index)
{
    return index < call->count && call->values[index].type == WPB_CONFIG_STRING;
}

static struct wpb_config_value text(struct wpb_config *config, struct wpb_slice bytes)
{
    return wpb_config_value_string(wpb_arena_copy(config->arena, bytes));
}

/* --- constants --- */

static struct wpb_config_value call_define(struct wpb_config *config,
                                           const struct wpb_config_arguments *call)
{
    if (!wpb_config_call_is_text(call, 0) || call->count < 2 || call->is_opaque) {
        wpb_config_run_problem(config, WPB_CONFIG_DYNAMIC, call->line,
                               "a constant's name is computed when PHP runs");
        return wpb_config_value_bool(true);
    }
    struct wpb_config_value value = call->values[1];
    value.is_unset = false;
    wpb_config_run_define(config, call->values[0].text, value, call->line);
    return wpb_config_value_bool(true);
}

static struct wpb_config_value truth(struct wpb_config *config,
                                     const struct wpb_config_arguments *call,
                                     enum wpb_config_truth found)
{
    if (found == WPB_CONFIG_UNKNOWN)
        return wpb_config_run_unresolved(
            config, call->line, "it is defined on some of the paths that PHP may take");
    return wpb_config_value_bool(found == WPB_CONFIG_TRUE);
}

static struct wpb_config_value call_defined(struct wpb_config *config,
                                            const struct wpb_config_arguments *call)
{
    if (!wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
    struct wpb_slice name = call->values[0].text;
    if (name.len && name.data[0] == '\\')
        name = wpb_slice_skip(name, 1);
    return truth(config, call, wpb_config_run_has(config, WPB_CONFIG_CONSTANT, name));
}

static struct wpb_config_value call_constant(struct wpb_config *config,
                                             const struct wpb_config_arguments *call)
{
    if (!wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
    return wpb_config_run_get(config, WPB_CONFIG_CONSTANT, call->values[0].text,
                              call->line);
}

static struct wpb_config_value call_ini_set(struct wpb_config *config,
                                            const struct wpb_config_arguments *call)
{
    if (wpb_config_call_is_text(call, 0) && call->count > 1)
        wpb_config_run_set(config, WPB_CONFIG_INI, call->values[0].text, call->values[1],
                           call->line);
    return wpb_config_run_unresolved(config, call->line, wpb_config_expr_run_time);
}

/* --- Roots' Config: the last define() before apply() wins --- */

static struct wpb_config_value config_define(struct wpb_config *config,
                                             const struct wpb_config_arguments *call)
{
    if (!wpb_config_call_is_text(call, 0) || call->count < 2)
        return call_define(config, call);
    struct wpb_config_value value = call->values[1];
    value.is_unset = false;
    wpb_config_run_set(config, WPB_CONFIG_SETTING, call->values[0].text, value,
                       call->line);
    return wpb_config_value_null();
}

static struct wpb_config_value config_get(struct wpb_config *config,
                                          const struct wpb_config_arguments *call)
{
    if (!wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
    return wpb_config_run_get(config, WPB_CONFIG_SETTING, call->values[0].text,
                              call->line);
}

static struct wpb_config_value config_remove(struct wpb_config *config,
                                             const struct wpb_config_arguments *call)
{
    int slot = wpb_config_call_is_text(call, 0)
                   ? wpb_config_state_find(config->state, WPB_CONFIG_SETTING,
                                           call->values[0].text)
                   : -1;
    if (slot >= 0)
        wpb_config_state_set(config->state, slot,
                             (struct wpb_config_binding){.file = config->source->path});
    return wpb_config_value_null();
}

static struct wpb_config_value config_apply(struct wpb_config *config,
                                            const struct wpb_config_arguments *call)
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
                                                  const struct wpb_config_arguments *call)
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
                                           const struct wpb_config_arguments *call)
{
    struct wpb_slice value;
    if (!wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
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
                                        const struct wpb_config_arguments *call)
{
    struct wpb_slice value;
    if (!wpb_config_call_is_text(call, 0))
        return wpb_config_call_unresolved(config, call);
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
                                                  const struct wpb_config_arguments *call)
{
    struct wpb_slice value, bytes;
    struct wpb_err err;

    if (!wpb_config_call_is_text(call, 0) || call->count < 2)
        return wpb_config_call_unresolved(config, call);
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

/* --- the table --- */

static const struct function_row {
    const char *class; /* "" for a function */
    const char *name;  /* lower case */
    struct wpb_config_value (*run)(struct wpb_config *,
                                   const struct wpb_config_arguments *);
} functions[] = {
    {"", "define", call_define},
    {"", "defined", call_defined},
    {"", "constant", call_constant},
    {"", "ini_set", call_ini_set},
    {"", "getenv", call_getenv},
    {"", "env", call_env},
    {"", "getenv_docker", call_getenv_docker},
    {"", "dirname", wpb_config_function_dirname},
    {"", "basename", wpb_config_function_basename},
    {"", "realpath", wpb_config_function_realpath},
    {"", "file_exists", wpb_config_function_file_exists},
    {"", "is_file", wpb_config_function_file_exists},
    {"", "is_readable", wpb_config_function_file_exists},
    {"", "trim", wpb_config_function_trim},
    {"", "ltrim", wpb_config_function_trim},
    {"", "rtrim", wpb_config_function_trim},
    {"", "strtolower", wpb_config_function_case},
    {"", "strtoupper", wpb_config_function_case},
    {"", "str_replace", wpb_config_function_str_replace},
    {"", "substr", wpb_config_function_substr},
    {"", "filter_var", wpb_config_function_filter_var},
    {"", "intval", wpb_config_function_intval},
    {"", "strval", wpb_config_function_strval},
    {"", "parse_url", wpb_config_function_parse_url},
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
    struct wpb_config_arguments call = {.class = class, .name = name, .line = line};
    const struct function_row *row = NULL;

    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && !row; i++) {
        if (is_name(class, functions[i].class) && is_name(name, functions[i].name))
            row = &functions[i];
    }
    parse_arguments(config, &call, row != NULL);
    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (!row || (call.is_opaque && row->run != call_define))
        return wpb_config_call_unresolved(config, &call);
    return row->run(config, &call);
}
