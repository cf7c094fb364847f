/* What a post's meta, an option, one meta value are found to hold, on a real server and
 * through the scheduler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "agent/schedule/turn.h"
#include "mysql_wordpress.h"
#include "probes/mysql/probes.h"

#define CAP ((uint64_t)8 << 20)

static const struct wpb_probe *const probes[] = {
    &wpb_probe_mysql_post, &wpb_probe_mysql_option, &wpb_probe_mysql_meta, NULL};

struct look {
    struct wpb_turn *turn;
    const struct wpb_window *window;
    struct wpb_subject post, part; /* asked for: the post, and an option or meta of it */
};

static struct wpb_site site_of(const struct mysql_server *server, const char *schema,
                               const char *prefix)
{
    return (struct wpb_site){.name = "shop",
                             .path = "",
                             .table_prefix = prefix,
                             .db_charset = "",
                             .has_mysql = true,
                             .mysql = {.host = "",
                                       .path = server->socket,
                                       .schema = schema,
                                       .user = MYSQL_WORDPRESS_USER,
                                       .password = MYSQL_WORDPRESS_PASSWORD}};
}

/* Ask for the post ID, or, with KEY, for that meta of it; ID NULL: for the option. */
static void look(struct look *look, const struct wpb_site *site, const char *id,
                 const char *key, uint64_t cap)
{
    struct wpb_turn_options options = {.probes = probes,
                                       .budget = WPB_BUDGET_FULL,
                                       .top = 1,
                                       .now_ms = 1,
                                       .limits = wpb_choice_defaults};
    static char scope[256];
    struct wpb_request request = {.why = "a test", .byte_cap = cap};
    struct wpb_err err = {0};

    snprintf(scope, sizeof scope, "mysql+unix://%s?db=%s", site->mysql.path,
             site->mysql.schema);
    look->post = (struct wpb_subject){.kind = WPB_SUBJECT_POST,
                                      .scope = wpb_slice_cstr(scope),
                                      .name = wpb_slice_cstr(id)};
    look->part =
        (struct wpb_subject){.kind = id ? WPB_SUBJECT_META_KEY : WPB_SUBJECT_OPTION,
                             .scope = wpb_slice_cstr(scope),
                             .name = wpb_slice_cstr(key),
                             .parent = id ? &look->post : NULL};
    request.subject = key ? &look->part : &look->post;
    look->turn = wpb_turn_new(site, 1, &options);
    wpb_turn_ask(look->turn, 0, &request);
    assert_int_equal(wpb_turn_run(look->turn, &err), 0);
    look->window = wpb_turn_window(look->turn, 0);
}

static void assert_reason(const struct look *look, const char *expected)
{
    size_t count;
    const struct wpb_coverage *coverage = wpb_turn_coverage(look->turn, &count);

    assert_int_equal(count, 1);
    if (!strstr(coverage[0].reason, expected) || (!*expected && coverage[0].reason[0]))
        fail_msg("the reason is '%s', not '%s'", coverage[0].reason, expected);
}

static struct wpb_subject meta_of(const struct look *look, const char *key)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_META_KEY,
                                .scope = look->post.scope,
                                .name = wpb_slice_cstr(key),
                                .parent = &look->post};
}

static int64_t number(const struct look *look, const struct wpb_subject *subject,
                      enum wpb_metric metric)
{
    return wpb_window_integer(look->window, subject, metric, -1);
}

static int64_t of_post(const struct look *look, enum wpb_metric metric)
{
    return number(look, &look->post, metric);
}

static int64_t of_meta(const struct look *look, const char *key, enum wpb_metric metric)
{
    struct wpb_subject subject = meta_of(look, key);
    return number(look, &subject, metric);
}

static void assert_text(const struct look *look, const struct wpb_subject *subject,
                        enum wpb_metric metric, const char *expected)
{
    struct wpb_slice text = wpb_window_text(look->window, subject, metric);

    if (!wpb_slice_is(text, expected))
        fail_msg("%s is '%.*s', not '%s'", wpb_metric_row(metric)->name, (int)text.len,
                 text.data, expected);
}

static void assert_holds(const struct look *look, const struct wpb_subject *subject,
                         enum wpb_metric metric, const char *part)
{
    struct wpb_slice text = wpb_window_text(look->window, subject, metric);

