#include "probes/wordpress/config_statement.h"

#define P1(a) WPB_PUNCT(a, 0, 0)

#define LABELS_MAX 512

static bool at_label(const struct wpb_config *config)
{
    const struct wpb_config_token *next = wpb_config_run_ahead(config, 1);
    if (wpb_config_statement_at_word(config, "case"))
        return true;
    return wpb_config_statement_at_word(config, "default") &&
           next->type == WPB_TOKEN_PUNCTUATION &&
           (next->punctuation == P1(':') || next->punctuation == P1(';'));
}

/* Behind the label; its value, and whether it is `default`. */
static struct wpb_config_value label(struct wpb_config *config, bool *is_default)
{
    struct wpb_config_value value = wpb_config_value_null();
    *is_default = wpb_config_statement_at_word(config, "default");
    wpb_config_run_advance(config);
    if (!*is_default)
        value = wpb_config_expr(config);
    if (!wpb_config_run_accept(config, P1(';')))
        wpb_config_run_expect(config, P1(':'));
    return value;
}

static bool at_switch_end(const struct wpb_config *config)
{
    return wpb_config_statement_at_end(config) || wpb_config_run_is(config, P1('}')) ||
           wpb_config_statement_at_word(config, "endswitch");
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
            wpb_config_statement(config);
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
            wpb_config_statement(config);
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
    wpb_config_paths_catch(config, &catcher, WPB_CATCH_LOOP);
    run_cases(config);
    wpb_config_paths_caught(config, &catcher);
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
    wpb_config_paths_fork(config, &branches, subject, line);
    for (size_t i = 0; i < labels->count; i++) {
        enter_at(config, labels->at[i]);
        wpb_config_paths_take(config, &branches);
    }
    if (!labels->has_default)
        wpb_config_paths_take(config, &branches);
    wpb_config_paths_join(config, &branches);
}

void wpb_config_switch(struct wpb_config *config)
{
    struct switch_labels *labels;
    uint32_t line = wpb_config_run_peek(config)->line;
    bool was_dead;

    wpb_config_run_advance(config);
    struct wpb_config_value subject = wpb_config_expr_parenthesised(config);
    if (!wpb_config_run_accept(config, P1('{')))
        wpb_config_run_expect(config, P1(':'));
    was_dead = wpb_config_run_is_dead(config);
    labels = wpb_arena_alloc(config->arena, sizeof(*labels));
    find_labels(config, subject, labels);
    size_t end = config->source->at;
    if (!was_dead && !wpb_config_run_is_dead(config))
        run_switch(config, subject, labels, line);
    if (config->flow != WPB_FLOW_ERROR)
        config->source->at = end;
    if (wpb_config_run_accept_word(config, "endswitch"))
        wpb_config_statement_end(config);
    else
        wpb_config_run_expect(config, P1('}'));
}
