/* What the rules about a database say, as a person and a program read it: from samples
 * to golden files. */
#include "golden.h"

#include <stdio.h>

#include "agent/output/ndjson.h"
#include "agent/output/text.h"
#include "rule_look.h"
#include "wpbloat/report.h"

#define KIB 1024
#define MIB (1024 * 1024)
#define GIB ((int64_t)1024 * MIB)
#define SCHEMA "mysql+unix:///run/mysqld/mysqld.sock?db=shop"
/* Bytes that a terminal, a shell, SQL, PHP and a format string would each act on. */
#define HOSTILE "$(id)';\n\x1b[31m%s%n<?php \xff|`x` jane@example.test"

/* 2026-11-23T20:00:00Z */
#define NOW_MS 1795464000000

static const struct wpb_subject options_table = {.kind = WPB_SUBJECT_TABLE,
                                                 .scope = WPB_SLICE(SCHEMA),
                                                 .name = WPB_SLICE("wp_options")};
static const struct wpb_subject landing = {
    .kind = WPB_SUBJECT_POST, .scope = WPB_SLICE(SCHEMA), .name = WPB_SLICE("4711")};
static const struct wpb_subject host = {
    .kind = WPB_SUBJECT_HOST, .scope = WPB_SLICE(""), .name = WPB_SLICE("")};

static struct wpb_subject in_schema(enum wpb_subject_kind kind, const char *name,
                                    const struct wpb_subject *parent)
{
    return (struct wpb_subject){.kind = kind,
                                .scope = wpb_slice_cstr(SCHEMA),
                                .name = wpb_slice_cstr(name),
                                .parent = parent};
}

static int begin(void **state)
{
    struct look *look;

    look_begin(state);
    look = *state;
    look->site.owner = "team-checkout";
    look->site.table_prefix = "wp_";
    look->site.has_mysql = true;
    look->site.mysql = (struct wpb_mysql_address){.host = "",
                                                  .path = "/run/mysqld/mysqld.sock",
                                                  .schema = "shop",
                                                  .user = "shop",
                                                  .password = "never shown"};
    look->site.memory_limit_bytes = (uint64_t)512 * MIB;
    look->site.memory_limit_source = "WP_MEMORY_LIMIT in /var/www/shop/wp-config.php:40";
    look->site.config_file = "/var/www/shop/wp-config.php";
    look->site.flavour_version = "2.6.3";
    look->site.flavour_note = "";
    look->site.content_dir = look->site.plugin_dir = look->site.mu_plugin_dir =
        look->site.theme_dir = look->site.db_name = look->site.db_host = "";
    return 0;
}

static void post_component(struct look *look, const char *name, int64_t options,
                           int64_t bytes)
{
    struct wpb_subject subject = in_schema(WPB_SUBJECT_COMPONENT, name, &options_table);

    look_post(look, subject, WPB_M_OPTIONS, options);
    look_post(look, subject, WPB_M_AUTOLOAD_BYTES, bytes);
}

static void post_heavy_bootstrap(struct look *look, const char *option,
                                 const char *component)
{
    struct wpb_subject largest = in_schema(WPB_SUBJECT_OPTION, option, NULL);

    look_post(look, options_table, WPB_M_OPTIONS, 312);
    look_post(look, options_table, WPB_M_AUTOLOAD_BYTES, 39845888);
    look_post(look, host, WPB_M_RAM_BYTES, 4 * GIB);
    look_post(look, largest, WPB_M_ROW_BYTES, 120 * KIB);
    look_post(look, largest, WPB_M_AUTOLOADED, 1);
    post_component(look, component, 12, 23068672);
    post_component(look, "theme:lumen", 1, 9437184);
    post_component(look, "harbour_*", 40, 6291456);
}

static void post_meta(struct look *look, const char *key, const char *role, int64_t bytes)
{
    struct wpb_subject meta = in_schema(WPB_SUBJECT_META_KEY, key, &landing);

    look_post(look, meta, WPB_M_ROW_BYTES, bytes);
    look_post_text(look, meta, WPB_M_META_ROLE, role);
    look_post_text(look, meta, WPB_M_BUILDER, "elementor");
}