    if (!memmem(text.data, text.len, part, strlen(part)))
        fail_msg("'%.*s' does not hold '%s'", (int)text.len, text.data, part);
}

/* ---- values ---- */

/* Elementor's JSON: ELEMENTS of them, with BYTES in all or a little more. */
static void elementor_layout(struct wpb_buf *out, size_t elements, size_t bytes)
{
    size_t each = bytes / elements;

    wpb_buf_char(out, '[');
    for (size_t i = 0; i < elements; i++) {
        size_t begin = out->len;
        wpb_buf_printf(out,
                       "%s{\"id\":\"%07zx\",\"elType\":\"widget\",\"settings\":"
                       "{\"note\":\"a \\\"elType\\\": in a text\",\"editor\":\"",
                       i ? "," : "", i);
        while (out->len < begin + each - 32)
            wpb_buf_text(out, "lorem ipsum ");
        wpb_buf_text(out, "\"},\"elements\":[]}");
    }
    wpb_buf_char(out, ']');
}

static void elementor_css(struct wpb_buf *out, size_t css)
{
    wpb_buf_printf(out,
                   "a:3:{s:4:\"time\";i:1700000000;s:6:\"status\";s:6:\"inline\";"
                   "s:3:\"css\";s:%zu:\"",
                   css);
    wpb_buf_repeat(out, 'c', css);
    wpb_buf_text(out, "\";}");
}

static void add(struct mysql_server *server, uint64_t post, const char *key,
                struct wpb_buf *value)
{
    mysql_wordpress_meta(server, "wp_", post, wpb_slice_cstr(key), wpb_buf_view(value));
    wpb_buf_fini(value);
    wpb_buf_init(value, 0);
}

static void add_text(struct mysql_server *server, uint64_t post, const char *key,
                     const char *value)
{
    mysql_wordpress_meta(server, "wp_", post, wpb_slice_cstr(key), wpb_slice_cstr(value));
}

