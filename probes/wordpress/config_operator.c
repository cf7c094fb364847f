#include "probes/wordpress/config_expr.h"

#define P1(a) WPB_PUNCT(a, 0, 0)
#define P2(a, b) WPB_PUNCT(a, b, 0)
#define P3(a, b, c) WPB_PUNCT(a, b, c)

static const struct operator_row {
    uint32_t punctuation;
    enum wpb_config_precedence precedence;
} operators[] = {
    {P1('?'), WPB_PREC_TERNARY},
    {P2('?', '?'), WPB_PREC_COALESCE},
    {P2('|', '|'), WPB_PREC_BOOL_OR},
    {P2('&', '&'), WPB_PREC_BOOL_AND},
    {P1('|'), WPB_PREC_BIT_OR},
    {P1('^'), WPB_PREC_BIT_XOR},
    {P1('&'), WPB_PREC_BIT_AND},
    {P2('=', '='), WPB_PREC_EQUAL},
    {P2('!', '='), WPB_PREC_EQUAL},
    {P2('<', '>'), WPB_PREC_EQUAL},
    {P3('=', '=', '='), WPB_PREC_EQUAL},
    {P3('!', '=', '='), WPB_PREC_EQUAL},
    {P3('<', '=', '>'), WPB_PREC_EQUAL},
    {P1('<'), WPB_PREC_COMPARE},
    {P1('>'), WPB_PREC_COMPARE},
    {P2('<', '='), WPB_PREC_COMPARE},
    {P2('>', '='), WPB_PREC_COMPARE},
    {P1('.'), WPB_PREC_CONCAT},
    {P2('<', '<'), WPB_PREC_SHIFT},
    {P2('>', '>'), WPB_PREC_SHIFT},
    {P1('+'), WPB_PREC_SUM},
    {P1('-'), WPB_PREC_SUM},
    {P1('*'), WPB_PREC_PRODUCT},
    {P1('/'), WPB_PREC_PRODUCT},
    {P1('%'), WPB_PREC_PRODUCT},
    {P2('*', '*'), WPB_PREC_POWER},
};

static struct wpb_config_value truth_value(struct wpb_config *config,
                                           enum wpb_config_truth truth,
                                           struct wpb_config_value left,
                                           struct wpb_config_value right)
{
    if (truth != WPB_CONFIG_UNKNOWN)
        return wpb_config_value_bool(truth == WPB_CONFIG_TRUE);
    if (left.type == WPB_CONFIG_UNRESOLVED && !left.is_unset)
        return left;
    if (right.type == WPB_CONFIG_UNRESOLVED && !right.is_unset)
        return right;
    return wpb_config_run_unresolved(config, wpb_config_run_peek(config)->line,
                                     wpb_config_expr_run_time);
}

struct wpb_config_value wpb_config_operator_concatenate(struct wpb_config *config,
                                                        struct wpb_config_value left,
                                                        struct wpb_config_value right,
                                                        uint32_t line)
{
    struct wpb_config_value result;
    struct wpb_slice a, b;
    struct wpb_buf text;

    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (wpb_config_expr_is_unresolved(left, right, &result))
        return result;
    if (!wpb_config_value_text(left, config->arena, &a) ||
        !wpb_config_value_text(right, config->arena, &b))
        return wpb_config_run_unresolved(config, line,
                                         "it is made of something that is no text");
    wpb_buf_init(&text, WPB_CONFIG_STRING_MAX);
    wpb_buf_slice(&text, a);
    wpb_buf_slice(&text, b);
    return wpb_config_run_take_text(config, &text, line);
}

