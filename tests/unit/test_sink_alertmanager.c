/* Alertmanager: its JSON, all its peers, and severities that change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alert/alertmanager_json.h"
#include "agent/alert/sink_alertmanager.h"
#include "agent/base/log.h"
#include "http_receiver.h"
#include "sink_bench.h"

#define ALERT                                                                            \
    "{\"code\":\"cache.notoptions_bloat\",\"site\":\"shop\",\"host\":\"web-17\","        \
    "\"owner\":\"team\",\"title\":\"It \\\"grows\\\"\",\"summary\":\"Every request.\","  \
    "\"remedy\":{\"summary\":\"Mend it.\",\"now\":[],\"doc\":\"docs/x.md\"}}"
#define NOW 1800000600000
#define LABELS                                                                           \
    "\"labels\":{\"alertname\":\"cache.notoptions_bloat\",\"severity\":\"warning\","     \
    "\"site\":\"shop\",\"host\":\"web-17\",\"owner\":\"team\","                          \
    "\"fingerprint\":\"00112233445566ff\""
#define ANNOTATIONS                                                                      \
    ",\"annotations\":{\"title\":\"It \\\"grows\\\"\",\"summary\":\"Every request.\","   \
    "\"remedy\":\"Mend it.\",\"doc\":\"docs/x.md\"}"

/* ---- the JSON */

static char *json_of(const struct wpb_alert *alert,
                     const struct wpb_alertmanager_labels *labels, bool is_resolved)
{
    static char json[8192];
    struct wpb_buf out;

    wpb_buf_init(&out, sizeof(json) - 1);
    wpb_alertmanager_json(&out, alert, labels, alert->severity, is_resolved, NOW,
                          NOW + 300000);
    assert_false(wpb_buf_failed(&out));
    memcpy(json, out.data, out.len + 1);
    wpb_buf_fini(&out);
    return json;
}

static void a_firing_alert_ends_when_nobody_tells_it_again(void **state)
{
    static const char *const added[] = {"datacenter=fra1", "tier=a=b", "empty="};
    struct wpb_alertmanager_labels labels = {added, 3};
    struct wpb_alert alert = sink_bench_alert(ALERT);

    (void)state;
    assert_string_equal(json_of(&alert, &labels, false),
                        "{" LABELS
                        ",\"datacenter\":\"fra1\",\"tier\":\"a=b\"}" ANNOTATIONS
                        ",\"startsAt\":\"2027-01-15T08:00:00Z\","
                        "\"endsAt\":\"2027-01-15T08:15:00Z\"}");
}

static void a_resolved_alert_has_ended_even_when_clocks_disagree(void **state)
{
    struct wpb_alertmanager_labels none = {NULL, 0};
    struct wpb_alert alert = sink_bench_alert(ALERT);

    (void)state;
    alert.status = WPB_ALERT_RESOLVED;
    alert.ends_at_ms = 1800000120000;
    assert_string_equal(json_of(&alert, &none, true),
                        "{" LABELS "}" ANNOTATIONS
                        ",\"startsAt\":\"2027-01-15T08:00:00Z\","
                        "\"endsAt\":\"2027-01-15T08:02:00Z\"}");
    alert.starts_at_ms = alert.ends_at_ms = NOW + 3600000;
    assert_non_null(strstr(json_of(&alert, &none, true),
                           ",\"startsAt\":\"2027-01-15T08:10:00Z\","
                           "\"endsAt\":\"2027-01-15T08:10:00Z\"}"));
}

static void a_body_that_makes_no_sense_still_makes_an_alert(void **state)
{
    struct wpb_alertmanager_labels none = {NULL, 0};
    struct wpb_alert alert = sink_bench_alert("]]");

    (void)state;
    assert_string_equal(json_of(&alert, &none, false),
                        "{\"labels\":{\"alertname\":\"unknown\",\"severity\":\"warning\","
                        "\"fingerprint\":\"00112233445566ff\"},\"annotations\":{},"
                        "\"startsAt\":\"2027-01-15T08:00:00Z\","
                        "\"endsAt\":\"2027-01-15T08:15:00Z\"}");
    alert = sink_bench_alert("{\"code\":7,\"site\":null,\"remedy\":[],\"agent\":\"x\"}");
    assert_non_null(strstr(json_of(&alert, &none, false), "\"alertname\":\"unknown\""));
}

