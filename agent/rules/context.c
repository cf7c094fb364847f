#include "agent/rules/context.h"

#include <assert.h>
#include <math.h>

double wpb_rule_option(const struct wpb_rule_context *context, const char *code,
                       const char *name)
{
    return wpb_rule_values_get(context->values, code, name);
}

bool wpb_rule_number(const struct wpb_rule_context *context,
                     const struct wpb_subject *subject, enum wpb_metric metric,
                     double *number)
{
    const struct wpb_sample *sample = wpb_window_get(context->window, subject, metric);

    if (!sample || sample->value.type == WPB_VALUE_TEXT ||
        sample->value.type == WPB_VALUE_NONE)
        return false;
    *number = sample->value.type == WPB_VALUE_DOUBLE ? sample->value.number
                                                     : (double)sample->value.integer;
    return isfinite(*number) && *number >= 0;
}

void wpb_rule_sum_add(const struct wpb_rule_context *context, struct wpb_rule_sum *sum,
                      const struct wpb_subject *subject, enum wpb_metric metric)
{
    const struct wpb_sample *sample = wpb_window_get(context->window, subject, metric);
    uint64_t count;

    if (!sample || sample->value.type != WPB_VALUE_INTEGER || sample->value.integer < 0)
        return;
    count = (uint64_t)sample->value.integer;
    sum->is_known = true;
    sum->value = count > UINT64_MAX - sum->value ? UINT64_MAX : sum->value + count;
    if (sample->provenance != WPB_EXACT)
        sum->provenance = sample->provenance;
}

void wpb_draft_init(struct wpb_draft *draft, struct wpb_rule_context *context,
                    enum wpb_severity severity, const struct wpb_subject *subject)
{
    *draft = (struct wpb_draft){
        .context = context,
        .finding = {.code = context->rule->code,
                    .severity = severity,
                    .site = context->site,
                    .subject = subject,
                    .title = "",
                    .summary = "",
                    .cause = {.confidence = "unknown", .note = ""},
                    .remedy = {.summary = ""}},
    };
    draft->finding.remedy.doc =
        wpb_arena_printf(context->arena, "docs/remedies/%s.md", context->rule->code);
}

void wpb_draft_fact(struct wpb_draft *draft, const char *name, struct wpb_value value,
                    enum wpb_provenance provenance)
{
    struct wpb_evidence *fact = &draft->evidence[draft->finding.evidence_count++];

    assert(draft->finding.evidence_count <= WPB_DRAFT_EVIDENCE_MAX);
    *fact = (struct wpb_evidence){
        .name = name,
        .value = value,
        .provenance = value.type == WPB_VALUE_NONE ? WPB_EXACT : provenance,
    };
}

void wpb_draft_known(struct wpb_draft *draft, const char *name, enum wpb_metric metric)
{
    const struct wpb_sample *sample =
        wpb_window_get(draft->context->window, draft->finding.subject, metric);

    if (sample)
        wpb_draft_fact(draft, name, sample->value, sample->provenance);
}

void wpb_draft_sample(struct wpb_draft *draft, const char *name, enum wpb_metric metric)
{
    if (wpb_window_get(draft->context->window, draft->finding.subject, metric))
        wpb_draft_known(draft, name, metric);
    else
        wpb_draft_fact(draft, name, wpb_value_none(), WPB_EXACT);
}

void wpb_draft_sum(struct wpb_draft *draft, const char *name,
                   const struct wpb_rule_sum *sum)
{
    if (sum->is_known)
        wpb_draft_fact(draft, name, wpb_value_count(sum->value), sum->provenance);
}

void wpb_draft_other_site(struct wpb_draft *draft, const struct wpb_site *site)
{
    struct wpb_finding *finding = &draft->finding;
    size_t bytes = finding->other_site_count * sizeof(site);
    const struct wpb_site **sites =
        wpb_arena_alloc(draft->context->arena, bytes + sizeof(site));

    if (bytes)
        memcpy(sites, finding->other_sites, bytes);
    sites[finding->other_site_count++] = site;
    finding->other_sites = sites;
}

void wpb_draft_line(struct wpb_draft_lines *lines, const char *line)
{
    if (!line || !line[0])
        return;
    assert(lines->count < WPB_DRAFT_LINES_MAX);
    lines->line[lines->count++] = line;
}

static const char *const *copy_lines(struct wpb_arena *arena,
                                     const struct wpb_draft_lines *lines)
{
    size_t bytes = (lines->count + 1) * sizeof(lines->line[0]);
    const char **copy = wpb_arena_alloc(arena, bytes);

    memcpy(copy, lines->line, bytes);
    return copy;
}

static struct wpb_finding *append(struct wpb_findings *findings)
{
    if (findings->count == findings->capacity) {
        size_t capacity = findings->capacity ? findings->capacity * 2 : 16;
        struct wpb_finding *items =
            wpb_arena_alloc(findings->arena, capacity * sizeof(*items));
        if (findings->count)
            memcpy(items, findings->items, findings->count * sizeof(*items));
        findings->items = items;
        findings->capacity = capacity;
    }
    return &findings->items[findings->count++];
}

void wpb_draft_emit(struct wpb_draft *draft)
{
    struct wpb_arena *arena = draft->context->arena;
    size_t bytes = draft->finding.evidence_count * sizeof(draft->evidence[0]);
    struct wpb_evidence *evidence = wpb_arena_alloc(arena, bytes);
    struct wpb_finding *finding = append(draft->context->findings);

    if (bytes)
        memcpy(evidence, draft->evidence, bytes);
    *finding = draft->finding;
    finding->evidence = evidence;
    finding->remedy.now = copy_lines(arena, &draft->now);
    finding->remedy.for_good = copy_lines(arena, &draft->for_good);
    finding->remedy.verify = copy_lines(arena, &draft->verify);
}
