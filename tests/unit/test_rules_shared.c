/* What concerns a server that several sites use is said once, and of all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule_look.h"

#define MIB (1024 * 1024)

/* Two sites with a window each. */
struct pair {
    struct look *shop, *blog;
};

static int begin(void **state)
{
    static struct pair pair;
    void *look;

    look_begin(&look);
    pair.shop = look;
    look_begin(&look);
    pair.blog = look;
    pair.blog->site.name = "blog";
    *state = &pair;
    return 0;
}

static int end(void **state)
{
    struct pair *pair = *state;
    void *shop = pair->shop, *blog = pair->blog;

    look_end(&shop);
    look_end(&blog);
    return 0;
}

/* The findings of both, in the first look's. */
static void evaluate(struct pair *pair)
{
    const struct wpb_window *windows[] = {pair->shop->window, pair->blog->window};

    pair->shop->findings.count = 0;
    wpb_rules_evaluate(windows, 2, pair->shop->values, &pair->shop->findings);
}

static struct wpb_subject server_at(const char *scope)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_SERVER,
                                .scope = wpb_slice_cstr(scope),
                                .name = wpb_slice_cstr("")};
}

/* A server that is full, evicts, and finds little. */
static void post_full(struct look *look, const char *scope)
{
    struct wpb_subject server = server_at(scope);

    look_post_text(look, server, WPB_M_MAXMEMORY_POLICY, "volatile-lru");
    look_post(look, server, WPB_M_USED_MEMORY_BYTES, 99 * MIB);
    look_post(look, server, WPB_M_MAXMEMORY_BYTES, 100 * MIB);
    look_post(look, server, WPB_M_KEYS, 1000);
    look_post(look, server, WPB_M_TTLLESS_KEYS, 900);
    look_post(look, server, WPB_M_EVICTED_KEYS, 1000000);
    look_post(look, server, WPB_M_UPTIME_SECONDS, 86400);
    look_post(look, server, WPB_M_KEYSPACE_HITS, 10);
    look_post(look, server, WPB_M_KEYSPACE_MISSES, 1000000);
}

static void post_group(struct look *look, const char *name, int64_t bytes)
{
    struct wpb_subject group = {.kind = WPB_SUBJECT_REDIS_GROUP,
                                .scope = wpb_slice_cstr(LOOK_SCOPE),
                                .name = wpb_slice_cstr(name)};

    look_post(look, group, WPB_M_MEMORY_BYTES, bytes);
    look_post(look, group, WPB_M_TTLLESS_BYTES, bytes);
}

static void a_server_of_two_sites_is_told_once_and_names_the_other(void **state)
{
    static const char *const codes[] = {"cache.ttlless_share", "cache.eviction_pressure",
                                        "cache.low_hit_ratio"};
    struct pair *pair = *state;

    post_full(pair->shop, LOOK_SERVER);
    post_full(pair->blog, LOOK_SERVER);
    evaluate(pair);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        const struct wpb_finding *finding = look_found(pair->shop, codes[i]);

        assert_int_equal(look_count(pair->shop, codes[i]), 1);
        assert_string_equal(finding->site->name, "shop");
        assert_int_equal(finding->other_site_count, 1);
        assert_string_equal(finding->other_sites[0]->name, "blog");
    }
}

static void servers_of_their_own_are_told_each(void **state)
{
    struct pair *pair = *state;

    post_full(pair->shop, LOOK_SERVER);
    post_full(pair->blog, "unix:///run/other.sock");
    evaluate(pair);
    assert_int_equal(look_count(pair->shop, "cache.ttlless_share"), 2);
    assert_int_equal(look_count(pair->shop, "cache.eviction_pressure"), 2);
    assert_int_equal(look_count(pair->shop, "cache.low_hit_ratio"), 2);
    for (size_t i = 0; i < pair->shop->findings.count; i++)
        assert_int_equal(pair->shop->findings.items[i].other_site_count, 0);
}

static void groups_of_a_shared_server_are_named_with_their_site(void **state)
{
    struct pair *pair = *state;
    const char *note;

    post_full(pair->shop, LOOK_SERVER);
    post_full(pair->blog, LOOK_SERVER);
    post_group(pair->shop, "posts", 3 * MIB);
    post_group(pair->shop, WPB_GROUP_FOREIGN, 50 * MIB);
    post_group(pair->blog, "transient", 40 * MIB);
    post_group(pair->blog, WPB_GROUP_FOREIGN, 3 * MIB);
    evaluate(pair);
    note = look_found(pair->shop, "cache.ttlless_share")->cause.note;
    look_assert_says(note,
                     "groups: transient of blog (40.0 MiB), posts of shop (3.0 MiB).");
    note = look_found(pair->shop, "cache.eviction_pressure")->cause.note;
    look_assert_says(note,
                     "groups: transient of blog (40.0 MiB), posts of shop (3.0 MiB).");
}

static void what_is_not_the_only_site_s_counts_among_the_groups(void **state)
{
    struct pair *pair = *state;

    post_full(pair->shop, LOOK_SERVER);
    post_group(pair->shop, "posts", 3 * MIB);
    post_group(pair->shop, WPB_GROUP_FOREIGN, 50 * MIB);
    evaluate(pair);
    look_assert_says(look_found(pair->shop, "cache.ttlless_share")->cause.note,
                     "groups: <not this site> (50.0 MiB), posts (3.0 MiB).");
}

static void post_sharing(struct look *look, const char *names)
{
    struct wpb_subject server = server_at(LOOK_SERVER), database = server;

    database.name = wpb_slice_cstr("db1");
    database.parent = &server;
    look_post(look, database, WPB_M_PREFIX_SITES, 2);
    look_post_text(look, database, WPB_M_PREFIX_SITE_NAMES, names);
}

static void a_shared_prefix_is_told_once_for_those_who_share_it(void **state)
{
    struct pair *pair = *state;
    const struct wpb_finding *finding;

    post_sharing(pair->shop, "shop, blog");
    post_sharing(pair->blog, "shop, blog");
    evaluate(pair);
    assert_int_equal(look_count(pair->shop, "cache.shared_prefix"), 1);
    finding = look_found(pair->shop, "cache.shared_prefix");
    assert_int_equal(finding->other_site_count, 1);
    assert_string_equal(finding->other_sites[0]->name, "blog");
}

static void two_shared_prefixes_in_one_database_are_two_findings(void **state)
{
    struct pair *pair = *state;

    post_sharing(pair->shop, "shop, staging");
    post_sharing(pair->blog, "blog, news");
    evaluate(pair);
    assert_int_equal(look_count(pair->shop, "cache.shared_prefix"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_server_of_two_sites_is_told_once_and_names_the_other),
        TEST(servers_of_their_own_are_told_each),
        TEST(groups_of_a_shared_server_are_named_with_their_site),
        TEST(what_is_not_the_only_site_s_counts_among_the_groups),
        TEST(a_shared_prefix_is_told_once_for_those_who_share_it),
        TEST(two_shared_prefixes_in_one_database_are_two_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