static void post_raised_limit(struct look *look, const char *path, const char *css_key)
{
    struct wpb_subject entry = look_key("wp:post_meta:4711");
    struct wpb_subject builder =
        in_schema(WPB_SUBJECT_COMPONENT, "builder:elementor", NULL);

    look_post(look, landing, WPB_M_ROW_BYTES, 4300218);
    look_post_text(look, landing, WPB_M_POST_TYPE, "page");
    look_post_text(look, landing, WPB_M_POST_STATUS, "publish");
    look_post_text(look, landing, WPB_M_POST_PATH, path);
    look_post_text(look, landing, WPB_M_LARGEST_META_KEY, css_key);
    look_post(look, landing, WPB_M_CSS_BYTES, 2400000);
    post_meta(look, css_key, "css", 2401204);
    post_meta(look, "_elementor_data", "layout", 1800000);
    look_post(look, in_schema(WPB_SUBJECT_META_KEY, "_elementor_data", &landing),
              WPB_M_PHP_READ_PEAK_BYTES, 15519744);
    look_post(look, entry, WPB_M_POST_ID, 4711);
    look_post(look, entry, WPB_M_VALUE_BYTES, 4301377);
    look_post_as(look, entry, WPB_M_PHP_READ_PEAK_BYTES, wpb_value_integer(12911240),
                 WPB_EXACT);
    look_post_text(look, builder, WPB_M_BUILDER, "Elementor");
    look_post_text(look, builder, WPB_M_CSS_PLACE, "inline");
    look_post_text(look, builder, WPB_M_SETTING, "elementor_css_print_method");
    look_post_text(look, builder, WPB_M_SETTING_VALUE, "internal");
    look_post_text(look, builder, WPB_M_SETTING_CHANGE,
                   "Elementor > Settings > Performance > CSS Print Method: External "
                   "File; or: wp option update elementor_css_print_method external");
}

/* A report of nothing but what the rules have found. */
static void render(struct look *look, struct wpb_buf *text, struct wpb_buf *lines)
{
    static const struct wpb_coverage coverage[] = {
        {.probe = "mysql.autoload",
         .site = "shop",
         .status = WPB_COVERAGE_OK,
         .reason = "",
         .unit = "options",
         .done = 312,
         .total = 312},
    };
    const struct wpb_site *sites[] = {&look->site};
    struct wpb_text_style style = {.columns = 80};
    struct wpb_err err = {0};
    struct wpb_report report = {.generated_at_ms = NOW_MS,
                                .elapsed_ms = 240,
                                .host = "web-17",
                                .version = "0.1.0",
                                .sites = sites,
                                .site_count = 1,
                                .coverage = coverage,
                                .coverage_count = 1};

    look_evaluate(look);
    report.findings = look->findings.items;
    report.finding_count = look->findings.count;
    wpb_buf_init(text, 0);
    wpb_buf_init(lines, 0);
    wpb_output_text(&report, &style, text);
    assert_int_equal(wpb_output_ndjson(&report, lines, &err), 0);
    golden_expect_clean(wpb_buf_view(text));
    golden_expect_clean(wpb_buf_view(lines));
}

static void both_incidents_of_a_database_read_well(void **state)
{
    struct look *look = *state;
    struct wpb_buf text, lines;

    post_heavy_bootstrap(look, "kestrel_index", "plugin:kestrel-pricing");
    post_raised_limit(look, "/sale/landing/", "_elementor_css");
    render(look, &text, &lines);
    golden_expect("findings_database.txt", wpb_buf_view(&text));
    golden_expect("findings_database.ndjson", wpb_buf_view(&lines));
    assert_int_equal(golden_count(wpb_buf_view(&lines), "never shown"), 0);
    assert_int_equal(golden_count(wpb_buf_view(&text), "never shown"), 0);
    wpb_buf_fini(&text);
    wpb_buf_fini(&lines);
}

static void hostile_names_of_a_database_stay_harmless(void **state)
{
    struct look *look = *state;
    struct wpb_buf text, lines;

    post_heavy_bootstrap(look, HOSTILE, HOSTILE);
    post_raised_limit(look, HOSTILE, HOSTILE);
    render(look, &text, &lines);
    assert_true(golden_count(wpb_buf_view(&lines), "\n") >= 3);
    assert_true(golden_count(wpb_buf_view(&text), "j***@***") > 0);
    wpb_buf_fini(&text);
    wpb_buf_fini(&lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, look_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_incidents_of_a_database_read_well),
        TEST(hostile_names_of_a_database_stay_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