static bool integer_operation(uint32_t op, int64_t a, int64_t b, int64_t *result)
{
    switch (op) {
    case P1('+'):
        return !__builtin_add_overflow(a, b, result);
    case P1('-'):
        return !__builtin_sub_overflow(a, b, result);
    case P1('*'):
        return !__builtin_mul_overflow(a, b, result);
    case P1('/'):
        if (b == 0 || b == -1 || a % b != 0)
            return false;
        *result = a / b;
        return true;
    case P1('%'):
        if (b == 0 || b == -1)
            return false;
        *result = a % b;
        return true;
    case P1('|'):
        *result = a | b;
        return true;
    case P1('&'):
        *result = a & b;
        return true;
    case P2('<', '<'):
        if (b < 0 || b > 62 || a < 0 || a > INT64_MAX >> b)
            return false;
        *result = a << b;
        return true;
    default:
        return false;
    }
}

static bool as_float(struct wpb_config_value value, double *number)
{
    int64_t integer;
    if (value.type == WPB_CONFIG_FLOAT) {
        *number = value.number;
        return true;
    }
    if (!wpb_config_value_number(value, &integer))
        return false;
    *number = (double)integer;
    return true;
}

struct wpb_config_value wpb_config_operator_arithmetic(struct wpb_config *config,
                                                       uint32_t op,
                                                       struct wpb_config_value left,
                                                       struct wpb_config_value right,
                                                       uint32_t line)
{
    struct wpb_config_value result;
    int64_t a, b, integer;
    double x, y;

    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (wpb_config_expr_is_unresolved(left, right, &result))
        return result;
    if (wpb_config_value_number(left, &a) && wpb_config_value_number(right, &b) &&
        integer_operation(op, a, b, &integer))
        return wpb_config_value_integer(integer);
    if (as_float(left, &x) && as_float(right, &y)) {
        if (op == P1('+'))
            return wpb_config_value_float(x + y);
        if (op == P1('-'))
            return wpb_config_value_float(x - y);
        if (op == P1('*'))
            return wpb_config_value_float(x * y);
        if (op == P1('/') && (y < 0 || y > 0))
            return wpb_config_value_float(x / y);
    }
    return wpb_config_run_unresolved(config, line, wpb_config_expr_run_time);
}

static struct wpb_config_value compare(struct wpb_config *config, uint32_t op,
                                       struct wpb_config_value left,
                                       struct wpb_config_value right, uint32_t line)
{
    enum wpb_config_truth truth = WPB_CONFIG_UNKNOWN;
    double x, y;

    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (op == P3('=', '=', '=') || op == P3('!', '=', '='))
        truth = wpb_config_value_identical(left, right);
    else if (op == P2('=', '=') || op == P2('!', '=') || op == P2('<', '>'))
        truth = wpb_config_value_equal(left, right);
    else if (as_float(left, &x) && as_float(right, &y)) {
        bool is_true = op == P1('<')        ? x < y
                       : op == P1('>')      ? x > y
                       : op == P2('<', '=') ? x <= y
                                            : x >= y;
        if (op != P3('<', '=', '>'))
            return wpb_config_value_bool(is_true);
    }
    bool is_negated = op == P3('!', '=', '=') || op == P2('!', '=') || op == P2('<', '>');
    if (truth != WPB_CONFIG_UNKNOWN && is_negated)
        truth = truth == WPB_CONFIG_TRUE ? WPB_CONFIG_FALSE : WPB_CONFIG_TRUE;
    (void)line;
    return truth_value(config, truth, left, right);
}

/* && and ||, `and` and `or`: the right side runs, does not run, or runs on one of two
 * paths. */