static int start(void **state)
{
    static const char *const args[] = {"--innodb-buffer-pool-size=64M",
                                       "--max-allowed-packet=64M", NULL};
    static const struct mysql_wordpress wordpress = {0};
    struct mysql_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    *state = server;
    mysql_server_start(server, args, false);
    mysql_wordpress_create(server, &wordpress);
    mysql_wordpress_grant(server, &wordpress);
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

/* ---- the post ---- */

static void a_builder_page_is_taken_apart_with_its_css_and_its_revisions(void **state)
{
    struct mysql_server *server = *state;
    struct wpb_site site = site_of(server, "wordpress", "wp_");
    struct wpb_subject layout, css;
    struct wpb_buf value;
    struct look found;

    wpb_buf_init(&value, 0);
    mysql_wordpress_post(server, "wp_", 40, "page", "publish", 0);
    mysql_wordpress_post(server, "wp_", 42, "page", "publish", 40);
    mysql_server_do(server, "UPDATE wp_posts SET post_name = 'shop' WHERE ID = 40");
    mysql_server_do(server, "UPDATE wp_posts SET post_name = 'landing' WHERE ID = 42");
    elementor_layout(&value, 500, 1800000);
    int64_t layout_bytes = (int64_t)value.len;
    add(server, 42, "_elementor_data", &value);
    elementor_css(&value, 2400000);
    int64_t css_row = (int64_t)value.len;
    add(server, 42, "_elementor_css", &value);
    add_text(server, 42, "_elementor_edit_mode", "builder");
    for (uint64_t revision = 43; revision < 46; revision++) {
        mysql_wordpress_post(server, "wp_", revision, "revision", "inherit", 42);
        add_text(server, revision, "_elementor_data", "[{\"elType\":\"section\"}]");
    }
    mysql_wordpress_post(server, "wp_", 46, "revision", "inherit", 42);

    look(&found, &site, "42", NULL, CAP);
    assert_reason(&found, "");
    assert_int_equal(of_post(&found, WPB_M_PRESENT), 1);
    assert_int_equal(of_post(&found, WPB_M_ROW_BYTES), layout_bytes + css_row + 7);
    assert_int_equal(of_post(&found, WPB_M_ROWS), 3);
    assert_text(&found, &found.post, WPB_M_LARGEST_META_KEY, "_elementor_css");
    assert_text(&found, &found.post, WPB_M_POST_TYPE, "page");
    assert_text(&found, &found.post, WPB_M_POST_STATUS, "publish");
    assert_text(&found, &found.post, WPB_M_POST_PATH, "/shop/landing/");
    assert_text(&found, &found.post, WPB_M_BUILDER, "elementor");
    assert_int_equal(of_post(&found, WPB_M_CSS_BYTES), 2400000);
    assert_int_equal(of_post(&found, WPB_M_REVISIONS), 3);
    /* Two were measured. */
    assert_int_equal(of_post(&found, WPB_M_REVISION_BYTES), 3 * 22);
    assert_true(of_post(&found, WPB_M_PHP_READ_PEAK_BYTES) >
                2 * (css_row + layout_bytes));

    layout = meta_of(&found, "_elementor_data");
    assert_text(&found, &layout, WPB_M_ENCODING, "json");
    assert_text(&found, &layout, WPB_M_BUILDER, "elementor");
    assert_text(&found, &layout, WPB_M_META_ROLE, "layout");
    assert_text(&found, &layout, WPB_M_FLAW, "");
    assert_int_equal(number(&found, &layout, WPB_M_WIDGETS), 500);
    assert_int_equal(number(&found, &layout, WPB_M_ENTRIES), 500);
    assert_int_equal(number(&found, &layout, WPB_M_ROW_BYTES), layout_bytes);
    assert_int_equal(number(&found, &layout, WPB_M_EXAMINED_BYTES), layout_bytes);
    assert_true(number(&found, &layout, WPB_M_PHP_READ_PEAK_BYTES) > layout_bytes);
    css = meta_of(&found, "_elementor_css");
    struct wpb_subject path = {.kind = WPB_SUBJECT_PATH,
                               .scope = css.scope,
                               .name = WPB_SLICE("css"),
                               .parent = &css};
    assert_text(&found, &path, WPB_M_TYPE, "string");
    wpb_turn_free(found.turn);
}

static void a_post_without_a_builder_has_no_layout_to_look_for(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;

    mysql_wordpress_post(*state, "wp_", 100, "page", "draft", 0);
    add_text(*state, 100, "color", "red");
    look(&found, &site, "100", NULL, CAP);
    assert_int_equal(of_post(&found, WPB_M_ROW_BYTES), 3);
    assert_int_equal(of_post(&found, WPB_M_CSS_BYTES), -1);
    assert_int_equal(of_post(&found, WPB_M_REVISIONS), -1);
    wpb_turn_free(found.turn);
}

static void
of_a_revision_the_post_it_belongs_to_is_told_and_no_value_is_read(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct wpb_buf value;
    struct look found;

    wpb_buf_init(&value, 0);
    elementor_layout(&value, 100, 100000);
    int64_t bytes = (int64_t)value.len;
    mysql_wordpress_post(*state, "wp_", 105, "page", "publish", 0);
    mysql_wordpress_post(*state, "wp_", 106, "revision", "inherit", 105);
    add(*state, 106, "_elementor_data", &value);
    look(&found, &site, "106", NULL, CAP);
    assert_text(&found, &found.post, WPB_M_POST_TYPE, "revision");
    assert_int_equal(of_meta(&found, "_elementor_data", WPB_M_ROW_BYTES), bytes);
    assert_int_equal(of_meta(&found, "_elementor_data", WPB_M_EXAMINED_BYTES), -1);
    struct wpb_subject original = found.post;
    original.name = wpb_slice_cstr("105");
    assert_int_equal(number(&found, &original, WPB_M_POST_ID), 105);
    assert_int_equal(number(&found, &original, WPB_M_LARGEST_BYTES), bytes);
    wpb_turn_free(found.turn);
}

static void objects_of_beaver_builder_are_its_widgets(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:40:{");
    for (int i = 0; i < 40; i++)
        wpb_buf_printf(&value,
                       "s:5:\"n%04d\";O:8:\"stdClass\":2:{s:4:\"node\";s:5:\"n%04d\";"
                       "s:4:\"type\";s:3:\"row\";}",
                       i, i);
    wpb_buf_char(&value, '}');
    mysql_wordpress_post(*state, "wp_", 110, "page", "publish", 0);
    add(*state, 110, "_fl_builder_data", &value);
    look(&found, &site, "110", NULL, CAP);
    struct wpb_subject layout = meta_of(&found, "_fl_builder_data");
    assert_text(&found, &layout, WPB_M_ENCODING, "serialize");
    assert_text(&found, &layout, WPB_M_BUILDER, "beaver-builder");
    assert_text(&found, &layout, WPB_M_FLAW, "");
    assert_int_equal(number(&found, &layout, WPB_M_WIDGETS), 40);
    wpb_turn_free(found.turn);
}

static void a_layout_inside_a_string_is_taken_apart_too(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "{\"version\":\"1\",\"tree_json_string\":\"{\\\"root\\\":[");
    for (int i = 0; i < 100; i++)
        wpb_buf_printf(&value, "%s{\\\"id\\\":%d,\\\"text\\\":\\\"Gr\\u00fc\\u00dfe\\\"}",
                       i ? "," : "", i);
    wpb_buf_text(&value, "]}\"}");
    mysql_wordpress_post(*state, "wp_", 120, "page", "publish", 0);
    add(*state, 120, "_breakdance_data", &value);
    /* {"rows":[1,1,...]} in base64. */
    wpb_buf_text(&value, "a:1:{s:10:\"brizy-post\";a:1:{s:11:\"editor_data\";s:1600:\"");
    wpb_buf_text(&value, "eyJyb3dzIjpb"); /* {"rows":[ */
    for (int i = 0; i < 396; i++)
        wpb_buf_text(&value, "MSwg"); /* 1,  */
    wpb_buf_text(&value, "MV19");     /* 1]} */
    wpb_buf_text(&value, "\";}}");
    add(*state, 120, "brizy", &value);

    look(&found, &site, "120", NULL, CAP);
    struct wpb_subject layout = meta_of(&found, "_breakdance_data");
    assert_text(&found, &layout, WPB_M_FLAW, "");
    assert_text(&found, &layout, WPB_M_ENCODING, "json+json");
    struct wpb_subject path = {.kind = WPB_SUBJECT_PATH,
                               .scope = layout.scope,
                               .name = WPB_SLICE("root"),
                               .parent = &layout};
    assert_int_equal(number(&found, &path, WPB_M_ENTRIES), 100);
    struct wpb_subject brizy = meta_of(&found, "brizy");
    assert_text(&found, &brizy, WPB_M_FLAW, "");
    assert_text(&found, &brizy, WPB_M_ENCODING, "serialize+base64+json");
    wpb_turn_free(found.turn);
}

static void a_length_that_a_replacement_made_wrong_is_named(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:2:{s:3:\"url\";s:18:\"https://longer.example/\";s:3:\"pad\";"
                         "s:2000:\"");
    wpb_buf_repeat(&value, 'x', 2000);
    wpb_buf_text(&value, "\";}");
    mysql_wordpress_post(*state, "wp_", 130, "page", "publish", 0);
    add(*state, 130, "panels_data", &value);
    /* The last string is the one that became shorter. */
    wpb_buf_text(&value, "a:2:{s:3:\"pad\";s:2000:\"");
    wpb_buf_repeat(&value, 'x', 2000);
    wpb_buf_text(&value, "\";s:3:\"url\";s:40:\"https://s.example/\";}");
    add(*state, 130, "_bricks_page_content_2", &value);
    look(&found, &site, "130", NULL, CAP);
    struct wpb_subject longer = meta_of(&found, "panels_data");
    assert_holds(&found, &longer, WPB_M_FLAW, "search-and-replace");
    assert_holds(&found, &longer, WPB_M_FLAW, "invalid at byte");
    assert_int_equal(number(&found, &longer, WPB_M_PHP_VALUE_BYTES), -1);
    struct wpb_subject shorter = meta_of(&found, "_bricks_page_content_2");
    assert_holds(&found, &shorter, WPB_M_FLAW, "search-and-replace");
    wpb_turn_free(found.turn);
}

static void a_value_cut_at_a_columns_limit_says_which(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    elementor_css(&value, 90000);
    mysql_wordpress_post(*state, "wp_", 140, "page", "publish", 0);
    mysql_wordpress_meta(*state, "wp_", 140, wpb_slice_cstr("_elementor_css"),
                         wpb_slice_head(wpb_buf_view(&value), 65535));
    mysql_wordpress_meta(*state, "wp_", 140, wpb_slice_cstr("panels_data"),
                         wpb_slice_head(wpb_buf_view(&value), 70000));
    wpb_buf_fini(&value);
    look(&found, &site, "140", NULL, CAP);
    struct wpb_subject css = meta_of(&found, "_elementor_css");
    assert_holds(&found, &css, WPB_M_FLAW, "cut at 65,535 bytes, the limit of a TEXT");
    struct wpb_subject panels = meta_of(&found, "panels_data");
    assert_holds(&found, &panels, WPB_M_FLAW, "its end is missing");
    wpb_turn_free(found.turn);
}

static void text_that_begins_like_json_has_no_flaw(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "[gallery ids=\"1,2\"]");
    wpb_buf_repeat(&value, 'x', 70000);
    mysql_wordpress_post(*state, "wp_", 150, "page", "publish", 0);
    add(*state, 150, "my_shortcodes", &value);
    wpb_buf_text(&value, "[ct_section]");
    wpb_buf_repeat(&value, 'y', 80000);
    add(*state, 150, "ct_builder_shortcodes", &value);
    look(&found, &site, "150", NULL, CAP);
    struct wpb_subject own = meta_of(&found, "my_shortcodes");
    assert_text(&found, &own, WPB_M_FLAW, "");
    assert_text(&found, &own, WPB_M_ENCODING, "raw");
    /* Text of a builder is not read at all. */
    assert_int_equal(of_meta(&found, "ct_builder_shortcodes", WPB_M_ROW_BYTES), 80012);
    assert_int_equal(of_meta(&found, "ct_builder_shortcodes", WPB_M_EXAMINED_BYTES), -1);
    wpb_turn_free(found.turn);
}