static void long_texts_are_cut_between_characters(void **state)
{
    static char body[WPB_ALERT_BYTES_MAX];
    struct wpb_alertmanager_labels none = {NULL, 0};
    struct wpb_alert alert;
    char *json;
    size_t len;

    (void)state;
    strcpy(body, "{\"code\":\"x\",\"title\":\"");
    len = strlen(body);
    for (size_t i = 0; i < 300; i++, len += 3)
        memcpy(body + len, "\xe2\x82\xac", 3);
    strcpy(body + len, "\"}");
    alert = sink_bench_alert(body);
    json = json_of(&alert, &none, false);
    assert_null(strstr(json, "\\x"));
    assert_in_range(strlen(json), 510, 800);
}

static void labels_that_are_none_or_ours_are_refused(void **state)
{
    static const char *const bad[] = {"nothing",       "=x",           "1a=x", "a-b=x",
                                      "severity=info", "fingerprint=0"};
    static const char *const good[] = {"a=", "_x9=y z", "severity_level=1"};
    struct wpb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct wpb_alertmanager_labels labels = {&bad[i], 1};
        assert_int_equal(wpb_alertmanager_labels_check(&labels, &err), -1);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        struct wpb_alertmanager_labels labels = {&good[i], 1};
        assert_int_equal(wpb_alertmanager_labels_check(&labels, &err), 0);
    }
}

/* ---- peers */

struct cluster {
    struct sink_bench bench;
    char *folder;
    struct http_receiver peers[2];
    char urls[2][128];
    const char *url_list[2];
    unsigned descriptors;
};

static void begin(struct cluster *cluster, const char *path_1, const char *path_2)
{
    static const char *const none[] = {NULL};
    const char *const paths[] = {path_1, path_2};
    struct wpb_sink_settings settings = {
        .name = "alertmanager", .timeout_ms = 60000, .resend_ms = 60000};

    cluster->folder = sink_bench_folder();
    for (int i = 0; i < 2; i++) {
        http_receiver_start(&cluster->peers[i], cluster->folder, i ? "two" : "one", none);
        snprintf(cluster->urls[i], sizeof(cluster->urls[i]), "http://127.0.0.1:%d%s",
                 cluster->peers[i].port, paths[i]);
        cluster->url_list[i] = cluster->urls[i];
    }
    settings.urls = cluster->url_list;
    settings.url_count = 2;
    cluster->descriptors = sink_bench_descriptors();
    sink_bench_open(&cluster->bench, &wpb_sink_alertmanager, &settings);
}

static void end(struct cluster *cluster)
{
    sink_bench_close(&cluster->bench);
    assert_int_equal(sink_bench_descriptors(), cluster->descriptors);
    for (int i = 0; i < 2; i++)
        http_receiver_stop(&cluster->peers[i]);
    sink_bench_remove_folder(cluster->folder);
}

/* The receiver's paths say how a peer answers; what is added to them it ignores. */
static void expect_of_peers(const char *path_1, const char *path_2,
                            enum wpb_delivery_status status, const char *detail)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct cluster cluster;

    begin(&cluster, path_1, path_2);
    sink_bench_send(&cluster.bench, &alert);
    if (cluster.bench.delivery.status != status ||
        !strstr(cluster.bench.delivery.detail, detail))
        fail_msg("%s, %s: %d %s", path_1, path_2, cluster.bench.delivery.status,
                 cluster.bench.delivery.detail);
    for (int i = 0; i < 2; i++)
        assert_int_equal(http_receiver_requests(&cluster.peers[i]), 1);
    end(&cluster);
}

static void every_peer_is_told_at_api_v2_alerts(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct cluster cluster;

    (void)state;
    begin(&cluster, "/answer/200/", "/answer/200");
    assert_int_equal(sink_bench_send(&cluster.bench, &alert), WPB_DELIVERED);
    assert_string_equal(cluster.bench.delivery.detail, "2 of 2 peers took it");
    assert_true(
        http_receiver_has(&cluster.peers[0], "\"path\": \"/answer/200/api/v2/alerts\""));
    assert_true(
        http_receiver_has(&cluster.peers[1], "\"path\": \"/answer/200/api/v2/alerts\""));
    assert_true(http_receiver_has(&cluster.peers[1],
                                  "\"body\": \"[{\\\"labels\\\":{\\\"alertname\\\":"
                                  "\\\"cache.notoptions_bloat\\\""));
    end(&cluster);
}

static void a_peer_that_is_down_does_not_hold_up_the_others(void **state)
{
    (void)state;
    expect_of_peers("/answer/200", "/close", WPB_DELIVERED, "1 of 2 peers took it; 127.");
    expect_of_peers("/close", "/close", WPB_DELIVERY_FAILED, "0 of 2 peers took it");
}

