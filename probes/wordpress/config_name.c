#include <string.h>

#include "probes/wordpress/config_expr.h"

#define P1(a) WPB_PUNCT(a, 0, 0)
#define P2(a, b) WPB_PUNCT(a, b, 0)
#define P3(a, b, c) WPB_PUNCT(a, b, c)

/* The part behind the last backslash. */
static struct wpb_slice base_name(struct wpb_slice name)
{
    const char *slash = memrchr(name.data, '\\', name.len);
    return slash ? wpb_slice_skip(name, (size_t)(slash - name.data) + 1) : name;
}

static struct wpb_config_value constant(struct wpb_config *config,
                                        const struct wpb_config_token *token)
{
    struct wpb_slice name = base_name(token->text);
    const char *path = config->source->path;

    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (wpb_config_run_is_word(token, "true") || wpb_config_run_is_word(token, "\\true"))
        return wpb_config_value_bool(true);
    if (wpb_config_run_is_word(token, "false") ||
        wpb_config_run_is_word(token, "\\false"))
        return wpb_config_value_bool(false);
    if (wpb_config_run_is_word(token, "null") || wpb_config_run_is_word(token, "\\null"))
        return wpb_config_value_null();
    if (wpb_config_run_is_word(token, "__file__"))
        return wpb_config_value_string(wpb_slice_cstr(path));
    if (wpb_config_run_is_word(token, "__dir__")) {
        const char *slash = strrchr(path, '/');
        size_t len = slash && slash > path ? (size_t)(slash - path) : slash ? 1 : 0;
        return wpb_config_value_string(wpb_slice_of(path, len));
    }
    if (wpb_config_run_is_word(token, "__line__"))
        return wpb_config_value_integer(token->line);
    if (wpb_slice_is(name, "DIRECTORY_SEPARATOR"))
        return wpb_config_value_string(wpb_slice_cstr("/"));
    if (wpb_slice_is(name, "PATH_SEPARATOR"))
        return wpb_config_value_string(wpb_slice_cstr(":"));
    if (wpb_slice_is(name, "PHP_EOL"))
        return wpb_config_value_string(wpb_slice_cstr("\n"));
    struct wpb_config_value value =
        wpb_config_run_get(config, WPB_CONFIG_CONSTANT, name, token->line);
    /* A word that is no constant ends PHP 8: no fallback of ours may hide that. */
    value.is_unset = false;
    return value;
}

/* Skip "(parameters) [use (...)] [: type]" up to END, which is not taken. */
static void skip_signature(struct wpb_config *config, uint32_t end)
{
    while (!wpb_config_run_is(config, end) && config->flow != WPB_FLOW_ERROR) {
        if (wpb_config_run_is(config, P1('(')) || wpb_config_run_is(config, P1('[')))
            wpb_config_run_skip_group(config);
        else if (wpb_config_run_is(config, P1(';')) ||
                 wpb_config_run_peek(config)->type == WPB_TOKEN_END ||
                 wpb_config_run_peek(config)->type == WPB_TOKEN_ERROR)
            wpb_config_run_unexpected(config);
        else
            wpb_config_run_advance(config);
    }
}

/* function (...) {...}, fn (...) => ..., class (...) {...}, match (...) {...}: the
 * word is behind us. */
static struct wpb_config_value skip_body(struct wpb_config *config, bool is_arrow,
                                         uint32_t line)
{
    skip_signature(config, is_arrow ? P2('=', '>') : P1('{'));
    if (is_arrow) {
        wpb_config_run_advance(config);
        wpb_config_expr_skipped(config, true, WPB_PREC_ASSIGN);
    } else {
        wpb_config_run_skip_group(config);
    }
    return wpb_config_run_unresolved(config, line, wpb_config_expr_run_time);
}

