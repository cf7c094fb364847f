/* An alert as a line: what it says, what it leaves out, and how long it may be. */
#include "golden.h"

#include <string.h>

#include "agent/alert/alert_json.h"
#include "agent/alert/shorten.h"
#include "agent/base/buf.h"
#include "report_builder.h"
#include "rule_look.h"
#include "wpbloat/site.h"

#define DAY_MS ((int64_t)86400000)
/* 2026-11-23T20:00:00Z */
#define NOW_MS 1795464000000

static const struct wpb_alert_origin origin = {"web-17", "0.1.0",
                                               "01ARZ3NDEKTSV4RRFFQ69G5FAV"};

static int begin(void **state)
{
    *state = wpb_arena_new();
    return *state ? 0 : -1;
}

static int end(void **state)
{
    wpb_arena_free(*state);
    return 0;
}

static struct wpb_alert alert_of(enum wpb_alert_status status)
{
    bool is_over = status == WPB_ALERT_RESOLVED;

    return (struct wpb_alert){.fingerprint = "9f2c0123456789ab",
                              .id = "01ARZ3NDEKTSV4RRFFQ69G5FAW",
                              .seq = UINT64_MAX,
                              .status = status,
                              .severity = WPB_CRITICAL,
                              .starts_at_ms = NOW_MS,
                              .updated_at_ms = NOW_MS + DAY_MS,
                              .ends_at_ms = is_over ? NOW_MS + DAY_MS : 0};
}

static struct wpb_slice line_of(const struct wpb_finding *finding,
                                enum wpb_alert_status status, struct wpb_arena *arena)
{
    struct wpb_alert alert = alert_of(status);
    struct wpb_alert_resolution resolution = {WPB_ALERT_INHIBITED,
                                              "cache.notoptions_bloat"};
    struct wpb_slice half = wpb_alert_json_finding(finding, finding->severity, arena);
    struct wpb_slice line = wpb_alert_json(
        &alert, &origin, status == WPB_ALERT_RESOLVED ? &resolution : NULL, half, arena);

    assert_true(line.len <= WPB_ALERT_BYTES_MAX);
    return line;
}

static const struct wpb_finding_forecast forecast = {
    .metric = WPB_M_VALUE_BYTES,
    .answer = WPB_OUTLOOK_ETA,
    .target = 26700000,
    .level = 3971911,
    .has_slope = true,
    .per_day = 408944,
    .per_day_low = 396361,
    .per_day_high = 421527,
    .earliest_ms = NOW_MS + 53 * DAY_MS,
    .median_ms = NOW_MS + 55 * DAY_MS,
    .latest_ms = NOW_MS + 57 * DAY_MS,
    .confidence = 0.9,
    .refused = "",
    .reason = "",
    .scored = 64,
    .covered = 58,
    .flush_period = "Flushed every ~10 days.",
};

static void the_incident_reads_as_it_was_read_by_a_person(void **state)
{
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_buf lines;

    finding.forecast = &forecast;
    wpb_buf_init(&lines, 0);
    wpb_buf_slice(&lines, line_of(&finding, WPB_ALERT_FIRING, *state));
    wpb_buf_char(&lines, '\n');
    wpb_buf_slice(&lines, line_of(&finding, WPB_ALERT_RESOLVED, *state));
    wpb_buf_char(&lines, '\n');
    golden_expect_clean(wpb_buf_view(&lines));
    golden_expect("alert.ndjson", wpb_buf_view(&lines));
    wpb_buf_fini(&lines);
}

/* --- addresses --- */

