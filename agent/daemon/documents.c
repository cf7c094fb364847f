#include "agent/daemon/documents.h"

#include "agent/analyse/tables.h"
#include "agent/output/json.h"
#include "agent/output/json_write.h"
#include "agent/output/prometheus.h"
#include "agent/output/text.h"

#define TOP 15
#define GROUPS_MAX 40

/* Discovery's coverage first, then that of the probes. */
static void join_coverage(const struct wpb_documents *documents, struct wpb_arena *arena,
                          struct wpb_report *report)
{
    const struct wpb_found_sites *found = &documents->fleet->found;
    size_t count;
    const struct wpb_coverage *rows = wpb_looks_coverage(documents->looks, arena, &count);
    struct wpb_coverage *all =
        wpb_arena_alloc(arena, (found->coverage_count + count + 1) * sizeof(*all));

    for (size_t i = 0; i < found->coverage_count; i++)
        all[report->coverage_count++] = found->coverage[i];
    for (size_t i = 0; i < count; i++)
        all[report->coverage_count++] = rows[i];
    report->coverage = all;
}

static void make_report(const struct wpb_documents *documents, struct wpb_arena *arena,
                        struct wpb_report *report, const struct wpb_window ***windows)
{
    struct wpb_fleet *fleet = documents->fleet;
    const struct wpb_site **sites =
        wpb_arena_alloc(arena, (fleet->found.count + 1) * sizeof(*sites));
    struct wpb_findings findings;
    size_t count;

    *windows = wpb_arena_alloc(arena, (fleet->found.count + 1) * sizeof(**windows));
    wpb_judge_findings(documents->judge, fleet, documents->now_ms, arena, &findings,
                       *windows, &count);
    for (size_t i = 0; i < count; i++)
        sites[i] = wpb_window_site((*windows)[i]);
    *report = (struct wpb_report){.generated_at_ms = documents->now_ms,
                                  .host = documents->host,
                                  .version = WPB_VERSION,
                                  .sites = sites,
                                  .site_count = count,
                                  .findings = findings.items,
                                  .finding_count = findings.count};
    wpb_tables_fill(*windows, count, TOP, GROUPS_MAX, arena, report);
    join_coverage(documents, arena, report);
}

static void write_report(const struct wpb_documents *documents, enum wpb_document which,
                         struct wpb_arena *arena, struct wpb_buf *out)
{
    struct wpb_text_style style = {.columns = 100};
    const struct wpb_window **windows;
    struct wpb_report report;
    struct wpb_err err = {0};

    make_report(documents, arena, &report, &windows);
    if (which == WPB_DOCUMENT_METRICS)
        wpb_output_prometheus(&report, windows, report.site_count, &documents->numbers,
                              out);
    else if (which == WPB_DOCUMENT_FINDINGS)
        wpb_output_json(&report, out, &err);
    else
        wpb_output_text(&report, &style, out);
}

static bool write_health(const struct wpb_documents *documents, struct wpb_buf *out)
{
    struct wpb_json json = wpb_json_of(out, false);
    bool is_well = documents->troubles[0] == NULL;

    wpb_json_open_object(&json, NULL);
    wpb_json_known(&json, "status", is_well ? "ok" : "degraded");
    wpb_json_known(&json, "version", WPB_VERSION);
    wpb_json_open_array(&json, "troubles");
    for (const char *const *trouble = documents->troubles; *trouble; trouble++)
        wpb_json_text(&json, NULL, wpb_slice_cstr(*trouble));
    wpb_json_close(&json);
    wpb_json_count(&json, "sites", documents->fleet ? documents->fleet->found.count : 0);
    wpb_json_count(&json, "alerts_firing", documents->numbers.alerts_firing);
    wpb_json_close(&json);
    wpb_buf_char(out, '\n');
    return is_well;
}

bool wpb_documents_render(const struct wpb_documents *documents, enum wpb_document which,
                          struct wpb_buf *out)
{
    struct wpb_arena *arena;

    if (which == WPB_DOCUMENT_HEALTH)
        return write_health(documents, out);
    arena = documents->fleet ? wpb_arena_new() : NULL;
    if (!arena)
        return false;
    write_report(documents, which, arena, out);
    wpb_arena_free(arena);
    return !wpb_buf_failed(out);
}
