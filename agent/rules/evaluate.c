/* Every rule on every window, in the order of every output. */
#include <stdlib.h>

#include "agent/rules/context.h"

static int compare(const void *a, const void *b)
{
    return wpb_finding_compare(a, b);
}

void wpb_rules_evaluate(const struct wpb_window *const *windows, size_t count,
                        const struct wpb_rule_values *values,
                        struct wpb_findings *findings)
{
    for (size_t w = 0; w < count; w++) {
        struct wpb_rule_context context = {
            .window = windows[w],
            .site = wpb_window_site(windows[w]),
            .windows = windows,
            .window_count = count,
            .at = w,
            .values = values,
            .findings = findings,
            .arena = findings->arena,
        };

        for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
            context.rule = rule;
            rule->evaluate(&context);
        }
    }
    if (findings->count)
        qsort(findings->items, findings->count, sizeof(findings->items[0]), compare);
}