static void a_value_above_the_cap_is_read_to_the_cap(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    elementor_layout(&value, 2000, 16 << 20);
    int64_t whole = (int64_t)value.len;
    mysql_wordpress_post(*state, "wp_", 160, "page", "publish", 0);
    add(*state, 160, "_elementor_data", &value);
    look(&found, &site, "160", NULL, CAP);
    struct wpb_subject layout = meta_of(&found, "_elementor_data");
    assert_int_equal(number(&found, &layout, WPB_M_ROW_BYTES), whole);
    assert_int_equal(number(&found, &layout, WPB_M_EXAMINED_BYTES), CAP);
    assert_holds(&found, &layout, WPB_M_FLAW, "only the first 8388608 of");
    const struct wpb_sample *peak =
        wpb_window_get(found.window, &layout, WPB_M_PHP_READ_PEAK_BYTES);
    assert_non_null(peak);
    assert_int_equal(peak->provenance, WPB_ESTIMATED);
    assert_true(peak->value.integer > whole);
    wpb_turn_free(found.turn);
}

/* The server reads all of it for each piece. */
static void of_a_value_of_300_mb_one_piece_is_read(void **state)
{
    static const char *const args[] = {"--max-allowed-packet=1G", NULL};
    static const struct mysql_wordpress plain = {0};
    struct mysql_server server = {0};
    struct wpb_site site;
    struct look found;
    size_t count;

    (void)state;
    mysql_server_start(&server, args, false);
    mysql_wordpress_create(&server, &plain);
    mysql_wordpress_grant(&server, &plain);
    site = site_of(&server, "wordpress", "wp_");
    mysql_wordpress_post(&server, "wp_", 160, "page", "publish", 0);
    mysql_server_do(&server, "INSERT INTO wp_postmeta (post_id, meta_key, meta_value) "
                             "VALUES (160, '_elementor_data', CONCAT('[\"', "
                             "REPEAT('x', 300 << 20))), (160, '_price', '9')");
    look(&found, &site, "160", NULL, CAP);
    struct wpb_subject layout = meta_of(&found, "_elementor_data");
    assert_int_equal(number(&found, &layout, WPB_M_ROW_BYTES), (300 << 20) + 2);
    assert_int_equal(number(&found, &layout, WPB_M_EXAMINED_BYTES), 1 << 20);
    assert_int_equal(of_post(&found, WPB_M_ROW_BYTES), (300 << 20) + 3);
    assert_reason(&found, "");
    const struct wpb_coverage *coverage = wpb_turn_coverage(found.turn, &count);
    assert_true(coverage[0].cost.bytes_received < 2 << 20);
    wpb_turn_free(found.turn);
    mysql_server_stop(&server);
}

