#include <string.h>

#include "probes/wordpress/config_expr.h"

#define P1(a) WPB_PUNCT(a, 0, 0)
#define P2(a, b) WPB_PUNCT(a, b, 0)
#define P3(a, b, c) WPB_PUNCT(a, b, c)

#define REFERENCE_KEYS_MAX 8

/* $name[key][key]... as a place to read or to set. */
struct reference {
    struct wpb_slice name;
    struct wpb_config_value keys[REFERENCE_KEYS_MAX];
    bool appends[REFERENCE_KEYS_MAX];
    size_t key_count;
    bool is_opaque; /* something we do not follow: nothing is set */
    uint32_t line;
};

static bool is_superglobal(struct wpb_slice name)
{
    static const char *const names[] = {"_SERVER", "_ENV",     "_GET",   "_POST",
                                        "_COOKIE", "_REQUEST", "_FILES", "GLOBALS"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (wpb_slice_is(name, names[i]))
            return true;
    }
    return false;
}

/* $GLOBALS['x'] is $x. */
static void resolve_globals(struct reference *reference)
{
    if (!wpb_slice_is(reference->name, "GLOBALS") || reference->key_count == 0 ||
        reference->appends[0] || reference->keys[0].type != WPB_CONFIG_STRING)
        return;
    reference->name = reference->keys[0].text;
    reference->key_count--;
    for (size_t i = 0; i < reference->key_count; i++) {
        reference->keys[i] = reference->keys[i + 1];
        reference->appends[i] = reference->appends[i + 1];
    }
}

static void parse_reference(struct wpb_config *config, struct reference *reference)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    *reference = (struct reference){.name = token->text, .line = token->line};
    wpb_config_run_advance(config);
    while (wpb_config_run_accept(config, P1('['))) {
        size_t at = reference->key_count;
        bool appends = wpb_config_run_is(config, P1(']'));
        struct wpb_config_value key = wpb_config_value_null();
        if (!appends)
            key = wpb_config_expr(config);
        wpb_config_run_expect(config, P1(']'));
        if (at == REFERENCE_KEYS_MAX) {
            reference->is_opaque = true;
            continue;
        }
        reference->keys[at] = key;
        reference->appends[at] = appends;
        reference->key_count++;
    }
    resolve_globals(reference);
}

static struct wpb_config_value unset_element(struct wpb_config *config, uint32_t line)
{
    struct wpb_config_value value = wpb_config_run_unresolved(
        config, line, "it uses an array element that is not set before this line");
    value.is_unset = value.type == WPB_CONFIG_UNRESOLVED;
    return value;
}

struct wpb_config_value wpb_config_variable_element(struct wpb_config *config,
                                                    struct wpb_config_value array,
                                                    struct wpb_config_value key,
                                                    uint32_t line)
{
    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (array.type == WPB_CONFIG_UNRESOLVED)
        return array;
    if (key.type == WPB_CONFIG_UNRESOLVED) {
        key.is_unset = false;
        return key;
    }
    if (array.type == WPB_CONFIG_STRING)
        return wpb_config_run_unresolved(config, line, wpb_config_expr_run_time);
    const struct wpb_config_element *element =
        array.type == WPB_CONFIG_ARRAY ? wpb_config_value_find(array.array, key) : NULL;
    return element ? element->value : unset_element(config, line);
}

/* An element of $_SERVER, $_ENV and their like: what the file itself has set there,
 * else the environment. */