static struct wpb_config_value short_circuit(struct wpb_config *config, bool is_and,
                                             struct wpb_config_value left,
                                             enum wpb_config_precedence min,
                                             uint32_t line)
{
    enum wpb_config_truth decides = is_and ? WPB_CONFIG_FALSE : WPB_CONFIG_TRUE;
    enum wpb_config_truth truth = wpb_config_value_truth(left);
    struct wpb_config_branches branches;
    struct wpb_config_value right;

    if (wpb_config_run_is_dead(config)) {
        wpb_config_expr_at(config, min);
        return wpb_config_value_null();
    }
    if (truth == decides) {
        config->dead++;
        wpb_config_expr_at(config, min);
        config->dead--;
        return wpb_config_value_bool(!is_and);
    }
    if (truth != WPB_CONFIG_UNKNOWN) {
        right = wpb_config_expr_at(config, min);
        return truth_value(config, wpb_config_value_truth(right), right, right);
    }
    wpb_config_paths_fork(config, &branches, left, line);
    right = wpb_config_expr_at(config, min);
    wpb_config_paths_take(config, &branches);
    wpb_config_paths_take(config, &branches);
    wpb_config_paths_join(config, &branches);
    if (wpb_config_value_truth(right) == decides)
        return wpb_config_value_bool(!is_and);
    return left;
}

/* Two values, and which one it is only PHP knows. */
static struct wpb_config_value either(struct wpb_config *config,
                                      struct wpb_config_value a,
                                      struct wpb_config_value b,
                                      const struct wpb_config_branches *branches)
{
    struct wpb_config_value result;
    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (wpb_config_expr_is_unresolved(a, b, &result))
        return result;
    if (wpb_config_value_identical(a, b) == WPB_CONFIG_TRUE)
        return a;
    return wpb_config_run_unresolved(config, branches->why->line,
                                     wpb_arena_printf(config->arena,
                                                      "two values are possible: %s",
                                                      branches->why->reason));
}

/* "a ?: b"; the "?" and ":" are behind us. */
static struct wpb_config_value elvis(struct wpb_config *config,
                                     struct wpb_config_value left, uint32_t line)
{
    enum wpb_config_truth truth = wpb_config_value_truth(left);
    struct wpb_config_branches branches;

    if (wpb_config_run_is_dead(config) || truth != WPB_CONFIG_UNKNOWN) {
        struct wpb_config_value right = wpb_config_expr_skipped(
            config, truth == WPB_CONFIG_TRUE, WPB_PREC_TERNARY + 1);
        return truth == WPB_CONFIG_TRUE ? left : right;
    }
    wpb_config_paths_fork(config, &branches, left, line);
    wpb_config_expr_at(config, WPB_PREC_TERNARY + 1);
    wpb_config_paths_take(config, &branches);
    wpb_config_paths_take(config, &branches);
    wpb_config_paths_join(config, &branches);
    return left;
}

/* The "?" is behind us. */
static struct wpb_config_value ternary(struct wpb_config *config,
                                       struct wpb_config_value condition, uint32_t line)
{
    enum wpb_config_truth truth = wpb_config_value_truth(condition);
    struct wpb_config_branches branches;
    struct wpb_config_value yes, no;

    if (wpb_config_run_accept(config, P1(':')))
        return elvis(config, condition, line);
    if (wpb_config_run_is_dead(config) || truth != WPB_CONFIG_UNKNOWN) {
        yes = wpb_config_expr_skipped(config, truth == WPB_CONFIG_FALSE, WPB_PREC_LOWEST);
        wpb_config_run_expect(config, P1(':'));
        no = wpb_config_expr_skipped(config, truth == WPB_CONFIG_TRUE,
                                     WPB_PREC_TERNARY + 1);
        return truth == WPB_CONFIG_TRUE ? yes : no;
    }
    wpb_config_paths_fork(config, &branches, condition, line);
    yes = wpb_config_expr(config);
    wpb_config_paths_take(config, &branches);
    wpb_config_run_expect(config, P1(':'));
    no = wpb_config_expr_at(config, WPB_PREC_TERNARY + 1);
    wpb_config_paths_take(config, &branches);
    wpb_config_paths_join(config, &branches);
    return either(config, yes, no, &branches);
}