static void names_of_meta_keys_may_hold_any_character(void **state)
{
    static const char hostile[] = "x'; DROP TABLE wp_posts; -- `\\ \"\xf0\x9f\x92\xa9";
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;

    mysql_wordpress_post(*state, "wp_", 170, "page", "publish", 0);
    add_text(*state, 170, hostile, "1");
    add_text(*state, 170, "X'; DROP TABLE wp_posts; -- `\\ \"\xf0\x9f\x92\xa9", "22");
    look(&found, &site, "170", NULL, CAP);
    assert_int_equal(of_post(&found, WPB_M_ROWS), 2);
    assert_int_equal(of_meta(&found, hostile, WPB_M_ROW_BYTES), 1);
    wpb_turn_free(found.turn);
    look(&found, &site, "170", hostile, CAP);
    assert_reason(&found, "");
    assert_int_equal(number(&found, &found.part, WPB_M_ROW_BYTES), 1);
    wpb_turn_free(found.turn);
}

static void a_post_that_is_not_there_is_absent(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;

    look(&found, &site, "999999", NULL, CAP);
    assert_reason(&found, "");
    assert_int_equal(of_post(&found, WPB_M_PRESENT), 0);
    wpb_turn_free(found.turn);
}

static void meta_of_a_post_that_is_gone_is_orphaned(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;

    add_text(*state, 180, "a", "1");
    add_text(*state, 180, "b", "2");
    look(&found, &site, "180", NULL, CAP);
    assert_int_equal(of_post(&found, WPB_M_PRESENT), 1);
    assert_int_equal(of_post(&found, WPB_M_ORPHAN_ROWS), 2);
    wpb_turn_free(found.turn);
}

