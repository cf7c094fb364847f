#include <string.h>

#include "probes/wordpress/config_run.h"

#define P1(a) WPB_PUNCT(a, 0, 0)
#define P2(a, b) WPB_PUNCT(a, b, 0)

#define FOREACH_MAX 256
#define LABELS_MAX 512

static const char set_in_loop[] = "it is set in a loop, or behind a break";

static void statement(struct wpb_config *config);

static bool is_dead(const struct wpb_config *config)
{
    return wpb_config_run_is_dead(config);
}

static bool at_end(const struct wpb_config *config)
{
    enum wpb_config_token_type type = wpb_config_run_peek(config)->type;
    return type == WPB_TOKEN_END || type == WPB_TOKEN_ERROR;
}

static bool at_word(const struct wpb_config *config, const char *word)
{
    return wpb_config_run_is_word(wpb_config_run_peek(config), word);
}

/* ";" or "?>". */
static void end_statement(struct wpb_config *config)
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
    while (!at_end(config)) {
        for (size_t i = 0; words[i]; i++) {
            if (at_word(config, words[i]))
                return;
        }
        statement(config);
    }
    wpb_config_run_unexpected(config);
}

static void block(struct wpb_config *config)
{
    wpb_config_run_expect(config, P1('{'));
    while (!at_end(config) && !wpb_config_run_is(config, P1('}')))
        statement(config);
    wpb_config_run_expect(config, P1('}'));
}

/* The body of if, for, while: one statement, or ": ... END". */
static void body(struct wpb_config *config, const char *const *ends)
{
    if (wpb_config_run_accept(config, P1(':')))
        statements_until(config, ends);
    else
        statement(config);
}

