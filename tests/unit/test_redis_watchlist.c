#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/redis/probes.h"
#include "redis_run.h"
#include "redis_server.h"

#define PREFIX "q7:prod_kx:"
#define NOTOPTIONS PREFIX "options:notoptions"
#define ALLOPTIONS PREFIX "options:alloptions"
#define METRICS PREFIX "redis-cache:metrics"

static struct wpb_site site_of(const struct redis_server *server)
{
    struct wpb_site site = redis_server_site(server, 0);
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.has_key_prefix = true;
    site.key_prefix = PREFIX;
    site.key_prefix_len = strlen(PREFIX);
    site.php_version = 80200;
    site.memory_limit_bytes = 128u << 20;
    return site;
}

static void look(struct test_run *run, const struct wpb_site *site)
{
    struct test_plan plan = {
        .probe = &wpb_probe_redis_watchlist, .sites = &site, .site_count = 1};
    test_run_go(run, &plan);
}

static int64_t integer(const struct test_run *run, const char *key,
                       enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_KEY, key, metric);
}

/* A notoptions of COUNT names of 40 bytes. */
static void put_notoptions(struct redis_server *server, int count)
{
    char *value = malloc((size_t)count * 60 + 64);
    size_t at = (size_t)sprintf(value, "a:%d:{", count);
    for (int i = 0; i < count; i++)
        at += (size_t)sprintf(value + at, "s:40:\"%040d\";b:1;", i);
    value[at++] = '}';
    redis_server_do(server, "SET " NOTOPTIONS " %b", value, at);
    free(value);
}

static int setup(void **state)
{
    struct redis_server *server = malloc(sizeof *server);
    redis_server_start(server, NULL, 0);
    *state = server;
    return 0;
}

static int teardown(void **state)
{
    redis_server_stop(*state);
    free(*state);
    return 0;
}

static void notoptions_is_judged_by_length_and_head(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    put_notoptions(server, 20000);
    redis_server_do(server, "SET " ALLOPTIONS " %s EX 500", "a:1:{s:1:\"a\";s:1:\"b\";}");
    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_PRESENT), 1);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_VALUE_BYTES),
                     redis_server_integer(server, "STRLEN " NOTOPTIONS));
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_ENTRIES), 20000);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_TTL_SECONDS), -1);
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_KEY_ROLE),
        "notoptions");
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_ENCODING),
        "serialize");
    assert_true(integer(&run, NOTOPTIONS, WPB_M_PHP_READ_PEAK_BYTES) > 1000000);
    const struct test_sample *fails =
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_FAILS_AT_BYTES);
    assert_non_null(fails);
    assert_int_equal(fails->provenance, WPB_ESTIMATED);
    assert_true(fails->value.integer > integer(&run, NOTOPTIONS, WPB_M_VALUE_BYTES));
    assert_in_range(integer(&run, ALLOPTIONS, WPB_M_TTL_SECONDS), 490, 500);
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_KEY, ALLOPTIONS,
                              WPB_M_PHP_READ_PEAK_BYTES));
    assert_int_equal(run.cost.keyspace_hits, 6);
    test_run_free(&run);
}

static void no_limit_known_means_no_failure_size(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    put_notoptions(*state, 100);
    site.memory_limit_bytes = 0;
    look(&run, &site);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_FAILS_AT_BYTES));
    test_run_free(&run);
}

static void an_absent_key_is_a_fact(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_PRESENT), 0);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_VALUE_BYTES));
    assert_int_equal(run.cost.keyspace_hits, 0);
    test_run_free(&run);
}

static void a_key_of_another_type_is_said_to_be_no_string(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    redis_server_do(server, "HSET " NOTOPTIONS " a b");
    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_PRESENT), 1);
    assert_non_null(strstr(
        test_run_text(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_FLAW), "no string"));
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_VALUE_BYTES));
    test_run_free(&run);
}

