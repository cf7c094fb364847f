#include "wpbloat/metric.h"

#include "wpbloat/probe.h"
#include "wpbloat/sample.h"

static const struct wpb_metric_row rows[WPB_METRIC_COUNT] = {
#define X(id, name, unit, help) [WPB_M_##id] = {name, unit, help},
    WPB_METRICS(X)
#undef X
};

const struct wpb_metric_row *wpb_metric_row(enum wpb_metric metric)
{
    return &rows[metric];
}

const char *wpb_provenance_name(enum wpb_provenance provenance)
{
    static const char *const names[] = {
        [WPB_EXACT] = "exact",
        [WPB_ESTIMATED] = "estimated",
        [WPB_SAMPLED] = "sampled",
    };
    return names[provenance];
}

bool wpb_coverage_is_of_host(const struct wpb_coverage *row)
{
    static const struct wpb_slice room = WPB_SLICE("host.");

    return wpb_slice_starts(wpb_slice_cstr(row->probe), room);
}

const char *wpb_coverage_status_name(enum wpb_coverage_status status)
{
    static const char *const names[] = {
        [WPB_COVERAGE_OK] = "ok",
        [WPB_COVERAGE_PARTIAL] = "partial",
        [WPB_COVERAGE_UNAVAILABLE] = "unavailable",
        [WPB_COVERAGE_SKIPPED] = "skipped",
    };
    return names[status];
}
