#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"
#include "redis_run.h"
#include "redis_server.h"

/* One SET of KEY with LEN bytes of value. */
static void set(struct redis_server *server, const char *key, size_t len)
{
    char *value = malloc(len + 1);
    memset(value, 'v', len);
    redis_server_do(server, "SET %s %b", key, value, len);
    free(value);
}

/* COUNT keys PREFIX<i> of LEN bytes each, in one go. */
static void fill(struct redis_server *server, const char *prefix, size_t count,
                 size_t len)
{
    struct wpb_buf resp;
    char *value = malloc(len + 1);

    memset(value, 'v', len);
    wpb_buf_init(&resp, 0);
    for (size_t i = 0; i < count; i++) {
        char key[200];
        int n = snprintf(key, sizeof key, "%s%zu", prefix, i);
        struct wpb_slice words[] = {WPB_SLICE("SET"), wpb_slice_of(key, (size_t)n),
                                    wpb_slice_of(value, len)};
        wpb_resp_command(&resp, words, 3);
    }
    redis_server_pipe(server, resp.data, resp.len, count);
    wpb_buf_fini(&resp);
    free(value);
}

static struct wpb_site with_prefix(struct wpb_site site, const char *prefix)
{
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.has_key_prefix = true;
    site.key_prefix = prefix;
    site.key_prefix_len = strlen(prefix);
    return site;
}

static void scan(struct test_run *run, const struct wpb_site *site,
                 enum wpb_budget budget)
{
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = &site,
                             .site_count = 1,
                             .budget = budget};
    test_run_go(run, &plan);
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

static void a_pass_counts_every_key_in_its_group(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = with_prefix(redis_server_site(server, 0), "q7:prod_kx:");
    struct test_run run;

    fill(server, "q7:prod_kx:posts:", 700, 40);
    set(server, "q7:prod_kx:product_12:meta", 10);
    set(server, "q7:prod_kx:product_13:meta", 10);
    redis_server_do(server, "SET q7:prod_kx:transient:feed_1 x EX 3000");
    set(server, "other:posts:1", 5);
    for (enum wpb_budget b = WPB_BUDGET_LOW; b <= WPB_BUDGET_FULL; b++) {
        scan(&run, &site, b);
        assert_string_equal(run.reason, "");
        assert_int_equal(run.status, WPB_COVERAGE_OK);
        assert_int_equal(run.done, 704);
        assert_int_equal(run.total, 704);
        assert_int_equal(
            test_run_integer(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_KEYS), 700);
        assert_int_equal(
            test_run_integer(&run, WPB_SUBJECT_REDIS_GROUP, "product_<n>", WPB_M_KEYS),
            2);
        assert_int_equal(test_run_integer(&run, WPB_SUBJECT_REDIS_GROUP,
                                          "<not this site>", WPB_M_KEYS),
                         1);
        assert_int_equal(
            test_run_integer(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_TTLLESS_KEYS),
            703);
        assert_int_equal(
            test_run_integer(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_KEYS), 704);
        test_run_free(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pass_counts_every_key_in_its_group, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