static void dead_body(struct wpb_config *config, const char *const *ends)
{
    config->dead++;
    body(config, ends);
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

    if (is_dead(config) || arms->is_over || truth == WPB_CONFIG_FALSE) {
        dead_body(config, ends);
        return;
    }
    if (truth == WPB_CONFIG_UNKNOWN && !arms->is_forked) {
        wpb_config_run_fork(config, &arms->branches, value, line);
        arms->is_forked = true;
    }
    body(config, ends);
    if (arms->is_forked)
        wpb_config_run_path(config, &arms->branches);
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
    if (at_word(config, "else") &&
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
    bool was_dead = is_dead(config), is_colon;
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
    if (is_colon || at_word(config, "endif")) {
        if (!wpb_config_run_accept_word(config, "endif"))
            wpb_config_run_unexpected(config);
        end_statement(config);
    }
    if (was_dead || !arms.is_forked)
        return;
    if (!arms.is_over)
        wpb_config_run_path(config, &arms.branches);
    wpb_config_run_join(config, &arms.branches);
}

/* --- loops --- */

/* Nobody knows how often it runs: what it sets is unresolved. */
static void unknown_loop(struct wpb_config *config, const char *const *ends,
                         uint32_t line)
{
    struct wpb_config_catcher catcher;
    bool was_dead = is_dead(config);
    size_t mark = wpb_config_state_mark(config->state);

    if (was_dead) {
        body(config, ends);
        return;
    }
    wpb_config_run_catch(config, &catcher, WPB_CATCH_LOOP);
    body(config, ends);
    wpb_config_run_caught(config, &catcher);
    wpb_config_run_taint(config, mark, line, set_in_loop);
    /* An exit in a loop that may not run at all ends no path for sure. */
    if (config->flow != WPB_FLOW_ERROR)
        config->flow = WPB_FLOW_NEXT;
}

static void end_loop(struct wpb_config *config, const char *word)
{
    if (wpb_config_run_accept_word(config, word))
        end_statement(config);
}

static void statement_while(struct wpb_config *config)
{
    static const char *const ends[] = {"endwhile", NULL};
    uint32_t line = wpb_config_run_peek(config)->line;

    wpb_config_run_advance(config);
    struct wpb_config_value value = wpb_config_expr_parenthesised(config);
    if (!is_dead(config) && wpb_config_value_truth(value) == WPB_CONFIG_FALSE)
        dead_body(config, ends);
    else
        unknown_loop(config, ends, line);
    end_loop(config, ends[0]);
}

static void statement_for(struct wpb_config *config)
{
    static const char *const ends[] = {"endfor", NULL};
    uint32_t line = wpb_config_run_peek(config)->line;
    size_t mark = wpb_config_state_mark(config->state);
    bool was_dead = is_dead(config);

    wpb_config_run_advance(config);
    wpb_config_run_expect(config, P1('('));
    while (!wpb_config_run_is(config, P1(')')) && !at_end(config)) {
        if (!wpb_config_run_accept(config, P1(';')) &&
            !wpb_config_run_accept(config, P1(',')))
            wpb_config_expr(config);
    }
    wpb_config_run_expect(config, P1(')'));
    if (!was_dead)
        wpb_config_run_taint(config, mark, line, set_in_loop);
    unknown_loop(config, ends, line);
    end_loop(config, ends[0]);
}

static void statement_do(struct wpb_config *config)
{
    static const char *const ends[] = {NULL};
    struct wpb_config_catcher catcher;
    uint32_t line = wpb_config_run_peek(config)->line;
    size_t mark = wpb_config_state_mark(config->state);
    bool was_dead = is_dead(config);

    wpb_config_run_advance(config);
    if (!was_dead)
        wpb_config_run_catch(config, &catcher, WPB_CATCH_LOOP);
    body(config, ends);
    if (!was_dead)
        wpb_config_run_caught(config, &catcher);
    if (!wpb_config_run_accept_word(config, "while"))
        wpb_config_run_unexpected(config);
    struct wpb_config_value value = wpb_config_expr_parenthesised(config);
    end_statement(config);
    if (!was_dead && wpb_config_value_truth(value) != WPB_CONFIG_FALSE)
        wpb_config_run_taint(config, mark, line, set_in_loop);
}

static struct wpb_config_value element_key(const struct wpb_config_element *element)
{
    return element->is_integer ? wpb_config_value_integer(element->index)
                               : wpb_config_value_string(element->key);
}

/* "[$key =>] $value": assign both. */
static void foreach_targets(struct wpb_config *config, struct wpb_config_value key,
                            struct wpb_config_value value)
{
    size_t from = config->source->at;
    config->dead++;
    wpb_config_expr_target(config, value);
    config->dead--;
    bool has_key = wpb_config_run_is(config, P2('=', '>'));
    if (config->flow == WPB_FLOW_ERROR)
        return;
    config->source->at = from;
    wpb_config_expr_target(config, has_key ? key : value);
    if (wpb_config_run_accept(config, P2('=', '>')))
        wpb_config_expr_target(config, value);
}

static const char *const foreach_ends[] = {"endforeach", NULL};

/* One round from FROM, the position of the targets. True when it ended by break. */
static bool foreach_round(struct wpb_config *config, size_t from,
                          const struct wpb_config_element *element, bool *is_unsure)
{
    struct wpb_config_catcher catcher;

    if (config->flow == WPB_FLOW_ERROR)
        return true;
    config->source->at = from;
    wpb_config_run_catch(config, &catcher, WPB_CATCH_LOOP);
    foreach_targets(config, element_key(element), element->value);
    wpb_config_run_expect(config, P1(')'));
    body(config, foreach_ends);
    bool is_broken = wpb_config_run_caught(config, &catcher);
    *is_unsure = *is_unsure || catcher.was_broken;
    return is_broken;
}

static void foreach_known(struct wpb_config *config, const struct wpb_config_array *array,
                          uint32_t line)
{
    size_t mark = wpb_config_state_mark(config->state), from = config->source->at;
    bool is_unsure = false, is_over = false;

    for (size_t i = 0; i < array->count && !is_over; i++) {
        is_over = foreach_round(config, from, &array->elements[i], &is_unsure);
        is_over = is_over || is_dead(config);
    }
    if (is_unsure)
        wpb_config_run_taint(config, mark, line, set_in_loop);
}

/* Targets and body with nothing known about them, or dead. */
static void foreach_unknown(struct wpb_config *config, uint32_t line)
{
    struct wpb_config_value value = wpb_config_run_unresolved(config, line, set_in_loop);
    size_t mark = wpb_config_state_mark(config->state);
    bool was_dead = is_dead(config);

    foreach_targets(config, value, value);
    wpb_config_run_expect(config, P1(')'));
    unknown_loop(config, foreach_ends, line);
    if (!was_dead && !is_dead(config))
        wpb_config_run_taint(config, mark, line, set_in_loop);
}

static void statement_foreach(struct wpb_config *config)
{
    uint32_t line = wpb_config_run_peek(config)->line;

    wpb_config_run_advance(config);
    wpb_config_run_expect(config, P1('('));
    struct wpb_config_value value = wpb_config_expr(config);
    if (!wpb_config_run_accept_word(config, "as"))
        wpb_config_run_unexpected(config);
    bool is_known = !is_dead(config) && value.type == WPB_CONFIG_ARRAY &&
                    value.array->count <= FOREACH_MAX;
    if (is_known && value.array->count > 0) {
        foreach_known(config, value.array, line);
    } else {
        config->dead += is_known ? 1 : 0;
        foreach_unknown(config, line);
        config->dead -= is_known ? 1 : 0;
    }
    end_loop(config, foreach_ends[0]);
}

/* --- switch --- */

static bool at_label(const struct wpb_config *config)
{
    const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);
    if (at_word(config, "case"))
        return true;
    return at_word(config, "default") && next->type == WPB_TOKEN_PUNCTUATION &&
           (next->punctuation == P1(':') || next->punctuation == P1(';'));
}