static void addresses_are_found_in_commands(void **state)
{
    static const char *const with[] = {
        "redis-cli UNLINK wp:useremail:jane@example.test",
        "redis-cli UNLINK 'wp:useremail:j\xc3\xb6rg@\xc3\xa4.test'",
        "mysql -e \"SELECT 1 FROM t WHERE a = X'6a616e65406578616d706c65'\"",
        "mysql -e 'SELECT X'\\''6A40624020'\\'''",
        "mysql -e $'SELECT X\\0476a4062\\047'",
        "mysql -e 'SELECT 0x6a4062'",
    };
    static const char *const without[] = {
        "redis-cli -s /run/redis.sock UNLINK wp:options:notoptions",
        "The address j***@*** is masked already.",
        "Write to us @ home, or @ work.",
        "@daily wp cron event run",
        "mysql -e \"SELECT X'6a616e6540'",
        "redis-cli GET f404f404:4040",
        "",
        "@",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
        assert_true(wpb_shorten_has_address(wpb_slice_cstr(with[i])));
    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
        if (i != 4)
            assert_false(wpb_shorten_has_address(wpb_slice_cstr(without[i])));
    }
}

static void a_command_with_an_address_becomes_a_sentence(void **state)
{
    static const char *const now[] = {"redis-cli GET wp:useremail:jane@example.test",
                                      "redis-cli PING", "redis-cli GET b@example.test",
                                      NULL};
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_slice line;

    finding.remedy.now = now;
    finding.remedy.verify = now;
    line = line_of(&finding, WPB_ALERT_FIRING, *state);
    assert_int_equal(golden_count(line, "example.test"), 0);
    assert_int_equal(golden_count(line, "wpbloat scan tells it."), 2);
    assert_int_equal(golden_count(line, "redis-cli PING"), 2);
    assert_int_equal(golden_count(line, "\"truncated\":false"), 1);
}

/* What the rules themselves write: a key whose name is an address, in Redis and SQL. */
static void no_rule_carries_an_address_into_an_alert(void **state)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_subject key = look_key("wp:useremail:jane.doe@example.test");
    struct wpb_subject option = {.kind = WPB_SUBJECT_OPTION,
                                 .scope = WPB_SLICE("mysql://localhost:3306/shop"),
                                 .name = WPB_SLICE("stamps_jane.doe@example.test")};
    struct look *look;
    void *looked;

    (void)state;
    assert_non_null(arena);
    look_begin(&looked);
    look = looked;
    look->site.owner = "";
    look->site.has_mysql = true;
    look->site.mysql = (struct wpb_mysql_address){
        .host = "localhost", .port = 3306, .path = "", .schema = "shop", .user = "shop"};
    look_post(look, key, WPB_M_VALUE_BYTES, 9000000);
    look_post_text(look, key, WPB_M_GROUP, "useremail");
    look_post(look, option, WPB_M_ROW_BYTES, 9000000);
    look_post(look, option, WPB_M_AUTOLOADED, 1);
    look_evaluate(look);
    assert_true(look->findings.count >= 2);
    for (size_t i = 0; i < look->findings.count; i++) {
        struct wpb_slice line =
            line_of(&look->findings.items[i], WPB_ALERT_FIRING, arena);
        assert_int_equal(golden_count(line, "jane"), 0);
        assert_int_equal(golden_count(line, "6a616e65"), 0);
        assert_int_equal(golden_count(line, "***@***") > 0, 1);
        assert_int_equal(golden_count(line, "wpbloat scan tells it.") > 0, 1);
    }
    look_end(&looked);
    wpb_arena_free(arena);
}

/* --- length --- */

