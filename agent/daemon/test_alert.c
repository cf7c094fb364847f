#include "agent/daemon/test_alert.h"

#include <unistd.h>
#include <uv.h>

#include "agent/alert/alert_json.h"
#include "agent/alert/fingerprint.h"
#include "agent/alert/host_id.h"
#include "agent/base/clock.h"
#include "agent/base/ulid.h"
#include "agent/daemon/self.h"
#include "agent/daemon/sink_settings.h"

struct test {
    struct wpb_pump *pump;
    void (*show)(void *cookie, const char *sink, bool was_delivered, const char *detail);
    void *cookie;
    bool has_failed;
};

static void on_closed(void *cookie)
{
    (void)cookie;
}

static void on_answer(void *cookie, const char *sink, const struct wpb_delivery *delivery)
{
    struct test *test = cookie;

    if (!delivery) {
        wpb_pump_close(test->pump, 0, on_closed, NULL);
        return;
    }
    test->has_failed |= delivery->status != WPB_DELIVERED;
    test->show(test->cookie, sink, delivery->status == WPB_DELIVERED, delivery->detail);
}

/* It is over as soon as it is told, so that nobody has to clear it. */
static int make_alert(const struct wpb_conf *config, struct wpb_arena *arena,
                      struct wpb_alert *alert, struct wpb_err *err)
{
    static const char version[] = WPB_VERSION;
    struct wpb_ulid_source source = {{0}, 0, 0, {0}};
    struct wpb_findings findings = {.arena = arena};
    struct wpb_alert_resolution resolution = {.end = WPB_ALERT_GOES_ON};
    struct wpb_alert_origin origin = {.version = version};
    struct wpb_buf host_id;
    char host[256] = "";

    if (wpb_ulid_seed(&source, err))
        return -1;
    gethostname(host, sizeof(host) - 1);
    origin.host = wpb_arena_cstr(arena, wpb_slice_cstr(host));
    wpb_self_test_finding(origin.host, &findings);
    *alert = (struct wpb_alert){.status = WPB_ALERT_FIRING,
                                .severity = findings.items[0].severity,
                                .starts_at_ms = wpb_clock_now_ms()};
    alert->updated_at_ms = alert->starts_at_ms;
    alert->seq = (uint64_t)alert->starts_at_ms;
    wpb_ulid_next(&source, alert->starts_at_ms, alert->id);
    origin.instance = alert->id;
    wpb_buf_init(&host_id, 0);
    wpb_host_id(&host_id, wpb_conf_text(wpb_conf_agent(config), "host_id"), NULL);
    wpb_fingerprint(&findings.items[0], wpb_buf_view(&host_id), alert->fingerprint);
    wpb_buf_fini(&host_id);
    alert->body = wpb_alert_json(
        alert, &origin, &resolution,
        wpb_alert_json_finding(&findings.items[0], alert->severity, arena), arena);
    return 0;
}

static int configure(struct test *test, const struct wpb_conf *config,
                     struct wpb_arena *arena, struct wpb_err *err)
{
    size_t count, failed;
    const struct wpb_pump_sink *sinks = wpb_sinks_of(config, arena, &count, &failed);

    test->has_failed |= failed > 0;
    if (count == 0)
        return wpb_err_set(
            err, WPB_E_NOT_FOUND, "alerts",
            "no sink is configured: add a [sink NAME] such as [sink file]");
    return wpb_pump_configure(test->pump, sinks, count, err);
}

int wpb_test_alert_send(const struct wpb_conf *config,
                        void (*show)(void *cookie, const char *sink, bool was_delivered,
                                     const char *detail),
                        void *cookie, struct wpb_err *err)
{
    struct test test = {.show = show, .cookie = cookie};
    struct wpb_pump_options options = {.seed = 1};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_alert alert;
    uv_loop_t loop;
    int result = -1;

    if (!arena)
        return wpb_err_set(err, WPB_E_MEMORY, "alerts", "no memory for a test");
    if (uv_loop_init(&loop)) {
        wpb_arena_free(arena);
        return wpb_err_set(err, WPB_E_IO, "alerts", "cannot make an event loop");
    }
    options.loop = &loop;
    test.pump = wpb_pump_new(&options);
    if (!test.pump)
        wpb_err_set(err, WPB_E_MEMORY, "alerts", "no memory for a test");
    else if (configure(&test, config, arena, err) ||
             make_alert(config, arena, &alert, err) ||
             wpb_pump_test(test.pump, &alert, on_answer, &test) == 0)
        wpb_pump_close(test.pump, 0, on_closed, NULL);
    else
        result = 0;
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    wpb_arena_free(arena);
    return result || test.has_failed ? -1 : 0;
}