static void more_meta_than_is_listed_is_summed(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;

    mysql_wordpress_post(*state, "wp_", 190, "product", "publish", 0);
    mysql_server_do(*state, "INSERT INTO wp_postmeta (post_id, meta_key, meta_value) "
                            "SELECT 190, CONCAT('k', seq), REPEAT('v', 10) FROM "
                            "seq_1_to_500");
    look(&found, &site, "190", NULL, CAP);
    assert_int_equal(of_post(&found, WPB_M_ROWS), 500);
    assert_int_equal(of_post(&found, WPB_M_ROW_BYTES), 5000);
    wpb_turn_free(found.turn);
}

static void a_table_that_may_not_be_read_is_told_and_the_rest_stands(void **state)
{
    struct mysql_server *server = *state;
    struct wpb_site site = site_of(server, "wordpress", "wp_");
    struct look found;

    mysql_wordpress_post(server, "wp_", 200, "page", "publish", 0);
    add_text(server, 200, "a", "1234");
    mysql_server_do(server, "REVOKE SELECT ON wordpress.wp_posts FROM "
                            "'wpbloat'@'localhost'");
    look(&found, &site, "200", NULL, CAP);
    assert_reason(&found, "the post: ");
    assert_int_equal(of_post(&found, WPB_M_ROW_BYTES), 4);
    wpb_turn_free(found.turn);
    mysql_server_do(server, "GRANT SELECT ON wordpress.wp_posts TO "
                            "'wpbloat'@'localhost'");
}

/* ---- latin1 ---- */

static void a_latin1_table_is_read_as_php_reads_it(void **state)
{
    static const struct mysql_wordpress old = {
        .schema = "old", .prefix = "wp_", .charset = "latin1"};
    struct mysql_server *server = *state;
    struct wpb_site site = site_of(server, "old", "wp_");
    struct wpb_buf value;
    struct look found;

    wpb_buf_init(&value, 0);
    mysql_wordpress_create(server, &old);
    mysql_wordpress_grant(server, &old);
    mysql_wordpress_post(server, "wp_", 7, "page", "publish", 0);
    /* PHP counts two bytes for what the table keeps in one. */
    wpb_buf_text(&value, "a:1:{s:1:\"a\";s:4000:\"");
    wpb_buf_repeat(&value, '\xe4', 2000);
    wpb_buf_text(&value, "\";}");
    int64_t row = (int64_t)value.len;
    add(server, 7, "panels_data", &value);
    look(&found, &site, "7", NULL, CAP);
    struct wpb_subject layout = meta_of(&found, "panels_data");
    assert_text(&found, &layout, WPB_M_FLAW, "");
    assert_int_equal(number(&found, &layout, WPB_M_ROW_BYTES), row);
    assert_int_equal(number(&found, &layout, WPB_M_VALUE_BYTES), row + 2000);
    assert_int_equal(number(&found, &layout, WPB_M_EXAMINED_BYTES), row + 2000);
    wpb_turn_free(found.turn);
    mysql_server_do(server, "USE wordpress");
}

