/*
 * rule.h - a pure function from a window to findings, and its row in the table.
 *
 * A rule does no I/O, reads no clock, keeps no state. Thresholds are options of
 * its row, each with the source of its default; docs/rules.md is generated from
 * the rows. One row a rule in agent/rules/registry.c.
 */
#ifndef WPBLOAT_RULE_H
#define WPBLOAT_RULE_H

#include "wpbloat/arena.h"
#include "wpbloat/finding.h"
#include "wpbloat/option.h"
#include "wpbloat/window.h"

#define WPB_RULE_OPTIONS_MAX 8

struct wpb_rule_context; /* agent/rules/context.h: the window, the values, the emitter */

struct wpb_rule {
    const char *code;
    const char *title; /* a line for lists */
    const char *help;  /* a paragraph: what it means and why it matters */
    struct wpb_option options[WPB_RULE_OPTIONS_MAX]; /* ended by a NULL name */
    /* The probes that show whether the problem is there, separated by spaces. While one
     * of them cannot look, the problem is neither there nor gone: an alert stays as it
     * is. Every rule names at least one. "history" stands for outlooks that are made in
     * time (wpbloat/outlook.h). */
    const char *probes;
    void (*evaluate)(struct wpb_rule_context *context);
};

/* All rules, in order of code; ended by a NULL code (agent/rules/registry.c). */
extern const struct wpb_rule wpb_rules[];

/* The option values of one evaluation: defaults, some replaced. */
struct wpb_rule_values;
/* All defaults. Free with wpb_rule_values_free(). */
struct wpb_rule_values *wpb_rule_values_new(void);
/* The same as VALUES; NULL when memory is out. */
struct wpb_rule_values *wpb_rule_values_copy(const struct wpb_rule_values *values);
void wpb_rule_values_free(struct wpb_rule_values *values);
/* Replace one, from "CODE.OPTION" and a text. WPB_E_ARGUMENT names the nearest
 * valid name, or the range. */
int wpb_rule_values_set(struct wpb_rule_values *values, struct wpb_slice name,
                        struct wpb_slice text, struct wpb_err *err);
/* Bring every threshold nearer to what is no problem: to RATIO of itself, a floor to 1 /
 * RATIO of itself, within its bounds. RATIO is above 0 and at most 1. What is found with
 * values relaxed to 0.9 has not cleared. */
void wpb_rule_values_relax(struct wpb_rule_values *values, double ratio);

/* Findings of one cycle: an array that grows in its arena. */
struct wpb_findings {
    struct wpb_arena *arena;
    struct wpb_finding *items;
    size_t count, capacity;
};

/* Run every rule on each of the COUNT windows and append to FINDINGS (whose arena holds
 * the texts; subjects point into the windows). What concerns a server that several of the
 * sites use is said once. Sorted by wpb_finding_compare(). */
void wpb_rules_evaluate(const struct wpb_window *const *windows, size_t count,
                        const struct wpb_rule_values *values,
                        struct wpb_findings *findings);

#endif
