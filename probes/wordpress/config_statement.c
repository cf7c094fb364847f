#include <string.h>

#include "probes/wordpress/config_statement.h"

#define P1(a) WPB_PUNCT(a, 0, 0)
#define P2(a, b) WPB_PUNCT(a, b, 0)

bool wpb_config_statement_at_end(const struct wpb_config *config)
{
    enum wpb_config_token_type type = wpb_config_run_peek(config)->type;
    return type == WPB_TOKEN_END || type == WPB_TOKEN_ERROR;
}

bool wpb_config_statement_at_word(const struct wpb_config *config, const char *word)
{
    return wpb_config_run_is_word(wpb_config_run_peek(config), word);
}

/* ";" or "?>". */
void wpb_config_statement_end(struct wpb_config *config)
{
    if (wpb_config_run_peek(config)->type == WPB_TOKEN_CLOSE)
        wpb_config_run_advance(config);
    else
        wpb_config_run_expect(config, P1(';'));
}

/* Statements up to one of WORDS (NULL-terminated), as between "if (...):" and
 * "endif". */
static void statements_until(struct wpb_config *config, const char *const *words)
{
    while (!wpb_config_statement_at_end(config)) {
        for (size_t i = 0; words[i]; i++) {
            if (wpb_config_statement_at_word(config, words[i]))
                return;
        }
        wpb_config_statement(config);
    }
    wpb_config_run_unexpected(config);
}

static void block(struct wpb_config *config)
{
    wpb_config_run_expect(config, P1('{'));
    while (!wpb_config_statement_at_end(config) && !wpb_config_run_is(config, P1('}')))
        wpb_config_statement(config);
    wpb_config_run_expect(config, P1('}'));
}

/* The body of if, for, while: one statement, or ": ... END". */
void wpb_config_statement_body(struct wpb_config *config, const char *const *ends)
{
    if (wpb_config_run_accept(config, P1(':')))
        statements_until(config, ends);
    else
        wpb_config_statement(config);
}

void wpb_config_statement_dead_body(struct wpb_config *config, const char *const *ends)
{
    config->dead++;
    wpb_config_statement_body(config, ends);
    config->dead--;
}

/* --- if --- */

/* The arms of one if, while their conditions are met one after the other. */
struct arms {
    struct wpb_config_branches branches;
    bool is_forked; /* a condition was unknown */
    bool is_over;   /* an arm that surely runs was met */
};

/* The arm whose condition came to VALUE is next. */
static void arm(struct wpb_config *config, struct arms *arms,
                struct wpb_config_value value, uint32_t line)
{
    static const char *const ends[] = {"elseif", "else", "endif", NULL};
    enum wpb_config_truth truth = wpb_config_value_truth(value);

    if (wpb_config_run_is_dead(config) || arms->is_over || truth == WPB_CONFIG_FALSE) {
        wpb_config_statement_dead_body(config, ends);
        return;
    }
    if (truth == WPB_CONFIG_UNKNOWN && !arms->is_forked) {
        wpb_config_paths_fork(config, &arms->branches, value, line);
        arms->is_forked = true;
    }
    wpb_config_statement_body(config, ends);
    if (arms->is_forked)
        wpb_config_paths_take(config, &arms->branches);
    arms->is_over = truth == WPB_CONFIG_TRUE;
}

static struct wpb_config_value arm_condition(struct wpb_config *config,
                                             const struct arms *arms)
{
    config->dead += arms->is_over ? 1 : 0;
    struct wpb_config_value value = wpb_config_expr_parenthesised(config);
    config->dead -= arms->is_over ? 1 : 0;
    return value;
}

/* "else if" is an else arm that holds an if: taken here in turn, so that long chains
 * do not nest. */
static bool next_condition(struct wpb_config *config)
{
    if (wpb_config_run_accept_word(config, "elseif"))
        return true;
    if (wpb_config_statement_at_word(config, "else") &&
        wpb_config_run_is_word(wpb_config_run_ahead(config, 1), "if")) {
        wpb_config_run_advance(config);
        wpb_config_run_advance(config);
        return true;
    }
    return false;
}

