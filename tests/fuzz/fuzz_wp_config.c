/* The lexer and the evaluator of wp-config.php, on any bytes. */
#include <stdlib.h>

#include "probes/wordpress/config_eval.h"
#include "probes/wordpress/config_literal.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Every token lies within the input, lines never go back, and every literal has a
 * value. */
static void lex(struct wpb_slice input)
{
    struct wpb_config_lex state;
    struct wpb_config_token token;
    struct wpb_config_part part;
    uint32_t line = 1;
    int64_t integer;
    double number;

    wpb_config_lex_init(&state, input, false);
    for (;;) {
        size_t before = state.at, at = 0;
        struct wpb_buf out;
        wpb_config_lex_next(&state, &token);
        check(token.line >= line && state.at <= input.len);
        line = token.line;
        if (token.type == WPB_TOKEN_END || token.type == WPB_TOKEN_ERROR)
            break;
        check(state.at > before);
        wpb_buf_init(&out, 1 << 20);
        if (token.type == WPB_TOKEN_INTEGER || token.type == WPB_TOKEN_FLOAT)
            wpb_config_literal_number(&token, &integer, &number);
        if (token.type == WPB_TOKEN_STRING)
            wpb_config_literal_string(&token, &out);
        if (token.type == WPB_TOKEN_TEMPLATE || token.type == WPB_TOKEN_SHELL) {
            do {
                size_t part_before = at;
                wpb_config_literal_part(&token, &at, &out, &part);
                check(part.type == WPB_PART_END || at > part_before);
            } while (part.type != WPB_PART_END);
        }
        wpb_buf_fini(&out);
    }
    wpb_config_lex_next(&state, &token);
    check(token.type == WPB_TOKEN_END);
}

static int read_file(void *cookie, const char *path, bool is_secret,
                     struct wpb_arena *arena, struct wpb_slice *bytes,
                     struct wpb_err *err)
{
    const struct wpb_slice *input = cookie;
    if (is_secret)
        *bytes = wpb_arena_copy(arena, wpb_slice_cstr("secret\n"));
    else if (wpb_slice_ends(wpb_slice_cstr(path), (struct wpb_slice)WPB_SLICE("s.php")))
        *bytes = wpb_arena_copy(arena, *input);
    else
        return wpb_err_set(err, WPB_E_NOT_FOUND, "fuzz", "no such file");
    return 0;
}

static bool exists(void *cookie, const char *path)
{
    (void)cookie;
    return path[1] != 'n';
}

static enum wpb_config_truth environment(void *cookie, struct wpb_slice name,
                                         struct wpb_slice *value)
{
    (void)cookie;
    if (name.len && name.data[0] == 'K') {
        *value = name;
        return WPB_CONFIG_TRUE;
    }
    return name.len && name.data[0] == 'N' ? WPB_CONFIG_FALSE : WPB_CONFIG_UNKNOWN;
}

static void look_up(const struct wpb_config *config, const char *name)
{
    struct wpb_config_value value;
    const char *file;
    uint32_t line;
    if (wpb_config_constant(config, name, &value) == WPB_CONFIG_IS_UNRESOLVED)
        check(value.why->reason && value.why->file);
    wpb_config_variable(config, name, &value);
    wpb_config_ini(config, name, &value);
    wpb_config_where(config, name, &file, &line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"A", "DB_NAME", "WP_REDIS_HOST", "table_prefix"};
    struct wpb_slice input = wpb_slice_of(data, size);
    struct wpb_config_reader reader = {&input, read_file, exists, environment};

    if (size == 0)
        input = wpb_slice_of("", 0);
    lex(input);
    struct wpb_config *config = wpb_config_new(&reader);
    check(config != NULL);
    wpb_config_define(config, "ABSPATH", "/srv/");
    wpb_config_eval(config, "/srv/s.php", input);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        look_up(config, names[i]);
    size_t count;
    const struct wpb_config_problem *problems = wpb_config_problems(config, &count);
    for (size_t i = 0; i < count; i++)
        check(problems[i].what && problems[i].file);
    wpb_config_free(config);
    return 0;
}
