#include "probes/wordpress/config_expr.h"

#include "probes/wordpress/config_literal.h"

#define P1(a) WPB_PUNCT(a, 0, 0)
#define P2(a, b) WPB_PUNCT(a, b, 0)
#define P3(a, b, c) WPB_PUNCT(a, b, c)

const char wpb_config_expr_run_time[] = "it is computed by code that only PHP can run";

/* A value where an unset one is read plainly: PHP would say null and warn, but what
 * we have not read may set it. */
bool wpb_config_expr_is_unresolved(struct wpb_config_value left,
                                   struct wpb_config_value right,
                                   struct wpb_config_value *result)
{
    *result = left.type == WPB_CONFIG_UNRESOLVED ? left : right;
    result->is_unset = false;
    return result->type == WPB_CONFIG_UNRESOLVED;
}

struct wpb_config_value wpb_config_expr_skipped(struct wpb_config *config,
                                                bool is_skipped,
                                                enum wpb_config_precedence min)
{
    config->dead += is_skipped ? 1 : 0;
    struct wpb_config_value value = wpb_config_expr_at(config, min);
    config->dead -= is_skipped ? 1 : 0;
    return value;
}

static void array_element(struct wpb_config *config, struct wpb_config_builder *builder,
                          struct wpb_config_value *trouble)
{
    uint32_t line = wpb_config_run_peek(config)->line;
    bool is_spread = wpb_config_run_accept(config, P3('.', '.', '.'));
    bool is_alias = wpb_config_run_accept(config, P1('&'));
    struct wpb_config_value value = wpb_config_expr(config), key;
    bool has_key = wpb_config_run_accept(config, P2('=', '>'));

    if (has_key) {
        key = value;
        is_alias = wpb_config_run_accept(config, P1('&')) || is_alias;
        value = wpb_config_expr(config);
    }
    if (wpb_config_run_is_dead(config))
        return;
    value.is_unset = false;
    if (is_alias)
        value = wpb_config_run_unresolved(config, line, "it is a reference");
    if (is_spread || (has_key && key.type == WPB_CONFIG_UNRESOLVED)) {
        *trouble = wpb_config_run_unresolved(config, line, "a key of it is computed");
        return;
    }
    config->steps += has_key ? builder->count / 8 : 0;
    wpb_config_builder_put(builder, has_key ? &key : NULL, value);
}

/* array(...) or [...], the bracket behind us; also the left side of [$a, $b] = ... */
struct wpb_config_value wpb_config_expr_array(struct wpb_config *config, uint32_t close)
{
    size_t from = config->source->at;
    uint32_t line = wpb_config_run_peek(config)->line;
    struct wpb_config_value trouble = wpb_config_value_null();
    struct wpb_config_builder builder;

    wpb_config_builder_init(&builder, config->arena);
    while (!wpb_config_run_is(config, close) && config->flow != WPB_FLOW_ERROR) {
        if (wpb_config_run_accept(config, P1(','))) /* [, $b] = ... */
            continue;
        array_element(config, &builder, &trouble);
        if (!wpb_config_run_is(config, close))
            wpb_config_run_expect(config, P1(','));
    }
    size_t to = config->source->at;
    wpb_config_run_expect(config, close);
    if (wpb_config_run_accept(config, P1('='))) {
        struct wpb_config_value value = wpb_config_expr_at(config, WPB_PREC_ASSIGN);
        wpb_config_variable_list(config, from, to);
        return value;
    }
    if (wpb_config_run_is_dead(config) || trouble.type == WPB_CONFIG_UNRESOLVED)
        return trouble;
    if (builder.is_full)
        return wpb_config_run_unresolved(config, line, "the array is too large");
    return wpb_config_builder_take(&builder);
}

static struct wpb_config_value cast(struct wpb_config *config,
                                    const struct wpb_config_token *type,
                                    struct wpb_config_value value)
{
    struct wpb_slice text;
    int64_t integer;