static struct wpb_config_value new_object(struct wpb_config *config, uint32_t line)
{
    while (wpb_config_run_is(config, P2('#', '[')))
        wpb_config_run_skip_group(config);
    wpb_config_run_accept_word(config, "readonly");
    if (wpb_config_run_accept_word(config, "class"))
        return skip_body(config, false, line);
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    if (token->type == WPB_TOKEN_NAME || token->type == WPB_TOKEN_VARIABLE)
        wpb_config_run_advance(config);
    else if (wpb_config_run_is(config, P1('(')))
        wpb_config_run_skip_group(config);
    else
        wpb_config_run_unexpected(config);
    while (wpb_config_run_accept(config, P2('-', '>')) ||
           wpb_config_run_accept(config, P2(':', ':')) ||
           wpb_config_run_is(config, P1('['))) {
        if (wpb_config_run_is(config, P1('[')))
            wpb_config_run_skip_group(config);
        else
            wpb_config_run_advance(config);
    }
    if (wpb_config_run_is(config, P1('(')))
        wpb_config_call_arguments(config);
    return wpb_config_run_unresolved(config, line, wpb_config_expr_run_time);
}

/* The text of the last string in an include: enough to know wp-settings.php by. */
static struct wpb_slice last_string(const struct wpb_config *config, size_t from)
{
    const struct wpb_config_source *source = config->source;
    for (size_t i = source->at; i > from; i--) {
        const struct wpb_config_token *token = &source->tokens[i - 1];
        if (token->type == WPB_TOKEN_STRING || token->type == WPB_TOKEN_TEMPLATE)
            return token->text;
    }
    return wpb_slice_of(NULL, 0);
}

static struct wpb_config_value include(struct wpb_config *config,
                                       const struct wpb_config_token *word)
{
    bool is_once = wpb_slice_ends(word->text, (struct wpb_slice){"e", 1}) &&
                   word->text.len > 7 && memchr(word->text.data, '_', word->text.len);
    bool is_required = (word->text.data[0] | 0x20) == 'r';
    size_t from = config->source->at;
    struct wpb_config_value path = wpb_config_expr_at(config, WPB_PREC_ASSIGN);
    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    return wpb_config_include(config, path, last_string(config, from), is_once,
                              is_required, word->line);
}

static struct wpb_config_value leave(struct wpb_config *config)
{
    if (wpb_config_run_accept(config, P1('('))) {
        if (!wpb_config_run_is(config, P1(')')))
            wpb_config_expr(config);
        wpb_config_run_expect(config, P1(')'));
    }
    if (!wpb_config_run_is_dead(config))
        config->flow = WPB_FLOW_EXIT;
    return wpb_config_value_null();
}

/* isset() and empty() of several things. */
static struct wpb_config_value isset(struct wpb_config *config, bool is_empty)
{
    struct wpb_config_value result = wpb_config_value_bool(true), value;

    wpb_config_run_expect(config, P1('('));
    do {
        if (wpb_config_run_is(config, P1(')')))
            break;
        value = wpb_config_expr(config);
        if (wpb_config_run_is_dead(config))
            continue;
        enum wpb_config_truth truth = wpb_config_value_truth(value);
        if (is_empty && truth != WPB_CONFIG_UNKNOWN)
            result = wpb_config_value_bool(truth == WPB_CONFIG_FALSE);
        else if (!is_empty && (value.is_unset || value.type == WPB_CONFIG_NULL))
            result = wpb_config_value_bool(false);
        else if (value.type == WPB_CONFIG_UNRESOLVED &&
                 wpb_config_value_truth(result) == WPB_CONFIG_TRUE)
            result = value;
    } while (wpb_config_run_accept(config, P1(',')));
    wpb_config_run_expect(config, P1(')'));
    return wpb_config_run_is_dead(config) ? wpb_config_value_null() : result;
}

static struct wpb_config_value closure(struct wpb_config *config, uint32_t line)
{
    bool is_arrow = wpb_config_run_accept_word(config, "fn");
    if (!is_arrow)
        wpb_config_run_advance(config);
    return skip_body(config, is_arrow, line);
}

