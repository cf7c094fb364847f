/* Option values of the rules: defaults, and those that the configuration sets. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/nearest.h"
#include "agent/rules/context.h"

/* Longer names resemble none of ours. */
#define NAME_MAX 128

struct wpb_rule_values {
    size_t rules;
    double value[][WPB_RULE_OPTIONS_MAX];
};

static size_t count_rules(void)
{
    size_t count = 0;

    while (wpb_rules[count].code)
        count++;
    return count;
}

static size_t count_options(const struct wpb_rule *rule)
{
    size_t count = 0;

    while (count < WPB_RULE_OPTIONS_MAX && rule->options[count].name)
        count++;
    return count;
}

static size_t size_of(size_t rules)
{
    return sizeof(struct wpb_rule_values) + rules * sizeof(double[WPB_RULE_OPTIONS_MAX]);
}

struct wpb_rule_values *wpb_rule_values_new(void)
{
    size_t rules = count_rules();
    struct wpb_rule_values *values = calloc(1, size_of(rules));

    if (!values)
        return NULL;
    values->rules = rules;
    for (size_t r = 0; r < rules; r++) {
        for (size_t o = 0; o < count_options(&wpb_rules[r]); o++)
            values->value[r][o] = wpb_rules[r].options[o].fallback;
    }
    return values;
}

struct wpb_rule_values *wpb_rule_values_copy(const struct wpb_rule_values *values)
{
    struct wpb_rule_values *copy = malloc(size_of(values->rules));

    return copy ? memcpy(copy, values, size_of(values->rules)) : NULL;
}

void wpb_rule_values_free(struct wpb_rule_values *values)
{
    free(values);
}

double wpb_rule_values_get(const struct wpb_rule_values *values, const char *code,
                           const char *name)
{
    for (size_t r = 0; r < values->rules; r++) {
        if (strcmp(wpb_rules[r].code, code) != 0)
            continue;
        for (size_t o = 0; o < count_options(&wpb_rules[r]); o++) {
            if (strcmp(wpb_rules[r].options[o].name, name) == 0)
                return values->value[r][o];
        }
    }
    assert(!"a rule asked for an option that no row has");
    abort();
}

/* "CODE.OPTION" of row R, O into NAME. */
static struct wpb_slice full_name(size_t r, size_t o, char name[NAME_MAX])
{
    const char *code = wpb_rules[r].code, *option = wpb_rules[r].options[o].name;
    size_t code_len = strlen(code), option_len = strlen(option);

    assert(code_len + 1 + option_len <= NAME_MAX);
    memcpy(name, code, code_len);
    name[code_len] = '.';
    memcpy(name + code_len + 1, option, option_len);
    return wpb_slice_of(name, code_len + 1 + option_len);
}

/* The name that resembles NAME most; the first of the table among equals. */
static struct wpb_slice nearest_name(struct wpb_slice name, char nearest[NAME_MAX])
{
    struct wpb_slice best = {nearest, 0};
    size_t fewest = SIZE_MAX;
    char other[NAME_MAX];

    for (size_t r = 0; wpb_rules[r].code; r++) {
        for (size_t o = 0; o < count_options(&wpb_rules[r]); o++) {
            size_t edits = wpb_nearest_edits(name, full_name(r, o, other));
            if (edits >= fewest)
                continue;
            fewest = edits;
            best = full_name(r, o, nearest);
        }
    }
    return best;
}

static int refuse(struct wpb_slice name, struct wpb_err *err)
{
    struct wpb_slice shown = wpb_slice_head(name, 60), nearest;
    char buffer[NAME_MAX];

    if (name.len == 0)
        return wpb_err_set(err, WPB_E_ARGUMENT, "rules",
                           "an option of a rule needs a name: CODE.OPTION");
    nearest = nearest_name(wpb_slice_head(name, NAME_MAX), buffer);
    return wpb_err_set(err, WPB_E_ARGUMENT, "rules",
                       "no rule has the option '%.*s'; the nearest is %.*s",
                       (int)shown.len, shown.data, (int)nearest.len, nearest.data);
}

int wpb_rule_values_set(struct wpb_rule_values *values, struct wpb_slice name,
                        struct wpb_slice text, struct wpb_err *err)
{
    char other[NAME_MAX];

    for (size_t r = 0; r < values->rules; r++) {
        for (size_t o = 0; o < count_options(&wpb_rules[r]); o++) {
            if (wpb_slice_equal(name, full_name(r, o, other)))
                return wpb_option_parse(&wpb_rules[r].options[o], text,
                                        &values->value[r][o], err);
        }
    }
    return refuse(name, err);
}

static double relax(const struct wpb_option *option, double value, double ratio)
{
    double relaxed = option->is_floor ? value / ratio : value * ratio;

    if (!wpb_option_is_threshold(option))
        return value;
    if (relaxed < option->min)
        return option->min;
    return relaxed > option->max ? option->max : relaxed;
}

void wpb_rule_values_relax(struct wpb_rule_values *values, double ratio)
{
    assert(ratio > 0 && ratio <= 1);
    for (size_t r = 0; r < values->rules; r++) {
        for (size_t o = 0; o < count_options(&wpb_rules[r]); o++)
            values->value[r][o] =
                relax(&wpb_rules[r].options[o], values->value[r][o], ratio);
    }
}