static struct wpb_config_value read_environment(struct wpb_config *config,
                                                struct wpb_slice variable,
                                                struct wpb_config_value key,
                                                uint32_t line)
{
    int slot = wpb_config_state_find(config->state, WPB_CONFIG_VARIABLE, variable);
    bool is_server = wpb_slice_is(variable, "_SERVER");
    struct wpb_slice text;

    if (slot >= 0) {
        struct wpb_config_value array =
            wpb_config_run_get(config, WPB_CONFIG_VARIABLE, variable, line);
        if (array.type == WPB_CONFIG_UNRESOLVED && !array.is_unset)
            return array;
        const struct wpb_config_element *element =
            array.type == WPB_CONFIG_ARRAY ? wpb_config_value_find(array.array, key)
                                           : NULL;
        if (element)
            return element->value;
    }
    if (key.type == WPB_CONFIG_STRING && (is_server || wpb_slice_is(variable, "_ENV"))) {
        enum wpb_config_truth found =
            config->reader.environment(config->reader.cookie, key.text, &text);
        if (found == WPB_CONFIG_TRUE)
            return wpb_config_value_string(wpb_arena_copy(config->arena, text));
        if (found == WPB_CONFIG_FALSE && !is_server)
            return unset_element(config, line);
        if (key.text.len <= 64 && !is_server)
            return wpb_config_run_unresolved(
                config, line,
                wpb_arena_printf(config->arena,
                                 "$_ENV['%.*s'] is not set in .env or in the pool",
                                 (int)key.text.len, key.text.data));
    }
    return wpb_config_run_unresolved(
        config, line, is_server ? "it depends on $_SERVER" : "it depends on the request");
}

static struct wpb_config_value read_reference(struct wpb_config *config,
                                              const struct reference *reference)
{
    struct wpb_config_value value;
    size_t at = 0;

    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (reference->is_opaque)
        return wpb_config_run_unresolved(config, reference->line,
                                         wpb_config_expr_run_time);
    if (!is_superglobal(reference->name)) {
        value = wpb_config_run_get(config, WPB_CONFIG_VARIABLE, reference->name,
                                   reference->line);
    } else if (reference->key_count == 0) {
        return wpb_config_run_unresolved(config, reference->line,
                                         "it depends on the request");
    } else {
        value = read_environment(config, reference->name, reference->keys[0],
                                 reference->line);
        at = 1;
    }
    for (; at < reference->key_count; at++) {
        if (reference->appends[at])
            return wpb_config_run_unresolved(config, reference->line,
                                             wpb_config_expr_run_time);
        value = wpb_config_variable_element(config, value, reference->keys[at],
                                            reference->line);
    }
    return value;
}

/* ARRAY with VALUE put at the path of keys from AT on. At most REFERENCE_KEYS_MAX
 * deep. */
static bool put_path(struct wpb_config *config, struct wpb_config_value array,
                     const struct reference *reference, size_t at,
                     struct wpb_config_value value, struct wpb_config_value *result)
{
    const struct wpb_config_value *key =
        reference->appends[at] ? NULL : &reference->keys[at];
    const struct wpb_config_array *old = NULL;

    if (key && key->type == WPB_CONFIG_UNRESOLVED)
        return false;
    if (array.type == WPB_CONFIG_ARRAY)
        old = array.array;
    else if (array.type != WPB_CONFIG_NULL && !array.is_unset)
        return false;
    if (at + 1 < reference->key_count) {
        const struct wpb_config_element *inner =
            old && key ? wpb_config_value_find(old, *key) : NULL;
        if (!put_path(config, inner ? inner->value : wpb_config_value_null(), reference,
                      at + 1, value, &value))
            return false;
    }
    config->steps += old ? old->count / 8 : 0;
    return wpb_config_value_put(old, key, value, config->arena, result);
}

static void assign(struct wpb_config *config, const struct reference *reference,
                   struct wpb_config_value value)
{
    if (wpb_config_run_is_dead(config) || reference->is_opaque)
        return;
    value.is_unset = false;
    if (reference->key_count > 0) {
        struct wpb_config_value old = wpb_config_run_get(
            config, WPB_CONFIG_VARIABLE, reference->name, reference->line);
        if (old.type == WPB_CONFIG_UNRESOLVED && !old.is_unset)
            value = old;
        else if (!put_path(config, old, reference, 0, value, &value))
            value = wpb_config_run_unresolved(config, reference->line,
                                              "an element of it is computed");
    }
    wpb_config_run_set(config, WPB_CONFIG_VARIABLE, reference->name, value,
                       reference->line);
}