static void statement_if(struct wpb_config *config)
{
    struct arms arms = {.is_forked = false};
    bool was_dead = wpb_config_run_is_dead(config), is_colon;
    uint32_t line = wpb_config_run_peek(config)->line;

    wpb_config_run_advance(config);
    struct wpb_config_value value = wpb_config_expr_parenthesised(config);
    is_colon = wpb_config_run_is(config, P1(':'));
    arm(config, &arms, value, line);
    for (;;) {
        line = wpb_config_run_peek(config)->line;
        if (!next_condition(config))
            break;
        value = arm_condition(config, &arms);
        arm(config, &arms, value, line);
    }
    if (wpb_config_run_accept_word(config, "else"))
        arm(config, &arms, wpb_config_value_bool(true), line);
    if (is_colon || wpb_config_statement_at_word(config, "endif")) {
        if (!wpb_config_run_accept_word(config, "endif"))
            wpb_config_run_unexpected(config);
        wpb_config_statement_end(config);
    }
    if (was_dead || !arms.is_forked)
        return;
    if (!arms.is_over)
        wpb_config_paths_take(config, &arms.branches);
    wpb_config_paths_join(config, &arms.branches);
}

/* --- the rest --- */

/* try: the body runs; a catch may run, and only PHP knows. */
static void statement_try(struct wpb_config *config)
{
    struct wpb_config_branches branches;
    uint32_t line = wpb_config_run_peek(config)->line;
    bool was_dead = wpb_config_run_is_dead(config);

    wpb_config_run_advance(config);
    block(config);
    bool was_thrown = config->flow == WPB_FLOW_THROW;
    if (was_thrown)
        config->flow = WPB_FLOW_NEXT;
    bool is_live = !was_dead && !wpb_config_run_is_dead(config);
    if (is_live) {
        struct wpb_config_value why =
            wpb_config_run_unresolved(config, line, "whether something is thrown there");
        wpb_config_paths_fork(config, &branches, why, line);
        if (!was_thrown)
            wpb_config_paths_take(config, &branches);
    }
    while (wpb_config_run_accept_word(config, "catch")) {
        wpb_config_run_skip_group(config);
        block(config);
        if (is_live)
            wpb_config_paths_take(config, &branches);
    }
    if (is_live)
        wpb_config_paths_join(config, &branches);
    if (wpb_config_run_accept_word(config, "finally"))
        block(config);
}

/* const A = 1, B = 2; */
static void statement_const(struct wpb_config *config)
{
    wpb_config_run_advance(config);
    do {
        const struct wpb_config_token *token = wpb_config_run_peek(config);
        if (token->type != WPB_TOKEN_NAME) {
            wpb_config_run_unexpected(config);
            return;
        }
        wpb_config_run_advance(config);
        wpb_config_run_expect(config, P1('='));
        struct wpb_config_value value = wpb_config_expr(config);
        value.is_unset = false;
        wpb_config_run_define(config, token->text, value, token->line);
    } while (wpb_config_run_accept(config, P1(',')));
    wpb_config_statement_end(config);
}

/* break, continue, return. */
static void statement_leave(struct wpb_config *config, enum wpb_config_flow flow)
{
    wpb_config_run_advance(config);
    if (!wpb_config_run_is(config, P1(';')) &&
        wpb_config_run_peek(config)->type != WPB_TOKEN_CLOSE)
        wpb_config_expr(config);
    wpb_config_statement_end(config);
    if (!wpb_config_run_is_dead(config))
        config->flow = flow;
}

/* A declaration whose body is no part of the configuration: up to its "{...}", or to
 * ";" for those without. */
static void skip_declaration(struct wpb_config *config)
{
    while (!wpb_config_statement_at_end(config)) {
        if (wpb_config_run_is(config, P1('{'))) {
            wpb_config_run_skip_group(config);
            return;
        }
        if (wpb_config_run_is(config, P1('(')) || wpb_config_run_is(config, P1('['))) {
            wpb_config_run_skip_group(config);
            continue;
        }
        if (wpb_config_run_is(config, P1(';')) ||
            wpb_config_run_peek(config)->type == WPB_TOKEN_CLOSE) {
            wpb_config_statement_end(config);
            return;
        }
        wpb_config_run_advance(config);
    }
    wpb_config_run_unexpected(config);
}

/* use A\B, C\{D, E}; global $x; goto x; */
static void skip_to_semicolon(struct wpb_config *config)
{
    while (!wpb_config_statement_at_end(config) && !wpb_config_run_is(config, P1(';')) &&
           wpb_config_run_peek(config)->type != WPB_TOKEN_CLOSE) {
        if (wpb_config_run_is(config, P1('{')))
            wpb_config_run_skip_group(config);
        else
            wpb_config_run_advance(config);
    }
    wpb_config_statement_end(config);
}

