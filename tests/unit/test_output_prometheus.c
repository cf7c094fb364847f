/* The report's numbers as Prometheus reads them. */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/output/prometheus.h"
#include "report_builder.h"

#define SCOPE "unix:///run/redis.sock"
#define KEY_SCOPE SCOPE "?db=1"

static const struct wpb_agent_numbers agent = {
    .started_ms = 1795377600000,
    .last_success_ms = 1795463999250,
    .looks = 1440,
    .looks_skipped = 2,
    .alerts_pending = 1,
    .alerts_firing = 2,
    .alerts_suppressed = 3,
    .sinks = {{"file", 7, 0, 0, 0},
              {"stdout", 7, 0, 0, 0},
              {"syslog", 7, 0, 0, 0},
              {"webhook", 5, 4, 1, 1},
              {"alertmanager", 6, 1, 0, 0}},
    .sink_count = 5,
    .history_bytes = 5242880,
    .history_is_degraded = false,
    .redis_commands = 123456,
    .mysql_statements = 789,
    .targets_paused = 1,
    .config_is_current = true,
    .resident_bytes = 5900000,
    .cpu_ms = 83042,
};

/* ---- windows by hand ---- */

static void post_as(struct wpb_window *window, enum wpb_subject_kind kind,
                    const char *scope, const char *name, enum wpb_metric metric,
                    struct wpb_value value)
{
    struct wpb_subject subject = {kind, wpb_slice_cstr(scope), wpb_slice_cstr(name),
                                  NULL};

    wpb_window_post(
        window, &(struct wpb_sample){
                    .subject = &subject, .metric = metric, .value = value, .time_ms = 1});
}

static void post(struct wpb_window *window, const char *key, enum wpb_metric metric,
                 int64_t value)
{
    post_as(window, WPB_SUBJECT_REDIS_KEY, KEY_SCOPE, key, metric,
            wpb_value_integer(value));
}

static void post_role(struct wpb_window *window, const char *key, const char *role)
{
    post_as(window, WPB_SUBJECT_REDIS_KEY, KEY_SCOPE, key, WPB_M_KEY_ROLE,
            wpb_value_text(wpb_slice_cstr(role)));
}

static void post_server(struct wpb_window *window, const char *scope, const char *name,
                        enum wpb_metric metric, int64_t value)
{
    post_as(window, WPB_SUBJECT_REDIS_SERVER, scope, name, metric,
            wpb_value_integer(value));
}

/* A window in which every figure is known. */
static struct wpb_window *full_window(const struct wpb_site *site)
{
    struct wpb_window *window = wpb_window_new(site, 1);

    post_role(window, "p:notoptions", "notoptions");
    post(window, "p:notoptions", WPB_M_PRESENT, 1);
    post(window, "p:notoptions", WPB_M_VALUE_BYTES, 3971911);
    post(window, "p:notoptions", WPB_M_MEMORY_BYTES, 4194400);
    post(window, "p:notoptions", WPB_M_ENTRIES, 65768);
    post(window, "p:notoptions", WPB_M_FAILS_AT_BYTES, 26700000);
    post(window, "p:notoptions", WPB_M_PHP_READ_PEAK_BYTES, 16300000);
    post(window, "p:notoptions", WPB_M_PHP_REWRITE_PEAK_BYTES, 25000000);
    post_role(window, "p:alloptions", "alloptions");
    post(window, "p:alloptions", WPB_M_VALUE_BYTES, 312000);
    post_as(window, WPB_SUBJECT_TABLE, "mysql://db/shop", "wp_options",
            WPB_M_AUTOLOAD_BYTES, wpb_value_integer(301234));
    post_server(window, SCOPE, "", WPB_M_USED_MEMORY_BYTES, 48000000);
    post_server(window, SCOPE, "", WPB_M_MAXMEMORY_BYTES, 67108864);
    post_server(window, SCOPE, "db1", WPB_M_KEYS, 77726);
    post_server(window, SCOPE, "db1", WPB_M_TTLLESS_KEYS, 76172);
    return window;
}

/* ---- what was written ---- */