    if (wpb_config_run_is_dead(config) || value.type == WPB_CONFIG_UNRESOLVED) {
        value.is_unset = false;
        return value;
    }
    if (wpb_config_run_is_word(type, "bool") || wpb_config_run_is_word(type, "boolean"))
        return wpb_config_value_bool(wpb_config_value_truth(value) == WPB_CONFIG_TRUE);
    if (wpb_config_run_is_word(type, "string") || wpb_config_run_is_word(type, "binary"))
        return wpb_config_value_text(value, config->arena, &text)
                   ? wpb_config_value_string(text)
                   : wpb_config_run_unresolved(config, type->line,
                                               wpb_config_expr_run_time);
    if (wpb_config_run_is_word(type, "int") || wpb_config_run_is_word(type, "integer")) {
        if (wpb_config_value_number(value, &integer))
            return wpb_config_value_integer(integer);
        if (value.type == WPB_CONFIG_BOOL || value.type == WPB_CONFIG_NULL)
            return wpb_config_value_integer(wpb_config_value_truth(value) ==
                                            WPB_CONFIG_TRUE);
        return wpb_config_run_unresolved(config, type->line, wpb_config_expr_run_time);
    }
    /* An array as an object is read by ->name, see postfix(). */
    if (value.type == WPB_CONFIG_ARRAY)
        return value;
    return wpb_config_run_unresolved(config, type->line, wpb_config_expr_run_time);
}

static bool is_cast(const struct wpb_config *config)
{
    static const char *const types[] = {"int",    "integer", "bool",   "boolean",
                                        "float",  "double",  "real",   "string",
                                        "binary", "array",   "object", "unset"};
    const struct wpb_config_token *type = wpb_config_run_ahead(config, 1);
    const struct wpb_config_token *close = wpb_config_run_ahead(config, 2);
    if (close->type != WPB_TOKEN_PUNCTUATION || close->punctuation != P1(')'))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (wpb_config_run_is_word(type, types[i]))
            return true;
    }
    return false;
}

struct wpb_config_value wpb_config_expr_parenthesised(struct wpb_config *config)
{
    wpb_config_run_expect(config, P1('('));
    struct wpb_config_value value = wpb_config_expr(config);
    wpb_config_run_expect(config, P1(')'));
    return value;
}

static struct wpb_config_value prefix(struct wpb_config *config,
                                      const struct wpb_config_token *token)
{
    struct wpb_config_value value;

    switch (token->punctuation) {
    case P1('('):
        if (!is_cast(config))
            return wpb_config_expr_parenthesised(config);
        token = wpb_config_run_ahead(config, 1);
        wpb_config_run_advance(config);
        wpb_config_run_advance(config);
        wpb_config_run_advance(config);
        return cast(config, token, wpb_config_expr_at(config, WPB_PREC_POWER));
    case P1('['):
        wpb_config_run_advance(config);
        return wpb_config_expr_array(config, P1(']'));
    case P2('#', '['):
        wpb_config_run_skip_group(config);
        return wpb_config_expr_at(config, WPB_PREC_POWER);
    case P1('!'):
        wpb_config_run_advance(config);
        value = wpb_config_expr_at(config, WPB_PREC_INSTANCEOF);
        if (wpb_config_run_is_dead(config))
            return wpb_config_value_null();
        return wpb_config_value_truth(value) == WPB_CONFIG_UNKNOWN
                   ? value
                   : wpb_config_value_bool(wpb_config_value_truth(value) ==
                                           WPB_CONFIG_FALSE);
    case P1('@'):
        wpb_config_run_advance(config);
        return wpb_config_expr_at(config, WPB_PREC_POWER);
    case P1('-'):
        wpb_config_run_advance(config);
        value = wpb_config_expr_at(config, WPB_PREC_POWER);
        return wpb_config_operator_arithmetic(
            config, P1('-'), wpb_config_value_integer(0), value, token->line);
    case P1('+'):
        wpb_config_run_advance(config);
        return wpb_config_expr_at(config, WPB_PREC_POWER);
    case P1('&'):
    case P1('~'):
    case P2('+', '+'):
    case P2('-', '-'):
        wpb_config_run_advance(config);
        wpb_config_expr_at(config, WPB_PREC_POWER);
        return wpb_config_run_unresolved(config, token->line, wpb_config_expr_run_time);
    case P1('$'):
        wpb_config_run_advance(config);
        if (wpb_config_run_is(config, P1('{')))
            wpb_config_run_skip_group(config);
        else
            wpb_config_expr_at(config, WPB_PREC_POWER);
        if (!wpb_config_run_is_dead(config))
            wpb_config_run_problem(config, WPB_CONFIG_DYNAMIC, token->line,
                                   "a variable's name is computed when PHP runs");
        return wpb_config_run_unresolved(config, token->line, wpb_config_expr_run_time);
    default:
        wpb_config_run_unexpected(config);
        return wpb_config_value_null();
    }
}