/* Behind the label; its value, and whether it is `default`. */
static struct wpb_config_value label(struct wpb_config *config, bool *is_default)
{
    struct wpb_config_value value = wpb_config_value_null();
    *is_default = at_word(config, "default");
    wpb_config_run_advance(config);
    if (!*is_default)
        value = wpb_config_expr(config);
    if (!wpb_config_run_accept(config, P1(';')))
        wpb_config_run_expect(config, P1(':'));
    return value;
}

static bool at_switch_end(const struct wpb_config *config)
{
    return at_end(config) || wpb_config_run_is(config, P1('}')) ||
           at_word(config, "endswitch");
}

/* Run from here to the end of the switch, through labels, until a break. */
static void run_cases(struct wpb_config *config)
{
    bool is_default;
    while (!at_switch_end(config)) {
        if (at_label(config)) {
            config->dead++;
            label(config, &is_default);
            config->dead--;
        } else {
            statement(config);
        }
    }
}

struct switch_labels {
    size_t at[LABELS_MAX]; /* the first token behind each label */
    size_t count;
    size_t chosen;   /* the label that surely runs; count when none */
    bool is_unknown; /* a comparison was unknown before one surely matched */
    bool has_default;
};

/* Walk the whole switch without running it; remember where it may be entered. */
static void find_labels(struct wpb_config *config, struct wpb_config_value subject,
                        struct switch_labels *labels)
{
    size_t fallback = LABELS_MAX;
    bool is_default;

    *labels = (struct switch_labels){.chosen = LABELS_MAX};
    while (!at_switch_end(config)) {
        if (!at_label(config)) {
            config->dead++;
            statement(config);
            config->dead--;
            continue;
        }
        struct wpb_config_value value = label(config, &is_default);
        if (labels->count == LABELS_MAX) {
            labels->is_unknown = true;
            continue;
        }
        size_t index = labels->count++;
        labels->at[index] = config->source->at;
        enum wpb_config_truth truth =
            is_default ? WPB_CONFIG_FALSE : wpb_config_value_equal(subject, value);
        if (is_default)
            fallback = index;
        else if (truth == WPB_CONFIG_UNKNOWN && labels->chosen == LABELS_MAX)
            labels->is_unknown = true;
        else if (truth == WPB_CONFIG_TRUE && labels->chosen == LABELS_MAX)
            labels->chosen = index;
    }
    labels->has_default = fallback != LABELS_MAX;
    if (labels->chosen == LABELS_MAX)
        labels->chosen = fallback;
}

static void enter_at(struct wpb_config *config, size_t at)
{
    struct wpb_config_catcher catcher;
    if (config->flow == WPB_FLOW_ERROR)
        return;
    config->source->at = at;
    wpb_config_run_catch(config, &catcher, WPB_CATCH_LOOP);
    run_cases(config);
    wpb_config_run_caught(config, &catcher);
}

static void run_switch(struct wpb_config *config, struct wpb_config_value subject,
                       const struct switch_labels *labels, uint32_t line)
{
    struct wpb_config_branches branches;

    if (!labels->is_unknown) {
        if (labels->chosen != LABELS_MAX)
            enter_at(config, labels->at[labels->chosen]);
        return;
    }
    wpb_config_run_fork(config, &branches, subject, line);
    for (size_t i = 0; i < labels->count; i++) {
        enter_at(config, labels->at[i]);
        wpb_config_run_path(config, &branches);
    }
    if (!labels->has_default)
        wpb_config_run_path(config, &branches);
    wpb_config_run_join(config, &branches);
}

static void statement_switch(struct wpb_config *config)
{
    struct switch_labels *labels;
    uint32_t line = wpb_config_run_peek(config)->line;
    bool was_dead;

    wpb_config_run_advance(config);
    struct wpb_config_value subject = wpb_config_expr_parenthesised(config);
    if (!wpb_config_run_accept(config, P1('{')))
        wpb_config_run_expect(config, P1(':'));
    was_dead = is_dead(config);
    labels = wpb_arena_alloc(config->arena, sizeof(*labels));
    find_labels(config, subject, labels);
    size_t end = config->source->at;
    if (!was_dead && !is_dead(config))
        run_switch(config, subject, labels, line);
    if (config->flow != WPB_FLOW_ERROR)
        config->source->at = end;
    if (wpb_config_run_accept_word(config, "endswitch"))
        end_statement(config);
    else
        wpb_config_run_expect(config, P1('}'));
}

