/* What an earlier life of the agent has looked at, read from a real history, and what the
 * plan makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/daemon/plan_items.h"

#define HOUR_MS INT64_C(3600000)
#define NOON_MS (500000 * HOUR_MS)

static const struct wpb_probe hourly = {.name = "mysql.autoload",
                                        .needs = "mysql",
                                        .look = WPB_LOOK_SURVEY,
                                        .cost = WPB_COST_MEDIUM};
static const struct wpb_probe daily = {.name = "mysql.postmeta",
                                       .needs = "mysql",
                                       .look = WPB_LOOK_SURVEY,
                                       .cost = WPB_COST_HEAVY};
static const struct wpb_probe frequent = {.name = "mysql.server",
                                          .needs = "mysql",
                                          .look = WPB_LOOK_SURVEY,
                                          .cost = WPB_COST_LIGHT};
static const struct wpb_probe *const probes[] = {&hourly, &daily, &frequent, NULL};

struct world {
    char folder[64];
    struct wpb_store *store;
};

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct wpb_store_options options = {.now_ms = NOON_MS};
    struct wpb_err err;

    *state = world;
    if (!world)
        return -1;
    snprintf(world->folder, sizeof(world->folder), "/tmp/wpbloat-looks.XXXXXX");
    if (!mkdtemp(world->folder))
        return -1;
    options.folder = world->folder;
    return wpb_store_open(&options, &world->store, &err);
}

static int end(void **state)
{
    static const char *const files[] = {"history.db", "history.db-wal", "history.db-shm",
                                        "history.lock"};
    struct world *world = *state;
    char path[128];

    wpb_store_close(world->store);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", world->folder, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(world->folder), 0);
    free(world);
    return 0;
}

static void looked(struct world *world, const char *sites, const struct wpb_probe *probe,
                   const char *status, int64_t time_ms)
{
    struct wpb_store_audit audit = {
        .site = wpb_slice_cstr(sites), .probe = probe->name, .status = status, .runs = 1};
    struct wpb_err err;

    assert_int_equal(wpb_store_audit_note(world->store, time_ms, &audit, &err), 0);
}

static struct wpb_target target_of(const char *sites)
{
    return (struct wpb_target){.needs = "mysql", .site_names = sites};
}

static void the_newest_look_that_saw_something_counts(void **state)
{
    struct world *world = *state;
    struct wpb_last_looks looks = {NULL};
    struct wpb_target shop = target_of("shop, blog"), other = target_of("blog");

    looked(world, "shop, blog", &hourly, "ok", NOON_MS - 7 * HOUR_MS);
    looked(world, "shop, blog", &hourly, "partial", NOON_MS - 3 * HOUR_MS + 5);
    looked(world, "shop, blog", &hourly, "unavailable", NOON_MS - HOUR_MS);
    looked(world, "shop, blog", &daily, "ok", NOON_MS - 40 * HOUR_MS);
    wpb_last_looks_read(&looks, world->store, probes, NOON_MS + 60000);
    assert_int_equal(wpb_last_looks_of(&looks, &shop, &hourly),
                     NOON_MS - 2 * HOUR_MS - 1);
    assert_int_equal(wpb_last_looks_of(&looks, &shop, &daily), 0);
    assert_int_equal(wpb_last_looks_of(&looks, &other, &hourly), 0);
    wpb_last_looks_fini(&looks);
}

static void a_look_of_this_hour_was_made_by_now(void **state)
{
    struct world *world = *state;
    struct wpb_last_looks looks = {NULL};
    struct wpb_target shop = target_of("shop");

    looked(world, "shop", &daily, "ok", NOON_MS + 10);
    looked(world, "shop", &hourly, "ok", NOON_MS + HOUR_MS); /* the clock was set back */
    wpb_last_looks_read(&looks, world->store, probes, NOON_MS + 60000);
    assert_int_equal(wpb_last_looks_of(&looks, &shop, &daily), NOON_MS + 60000);
    assert_int_equal(wpb_last_looks_of(&looks, &shop, &hourly), 0);
    wpb_last_looks_fini(&looks);
}

static void looks_that_come_often_are_not_remembered(void **state)
{
    struct world *world = *state;
    struct wpb_last_looks looks = {NULL};
    struct wpb_target shop = target_of("shop");

    looked(world, "shop", &frequent, "ok", NOON_MS);
    wpb_last_looks_read(&looks, world->store, probes, NOON_MS + 60000);
    assert_int_equal(wpb_last_looks_of(&looks, &shop, &frequent), 0);
    wpb_last_looks_fini(&looks);
}

/* When the plan has PROBE's first look at the shop, from now. */
static uint64_t first_look_in_ms(struct world *world, const struct wpb_probe *probe)
{
    struct wpb_conf_problems *problems = wpb_conf_problems_new();
    struct wpb_conf *config = wpb_conf_of_bytes(wpb_slice_cstr(""), "test", problems);
    struct wpb_conf_share *share = wpb_conf_share_new(config);
    struct wpb_site site = {.name = "shop"};
    const struct wpb_site *members[] = {&site};
    struct wpb_knowledge *nothing[] = {NULL};
    size_t index = 0;
    struct wpb_target target = {.needs = "mysql",
                                .address = "a",
                                .server = "s",
                                .members = &index,
                                .sites = members,
                                .site_names = "shop",
                                .count = 1};
    const struct wpb_probe *const one[] = {probe, NULL};
    struct wpb_fleet fleet = {.config = share,
                              .knowledge = nothing,
                              .targets = &target,
                              .target_count = 1,
                              .probes = one};
    struct wpb_plan_items items = {.count = 0};
    struct wpb_plan *plan = wpb_plan_new("host");
    struct wpb_plan_conditions calm = {.is_host_busy = false};
    struct wpb_moment now = wpb_clock_moment();
    uint64_t due_ms;

    wpb_last_looks_read(&items.last, world->store, probes, now.unix_ms);
    assert_int_equal(wpb_plan_items_make(&items, plan, &fleet), 0);
    due_ms = wpb_plan_row(plan, 0, now, &calm).due_ms - now.monotonic_ms;
    wpb_plan_free(plan);
    wpb_plan_items_fini(&items);
    wpb_conf_share_drop(share);
    wpb_conf_problems_free(problems);
    return due_ms;
}

static void a_restart_does_not_look_again_at_what_was_just_seen(void **state)
{
    struct world *world = *state;
    int64_t now_ms = wpb_clock_moment().unix_ms;

    assert_true(first_look_in_ms(world, &hourly) <= 5 * 60000);
    assert_true(first_look_in_ms(world, &daily) <= (uint64_t)HOUR_MS);
    looked(world, "shop", &hourly, "ok", now_ms);
    looked(world, "shop", &daily, "ok", now_ms);
    assert_true(first_look_in_ms(world, &hourly) >= (uint64_t)HOUR_MS / 2 - 60000);
    assert_true(first_look_in_ms(world, &daily) >= 11 * (uint64_t)HOUR_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_newest_look_that_saw_something_counts, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_look_of_this_hour_was_made_by_now, begin, end),
        cmocka_unit_test_setup_teardown(looks_that_come_often_are_not_remembered, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            a_restart_does_not_look_again_at_what_was_just_seen, begin, end),
    };
    return cmocka_run_group_tests_name("last_looks", tests, NULL, NULL);
}