/* Words that begin an expression of their own kind. True when NAME was one. */
static bool keyword(struct wpb_config *config, const struct wpb_config_token *token,
                    struct wpb_config_value *value)
{
    static const char *const words[] = {
        "include", "include_once", "require", "require_once", "new",   "clone",
        "exit",    "die",          "isset",   "empty",        "print", "throw",
        "yield",   "match",        "array",   "list",         "eval"};
    const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);
    size_t word = 0, count = sizeof words / sizeof words[0];

    while (word < count && !wpb_config_run_is_word(token, words[word]))
        word++;
    bool is_call = next->type == WPB_TOKEN_PUNCTUATION && next->punctuation == P1('(');
    if (word == count || (!is_call && word >= 13) ||
        (!is_call && (word == 8 || word == 9)))
        return false;
    wpb_config_run_advance(config);
    if (word < 4) {
        *value = include(config, token);
    } else if (word == 4) {
        *value = new_object(config, token->line);
    } else if (word == 6 || word == 7) {
        *value = leave(config);
    } else if (word == 8 || word == 9) {
        *value = isset(config, word == 9);
    } else if (word == 13) {
        *value = skip_body(config, false, token->line);
    } else if (word == 14 || word == 15) {
        wpb_config_run_advance(config);
        *value = wpb_config_expr_array(config, P1(')'));
    } else if (word == 16) {
        struct wpb_config_value code = wpb_config_expr_parenthesised(config);
        *value = wpb_config_run_is_dead(config)
                     ? code
                     : wpb_config_include_code(config, code, token->line);
    } else {
        const struct wpb_config_token *after = wpb_config_run_peek(config);
        bool has_operand = after->type != WPB_TOKEN_PUNCTUATION || is_call ||
                           after->punctuation == P1('[') || after->punctuation == P1('&');
        if (has_operand)
            wpb_config_expr_at(config, word == 5 ? WPB_PREC_POWER : WPB_PREC_ASSIGN);
        if (word == 11 && !wpb_config_run_is_dead(config))
            config->flow = WPB_FLOW_THROW;
        *value = wpb_config_run_unresolved(config, token->line, wpb_config_expr_run_time);
    }
    return true;
}

struct wpb_config_value wpb_config_name_operand(struct wpb_config *config)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);
    struct wpb_config_value value;

    bool is_static = wpb_config_run_is_word(token, "static");
    const struct wpb_config_token *word = is_static ? next : token;
    if (wpb_config_run_is_word(word, "function") ||
        (wpb_config_run_is_word(word, "fn") &&
         wpb_config_run_ahead(config, is_static ? 2 : 1)->type ==
             WPB_TOKEN_PUNCTUATION)) {
        if (is_static)
            wpb_config_run_advance(config);
        return closure(config, token->line);
    }
    if (keyword(config, token, &value))
        return value;
    wpb_config_run_advance(config);
    if (wpb_config_run_is(config, P1('(')))
        return wpb_config_call(config, wpb_slice_of(NULL, 0), base_name(token->text),
                               token->line);
    const struct wpb_config_token *member = wpb_config_run_ahead(config, 1);
    const struct wpb_config_token *bracket = wpb_config_run_ahead(config, 2);
    if (wpb_config_run_is(config, P2(':', ':')) && member->type == WPB_TOKEN_NAME &&
        bracket->type == WPB_TOKEN_PUNCTUATION && bracket->punctuation == P1('(')) {
        wpb_config_run_advance(config);
        wpb_config_run_advance(config);
        return wpb_config_call(config, base_name(token->text), member->text, token->line);
    }
    if (wpb_config_run_is(config, P2(':', ':')))
        return wpb_config_run_unresolved(config, token->line, wpb_config_expr_run_time);
    return constant(config, token);
}