/* The "??" is behind us; it associates to the right. */
struct wpb_config_value wpb_config_operator_coalesce(struct wpb_config *config,
                                                     struct wpb_config_value left,
                                                     uint32_t line)
{
    bool is_nothing = left.type == WPB_CONFIG_NULL || left.is_unset;
    struct wpb_config_branches branches;

    if (wpb_config_run_is_dead(config) || is_nothing)
        return wpb_config_expr_at(config, WPB_PREC_COALESCE);
    if (left.type != WPB_CONFIG_UNRESOLVED) {
        wpb_config_expr_skipped(config, true, WPB_PREC_COALESCE);
        return left;
    }
    wpb_config_paths_fork(config, &branches, left, line);
    wpb_config_expr_at(config, WPB_PREC_COALESCE);
    wpb_config_paths_take(config, &branches);
    wpb_config_paths_take(config, &branches);
    wpb_config_paths_join(config, &branches);
    return left;
}

static const struct operator_row *binary_operator(const struct wpb_config_token *token)
{
    if (token->type != WPB_TOKEN_PUNCTUATION)
        return NULL;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (operators[i].punctuation == token->punctuation)
            return &operators[i];
    }
    return NULL;
}

static struct wpb_config_value word_operation(struct wpb_config *config,
                                              enum wpb_config_precedence precedence,
                                              struct wpb_config_value left, uint32_t line)
{
    wpb_config_run_advance(config);
    if (precedence == WPB_PREC_AND || precedence == WPB_PREC_OR)
        return short_circuit(config, precedence == WPB_PREC_AND, left, precedence + 1,
                             line);
    wpb_config_expr_at(config, precedence + 1);
    return wpb_config_run_unresolved(config, line, wpb_config_expr_run_time);
}

static enum wpb_config_precedence word_precedence(const struct wpb_config_token *token)
{
    static const struct {
        const char *word;
        enum wpb_config_precedence precedence;
    } words[] = {{"or", WPB_PREC_OR},
                 {"xor", WPB_PREC_XOR},
                 {"and", WPB_PREC_AND},
                 {"instanceof", WPB_PREC_INSTANCEOF}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (wpb_config_run_is_word(token, words[i].word))
            return words[i].precedence;
    }
    return WPB_PREC_LOWEST;
}

static struct wpb_config_value binary(struct wpb_config *config,
                                      const struct operator_row *row,
                                      struct wpb_config_value left, uint32_t line)
{
    uint32_t op = row->punctuation;
    wpb_config_run_advance(config);
    switch (row->precedence) {
    case WPB_PREC_TERNARY:
        return ternary(config, left, line);
    case WPB_PREC_COALESCE:
        return wpb_config_operator_coalesce(config, left, line);
    case WPB_PREC_BOOL_OR:
    case WPB_PREC_BOOL_AND:
        return short_circuit(config, row->precedence == WPB_PREC_BOOL_AND, left,
                             row->precedence + 1, line);
    default:
        break;
    }
    /* Only ** associates to the right. */
    int side = row->precedence == WPB_PREC_POWER ? 0 : 1;
    struct wpb_config_value right = wpb_config_expr_at(
        config, (enum wpb_config_precedence)((int)row->precedence + side));
    if (op == P1('.'))
        return wpb_config_operator_concatenate(config, left, right, line);
    if (row->precedence == WPB_PREC_EQUAL || row->precedence == WPB_PREC_COMPARE)
        return compare(config, op, left, right, line);
    return wpb_config_operator_arithmetic(config, op, left, right, line);
}

bool wpb_config_operator_apply(struct wpb_config *config, enum wpb_config_precedence min,
                               struct wpb_config_value *left)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    const struct operator_row *row = binary_operator(token);
    enum wpb_config_precedence word = word_precedence(token);

    if (row && row->precedence >= min)
        *left = binary(config, row, *left, token->line);
    else if (word != WPB_PREC_LOWEST && word >= min)
        *left = word_operation(config, word, *left, token->line);
    else
        return false;
    return true;
}
