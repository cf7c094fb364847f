/*
 * reference.c - prints the reference documents from the tables in the code.
 *
 * usage: reference rules|metrics|probes|codes|conf-manual|conf-sample|inhibition
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alert/inhibit.h"
#include "agent/analyse/series.h"
#include "agent/base/text.h"
#include "agent/schedule/cadence.h"
#include "agent/output/prometheus_table.h"
#include "tests/lint/config_reference.h"
#include "wpbloat/metric.h"
#include "wpbloat/probe.h"
#include "wpbloat/rule.h"

static void print_head(const char *title, const char *table)
{
    printf("# %s\n\n<!-- Generated from %s by tests/lint/reference.sh --update. -->\n\n",
           title, table);
}

/* A table cell: no pipe may end it. */
static void print_cell(const char *text)
{
    printf(" ");
    for (; *text; text++)
        printf(*text == '|' ? "\\%c" : "%c", *text);
    printf(" |");
}

/* TEXT as a sentence of its own, whether it was written as one or not. */
static void print_sentence(const char *text)
{
    size_t len = strlen(text);
    bool has_end = len > 0 && strchr(".!?", text[len - 1]) != NULL;

    if (len > 0)
        printf("%c%s%s\n", toupper((unsigned char)text[0]), text + 1, has_end ? "" : ".");
}

static void print_value(const struct wpb_option *option, double value)
{
    char text[WPB_OPTION_TEXT];

    wpb_option_text(option->type, value, text);
    printf(" %s", text);
}

static void print_options(const struct wpb_rule *rule)
{
    if (!rule->options[0].name) {
        printf("It has no options.\n");
        return;
    }
    printf("| option | default | from | to | meaning | source of the default |\n"
           "|---|---|---|---|---|---|\n");
    for (size_t o = 0; o < WPB_RULE_OPTIONS_MAX && rule->options[o].name; o++) {
        const struct wpb_option *option = &rule->options[o];
        printf("| `%s` |", option->name);
        print_value(option, option->fallback);
        printf(" |");
        print_value(option, option->min);
        printf(" |");
        print_value(option, option->max);
        printf(" |");
        print_cell(option->help);
        print_cell(option->source);
        printf("\n");
    }
}

/* The probes a rule names, which must exist. */
static void print_probes_of(const struct wpb_rule *rule)
{
    struct wpb_slice rest = wpb_slice_cstr(rule->probes), name;

    printf("Needs:");
    for (; rest.len; rest = wpb_slice_skip(rest, name.len + 1)) {
        const char *space = memchr(rest.data, ' ', rest.len);
        size_t p = 0;

        name = wpb_slice_head(rest, space ? (size_t)(space - rest.data) : rest.len);
        if (wpb_slice_is(name, "history")) {
            printf(" the agent's history");
            continue;
        }
        while (wpb_probes[p] && !wpb_slice_is(name, wpb_probes[p]->name))
            p++;
        if (!wpb_probes[p]) {
            fprintf(stderr, "%s names a probe that does not exist: %.*s\n", rule->code,
                    (int)name.len, name.data);
            exit(1);
        }
        printf(" `%s`", wpb_probes[p]->name);
    }
    printf("\n\n");
}

static void print_rules(void)
{
    print_head("Rules", "agent/rules/registry.c");
    printf("Each rule looks at what was measured of one site and states a problem, its "
           "cause and\nits remedy. A figure that reaches a threshold counts. Sizes are "
           "K, M, G = powers of 1024.\n");
    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
        printf("\n## %s\n\n", rule->code);
        print_sentence(rule->title);
        printf("\n%s\n\n", rule->help);
        print_probes_of(rule);
        print_options(rule);
        printf("\nWhat to do: [remedies/%s.md](remedies/%s.md)\n", rule->code,
               rule->code);
    }
}

static void print_codes(void)
{
    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++)
        printf("%s\n", rule->code);
}