struct answer {
    struct wpb_buf text;
};

static struct answer ask(const struct wpb_report *report,
                         const struct wpb_window *const *windows, size_t count,
                         const struct wpb_agent_numbers *numbers)
{
    struct answer answer;

    wpb_buf_init(&answer.text, 0);
    wpb_output_prometheus(report, windows, count, numbers, &answer.text);
    golden_expect_clean(wpb_buf_view(&answer.text));
    return answer;
}

/* LINE is there, whole. */
static void has(const struct answer *answer, const char *line)
{
    char whole[512];

    snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (!strstr(answer->text.data, whole))
        fail_msg("no line '%s' in:\n%s", line, answer->text.data);
}

static void has_no(const struct answer *answer, const char *text)
{
    if (strstr(answer->text.data, text))
        fail_msg("'%s' is in:\n%s", text, answer->text.data);
}

/* The series, without their values; *COUNT of them. Free the array and the first. */
static char **series_of(const struct answer *answer, size_t *count)
{
    char *copy = strdup(answer->text.data), *rest = copy, *line;
    char **series = calloc(answer->text.len, sizeof(*series));

    *count = 0;
    while ((line = strsep(&rest, "\n"))) {
        if (!line[0] || line[0] == '#')
            continue;
        *strrchr(line, ' ') = '\0';
        series[(*count)++] = line;
    }
    if (*count == 0 || series[0] != copy)
        series[*count] = copy; /* to be freed */
    else
        series[*count] = series[0];
    return series;
}