/* namespace X; namespace X { ... } and declare(...); declare(...) { ... } hold
 * statements of the file itself. */
static void statement_wrapper(struct wpb_config *config)
{
    wpb_config_run_advance(config);
    if (wpb_config_run_peek(config)->type == WPB_TOKEN_NAME)
        wpb_config_run_advance(config);
    if (wpb_config_run_is(config, P1('(')))
        wpb_config_run_skip_group(config);
    if (wpb_config_run_is(config, P1('{')))
        block(config);
    else
        wpb_config_statement_end(config);
}

static void statement_echo(struct wpb_config *config)
{
    wpb_config_run_advance(config);
    do
        wpb_config_expr(config);
    while (wpb_config_run_accept(config, P1(',')));
    wpb_config_statement_end(config);
}

/* unset($a, $b['x']): a whole variable is as never set, an element is not followed. */
static void statement_unset(struct wpb_config *config)
{
    wpb_config_run_advance(config);
    wpb_config_run_expect(config, P1('('));
    while (!wpb_config_run_is(config, P1(')')) && !wpb_config_statement_at_end(config)) {
        const struct wpb_config_token *token = wpb_config_run_peek(config);
        const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);
        bool is_whole = next->type == WPB_TOKEN_PUNCTUATION &&
                        (next->punctuation == P1(',') || next->punctuation == P1(')'));
        wpb_config_expr(config);
        if (token->type == WPB_TOKEN_VARIABLE && !wpb_config_run_is_dead(config)) {
            struct wpb_config_value value = wpb_config_run_unresolved(
                config, token->line, "an element of it is unset");
            value.is_unset = is_whole;
            wpb_config_run_set(config, WPB_CONFIG_VARIABLE, token->text, value,
                               token->line);
        }
        if (!wpb_config_run_is(config, P1(')')))
            wpb_config_run_expect(config, P1(','));
    }
    wpb_config_run_expect(config, P1(')'));
    wpb_config_statement_end(config);
}

static void statement_expression(struct wpb_config *config)
{
    wpb_config_expr(config);
    wpb_config_statement_end(config);
}

enum statement_type {
    STATEMENT_EXPRESSION,
    STATEMENT_IF,
    STATEMENT_WHILE,
    STATEMENT_FOR,
    STATEMENT_FOREACH,
    STATEMENT_DO,
    STATEMENT_SWITCH,
    STATEMENT_TRY,
    STATEMENT_CONST,
    STATEMENT_BREAK,
    STATEMENT_CONTINUE,
    STATEMENT_RETURN,
    STATEMENT_ECHO,
    STATEMENT_UNSET,
    STATEMENT_WRAPPER,
    STATEMENT_SKIP,
    STATEMENT_DECLARATION,
    STATEMENT_HALT,
};

static const struct {
    const char *word;
    enum statement_type type;
} words[] = {
    {"if", STATEMENT_IF},
    {"while", STATEMENT_WHILE},
    {"for", STATEMENT_FOR},
    {"foreach", STATEMENT_FOREACH},
    {"do", STATEMENT_DO},
    {"switch", STATEMENT_SWITCH},
    {"try", STATEMENT_TRY},
    {"const", STATEMENT_CONST},
    {"break", STATEMENT_BREAK},
    {"continue", STATEMENT_CONTINUE},
    {"return", STATEMENT_RETURN},
    {"echo", STATEMENT_ECHO},
    {"unset", STATEMENT_UNSET},
    {"namespace", STATEMENT_WRAPPER},
    {"declare", STATEMENT_WRAPPER},
    {"use", STATEMENT_SKIP},
    {"global", STATEMENT_SKIP},
    {"goto", STATEMENT_SKIP},
    {"abstract", STATEMENT_DECLARATION},
    {"final", STATEMENT_DECLARATION},
    {"class", STATEMENT_DECLARATION},
    {"interface", STATEMENT_DECLARATION},
    {"trait", STATEMENT_DECLARATION},
    {"__halt_compiler", STATEMENT_HALT},
};

