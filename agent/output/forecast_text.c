#include "agent/output/forecast_text.h"

#include <inttypes.h>
#include <math.h>

#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/output/prose.h"

/* An interval longer than this is told in days: hours would look like knowledge. */
#define DAYS_FROM_MS ((int64_t)2 * 86400000)
#define DATE_LEN (sizeof("2026-12-04") - 1)
#define MINUTES_LEN (sizeof("2026-12-04T11:00") - 1)

/* VALUE in the unit of METRIC. */
static void add_value(struct wpb_buf *out, enum wpb_metric metric, double value)
{
    const char *unit = wpb_metric_row(metric)->unit;
    double size = fabs(value);

    if (!isfinite(value)) {
        wpb_buf_text(out, "unknown");
        return;
    }
    if (strcmp(unit, "ratio") == 0) {
        wpb_buf_printf(out, "%.3g %%", value * 100);
        return;
    }
    if (value < 0)
        wpb_buf_char(out, '-');
    if (strcmp(unit, "bytes") == 0 && size < 1e18)
        wpb_text_bytes(out, (uint64_t)size);
    else if (size >= 100 && size < 1e18)
        wpb_text_count(out, (uint64_t)size);
    else
        wpb_buf_printf(out, "%.3g", size);
    if (strcmp(unit, "seconds") == 0)
        wpb_buf_text(out, " s");
}

/* "2026-12-04", or "2026-12-04 11:00 UTC". */
static void add_time(struct wpb_buf *out, int64_t unix_ms, bool in_days)
{
    struct wpb_buf time;
    struct wpb_slice text;
    size_t more;

    wpb_buf_init(&time, 0);
    wpb_clock_rfc3339(&time, unix_ms);
    text = wpb_buf_view(&time);
    /* Years have more than four digits when a clock is very wrong. */
    more = text.len > MINUTES_LEN + 4 ? text.len - MINUTES_LEN - 4 : 0;
    wpb_buf_slice(out, wpb_slice_head(text, DATE_LEN + more));
    if (!in_days) {
        wpb_buf_char(out, ' ');
        wpb_buf_slice(out, wpb_slice_head(wpb_slice_skip(text, DATE_LEN + more + 1), 5));
        wpb_buf_text(out, " UTC");
    }
    wpb_buf_fini(&time);
}

static void add_eta(struct wpb_buf *out, const struct wpb_finding_forecast *forecast)
{
    bool in_days = forecast->latest_ms - forecast->earliest_ms > DAYS_FROM_MS;

    wpb_buf_text(out, "It reaches ");
    add_value(out, forecast->metric, forecast->target);
    wpb_buf_text(out, " most likely on ");
    add_time(out, forecast->median_ms, in_days);
    wpb_buf_text(out, ", between ");
    add_time(out, forecast->earliest_ms, in_days);
    wpb_buf_text(out, " and ");
    add_time(out, forecast->latest_ms, in_days);
    wpb_buf_printf(out, " (%.0f %% sure", forecast->confidence * 100);
    if (forecast->scored)
        wpb_buf_printf(out, "; %" PRIu32 " of %" PRIu32 " earlier forecasts held",
                       forecast->covered, forecast->scored);
    wpb_buf_text(out, "). ");
}

static void add_reason(struct wpb_buf *out, const struct wpb_finding_forecast *forecast)
{
    if (forecast->answer != WPB_OUTLOOK_REACHED)
        wpb_buf_text(out, "No time is said");
    else
        wpb_buf_text(out, "It is there");
    if (forecast->refused[0])
        wpb_buf_printf(out, " (%s)", forecast->refused);
    if (forecast->reason[0]) {
        wpb_buf_text(out, ": ");
        wpb_buf_text(out, forecast->reason);
    }
    if (out->data[out->len - 1] != '.')
        wpb_buf_char(out, '.');
    wpb_buf_char(out, ' ');
}

static void add_level(struct wpb_buf *out, const struct wpb_finding_forecast *forecast)
{
    if (!isfinite(forecast->level))
        return;
    wpb_buf_text(out, "Now ");
    add_value(out, forecast->metric, forecast->level);
    if (forecast->answer != WPB_OUTLOOK_ETA) {
        wpb_buf_text(out, " of ");
        add_value(out, forecast->metric, forecast->target);
    }
    if (forecast->has_slope) {
        wpb_buf_text(out, ", changing by ");
        add_value(out, forecast->metric, forecast->per_day);
        wpb_buf_text(out, " a day (");
        add_value(out, forecast->metric, forecast->per_day_low);
        wpb_buf_text(out, " to ");
        add_value(out, forecast->metric, forecast->per_day_high);
        wpb_buf_char(out, ')');
    }
    wpb_buf_text(out, ".");
}

void wpb_forecast_text(struct wpb_page *page, size_t indent,
                       const struct wpb_finding_forecast *forecast)
{
    struct wpb_buf text, safe;

    wpb_buf_init(&text, 0);
    wpb_buf_init(&safe, 0);
    if (forecast->answer == WPB_OUTLOOK_ETA)
        add_eta(&text, forecast);
    else
        add_reason(&text, forecast);
    add_level(&text, forecast);
    wpb_prose_terminal(&safe, wpb_buf_view(&text));
    wpb_page_paragraph(page, indent, wpb_buf_view(&safe));
    wpb_buf_clear(&safe);
    wpb_prose_terminal(&safe, wpb_slice_cstr(forecast->flush_period));
    wpb_page_paragraph(page, indent, wpb_buf_view(&safe));
    wpb_buf_fini(&safe);
    wpb_buf_fini(&text);
}