/* The binary operator in a compound assignment such as ".=", 0 for others. */
uint32_t wpb_config_variable_compound(const struct wpb_config_token *token)
{
    size_t len = token->text.len;
    if (token->type != WPB_TOKEN_PUNCTUATION || len < 2 ||
        token->text.data[len - 1] != '=' || strchr("=!<>", token->text.data[0]))
        return 0;
    return WPB_PUNCT(token->text.data[0], len > 2 ? token->text.data[1] : 0, 0);
}

static struct wpb_config_value assign_compound(struct wpb_config *config, uint32_t op,
                                               const struct reference *reference)
{
    struct wpb_config_value old = read_reference(config, reference), value;
    uint32_t line = reference->line;

    wpb_config_run_advance(config);
    if (op == P2('?', '?')) {
        value = wpb_config_operator_coalesce(config, old, line);
    } else {
        value = wpb_config_expr_at(config, WPB_PREC_ASSIGN);
        value = op == P1('.')
                    ? wpb_config_operator_concatenate(config, old, value, line)
                    : wpb_config_operator_arithmetic(config, op, old, value, line);
    }
    assign(config, reference, value);
    return value;
}

/* What may stand behind a variable: an assignment, or nothing. */
struct wpb_config_value wpb_config_variable_operand(struct wpb_config *config)
{
    struct reference reference;
    parse_reference(config, &reference);
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    uint32_t op = wpb_config_variable_compound(token);

    if (wpb_config_run_accept(config, P1('='))) {
        bool is_alias = wpb_config_run_accept(config, P1('&'));
        struct wpb_config_value value = wpb_config_expr_at(config, WPB_PREC_ASSIGN);
        if (is_alias)
            value = wpb_config_run_unresolved(config, reference.line,
                                              "it is a reference to another variable");
        assign(config, &reference, value);
        return value;
    }
    if (op)
        return assign_compound(config, op, &reference);
    if (wpb_config_run_is(config, P2('+', '+')) ||
        wpb_config_run_is(config, P2('-', '-'))) {
        wpb_config_run_advance(config);
        struct wpb_config_value value =
            wpb_config_run_unresolved(config, reference.line, "it is counted");
        assign(config, &reference, value);
        return value;
    }
    return read_reference(config, &reference);
}

/* The variables in a list(...) or [...] that is assigned to: their values are taken
 * apart by PHP, not by us. */
void wpb_config_variable_list(struct wpb_config *config, size_t from, size_t to)
{
    const struct wpb_config_source *source = config->source;
    for (size_t i = from; i < to && !wpb_config_run_is_dead(config); i++) {
        const struct wpb_config_token *token = &source->tokens[i];
        if (token->type != WPB_TOKEN_VARIABLE)
            continue;
        struct wpb_config_value value =
            wpb_config_run_unresolved(config, token->line, "it is taken out of a list");
        wpb_config_run_set(config, WPB_CONFIG_VARIABLE, token->text, value, token->line);
    }
}

void wpb_config_expr_target(struct wpb_config *config, struct wpb_config_value value)
{
    struct reference reference;
    wpb_config_run_accept(config, P1('&'));
    if (wpb_config_run_peek(config)->type == WPB_TOKEN_VARIABLE) {
        parse_reference(config, &reference);
        assign(config, &reference, value);
        return;
    }
    size_t from = config->source->at;
    wpb_config_run_accept_word(config, "list");
    if (wpb_config_run_is(config, P1('[')) || wpb_config_run_is(config, P1('(')))
        wpb_config_run_skip_group(config);
    else
        wpb_config_run_unexpected(config);
    wpb_config_variable_list(config, from, config->source->at);
}