static struct wpb_config_value operand(struct wpb_config *config)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    int64_t integer;
    double number;

    switch (token->type) {
    case WPB_TOKEN_VARIABLE:
        return wpb_config_variable_operand(config);
    case WPB_TOKEN_NAME:
        return wpb_config_name_operand(config);
    case WPB_TOKEN_PUNCTUATION:
        return prefix(config, token);
    case WPB_TOKEN_INTEGER:
    case WPB_TOKEN_FLOAT:
        wpb_config_run_advance(config);
        if (wpb_config_literal_number(token, &integer, &number))
            return wpb_config_value_integer(integer);
        return wpb_config_value_float(number);
    case WPB_TOKEN_STRING:
    case WPB_TOKEN_TEMPLATE:
        wpb_config_run_advance(config);
        return wpb_config_string_value(config, token);
    case WPB_TOKEN_SHELL:
        wpb_config_run_advance(config);
        return wpb_config_run_unresolved(config, token->line, wpb_config_expr_run_time);
    default:
        wpb_config_run_unexpected(config);
        return wpb_config_value_null();
    }
}

/* ->name or ::name: an array that came from (object) has elements, all else is
 * opaque. */
static struct wpb_config_value member(struct wpb_config *config,
                                      struct wpb_config_value value, uint32_t line)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    if (token->type == WPB_TOKEN_NAME || token->type == WPB_TOKEN_VARIABLE)
        wpb_config_run_advance(config);
    else if (wpb_config_run_is(config, P1('{')))
        wpb_config_run_skip_group(config);
    else
        wpb_config_run_unexpected(config);
    if (value.type == WPB_CONFIG_ARRAY && token->type == WPB_TOKEN_NAME &&
        !wpb_config_run_is(config, P1('(')))
        return wpb_config_variable_element(config, value,
                                           wpb_config_value_string(token->text), line);
    return wpb_config_run_unresolved(config, line, wpb_config_expr_run_time);
}

static struct wpb_config_value postfix(struct wpb_config *config,
                                       struct wpb_config_value value)
{
    for (;;) {
        const struct wpb_config_token *token = wpb_config_run_peek(config);
        uint32_t op = token->type == WPB_TOKEN_PUNCTUATION ? token->punctuation : 0;
        if (op == P2('-', '>') || op == P3('?', '-', '>') || op == P2(':', ':')) {
            wpb_config_run_advance(config);
            value = member(config, value, token->line);
        } else if (op == P1('[')) {
            wpb_config_run_advance(config);
            struct wpb_config_value key = wpb_config_value_null();
            if (!wpb_config_run_is(config, P1(']')))
                key = wpb_config_expr(config);
            wpb_config_run_expect(config, P1(']'));
            value = wpb_config_variable_element(config, value, key, token->line);
        } else if (op == P1('(')) {
            wpb_config_call_arguments(config);
            value =
                wpb_config_run_unresolved(config, token->line, wpb_config_expr_run_time);
        } else if (op == P1('=') || wpb_config_variable_compound(token)) {
            /* To a property or an element of one: nothing that we follow. */
            wpb_config_run_advance(config);
            wpb_config_run_accept(config, P1('&'));
            value = wpb_config_expr_at(config, WPB_PREC_ASSIGN);
        } else if (op == P2('+', '+') || op == P2('-', '-')) {
            wpb_config_run_advance(config);
            value =
                wpb_config_run_unresolved(config, token->line, wpb_config_expr_run_time);
        } else {
            return value;
        }
    }
}

struct wpb_config_value wpb_config_expr_at(struct wpb_config *config,
                                           enum wpb_config_precedence min)
{
    if (!wpb_config_run_enter(config))
        return wpb_config_value_null();
    struct wpb_config_value left = postfix(config, operand(config));

    while (wpb_config_operator_apply(config, min, &left))
        continue;
    wpb_config_run_leave(config);
    return left;
}

struct wpb_config_value wpb_config_expr(struct wpb_config *config)
{
    return wpb_config_expr_at(config, WPB_PREC_LOWEST);
}
