#include "agent/output/ndjson.h"

#include "agent/base/clock.h"
#include "agent/output/finding_json.h"

static void write_line(const struct wpb_report *report, const struct wpb_finding *finding,
                       struct wpb_slice time, struct wpb_buf *out)
{
    struct wpb_json json = wpb_json_of(out, false);
    wpb_json_open_object(&json, NULL);
    wpb_json_known(&json, "schema", "wpbloat.finding/1");
    wpb_json_text(&json, "generated_at", time);
    wpb_json_text(&json, "host", wpb_slice_cstr(report->host));
    wpb_finding_json(&json, finding);
    wpb_json_close(&json);
    wpb_buf_char(out, '\n');
}

int wpb_output_ndjson(const struct wpb_report *report, struct wpb_buf *out,
                      struct wpb_err *err)
{
    struct wpb_buf time;
    wpb_buf_init(&time, 0);
    wpb_clock_rfc3339(&time, report->generated_at_ms);
    for (size_t i = 0; i < report->finding_count; i++)
        write_line(report, &report->findings[i], wpb_buf_view(&time), out);
    wpb_buf_fini(&time);
    if (wpb_buf_failed(out))
        return wpb_err_set(err, WPB_E_MEMORY, "ndjson", "no memory for the findings");
    return 0;
}