static void free_series(char **series, size_t count)
{
    free(series[count]);
    free(series);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void within_budget(const struct answer *answer, size_t sites_max)
{
    size_t count, of_host = 0, of_sites = 0;
    char **series = series_of(answer, &count), last[64];

    for (size_t i = 0; i < count; i++) {
        bool is_of_site = strstr(series[i], "{site=\"") != NULL;
        of_sites += is_of_site;
        of_host += !is_of_site;
    }
    assert_true(of_host <= WPB_PROMETHEUS_HOST_SERIES_MAX);
    assert_true(of_sites <= sites_max * WPB_PROMETHEUS_SITE_SERIES_MAX);
    snprintf(last, sizeof(last), "wpbloat_series_emitted %zu", count);
    has(answer, last);
    qsort(series, count, sizeof(*series), by_text);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(series[i - 1], series[i]);
    free_series(series, count);
}

/* ---- tests ---- */

static void the_agent_tells_all(void **state)
{
    const struct wpb_report *report = report_incident();
    const struct wpb_window *window = full_window(report->sites[0]);
    struct answer answer = ask(report, &window, 1, &agent);

    (void)state;
    golden_expect("metrics_agent.prom", wpb_buf_view(&answer.text));
    within_budget(&answer, 1);
    wpb_buf_fini(&answer.text);
    wpb_window_free((struct wpb_window *)window);
}

static void a_scan_has_no_numbers_of_an_agent(void **state)
{
    const struct wpb_report *report = report_incident();
    const struct wpb_window *window = full_window(report->sites[0]);
    struct answer answer = ask(report, &window, 1, NULL);

    (void)state;
    has(&answer, "wpbloat_up 1");
    has(&answer, "wpbloat_last_success_timestamp_seconds 1795464000.000");
    has(&answer, "wpbloat_notoptions_bytes{site=\"shop\"} 3971911");
    has_no(&answer, "wpbloat_sink");
    has_no(&answer, "wpbloat_looks");
    has_no(&answer, "wpbloat_cpu");
    wpb_buf_fini(&answer.text);
    wpb_window_free((struct wpb_window *)window);
}

static void what_is_unknown_has_no_series(void **state)
{
    const struct wpb_report *report = report_blind();
    struct wpb_site site = *report->sites[0];
    const struct wpb_window *window;
    struct wpb_report blind = *report;
    const struct wpb_site *sites[] = {&site};
    struct answer answer;

    (void)state;
    site.memory_limit_bytes = 0;
    blind.sites = sites;
    window = wpb_window_new(&site, 1);
    answer = ask(&blind, &window, 1, NULL);
    has(&answer, "wpbloat_up 0");
    has_no(&answer, "last_success");
    has_no(&answer, "notoptions");
    has_no(&answer, "memory_limit");
    has_no(&answer, "wpbloat_redis");
    wpb_buf_fini(&answer.text);
    wpb_window_free((struct wpb_window *)window);
}

static void no_site_at_all_is_an_answer(void **state)
{
    struct answer answer = ask(report_no_site(), NULL, 0, NULL);

    (void)state;
    has(&answer, "wpbloat_sites 0");
    has_no(&answer, "{site=");
    within_budget(&answer, 0);
    wpb_buf_fini(&answer.text);
}

static void an_absent_notoptions_has_no_bytes(void **state)
{
    const struct wpb_report *report = report_healthy();
    struct wpb_window *window = wpb_window_new(report->sites[0], 1);
    const struct wpb_window *seen = window;
    struct answer answer;

    (void)state;
    post_role(window, "p:notoptions", "notoptions");
    post(window, "p:notoptions", WPB_M_VALUE_BYTES, 5000);
    post(window, "p:notoptions", WPB_M_ENTRIES, 50);
    post(window, "p:notoptions", WPB_M_PRESENT, 0);
    answer = ask(report, &seen, 1, NULL);
    has(&answer, "wpbloat_notoptions_bytes{site=\"shop\"} 0");
    has(&answer, "wpbloat_notoptions_names{site=\"shop\"} 0");
    has_no(&answer, "wpbloat_notoptions_fails_at_bytes");
    wpb_buf_fini(&answer.text);
    wpb_window_free(window);
}

static void of_a_network_the_largest_notoptions_is_told(void **state)
{
    const struct wpb_report *report = report_healthy();
    struct wpb_window *window = wpb_window_new(report->sites[0], 1);
    const struct wpb_window *seen = window;
    struct answer answer;

    (void)state;
    for (int blog = 1; blog <= 3; blog++) {
        static const int64_t bytes[] = {0, 700, 900, 800};
        char key[32];
        snprintf(key, sizeof(key), "%d:notoptions", blog);
        post_role(window, key, "notoptions");
        post(window, key, WPB_M_VALUE_BYTES, bytes[blog]);
        post(window, key, WPB_M_ENTRIES, blog * 10);
    }
    answer = ask(report, &seen, 1, NULL);
    has(&answer, "wpbloat_notoptions_bytes{site=\"shop\"} 900");
    has(&answer, "wpbloat_notoptions_names{site=\"shop\"} 20");
    wpb_buf_fini(&answer.text);
    wpb_window_free(window);
}

/* COUNT sites named NAME0000 and so on, each with a Redis of its own. */
struct crowd {
    size_t count;
    char (*names)[32];
    struct wpb_site *sites;
    const struct wpb_site **list;
    const struct wpb_window **windows;
    struct wpb_report report;
};

static void crowd_init(struct crowd *crowd, size_t count, const char *name)
{
    crowd->count = count;
    crowd->names = calloc(count, sizeof(*crowd->names));
    crowd->sites = calloc(count, sizeof(*crowd->sites));
    crowd->list = calloc(count, sizeof(*crowd->list));
    crowd->windows = calloc(count, sizeof(*crowd->windows));
    for (size_t i = 0; i < count; i++) {
        struct wpb_window *window;
        char scope[64];
        crowd->sites[i] = *report_incident()->sites[0];
        snprintf(crowd->names[i], sizeof(crowd->names[i]), "%s%04zu", name, i);
        crowd->sites[i].name = crowd->names[i];
        crowd->list[i] = &crowd->sites[i];
        window = full_window(&crowd->sites[i]);
        snprintf(scope, sizeof(scope), "redis://10.0.0.%zu:6379", i);
        post_server(window, scope, "", WPB_M_USED_MEMORY_BYTES, 1000);
        post_server(window, scope, "", WPB_M_MAXMEMORY_BYTES, 2000);
        post_server(window, scope, "db0", WPB_M_KEYS, 10);
        post_server(window, scope, "db0", WPB_M_TTLLESS_KEYS, 5);
        crowd->windows[i] = window;
    }
    crowd->report = *report_incident();
    crowd->report.sites = crowd->list;
    crowd->report.site_count = count;
    crowd->report.finding_count = 0;
}

static void crowd_fini(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->count; i++)
        wpb_window_free((struct wpb_window *)crowd->windows[i]);
    free(crowd->names);
    free(crowd->sites);
    free(crowd->list);
    free(crowd->windows);
}