static void the_metrics_tell_how_many_and_how_old(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    /* The run's clock says 1,790,000,000. */
    redis_server_do(server, "ZADD " METRICS " 1789990000.25 two 1789980000.5 one");
    look(&run, &site);
    assert_string_equal(run.reason, "");
    assert_true(integer(&run, METRICS, WPB_M_MEMORY_BYTES) > 0);
    assert_int_equal(integer(&run, METRICS, WPB_M_ENTRIES), 2);
    assert_int_equal(integer(&run, METRICS, WPB_M_OLDEST_SECONDS), 19999);
    assert_int_equal(integer(&run, METRICS, WPB_M_NEWEST_SECONDS), 9999);
    assert_int_equal(run.cost.keyspace_hits, 4);
    test_run_free(&run);
}

static void scores_that_are_no_times_tell_no_age(void **state)
{
    static const char *const scores[] = {"1", "-inf", "inf", "1790009999"};
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        redis_server_do(server, "DEL " METRICS);
        redis_server_do(server, "ZADD " METRICS " %s one", scores[i]);
        look(&run, &site);
        assert_int_equal(integer(&run, METRICS, WPB_M_ENTRIES), 1);
        assert_null(
            test_run_find(&run, WPB_SUBJECT_REDIS_KEY, METRICS, WPB_M_OLDEST_SECONDS));
        test_run_free(&run);
    }
}

static void large_members_are_not_read(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;
    char *member = malloc(3000000);

    memset(member, 'm', 3000000);
    redis_server_do(server, "ZADD " METRICS " 1789990000 %b", member, (size_t)3000000);
    free(member);
    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(integer(&run, METRICS, WPB_M_ENTRIES), 1);
    assert_true(run.cost.bytes_received < 10000);
    test_run_free(&run);
}

static void metrics_of_another_type_tell_only_their_size(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    redis_server_do(server, "SET " METRICS " x");
    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(integer(&run, METRICS, WPB_M_PRESENT), 1);
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_KEY, METRICS, WPB_M_ENTRIES));
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_KEY, METRICS, WPB_M_FLAW));
    test_run_free(&run);
}

static void without_a_prefix_it_does_not_try(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    site.has_key_prefix = false;
    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_SKIPPED);
    assert_string_equal(run.reason, "the key prefix is not known yet");
    assert_int_equal(run.cost.commands, 0);
    test_run_free(&run);
}

static void a_network_is_asked_for_its_own_list_too(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    site.is_multisite = true;
    site.key_prefix = "net:";
    site.key_prefix_len = 4;
    redis_server_do(server, "SET net::site-options:1-notoptions %s",
                    "a:1:{s:1:\"a\";b:1;}");
    look(&run, &site);
    assert_int_equal(integer(&run, "net::site-options:1-notoptions", WPB_M_PRESENT), 1);
    assert_int_equal(integer(&run, "net:1:options:notoptions", WPB_M_PRESENT), 0);
    test_run_free(&run);
}

static void what_the_acl_denies_is_named_and_the_rest_stands(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    put_notoptions(server, 10);
    redis_server_do(server, "ACL SETUSER some on >pw ~* +@all -memory -getrange");
    site.redis.user = "some";
    site.redis.password = "pw";
    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(run.reason, "MEMORY USAGE"));
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_PRESENT), 1);
    assert_true(integer(&run, NOTOPTIONS, WPB_M_VALUE_BYTES) > 0);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_MEMORY_BYTES));
    test_run_free(&run);
}

static void what_cannot_be_asked_is_unknown_not_absent(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    redis_server_do(server, "ACL SETUSER none on >pw ~* +select +client +info");
    site.redis.user = "none";
    site.redis.password = "pw";
    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_PARTIAL);
    assert_int_equal(run.count, 0);
    test_run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(notoptions_is_judged_by_length_and_head, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_limit_known_means_no_failure_size, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_absent_key_is_a_fact, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_of_another_type_is_said_to_be_no_string,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_metrics_tell_how_many_and_how_old, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(scores_that_are_no_times_tell_no_age, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(large_members_are_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(metrics_of_another_type_tell_only_their_size,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_prefix_it_does_not_try, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_network_is_asked_for_its_own_list_too, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_the_acl_denies_is_named_and_the_rest_stands,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_asked_is_unknown_not_absent, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