/* Text of LEN bytes, each of which takes six in JSON; words of 30. */
static const char *heavy(struct wpb_arena *arena, size_t len)
{
    char *text = wpb_arena_alloc(arena, len + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = i % 30 == 29 ? ' ' : '\x1b';
    return text;
}

/* LEN bytes of short words. */
static const char *words(struct wpb_arena *arena, size_t len)
{
    char *text = wpb_arena_alloc(arena, len + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = i % 10 == 9 ? ' ' : 'w';
    return text;
}

static struct wpb_slice heavy_slice(struct wpb_arena *arena, size_t len)
{
    return wpb_slice_of(heavy(arena, len), len);
}

static void write_down(const char *name, struct wpb_slice line)
{
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_buf_slice(&text, line);
    wpb_buf_char(&text, '\n');
    golden_expect_clean(wpb_buf_view(&text));
    golden_expect(name, wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

/* As many families and components as are told, with long names. */
static struct wpb_finding long_finding(struct wpb_arena *arena)
{
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_family_cause *families = wpb_arena_alloc(arena, 10 * sizeof(*families));
    struct wpb_component_cause *components =
        wpb_arena_alloc(arena, 10 * sizeof(*components));

    for (size_t i = 0; i < 10; i++) {
        families[i] = finding.cause.families[i % 2];
        families[i].template_name =
            wpb_slice_cstr(wpb_arena_printf(arena, "kestrel_%zu_%0150d_<hex>", i, 7));
        families[i].excerpt = wpb_slice_cstr(wpb_arena_printf(arena, "%0300d", 7));
        components[i].name =
            wpb_slice_cstr(wpb_arena_printf(arena, "plugin:kestrel-%zu-%0100d", i, 7));
        components[i].bytes = 1000;
    }
    finding.cause.families = families;
    finding.cause.components = components;
    finding.cause.family_count = finding.cause.component_count = 10;
    return finding;
}

static void what_is_too_long_loses_what_can_be_missed_first(void **state)
{
    struct wpb_arena *arena = *state;
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_slice line;

    /* Excerpts first: without them it just fits. */
    finding.forecast = &forecast;
    finding.summary = "";
    line = wpb_alert_json_finding(&finding, WPB_CRITICAL, arena);
    finding.summary = words(arena, WPB_ALERT_FINDING_BYTES_MAX + 20 - line.len);
    line = wpb_alert_json_finding(&finding, WPB_CRITICAL, arena);
    assert_int_equal(golden_count(line, "\"truncated\":true"), 1);
    assert_int_equal(golden_count(line, "\"excerpt\":\"\""), 2);
    assert_int_equal(golden_count(line, "\"template\""), 4);
    assert_int_equal(golden_count(line, finding.summary), 1);

    /* Then families and components, but not what to do. */
    finding = long_finding(arena);
    line = line_of(&finding, WPB_ALERT_FIRING, arena);
    assert_int_equal(golden_count(line, "\"template\""), 3);
    assert_int_equal(golden_count(line, "plugin:kestrel-4-"), 1);
    assert_int_equal(golden_count(line, "plugin:kestrel-5-"), 0);
    assert_int_equal(golden_count(line, "wp plugin deactivate kestrel-pricing"), 1);
    write_down("alert_long.ndjson", line);
}

/* The longest and heaviest that a finding can be. */
static void whatever_it_is_it_fits(void **state)
{
    struct wpb_arena *arena = *state;
    struct wpb_finding finding = long_finding(arena);
    struct wpb_site site = *finding.site;
    struct wpb_subject subject = {.kind = WPB_SUBJECT_OPTION_FAMILY};
    struct wpb_evidence facts[16];
    struct wpb_finding_forecast worst = forecast;
    const char *lines[20] = {NULL};
    const struct wpb_site *others[50];
    struct wpb_slice line;

    site.name = site.owner = heavy(arena, 4096);
    subject.scope = heavy_slice(arena, 4096);
    subject.name = wpb_slice_of(memset(wpb_arena_alloc(arena, 512), 0xff, 512), 512);
    for (size_t i = 0; i < 16; i++)
        facts[i] =
            (struct wpb_evidence){"a_name_of_evidence_as_long_as_there_is_one",
                                  wpb_value_text(heavy_slice(arena, 512)), WPB_ESTIMATED};
    for (size_t i = 0; i < 19; i++)
        lines[i] = heavy(arena, 900);
    for (size_t i = 0; i < 50; i++)
        others[i] = &site;
    worst.reason = worst.flush_period = heavy(arena, 400);
    worst.level = -1.2345678901234567e-300;
    worst.per_day = worst.per_day_low = worst.per_day_high = worst.level;
    finding.site = &site;
    finding.subject = &subject;
    finding.title = finding.summary = heavy(arena, 9000);
    finding.cause.note = finding.remedy.summary = finding.title;
    finding.remedy.now = finding.remedy.for_good = finding.remedy.verify = lines;
    finding.evidence = facts;
    finding.evidence_count = 16;
    finding.other_sites = others;
    finding.other_site_count = 50;
    finding.forecast = &worst;
    line = line_of(&finding, WPB_ALERT_RESOLVED, arena);
    /* Facts have one name here, which no rule does. */
    assert_true(golden_count(line, "\"truncated\":true") == 1);
    for (int level = 0; level < WPB_SHORTEN_LEVELS; level++)
        assert_non_null(wpb_shorten(&finding, level, arena));
    finding.evidence_count = 1;
    line = line_of(&finding, WPB_ALERT_FIRING, arena);
    write_down("alert_heavy.ndjson", line);
}

static void half_an_address_is_never_left(void **state)
{
    struct wpb_arena *arena = *state;
    struct wpb_finding finding = long_finding(arena);
    char *summary = wpb_arena_alloc(arena, 9001);

    /* An address at every place where a cut could be. */
    for (size_t i = 0; i < 9000; i += 18)
        memcpy(summary + i, "jane@example.test ", 18);
    finding.summary = finding.title = finding.cause.note = summary;
    finding.subject = &(struct wpb_subject){.kind = WPB_SUBJECT_REDIS_KEY,
                                            .scope = WPB_SLICE(""),
                                            .name = wpb_slice_of(summary, 200)};
    assert_int_equal(golden_count(line_of(&finding, WPB_ALERT_FIRING, arena), "jane"), 0);
    assert_int_equal(golden_count(line_of(&finding, WPB_ALERT_FIRING, arena), "jan"), 0);
}

static void hostile_names_stay_harmless(void **state)
{
    const struct wpb_report *report = report_hostile();
    struct wpb_buf lines;

    wpb_buf_init(&lines, 0);
    for (size_t i = 0; i < report->finding_count; i++) {
        wpb_buf_slice(&lines, line_of(&report->findings[i], WPB_ALERT_FIRING, *state));
        wpb_buf_char(&lines, '\n');
    }
    assert_true(report->finding_count > 0);
    golden_expect_clean(wpb_buf_view(&lines));
    golden_expect("alert_hostile.ndjson", wpb_buf_view(&lines));
    wpb_buf_fini(&lines);
}

static void an_origin_of_any_length_fits(void **state)
{
    struct wpb_arena *arena = *state;
    struct wpb_alert alert = alert_of(WPB_ALERT_RESOLVED);
    const struct wpb_alert_origin long_origin = {heavy(arena, 500), heavy(arena, 500),
                                                 heavy(arena, 500)};
    struct wpb_alert_resolution resolution = {
        WPB_ALERT_DISPLACED, "database.a_code_as_long_as_no_rule_has_one_in_this_table"};
    struct wpb_slice half =
        wpb_slice_of(memset(wpb_arena_alloc(arena, WPB_ALERT_FINDING_BYTES_MAX), 'x',
                            WPB_ALERT_FINDING_BYTES_MAX),
                     WPB_ALERT_FINDING_BYTES_MAX);

    alert.starts_at_ms = alert.updated_at_ms = alert.ends_at_ms = INT64_MAX;
    assert_true(wpb_alert_json(&alert, &long_origin, &resolution, half, arena).len <=
                WPB_ALERT_BYTES_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_incident_reads_as_it_was_read_by_a_person),
        TEST(addresses_are_found_in_commands),
        TEST(a_command_with_an_address_becomes_a_sentence),
        TEST(no_rule_carries_an_address_into_an_alert),
        TEST(what_is_too_long_loses_what_can_be_missed_first),
        TEST(whatever_it_is_it_fits),
        TEST(half_an_address_is_never_left),
        TEST(hostile_names_stay_harmless),
        TEST(an_origin_of_any_length_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