static void a_thousand_sites_stay_within_the_budget(void **state)
{
    struct wpb_finding findings[3];
    struct crowd crowd;
    struct answer answer;

    (void)state;
    crowd_init(&crowd, 1000, "site");
    for (size_t i = 0; i < 3; i++) {
        findings[i] = report_incident()->findings[0];
        findings[i].site = crowd.list[i * 499]; /* the first, and two of the others */
    }
    crowd.report.findings = findings;
    crowd.report.finding_count = 3;
    answer = ask(&crowd.report, crowd.windows, crowd.count, &agent);
    within_budget(&answer, WPB_PROMETHEUS_SITES_MAX + 1);
    has(&answer, "wpbloat_site_findings{site=\"site0000\",severity=\"critical\"} 1");
    has(&answer, "wpbloat_site_findings{site=\"other\",severity=\"critical\"} 2");
    has(&answer, "wpbloat_notoptions_bytes{site=\"site0019\"} 3971911");
    has(&answer, "wpbloat_notoptions_bytes{site=\"other\"} 3971911");
    has_no(&answer, "site0020");
    has_no(&answer, "wpbloat_notoptions_fails_at_bytes{site=\"other\"}");
    has_no(&answer, "wpbloat_php_memory_limit_bytes{site=\"other\"}");
    has_no(&answer, "wpbloat_site_info{site=\"other\"");
    has(&answer, "wpbloat_redis_keys{server=\"10.0.0.0:6379\"} 10");
    has(&answer, "wpbloat_redis_used_memory_bytes{server=\"other\"} 48998000");
    wpb_buf_fini(&answer.text);
    crowd_fini(&crowd);
}

static void twenty_sites_are_all_told_by_name(void **state)
{
    struct crowd crowd;
    struct answer answer;

    (void)state;
    crowd_init(&crowd, WPB_PROMETHEUS_SITES_MAX, "site");
    answer = ask(&crowd.report, crowd.windows, crowd.count, &agent);
    within_budget(&answer, WPB_PROMETHEUS_SITES_MAX);
    has(&answer, "wpbloat_php_memory_limit_bytes{site=\"site0019\"} 134217728");
    has_no(&answer, "site=\"other\"");
    wpb_buf_fini(&answer.text);
    crowd_fini(&crowd);
}

static void a_site_named_other_is_one_of_the_others(void **state)
{
    struct crowd crowd;
    struct answer answer;

    (void)state;
    crowd_init(&crowd, 30, "site");
    crowd.sites[29].name = "other"; /* before "site0000" */
    answer = ask(&crowd.report, crowd.windows, crowd.count, NULL);
    within_budget(&answer, WPB_PROMETHEUS_SITES_MAX);
    has_no(&answer, "wpbloat_site_info{site=\"other\"");
    wpb_buf_fini(&answer.text);
    crowd_fini(&crowd);
}

static void names_that_are_masked_alike_share_a_row(void **state)
{
    struct crowd crowd;
    struct answer answer;

    (void)state;
    crowd_init(&crowd, 2, "site");
    crowd.sites[0].name = "anna@example.test";
    crowd.sites[1].name = "alma@example.test";
    answer = ask(&crowd.report, crowd.windows, crowd.count, NULL);
    within_budget(&answer, 1);
    has(&answer, "wpbloat_notoptions_bytes{site=\"a***@***\"} 3971911");
    wpb_buf_fini(&answer.text);
    crowd_fini(&crowd);
}