static void a_peer_that_answers_badly_is_told_again_or_given_up(void **state)
{
    (void)state;
    expect_of_peers("/answer/200", "/answer/500", WPB_DELIVERY_FAILED, "answered 500");
    expect_of_peers("/answer/400", "/answer/503/9", WPB_DELIVERY_FAILED, "1");
    expect_of_peers("/answer/200", "/answer/400", WPB_DELIVERY_REJECTED, "answered 400");
    expect_of_peers("/close", "/answer/400", WPB_DELIVERY_REJECTED, "answered 400");
}

static void a_severity_that_changes_ends_the_former_alert(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct cluster cluster;
    static const char ended[] =
        "\\\"severity\\\":\\\"warning\\\",\\\"site\\\":\\\"shop\\\","
        "\\\"host\\\":\\\"web-17\\\",\\\"owner\\\":\\\"team\\\","
        "\\\"fingerprint\\\":\\\"00112233445566ff\\\"}";

    (void)state;
    begin(&cluster, "/answer/200", "/answer/200");
    sink_bench_send(&cluster.bench, &alert);
    assert_true(http_receiver_has(&cluster.peers[0], ended));
    alert.severity = WPB_CRITICAL;
    alert.updated_at_ms = 1800000120000;
    sink_bench_send(&cluster.bench, &alert);
    assert_true(http_receiver_has(&cluster.peers[0],
                                  "\\\"endsAt\\\":\\\"2027-01-15T08:02:00Z\\\"},{"
                                  "\\\"labels\\\":{\\\"alertname\\\":"));
    assert_true(
        http_receiver_has(&cluster.peers[0], "\\\"severity\\\":\\\"critical\\\""));
    end(&cluster);
}

static void what_fires_is_told_again_to_every_peer_whatever_is_under_way(void **state)
{
    struct wpb_alert one = sink_bench_alert(ALERT), two = one;
    const struct wpb_alert *const both[] = {&one, &two};
    struct cluster cluster;

    (void)state;
    strcpy(two.fingerprint, "ffffffffffffffff");
    begin(&cluster, "/answer/200", "/slow/20");
    sink_bench_begin(&cluster.bench, &one);
    wpb_sink_alertmanager.resend(cluster.bench.sink, both, 2);
    wpb_sink_alertmanager.resend(cluster.bench.sink, both, 2); /* one at a time */
    while (http_receiver_requests(&cluster.peers[0]) < 2 ||
           http_receiver_requests(&cluster.peers[1]) < 2)
        sink_bench_run_ms(&cluster.bench, 20);
    assert_int_equal(http_receiver_requests(&cluster.peers[1]), 2);
    assert_true(http_receiver_has(&cluster.peers[0], "ffffffffffffffff"));
    assert_true(http_receiver_has(&cluster.peers[1], "ffffffffffffffff"));
    end(&cluster); /* while the second has not answered */
}

static void settings_that_make_no_sense_are_refused(void **state)
{
    static const char *const labels[] = {"site=mine"};
    static const char *const urls[] = {"http://127.0.0.1:1", "gopher://x"};
    struct wpb_sink_settings settings = {
        .urls = urls, .url_count = 1, .labels = labels, .label_count = 1};
    struct wpb_err err = {0};
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_null(wpb_sink_alertmanager.open(&loop, &settings, &err));
    assert_non_null(strstr(err.message, "site is what wpbloat says itself"));
    settings.label_count = 0;
    settings.url_count = 2;
    assert_null(wpb_sink_alertmanager.open(&loop, &settings, &err));
    assert_non_null(strstr(err.message, "URL"));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_firing_alert_ends_when_nobody_tells_it_again),
        cmocka_unit_test(a_resolved_alert_has_ended_even_when_clocks_disagree),
        cmocka_unit_test(a_body_that_makes_no_sense_still_makes_an_alert),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(labels_that_are_none_or_ours_are_refused),
        cmocka_unit_test(every_peer_is_told_at_api_v2_alerts),
        cmocka_unit_test(a_peer_that_is_down_does_not_hold_up_the_others),
        cmocka_unit_test(a_peer_that_answers_badly_is_told_again_or_given_up),
        cmocka_unit_test(a_severity_that_changes_ends_the_former_alert),
        cmocka_unit_test(what_fires_is_told_again_to_every_peer_whatever_is_under_way),
        cmocka_unit_test(settings_that_make_no_sense_are_refused),
    };

    signal(SIGPIPE, SIG_IGN);
    setenv("WPB_FAKE_TIME_MS", "1800000600000", 1);
    wpb_log_level(WPB_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
