/* The sites that are watched: found on the pool, compared, succeeded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/daemon/fleet.h"

static const struct wpb_probe *const no_probes[] = {NULL};

/* What the search finds. */
static struct {
    size_t count;
    const char *name, *path, *password, *version, *failure;
    bool fails;
    const char *pool, *web_log;
    const char *const *routes;
} world;

static struct wpb_site site_at(const char *name, const char *path)
{
    return (struct wpb_site){.name = name,
                             .owner = "",
                             .path = path,
                             .config_file = "",
                             .content_dir = "",
                             .plugin_dir = "",
                             .mu_plugin_dir = "",
                             .theme_dir = "",
                             .wp_version = world.version,
                             .table_prefix = "wp_",
                             .db_name = "shop",
                             .db_host = "",
                             .pool_name = world.pool,
                             .web_log = world.web_log,
                             .routes = world.routes,
                             .has_redis = true,
                             .redis = {.scheme = WPB_REDIS_UNIX,
                                       .host = "",
                                       .path = "/r",
                                       .user = "",
                                       .password = world.password}};
}

static int find(const struct wpb_conf *config, struct wpb_arena *arena,
                struct wpb_found_sites *found, struct wpb_err *err)
{
    struct wpb_coverage *failure = wpb_arena_alloc(arena, sizeof(*failure));

    assert_non_null(config);
    if (world.fails)
        return wpb_err_set(err, WPB_E_IO, "sites", "the disk said no");
    found->sites = wpb_arena_alloc(arena, 3 * sizeof(*found->sites));
    for (; found->count < world.count; found->count++)
        found->sites[found->count] = site_at(found->count ? "second" : world.name,
                                             found->count ? "/b" : world.path);
    if (world.failure) {
        *failure = (struct wpb_coverage){.site = "/c", .reason = world.failure};
        found->coverage = failure;
        found->coverage_count = 1;
    }
    return 0;
}

struct result {
    struct wpb_fleet *fleet;
    struct wpb_err err;
    int calls;
};

static void on_found(void *cookie, struct wpb_fleet *fleet, const struct wpb_err *err)
{
    struct result *result = cookie;

    result->fleet = fleet;
    result->err = *err;
    result->calls++;
}

static struct wpb_fleet *search(struct wpb_conf_share *share, struct wpb_err *why)
{
    struct result result = {0};
    struct wpb_err err = {0};
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(
        wpb_fleet_search(&loop, share, find, no_probes, on_found, &result, &err), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(result.calls, 1);
    if (why)
        *why = result.err;
    return result.fleet;
}

static int begin(void **state)
{
    struct wpb_conf_problems *problems = wpb_conf_problems_new();
    struct wpb_conf *config = wpb_conf_of_bytes(wpb_slice_cstr(""), "test", problems);

    wpb_conf_problems_free(problems);
    memset(&world, 0, sizeof(world));
    world.count = 1;
    world.name = "shop";
    world.path = "/a";
    world.password = "secret";
    world.version = "6.1";
    *state = wpb_conf_share_new(config);
    return *state ? 0 : -1;
}

static int end(void **state)
{
    wpb_conf_share_drop(*state);
    return 0;
}

static void a_search_that_fails_says_why_and_gives_no_fleet(void **state)
{
    struct wpb_err err = {0};

    world.fails = true;
    assert_null(search(*state, &err));
    assert_string_equal(err.message, "the disk said no");
}

static void a_fleet_is_another_when_anything_that_is_looked_at_is(void **state)
{
    struct wpb_fleet *before = search(*state, NULL), *after;

    after = search(*state, NULL);
    assert_true(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    world.password = "another";
    after = search(*state, NULL);
    assert_false(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    world.password = "secret";
    world.version = "6.2";
    after = search(*state, NULL);
    assert_false(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    world.version = "6.1";
    world.pool = "shop";
    after = search(*state, NULL);
    assert_false(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    world.pool = NULL;
    world.web_log = "/var/log/nginx/shop.log";
    after = search(*state, NULL);
    assert_false(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    world.web_log = NULL;
    world.routes = (const char *const[]){"produkt=product", NULL};
    after = search(*state, NULL);
    assert_false(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    world.routes = (const char *const[]){NULL};
    after = search(*state, NULL);
    assert_true(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    world.routes = NULL;
    world.failure = "its wp-config.php cannot be read";
    after = search(*state, NULL);
    assert_false(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    world.failure = NULL;
    world.count = 2;
    after = search(*state, NULL);
    assert_false(wpb_fleet_equal(before, after));
    wpb_fleet_free(after);
    wpb_fleet_free(before);
}

static void post_prefix(struct wpb_fleet *fleet)
{
    struct wpb_subject server = {WPB_SUBJECT_REDIS_SERVER, WPB_SLICE("unix:///r"),
                                 WPB_SLICE("db0"), NULL};
    struct wpb_sample sample = {.subject = &server,
                                .metric = WPB_M_KEY_PREFIX,
                                .value = wpb_value_text(wpb_slice_cstr("p:")),
                                .time_ms = 1};

    wpb_window_post(wpb_knowledge_window(fleet->knowledge[0]), &sample);
}

static void
what_is_known_of_a_site_outlives_its_name_and_what_was_learnt_is_learnt(void **state)
{
    struct wpb_fleet *first = search(*state, NULL), *second;

    wpb_fleet_succeed(first, NULL, 1);
    assert_false(first->sites[0].has_key_prefix);
    post_prefix(first);
    assert_true(wpb_fleet_learn(first, 0));
    assert_false(wpb_fleet_learn(first, 0));
    assert_string_equal(first->sites[0].key_prefix, "p:");
    assert_false(first->found.sites[0].has_key_prefix);
    world.name = "named";
    second = search(*state, NULL);
    assert_false(wpb_fleet_equal(first, second));
    wpb_fleet_succeed(second, first, 2);
    assert_string_equal(second->sites[0].name, "named");
    assert_string_equal(second->sites[0].key_prefix, "p:");
    assert_ptr_equal(wpb_window_site(wpb_knowledge_window(second->knowledge[0])),
                     &second->sites[0]);
    wpb_fleet_free(second);
}

static void a_site_in_another_folder_is_another(void **state)
{
    struct wpb_fleet *first = search(*state, NULL), *second;

    wpb_fleet_succeed(first, NULL, 1);
    post_prefix(first);
    world.path = "/elsewhere";
    second = search(*state, NULL);
    wpb_fleet_succeed(second, first, 2);
    assert_false(second->sites[0].has_key_prefix);
    wpb_fleet_free(second);
}

static void a_configuration_lives_as_long_as_its_last_fleet(void **state)
{
    struct wpb_conf_share *share = *state;
    struct wpb_fleet *fleet = search(share, NULL);

    assert_int_equal(share->holders, 2);
    wpb_fleet_free(fleet);
    assert_int_equal(share->holders, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_search_that_fails_says_why_and_gives_no_fleet),
        TEST(a_fleet_is_another_when_anything_that_is_looked_at_is),
        TEST(what_is_known_of_a_site_outlives_its_name_and_what_was_learnt_is_learnt),
        TEST(a_site_in_another_folder_is_another),
        TEST(a_configuration_lives_as_long_as_its_last_fleet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
