/* What a configuration says of rules. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/config.h"

void wpb_conf_rule_values(const struct wpb_conf *config, struct wpb_rule_values *values)
{
    const struct wpb_conf_section *rule = wpb_conf_sections(config, WPB_SECTION_RULE);
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_err err;

    if (!arena)
        abort();
    for (; rule; rule = rule->next) {
        for (size_t i = 0; i < rule->value_count; i++) {
            const struct wpb_conf_value *value = &rule->values[i];
            char *name;
            if (!value->option || !value->file)
                continue;
            name = wpb_arena_printf(arena, "%s.%s", rule->name, value->name);
            if (wpb_rule_values_set(values, wpb_slice_cstr(name),
                                    wpb_slice_cstr(value->text), &err))
                assert(!"the configuration took an option that the rule refuses");
        }
    }
    wpb_arena_free(arena);
}

static int compare(const void *a, const void *b)
{
    return wpb_finding_compare(a, b);
}

void wpb_conf_apply_rules(const struct wpb_conf *config, struct wpb_findings *findings)
{
    size_t kept = 0;

    for (size_t i = 0; i < findings->count; i++) {
        struct wpb_finding finding = findings->items[i];
        const struct wpb_conf_section *rule =
            wpb_conf_find(config, WPB_SECTION_RULE, finding.code);
        if (rule && !wpb_conf_boolean(rule, "enabled"))
            continue;
        if (rule && (int)finding.severity > wpb_conf_choice(rule, "severity_max"))
            finding.severity = (enum wpb_severity)wpb_conf_choice(rule, "severity_max");
        findings->items[kept++] = finding;
    }
    findings->count = kept;
    if (kept)
        qsort(findings->items, kept, sizeof(*findings->items), compare);
}
