#include "agent/output/health_json.h"

#include "agent/output/json_write.h"

void wpb_output_health(const char *const *reasons, size_t count, struct wpb_buf *out)
{
    struct wpb_json json = wpb_json_of(out, false);

    wpb_json_open_object(&json, NULL);
    wpb_json_known(&json, "status", count ? "failing" : "ok");
    wpb_json_open_array(&json, "reasons");
    for (size_t i = 0; i < count; i++)
        wpb_json_prose(&json, NULL, reasons[i]);
    wpb_json_close(&json);
    wpb_json_close(&json);
    wpb_buf_char(out, '\n');
}