static void a_shared_server_is_told_once(void **state)
{
    struct crowd crowd;
    struct answer answer;

    (void)state;
    crowd_init(&crowd, 2, "site");
    post_server((struct wpb_window *)crowd.windows[0], SCOPE, "db2", WPB_M_KEYS, 4);
    answer = ask(&crowd.report, crowd.windows, crowd.count, NULL);
    has(&answer, "wpbloat_redis_used_memory_bytes{server=\"/run/redis.sock\"} 48000000");
    has(&answer, "wpbloat_redis_keys{server=\"/run/redis.sock\"} 77730");
    wpb_buf_fini(&answer.text);
    crowd_fini(&crowd);
}

static void what_several_sites_share_is_a_finding_of_each(void **state)
{
    const struct wpb_report *report = report_shared();
    struct answer answer = ask(report, NULL, 0, NULL);
    size_t concerned = 0;

    (void)state;
    for (size_t i = 0; i < report->finding_count; i++)
        concerned += report->findings[i].severity == WPB_WARNING
                         ? 1 + report->findings[i].other_site_count
                         : 0;
    assert_true(concerned > 1);
    assert_int_equal(report->site_count, 2);
    has(&answer, "wpbloat_findings{severity=\"warning\"} 1");
    has(&answer, "wpbloat_site_findings{site=\"redis\",severity=\"warning\"} 1");
    has(&answer, "wpbloat_site_findings{site=\"shop\",severity=\"warning\"} 1");
    wpb_buf_fini(&answer.text);
}

static void a_stranger_can_forge_no_series(void **state)
{
    static const char evil[] = "x\"} 1\nwpbloat_up 0\n# EOF\n\\\xff\x80\x1b[31m";
    struct crowd crowd;
    struct answer answer;
    size_t count;
    char **series;

    (void)state;
    crowd_init(&crowd, 1, "site");
    crowd.sites[0].name = crowd.sites[0].owner = evil;
    post((struct wpb_window *)crowd.windows[0], evil, WPB_M_MEMORY_BYTES, 9000000);
    post_server((struct wpb_window *)crowd.windows[0], evil, "", WPB_M_USED_MEMORY_BYTES,
                1);
    answer = ask(&crowd.report, crowd.windows, crowd.count, &agent);
    within_budget(&answer, 1);
    assert_int_equal(golden_count(wpb_buf_view(&answer.text), "\nwpbloat_up "), 1);
    has_no(&answer, "\n# EOF");
    has(&answer, "wpbloat_redis_largest_key_bytes{site=\"x\\\"} 1\\nwpbloat_up 0\\n# "
                 "EOF\\n\\\\\\\\xff\\\\x80\\\\x1b[31m\"} 9000000");
    series = series_of(&answer, &count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(strncmp(series[i], "wpbloat_", 8), 0);
    free_series(series, count);
    wpb_buf_fini(&answer.text);
    crowd_fini(&crowd);
}

static void hostile_reports_are_written_too(void **state)
{
    struct answer answer = ask(report_hostile(), NULL, 0, NULL);

    (void)state;
    within_budget(&answer, report_hostile()->site_count);
    wpb_buf_fini(&answer.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_agent_tells_all),
        cmocka_unit_test(a_scan_has_no_numbers_of_an_agent),
        cmocka_unit_test(what_is_unknown_has_no_series),
        cmocka_unit_test(no_site_at_all_is_an_answer),
        cmocka_unit_test(an_absent_notoptions_has_no_bytes),
        cmocka_unit_test(of_a_network_the_largest_notoptions_is_told),
        cmocka_unit_test(a_thousand_sites_stay_within_the_budget),
        cmocka_unit_test(twenty_sites_are_all_told_by_name),
        cmocka_unit_test(a_site_named_other_is_one_of_the_others),
        cmocka_unit_test(names_that_are_masked_alike_share_a_row),
        cmocka_unit_test(a_shared_server_is_told_once),
        cmocka_unit_test(what_several_sites_share_is_a_finding_of_each),
        cmocka_unit_test(a_stranger_can_forge_no_series),
        cmocka_unit_test(hostile_reports_are_written_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