/* Words that mean something else when a name or a variable does not follow. */
static enum statement_type contextual_type(const struct wpb_config *config)
{
    const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);
    const struct wpb_config_token *after = wpb_config_run_ahead(config, 2);
    bool is_reference =
        next->type == WPB_TOKEN_PUNCTUATION && next->punctuation == P1('&');

    if (wpb_config_statement_at_word(config, "function") &&
        (next->type == WPB_TOKEN_NAME || (is_reference && after->type == WPB_TOKEN_NAME)))
        return STATEMENT_DECLARATION;
    if ((wpb_config_statement_at_word(config, "enum") ||
         wpb_config_statement_at_word(config, "readonly")) &&
        next->type == WPB_TOKEN_NAME)
        return STATEMENT_DECLARATION;
    if (wpb_config_statement_at_word(config, "static") &&
        next->type == WPB_TOKEN_VARIABLE)
        return STATEMENT_SKIP;
    return STATEMENT_EXPRESSION;
}

static enum statement_type statement_type(const struct wpb_config *config)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    if (token->type != WPB_TOKEN_NAME)
        return STATEMENT_EXPRESSION;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (wpb_config_run_is_word(token, words[i].word))
            return words[i].type;
    }
    return contextual_type(config);
}

static void halt(struct wpb_config *config)
{
    if (!wpb_config_run_is_dead(config))
        config->flow = WPB_FLOW_RETURN;
    config->source->at = config->source->count - 1;
}

static void word_statement(struct wpb_config *config)
{
    switch (statement_type(config)) {
    case STATEMENT_IF:
        statement_if(config);
        break;
    case STATEMENT_WHILE:
        wpb_config_loop_while(config);
        break;
    case STATEMENT_FOR:
        wpb_config_loop_for(config);
        break;
    case STATEMENT_FOREACH:
        wpb_config_loop_foreach(config);
        break;
    case STATEMENT_DO:
        wpb_config_loop_do(config);
        break;
    case STATEMENT_SWITCH:
        wpb_config_switch(config);
        break;
    case STATEMENT_TRY:
        statement_try(config);
        break;
    case STATEMENT_CONST:
        statement_const(config);
        break;
    case STATEMENT_BREAK:
        statement_leave(config, WPB_FLOW_BREAK);
        break;
    case STATEMENT_CONTINUE:
        statement_leave(config, WPB_FLOW_CONTINUE);
        break;
    case STATEMENT_RETURN:
        statement_leave(config, WPB_FLOW_RETURN);
        break;
    case STATEMENT_ECHO:
        statement_echo(config);
        break;
    case STATEMENT_UNSET:
        statement_unset(config);
        break;
    case STATEMENT_WRAPPER:
        statement_wrapper(config);
        break;
    case STATEMENT_SKIP:
        skip_to_semicolon(config);
        break;
    case STATEMENT_DECLARATION:
        skip_declaration(config);
        break;
    case STATEMENT_HALT:
        halt(config);
        break;
    case STATEMENT_EXPRESSION:
        statement_expression(config);
        break;
    }
}

void wpb_config_statement(struct wpb_config *config)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);

    if (!wpb_config_run_enter(config))
        return;
    if (token->type == WPB_TOKEN_TEXT || token->type == WPB_TOKEN_CLOSE ||
        wpb_config_run_is(config, P1(';')))
        wpb_config_run_advance(config);
    else if (token->type == WPB_TOKEN_ECHO)
        statement_echo(config);
    else if (wpb_config_run_is(config, P1('{')))
        block(config);
    else if (wpb_config_run_is(config, P2('#', '[')))
        wpb_config_run_skip_group(config);
    else if (token->type == WPB_TOKEN_NAME && next->type == WPB_TOKEN_PUNCTUATION &&
             next->punctuation == P1(':') &&
             !wpb_config_statement_at_word(config, "default") &&
             !wpb_config_statement_at_word(config, "else")) {
        wpb_config_run_advance(config); /* a label for goto */
        wpb_config_run_advance(config);
    } else
        word_statement(config);
    wpb_config_run_leave(config);
}

void wpb_config_statements(struct wpb_config *config)
{
    while (config->flow == WPB_FLOW_NEXT &&
           wpb_config_run_peek(config)->type != WPB_TOKEN_END) {
        if (wpb_config_run_peek(config)->type == WPB_TOKEN_ERROR)
            wpb_config_run_unexpected(config);
        else
            wpb_config_statement(config);
    }
}