/* ---- an option, one meta ---- */

static void an_option_is_taken_apart_by_name(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct wpb_buf value;
    struct look found;

    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:3000:{");
    for (int i = 0; i < 3000; i++)
        wpb_buf_printf(&value, "s:10:\"page_%05d\";b:1;", 10000 + i);
    wpb_buf_char(&value, '}');
    mysql_wordpress_option(*state, "wp_", wpb_slice_cstr("fusion_dynamic_css_posts"),
                           wpb_buf_view(&value), "yes");
    look(&found, &site, NULL, "fusion_dynamic_css_posts", CAP);
    assert_reason(&found, "");
    assert_text(&found, &found.part, WPB_M_ENCODING, "serialize");
    assert_text(&found, &found.part, WPB_M_META_ROLE, "per page");
    assert_text(&found, &found.part, WPB_M_BUILDER, "avada");
    assert_int_equal(number(&found, &found.part, WPB_M_ENTRIES), 3000);
    assert_int_equal(number(&found, &found.part, WPB_M_AUTOLOADED), 1);
    assert_int_equal(number(&found, &found.part, WPB_M_ROW_BYTES), (int64_t)value.len);
    struct wpb_subject family = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                 .scope = found.part.scope,
                                 .name = WPB_SLICE("page_<n>"),
                                 .parent = &found.part};
    assert_int_equal(number(&found, &family, WPB_M_NAMES), 3000);
    wpb_turn_free(found.turn);
    wpb_buf_fini(&value);
}

static void an_option_that_is_not_there_is_absent(void **state)
{
    struct wpb_site site = site_of(*state, "wordpress", "wp_");
    struct look found;

    look(&found, &site, NULL, "no_such_option", CAP);
    assert_reason(&found, "");
    assert_int_equal(number(&found, &found.part, WPB_M_PRESENT), 0);
    assert_int_equal(number(&found, &found.part, WPB_M_EXAMINED_BYTES), -1);
    wpb_turn_free(found.turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_builder_page_is_taken_apart_with_its_css_and_its_revisions),
        cmocka_unit_test(a_post_without_a_builder_has_no_layout_to_look_for),
        cmocka_unit_test(
            of_a_revision_the_post_it_belongs_to_is_told_and_no_value_is_read),
        cmocka_unit_test(objects_of_beaver_builder_are_its_widgets),
        cmocka_unit_test(a_layout_inside_a_string_is_taken_apart_too),
        cmocka_unit_test(a_length_that_a_replacement_made_wrong_is_named),
        cmocka_unit_test(a_value_cut_at_a_columns_limit_says_which),
        cmocka_unit_test(text_that_begins_like_json_has_no_flaw),
        cmocka_unit_test(a_value_above_the_cap_is_read_to_the_cap),
        cmocka_unit_test(of_a_value_of_300_mb_one_piece_is_read),
        cmocka_unit_test(names_of_meta_keys_may_hold_any_character),
        cmocka_unit_test(a_post_that_is_not_there_is_absent),
        cmocka_unit_test(meta_of_a_post_that_is_gone_is_orphaned),
        cmocka_unit_test(more_meta_than_is_listed_is_summed),
        cmocka_unit_test(a_table_that_may_not_be_read_is_told_and_the_rest_stands),
        cmocka_unit_test(a_latin1_table_is_read_as_php_reads_it),
        cmocka_unit_test(an_option_is_taken_apart_by_name),
        cmocka_unit_test(an_option_that_is_not_there_is_absent),
    };
    return cmocka_run_group_tests(tests, start, end);
}