static void print_exported(void)
{
    printf("\n## Exported to Prometheus\n\n"
           "`/metrics` and `wpbloat scan --format prometheus`. A host has at most %d "
           "series, and each\nsite at most %d: at most %d sites have their own, and "
           "`site=\"other\"` shows the sum of the\nothers' findings and the largest of "
           "their figures. At most %d Redis servers are told apart,\nlikewise. What is "
           "not known has no series; a scan has none of the agent's own.\n\n"
           "| name | type | labels | series | meaning |\n|---|---|---|---|---|\n",
           WPB_PROMETHEUS_HOST_SERIES_MAX, WPB_PROMETHEUS_SITE_SERIES_MAX,
           WPB_PROMETHEUS_SITES_MAX, WPB_PROMETHEUS_SERVERS_MAX);
    for (int m = 0; m < WPB_EXPORTED_COUNT; m++) {
        const struct wpb_exported_row *row = wpb_exported_row((enum wpb_exported)m);
        bool is_of_site = wpb_exported_is_of_site((enum wpb_exported)m);

        printf("| `%s` | %s | %s%s%s | %zu%s |", row->name,
               row->type == WPB_EXPORTED_COUNTER ? "counter" : "gauge",
               is_of_site ? "site" : "", is_of_site && row->label[0] ? ", " : "",
               row->label, row->series, is_of_site ? " a site" : "");
        print_cell(row->help);
        printf("\n");
    }
}

static void print_stored(void)
{
    printf(
        "\n## Kept over time\n\nThe agent keeps these as series, of each site at most "
        "%d, the heaviest first\n(agent/analyse/series.c). A key that is absent counts "
        "as 0.\n\n| metric | of | which | at most |\n|---|---|---|---|\n",
        WPB_SERIES_MAX);
    for (size_t i = 0; wpb_series_row(i); i++) {
        const struct wpb_series_row *row = wpb_series_row(i);
        printf("| `%s` | %s | %s | %zu |\n", wpb_metric_row(row->metric)->name,
               wpb_subject_kind_name(row->kind),
               row->which[0] ? row->which : "the heaviest", row->most);
    }
}

static void print_metrics(void)
{
    print_head("Metrics", "include/wpbloat/metric.h");
    printf("Every fact that a probe posts has one of these names. Names carry their "
           "unit.\n\n| metric | unit | meaning |\n|---|---|---|\n");
    for (int m = 0; m < WPB_METRIC_COUNT; m++) {
        const struct wpb_metric_row *row = wpb_metric_row((enum wpb_metric)m);
        printf("| `%s` | %s |", row->name, row->unit);
        print_cell(row->help);
        printf("\n");
    }
    print_stored();
    print_exported();
}

/* The bounds of a run; 0 is no bound of the probe's own. */
static void print_bounds(const struct wpb_probe *probe)
{
    struct wpb_buf text;

    if (probe->max_items)
        printf("| at most | %" PRIu64 " %s |\n", probe->max_items, probe->unit);
    if (!probe->max_bytes)
        return;
    wpb_buf_init(&text, 0);
    wpb_text_bytes(&text, probe->max_bytes);
    printf("| reads at most | %s |\n", text.data);
    wpb_buf_fini(&text);
}

static void print_deadline(uint32_t deadline_ms)
{
    struct wpb_buf text;

    if (deadline_ms < 120000) {
        printf("| deadline | %.3g s |\n", (double)deadline_ms / 1000);
        return;
    }
    wpb_buf_init(&text, 0);
    wpb_text_ttl(&text, (int64_t)deadline_ms / 1000);
    printf("| deadline | %s |\n", text.data);
    wpb_buf_fini(&text);
}

static void print_inhibition(void)
{
    static const char *const ties[] = {
        [WPB_TIE_SUBJECT] = "the same subject",
        [WPB_TIE_PART] = "a part of it",
        [WPB_TIE_SCOPE] = "the same database",
        [WPB_TIE_SITE] = "the same site",
    };

    print_head("Inhibition", "agent/alert/inhibit.c");
    printf("While the root is there and at least as severe, the alert that it explains "
           "does not fire, and one that fires resolves.\n\n"
           "| root | explains | of | reason |\n|---|---|---|---|\n");
    for (size_t i = 0; wpb_inhibits[i].root; i++) {
        const struct wpb_inhibit *row = &wpb_inhibits[i];
        printf("| `%s` | `%s` | %s%s |", row->root, row->derived, ties[row->tie],
               row->must_be_worse ? ", when the root is more severe" : "");
        print_cell(row->reason);
        printf("\n");
    }
}

