#include "probes/wordpress/config_statement.h"

#define P1(a) WPB_PUNCT(a, 0, 0)
#define P2(a, b) WPB_PUNCT(a, b, 0)

#define FOREACH_MAX 256

static const char set_in_loop[] = "it is set in a loop, or behind a break";

/* Nobody knows how often it runs: what it sets is unresolved. */
static void unknown_loop(struct wpb_config *config, const char *const *ends,
                         uint32_t line)
{
    struct wpb_config_catcher catcher;
    bool was_dead = wpb_config_run_is_dead(config);
    size_t mark = wpb_config_state_mark(config->state);

    if (was_dead) {
        wpb_config_statement_body(config, ends);
        return;
    }
    wpb_config_paths_catch(config, &catcher, WPB_CATCH_LOOP);
    wpb_config_statement_body(config, ends);
    wpb_config_paths_caught(config, &catcher);
    wpb_config_paths_taint(config, mark, line, set_in_loop);
    /* An exit in a loop that may not run at all ends no path for sure. */
    if (config->flow != WPB_FLOW_ERROR)
        config->flow = WPB_FLOW_NEXT;
}

static void end_loop(struct wpb_config *config, const char *word)
{
    if (wpb_config_run_accept_word(config, word))
        wpb_config_statement_end(config);
}

void wpb_config_loop_while(struct wpb_config *config)
{
    static const char *const ends[] = {"endwhile", NULL};
    uint32_t line = wpb_config_run_peek(config)->line;

    wpb_config_run_advance(config);
    struct wpb_config_value value = wpb_config_expr_parenthesised(config);
    if (!wpb_config_run_is_dead(config) &&
        wpb_config_value_truth(value) == WPB_CONFIG_FALSE)
        wpb_config_statement_dead_body(config, ends);
    else
        unknown_loop(config, ends, line);
    end_loop(config, ends[0]);
}

void wpb_config_loop_for(struct wpb_config *config)
{
    static const char *const ends[] = {"endfor", NULL};
    uint32_t line = wpb_config_run_peek(config)->line;
    size_t mark = wpb_config_state_mark(config->state);
    bool was_dead = wpb_config_run_is_dead(config);

    wpb_config_run_advance(config);
    wpb_config_run_expect(config, P1('('));
    while (!wpb_config_run_is(config, P1(')')) && !wpb_config_statement_at_end(config)) {
        if (!wpb_config_run_accept(config, P1(';')) &&
            !wpb_config_run_accept(config, P1(',')))
            wpb_config_expr(config);
    }
    wpb_config_run_expect(config, P1(')'));
    if (!was_dead)
        wpb_config_paths_taint(config, mark, line, set_in_loop);
    unknown_loop(config, ends, line);
    end_loop(config, ends[0]);
}

void wpb_config_loop_do(struct wpb_config *config)
{
    static const char *const ends[] = {NULL};
    struct wpb_config_catcher catcher;
    uint32_t line = wpb_config_run_peek(config)->line;
    size_t mark = wpb_config_state_mark(config->state);
    bool was_dead = wpb_config_run_is_dead(config);

    wpb_config_run_advance(config);
    if (!was_dead)
        wpb_config_paths_catch(config, &catcher, WPB_CATCH_LOOP);
    wpb_config_statement_body(config, ends);
    if (!was_dead)
        wpb_config_paths_caught(config, &catcher);
    if (!wpb_config_run_accept_word(config, "while"))
        wpb_config_run_unexpected(config);
    struct wpb_config_value value = wpb_config_expr_parenthesised(config);
    wpb_config_statement_end(config);
    if (!was_dead && wpb_config_value_truth(value) != WPB_CONFIG_FALSE)
        wpb_config_paths_taint(config, mark, line, set_in_loop);
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
    wpb_config_paths_catch(config, &catcher, WPB_CATCH_LOOP);
    foreach_targets(config, element_key(element), element->value);
    wpb_config_run_expect(config, P1(')'));
    wpb_config_statement_body(config, foreach_ends);
    bool is_broken = wpb_config_paths_caught(config, &catcher);
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
        is_over = is_over || wpb_config_run_is_dead(config);
    }
    if (is_unsure)
        wpb_config_paths_taint(config, mark, line, set_in_loop);
}

/* Targets and body with nothing known about them, or dead. */
static void foreach_unknown(struct wpb_config *config, uint32_t line)
{
    struct wpb_config_value value = wpb_config_run_unresolved(config, line, set_in_loop);
    size_t mark = wpb_config_state_mark(config->state);
    bool was_dead = wpb_config_run_is_dead(config);

    foreach_targets(config, value, value);
    wpb_config_run_expect(config, P1(')'));
    unknown_loop(config, foreach_ends, line);
    if (!was_dead && !wpb_config_run_is_dead(config))
        wpb_config_paths_taint(config, mark, line, set_in_loop);
}

void wpb_config_loop_foreach(struct wpb_config *config)
{
    uint32_t line = wpb_config_run_peek(config)->line;

    wpb_config_run_advance(config);
    wpb_config_run_expect(config, P1('('));
    struct wpb_config_value value = wpb_config_expr(config);
    if (!wpb_config_run_accept_word(config, "as"))
        wpb_config_run_unexpected(config);
    bool is_known = !wpb_config_run_is_dead(config) && value.type == WPB_CONFIG_ARRAY &&
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
