#include "agent/daemon/known_sinks.h"

#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/log.h"

/* A line each; instead of more lines than a fact may have, this one: all are known. */
static const char any[] = "*\n";

void wpb_known_sinks_note(struct wpb_ledger *ledger, const struct wpb_pump *pump)
{
    struct wpb_pump_status status;
    struct wpb_buf names;

    wpb_buf_init(&names, WPB_STORE_FACT_BYTES_MAX);
    for (size_t i = 0; wpb_pump_status(pump, i, &status); i++)
        wpb_buf_printf(&names, "%s\n", status.sink);
    wpb_ledger_fact(ledger, WPB_KNOWN_SINKS_FACT,
                    wpb_buf_failed(&names) ? wpb_slice_cstr(any) : wpb_buf_view(&names));
    wpb_buf_fini(&names);
}

static bool has_line(struct wpb_slice lines, const char *text)
{
    while (lines.len > 0) {
        const char *end = memchr(lines.data, '\n', lines.len);
        size_t len = end ? (size_t)(end - lines.data) : lines.len;
        if (wpb_slice_is(wpb_slice_head(lines, len), text))
            return true;
        lines = wpb_slice_skip(lines, len + 1);
    }
    return false;
}

void wpb_known_sinks_welcome(struct wpb_slice known, struct wpb_pump *pump)
{
    struct wpb_pump_status status;

    if (known.len == 0 || has_line(known, "*"))
        return;
    for (size_t i = 0; wpb_pump_status(pump, i, &status); i++) {
        if (has_line(known, status.sink))
            continue;
        wpb_log(WPB_LOG_INFO, "sink %s is new: it is told what fires", status.sink);
        wpb_pump_welcome(pump, status.sink);
    }
}
