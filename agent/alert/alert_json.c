#include "agent/alert/alert_json.h"

#include <assert.h>

#include "agent/alert/shorten.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/output/finding_json.h"
#include "agent/output/json_write.h"

/* A host's name has at most 64 bytes on Linux; nothing else is longer. */
#define HOST_BYTES_MAX 64
#define VERSION_BYTES_MAX 32
#define INSTANCE_BYTES_MAX 64

const char *wpb_alert_end_name(enum wpb_alert_end end)
{
    static const char *const names[] = {
        [WPB_ALERT_GOES_ON] = "",
        [WPB_ALERT_GONE] = "gone",
        [WPB_ALERT_INHIBITED] = "inhibited",
        [WPB_ALERT_DISPLACED] = "displaced",
        [WPB_ALERT_UNWATCHED] = "unwatched",
    };
    return names[end];
}

static void write_members(const struct wpb_finding *finding, bool is_truncated,
                          struct wpb_buf *out)
{
    struct wpb_json json = wpb_json_of(out, false);

    wpb_json_open_object(&json, NULL);
    wpb_json_bool(&json, "truncated", is_truncated);
    wpb_finding_json(&json, finding);
    wpb_json_close(&json);
}

struct wpb_slice wpb_alert_json_finding(const struct wpb_finding *finding,
                                        enum wpb_severity severity,
                                        struct wpb_arena *arena)
{
    struct wpb_finding copy = *finding;
    struct wpb_slice members;
    struct wpb_buf out;

    copy.severity = severity;
    wpb_buf_init(&out, 0);
    for (int level = 0; level < WPB_SHORTEN_LEVELS; level++) {
        wpb_buf_clear(&out);
        write_members(wpb_shorten(&copy, level, arena), level > 0, &out);
        /* The braces are the line's. */
        if (out.len - 2 <= WPB_ALERT_FINDING_BYTES_MAX)
            break;
    }
    assert(!wpb_buf_failed(&out) && out.len - 2 <= WPB_ALERT_FINDING_BYTES_MAX);
    members = wpb_arena_copy(arena, wpb_slice_of(out.data + 1, out.len - 2));
    wpb_buf_fini(&out);
    return members;
}

static void write_time(struct wpb_json *json, const char *key, int64_t unix_ms)
{
    struct wpb_buf time;

    wpb_buf_init(&time, 0);
    wpb_clock_rfc3339(&time, unix_ms);
    wpb_json_text(json, key, wpb_buf_view(&time));
    wpb_buf_fini(&time);
}

static void write_head(struct wpb_json *json, const char *key, const char *text,
                       size_t limit)
{
    wpb_json_text(json, key, wpb_slice_head(wpb_slice_cstr(text), limit));
}

static void write_resolution(struct wpb_json *json,
                             const struct wpb_alert_resolution *resolution)
{
    if (!resolution || resolution->end == WPB_ALERT_GOES_ON) {
        wpb_json_null(json, "resolution");
        return;
    }
    wpb_json_open_object(json, "resolution");
    wpb_json_known(json, "reason", wpb_alert_end_name(resolution->end));
    wpb_json_known(json, "root", resolution->root);
    wpb_json_close(json);
}

struct wpb_slice wpb_alert_json(const struct wpb_alert *alert,
                                const struct wpb_alert_origin *origin,
                                const struct wpb_alert_resolution *resolution,
                                struct wpb_slice finding, struct wpb_arena *arena)
{
    struct wpb_slice line;
    struct wpb_json json;
    struct wpb_buf out;

    wpb_buf_init(&out, 0);
    json = wpb_json_of(&out, false);
    wpb_json_open_object(&json, NULL);
    wpb_json_known(&json, "schema", "wpbloat.alert/1");
    wpb_json_known(&json, "id", alert->id);
    wpb_json_count(&json, "seq", alert->seq);
    wpb_json_known(&json, "fingerprint", alert->fingerprint);
    wpb_json_known(&json, "status", wpb_alert_status_name(alert->status));
    write_time(&json, "starts_at", alert->starts_at_ms);
    write_time(&json, "updated_at", alert->updated_at_ms);
    if (alert->status == WPB_ALERT_RESOLVED)
        write_time(&json, "ends_at", alert->ends_at_ms);
    else
        wpb_json_null(&json, "ends_at");
    write_resolution(&json, resolution);
    write_head(&json, "host", origin->host, HOST_BYTES_MAX);
    wpb_json_open_object(&json, "agent");
    write_head(&json, "version", origin->version, VERSION_BYTES_MAX);
    write_head(&json, "instance", origin->instance, INSTANCE_BYTES_MAX);
    wpb_json_close(&json);
    wpb_buf_char(&out, ',');
    wpb_buf_slice(&out, finding);
    wpb_json_close(&json);
    assert(!wpb_buf_failed(&out) && out.len <= WPB_ALERT_BYTES_MAX);
    line = wpb_arena_copy(arena, wpb_buf_view(&out));
    wpb_buf_fini(&out);
    return line;
}