/* How often the agent has PROBE look, and why. */
static void print_cadence(const struct wpb_probe *probe)
{
    const uint64_t interval_ms = 1000; /* shorter than any time of the table */
    uint64_t seconds = wpb_cadence_ms(probe, interval_ms, 0) / 1000;
    const struct wpb_cadence *row = wpb_cadences;

    while (row->probe && strcmp(row->probe, probe->name) != 0)
        row++;
    printf("| the agent |");
    if (probe->look == WPB_LOOK_EXAMINE)
        printf(" after a look that has found such");
    else if (seconds == 0)
        printf(" never by itself");
    else if (seconds * 1000 == interval_ms)
        printf(" at each interval");
    else if (seconds % 3600 == 0)
        printf(" every %" PRIu64 " h", seconds / 3600);
    else
        printf(" every %" PRIu64 " min", seconds / 60);
    printf(row->probe ? "; %s |\n" : "%s |\n", row->probe ? row->reason : "");
}

/* A row of the cadences that names no probe is a mistake. */
static void check_cadences(void)
{
    for (const struct wpb_cadence *row = wpb_cadences; row->probe; row++) {
        size_t p = 0;
        while (wpb_probes[p] && strcmp(wpb_probes[p]->name, row->probe) != 0)
            p++;
        if (!wpb_probes[p]) {
            fprintf(stderr, "agent/schedule/cadence.c names no probe: %s\n", row->probe);
            exit(1);
        }
    }
}

static void print_probes(void)
{
    static const char *const costs[] = {
        [WPB_COST_FREE] = "free: counters the system keeps anyway",
        [WPB_COST_LIGHT] = "light: a handful of commands",
        [WPB_COST_MEDIUM] = "medium: grows with the data, paced",
        [WPB_COST_HEAVY] = "heavy: only when asked",
    };

    check_cadences();
    print_head("Probes", "the descriptors listed in probes/registry.c");
    printf("Each probe looks at one system, read-only, within these bounds; one "
           "without \"at most\" is bounded by the data, its pace and its deadline.\n");
    for (size_t p = 0; wpb_probes[p]; p++) {
        const struct wpb_probe *probe = wpb_probes[p];
        printf("\n## %s\n\n", probe->name);
        print_sentence(probe->help);
        printf("\n| | |\n|---|---|\n");
        if (probe->look == WPB_LOOK_SURVEY)
            printf("| looks | at everything, cheaply |\n");
        else
            printf("| looks | into the few `%s` it is asked about |\n",
                   wpb_subject_kind_name(probe->examines));
        printf("| runs | once for each %s |\n",
               strcmp(probe->needs, "redis") == 0   ? "server database"
               : strcmp(probe->needs, "mysql") == 0 ? "database and user"
               : strcmp(probe->needs, "host") == 0  ? "host"
                                                    : "site");
        printf("| cost |");
        print_cell(costs[probe->cost]);
        printf("\n");
        print_deadline(probe->deadline_ms);
        print_bounds(probe);
        print_cadence(probe);
        printf("| needs |");
        print_cell(probe->grants);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } documents[] = {
        {"rules", print_rules},
        {"codes", print_codes},
        {"metrics", print_metrics},
        {"conf-manual", wpb_reference_conf_manual},
        {"conf-sample", wpb_reference_conf_sample},
        {"probes", print_probes},
        {"inhibition", print_inhibition},
    };

    for (size_t d = 0; argc == 2 && d < sizeof(documents) / sizeof(documents[0]); d++) {
        if (strcmp(argv[1], documents[d].name) == 0) {
            documents[d].print();
            return fflush(stdout) == 0 ? 0 : 1;
        }
    }
    fprintf(stderr, "usage: reference "
                    "rules|metrics|probes|codes|conf-manual|conf-sample|inhibition\n");
    return 64;
}