/* --- the rest --- */

/* try: the body runs; a catch may run, and only PHP knows. */
static void statement_try(struct wpb_config *config)
{
    struct wpb_config_branches branches;
    uint32_t line = wpb_config_run_peek(config)->line;
    bool was_dead = is_dead(config);

    wpb_config_run_advance(config);
    block(config);
    bool was_thrown = config->flow == WPB_FLOW_THROW;
    if (was_thrown)
        config->flow = WPB_FLOW_NEXT;
    bool is_live = !was_dead && !is_dead(config);
    if (is_live) {
        struct wpb_config_value why =
            wpb_config_run_unresolved(config, line, "whether something is thrown there");
        wpb_config_run_fork(config, &branches, why, line);
        if (!was_thrown)
            wpb_config_run_path(config, &branches);
    }
    while (wpb_config_run_accept_word(config, "catch")) {
        wpb_config_run_skip_group(config);
        block(config);
        if (is_live)
            wpb_config_run_path(config, &branches);
    }
    if (is_live)
        wpb_config_run_join(config, &branches);
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
    end_statement(config);
}

/* break, continue, return. */
static void statement_leave(struct wpb_config *config, enum wpb_config_flow flow)
{
    wpb_config_run_advance(config);
    if (!wpb_config_run_is(config, P1(';')) &&
        wpb_config_run_peek(config)->type != WPB_TOKEN_CLOSE)
        wpb_config_expr(config);
    end_statement(config);
    if (!is_dead(config))
        config->flow = flow;
}

/* A declaration whose body is no part of the configuration: up to its "{...}", or to
 * ";" for those without. */
static void skip_declaration(struct wpb_config *config)
{
    while (!at_end(config)) {
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
            end_statement(config);
            return;
        }
        wpb_config_run_advance(config);
    }
    wpb_config_run_unexpected(config);
}

/* use A\B, C\{D, E}; global $x; goto x; */
static void skip_to_semicolon(struct wpb_config *config)
{
    while (!at_end(config) && !wpb_config_run_is(config, P1(';')) &&
           wpb_config_run_peek(config)->type != WPB_TOKEN_CLOSE) {
        if (wpb_config_run_is(config, P1('{')))
            wpb_config_run_skip_group(config);
        else
            wpb_config_run_advance(config);
    }
    end_statement(config);
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
        end_statement(config);
}

static void statement_echo(struct wpb_config *config)
{
    wpb_config_run_advance(config);
    do
        wpb_config_expr(config);
    while (wpb_config_run_accept(config, P1(',')));
    end_statement(config);
}

/* unset($a, $b['x']): a whole variable is as never set, an element is not followed. */
static void statement_unset(struct wpb_config *config)
{
    wpb_config_run_advance(config);
    wpb_config_run_expect(config, P1('('));
    while (!wpb_config_run_is(config, P1(')')) && !at_end(config)) {
        const struct wpb_config_token *token = wpb_config_run_peek(config);
        const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);
        bool is_whole = next->type == WPB_TOKEN_PUNCTUATION &&
                        (next->punctuation == P1(',') || next->punctuation == P1(')'));
        wpb_config_expr(config);
        if (token->type == WPB_TOKEN_VARIABLE && !is_dead(config)) {
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
    end_statement(config);
}

static void statement_expression(struct wpb_config *config)
{
    wpb_config_expr(config);
    end_statement(config);
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

    if (at_word(config, "function") &&
        (next->type == WPB_TOKEN_NAME || (is_reference && after->type == WPB_TOKEN_NAME)))
        return STATEMENT_DECLARATION;
    if ((at_word(config, "enum") || at_word(config, "readonly")) &&
        next->type == WPB_TOKEN_NAME)
        return STATEMENT_DECLARATION;
    if (at_word(config, "static") && next->type == WPB_TOKEN_VARIABLE)
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
    if (!is_dead(config))
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
        statement_while(config);
        break;
    case STATEMENT_FOR:
        statement_for(config);
        break;
    case STATEMENT_FOREACH:
        statement_foreach(config);
        break;
    case STATEMENT_DO:
        statement_do(config);
        break;
    case STATEMENT_SWITCH:
        statement_switch(config);
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

static void statement(struct wpb_config *config)
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
             next->punctuation == P1(':') && !at_word(config, "default") &&
             !at_word(config, "else")) {
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
            statement(config);
    }
}
