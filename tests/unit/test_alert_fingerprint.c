/* What makes two alerts the same, and what keeps them apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/alert/fingerprint.h"
#include "agent/alert/host_id.h"
#include "agent/alert/inhibit.h"
#include "wpbloat/rule.h"
#include "wpbloat/site.h"

/* A finding and all it points to, to be changed. */
struct about {
    const char *code, *host;
    struct wpb_site site;
    struct wpb_subject subject, parent;
    const struct wpb_site *others[1];
    bool is_shared;
    enum wpb_severity severity;
};

static struct about incident(void)
{
    return (struct about){
        .code = "cache.notoptions_bloat",
        .host = "0123",
        .site = {.name = "shop",
                 .owner = "team",
                 .path = "/var/www/shop",
                 .db_name = "shop",
                 .table_prefix = "wp_"},
        .subject = {.kind = WPB_SUBJECT_REDIS_KEY,
                    .scope = WPB_SLICE("unix:///run/redis.sock?db=1"),
                    .name = WPB_SLICE("wp:options:notoptions")},
        .parent = {.kind = WPB_SUBJECT_POST,
                   .scope = WPB_SLICE("mysql://localhost/shop"),
                   .name = WPB_SLICE("1")},
    };
}

static const char *fingerprint(const struct about *about)
{
    static char text[2][WPB_FINGERPRINT_LEN + 1];
    static int turn;
    struct wpb_finding finding = {.code = about->code,
                                  .severity = about->severity,
                                  .site = &about->site,
                                  .subject = &about->subject,
                                  .other_sites = about->others,
                                  .other_site_count = about->is_shared};

    turn = !turn;
    wpb_fingerprint(&finding, wpb_slice_cstr(about->host), text[turn]);
    return text[turn];
}

static void it_stays_as_it_is_written_down(void **state)
{
    struct about about = incident();
    (void)state;

    /* Stored, and known to receivers: a change breaks what fires in the field. Python's
     * hashlib says the same of the bytes that fingerprint.h describes. */
    assert_string_equal(fingerprint(&about), "0b1f8e3efe6bae20");
    assert_true(wpb_fingerprint_is_valid(wpb_slice_cstr(fingerprint(&about))));
}

static void names_owners_and_severity_change_nothing(void **state)
{
    struct about about = incident(), named = incident();
    (void)state;

    named.site.name = "checkout";
    named.site.owner = "another team";
    named.site.wp_version = "6.8";
    named.severity = WPB_CRITICAL;
    assert_string_equal(fingerprint(&about), fingerprint(&named));
    about.subject = named.subject = (struct wpb_subject){
        .kind = WPB_SUBJECT_SITE, .scope = WPB_SLICE(""), .name = WPB_SLICE("shop")};
    named.subject.name = wpb_slice_cstr("checkout");
    assert_string_equal(fingerprint(&about), fingerprint(&named));
}

static void a_guessed_table_prefix_has_no_part(void **state)
{
    struct about about = incident(), guessed = incident();
    (void)state;

    about.site.table_prefix = "";
    guessed.site.is_table_prefix_guessed = true;
    assert_string_equal(fingerprint(&about), fingerprint(&guessed));
}

static void everything_else_keeps_apart(void **state)
{
    struct about all[11];
    (void)state;

    for (size_t i = 0; i < 11; i++)
        all[i] = incident();
    all[1].code = "cache.entry_large";
    all[2].host = "0124";
    all[3].site.path = "/var/www/shop2";
    all[4].site.db_name = "shop2";
    all[5].site.table_prefix = "wp2_";
    all[6].subject.kind = WPB_SUBJECT_REDIS_GROUP;
    all[7].subject.scope = wpb_slice_cstr("unix:///run/redis.sock?db=2");
    all[8].subject.name = wpb_slice_of("wp:options\0notoptions", 21);
    all[9].subject.parent = &all[9].parent;
    all[10].subject.parent = &all[10].parent;
    all[10].parent.name = wpb_slice_cstr("2");
    for (size_t i = 0; i < 11; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(fingerprint(&all[i]), fingerprint(&all[k]));
    }
}

static void neighbours_do_not_run_into_each_other(void **state)
{
    struct about a = incident(), b = incident();
    (void)state;

    a.subject.scope = wpb_slice_cstr("ab");
    a.subject.name = wpb_slice_cstr("c");
    b.subject.scope = wpb_slice_cstr("a");
    b.subject.name = wpb_slice_cstr("bc");
    assert_string_not_equal(fingerprint(&a), fingerprint(&b));
    /* A name that looks like what follows it. */
    a = b = incident();
    a.subject.parent = &a.parent;
    a.subject.name = wpb_slice_of("x\0\0\0\0\0\0\0\4post", 13);
    b.subject.name = wpb_slice_cstr("x");
    b.subject.parent = &b.parent;
    assert_string_not_equal(fingerprint(&a), fingerprint(&b));
}

static void sites_have_no_part_in_what_they_share(void **state)
{
    struct about shop = incident(), blog = incident();
    (void)state;

    blog.site.path = "/var/www/blog";
    shop.others[0] = &blog.site;
    blog.others[0] = &shop.site;
    shop.is_shared = blog.is_shared = true;
    assert_string_equal(fingerprint(&shop), fingerprint(&blog));
    /* Of a server they have none even before there is a second site on it. */
    shop.is_shared = blog.is_shared = false;
    assert_string_not_equal(fingerprint(&shop), fingerprint(&blog));
    shop.subject.kind = blog.subject.kind = WPB_SUBJECT_REDIS_SERVER;
    assert_string_equal(fingerprint(&shop), fingerprint(&blog));
    shop.is_shared = true;
    assert_string_equal(fingerprint(&shop), fingerprint(&blog));
}

static void sites_have_no_part_in_a_pool_and_its_parts(void **state)
{
    struct about shop = incident(), blog = incident();
    (void)state;

    blog.site.path = "/var/www/blog";
    shop.subject.kind = blog.subject.kind = WPB_SUBJECT_POOL;
    assert_string_equal(fingerprint(&shop), fingerprint(&blog));
    shop.subject.kind = blog.subject.kind = WPB_SUBJECT_COMPONENT;
    assert_string_not_equal(fingerprint(&shop), fingerprint(&blog));
    shop.parent.kind = blog.parent.kind = WPB_SUBJECT_POOL;
    shop.subject.parent = &shop.parent;
    blog.subject.parent = &blog.parent;
    assert_string_equal(fingerprint(&shop), fingerprint(&blog));
    blog.parent.name = wpb_slice_cstr("another pool");
    assert_string_not_equal(fingerprint(&shop), fingerprint(&blog));
}

static void a_site_without_a_folder_is_where_its_servers_are(void **state)
{
    struct about about = incident(), learnt = incident(), other = incident();
    (void)state;

    about.site = (struct wpb_site){.name = "cache",
                                   .path = "",
                                   .has_redis = true,
                                   .redis = {.scheme = WPB_REDIS_TCP,
                                             .host = "127.0.0.1",
                                             .port = 6379,
                                             .path = "",
                                             .user = "",
                                             .password = "a"}};
    learnt.site = other.site = about.site;
    learnt.site.name = "named";
    learnt.site.redis.password = "b";
    learnt.site.has_key_prefix = true;
    learnt.site.key_prefix = "wp:";
    learnt.site.table_prefix = "wp_";
    other.site.redis.database = 1;
    assert_string_equal(fingerprint(&about), fingerprint(&learnt));
    assert_string_not_equal(fingerprint(&about), fingerprint(&other));
}

static void keys_of_parts_are_never_zero_but_for_nothing(void **state)
{
    struct about about = incident();
    (void)state;

    assert_true(wpb_fingerprint_site(&about.site) != 0);
    assert_true(wpb_fingerprint_subject(&about.subject) != 0);
    assert_true(wpb_fingerprint_subject(NULL) == 0);
    assert_true(wpb_fingerprint_bytes(wpb_slice_cstr("a")) !=
                wpb_fingerprint_bytes(wpb_slice_cstr("b")));
}

static void what_is_no_fingerprint_is_told_apart(void **state)
{
    (void)state;
    assert_true(wpb_fingerprint_is_valid(wpb_slice_cstr("0123456789abcdef")));
    assert_false(wpb_fingerprint_is_valid(wpb_slice_cstr("0123456789abcde")));
    assert_false(wpb_fingerprint_is_valid(wpb_slice_cstr("0123456789abcdeF")));
    assert_false(wpb_fingerprint_is_valid(wpb_slice_of("0123456789abcde\0", 16)));
}

/* --- the host --- */

static void expect_host(const char *configured, const char *content, const char *expected)
{
    char path[] = "/tmp/wpb-host-id-XXXXXX", name[256] = "";
    struct wpb_buf id;
    int file = mkstemp(path);

    assert_true(file >= 0);
    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    close(file);
    wpb_buf_init(&id, 0);
    wpb_host_id(&id, configured, path);
    if (!expected)
        assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
    assert_string_equal(id.data, expected ? expected : name);
    wpb_buf_fini(&id);
    unlink(path);
}

static void
the_host_is_what_the_configuration_says_or_its_machine_id_or_its_name(void **state)
{
    static const char machine[] = "0123456789abcdef0123456789abcdef";
    (void)state;

    expect_host("web-17", "0123456789abcdef0123456789abcdef\n", "web-17");
    expect_host(NULL, "0123456789abcdef0123456789abcdef\n", machine);
    expect_host("", "0123456789abcdef0123456789abcdef\n", machine);
    expect_host("", "uninitialized\n", NULL);
    expect_host("", "", NULL);
    expect_host("", "0123456789ABCDEF0123456789abcdef\n", NULL);
}

/* --- who inhibits whom --- */

static bool is_rule(const char *code)
{
    for (size_t i = 0; wpb_rules[i].code; i++) {
        if (strcmp(wpb_rules[i].code, code) == 0)
            return true;
    }
    return false;
}

static void inhibition_speaks_of_rules_with_a_reason(void **state)
{
    size_t count = 0;
    (void)state;

    for (; wpb_inhibits[count].root; count++) {
        const struct wpb_inhibit *row = &wpb_inhibits[count];
        assert_true(is_rule(row->root));
        assert_true(is_rule(row->derived));
        assert_true(strlen(row->reason) > 10);
    }
    assert_true(count > 0 && count < 64);
}

static void inhibition_has_no_circle(void **state)
{
    (void)state;
    for (size_t i = 0; wpb_inhibits[i].root; i++) {
        /* Everything that the root's roots inhibit, and so on; more steps than rows would
         * be a circle. */
        uint64_t rows = (uint64_t)1 << i;
        for (size_t steps = 0; rows; steps++) {
            uint64_t next = 0;
            assert_true(steps < 64);
            for (size_t r = 0; wpb_inhibits[r].root; r++) {
                if (rows & (uint64_t)1 << r)
                    next |= wpb_inhibit_as_root(wpb_inhibits[r].derived);
            }
            rows = next;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stays_as_it_is_written_down),
        cmocka_unit_test(names_owners_and_severity_change_nothing),
        cmocka_unit_test(a_guessed_table_prefix_has_no_part),
        cmocka_unit_test(everything_else_keeps_apart),
        cmocka_unit_test(neighbours_do_not_run_into_each_other),
        cmocka_unit_test(sites_have_no_part_in_what_they_share),
        cmocka_unit_test(sites_have_no_part_in_a_pool_and_its_parts),
        cmocka_unit_test(a_site_without_a_folder_is_where_its_servers_are),
        cmocka_unit_test(keys_of_parts_are_never_zero_but_for_nothing),
        cmocka_unit_test(what_is_no_fingerprint_is_told_apart),
        cmocka_unit_test(
            the_host_is_what_the_configuration_says_or_its_machine_id_or_its_name),
        cmocka_unit_test(inhibition_speaks_of_rules_with_a_reason),
        cmocka_unit_test(inhibition_has_no_circle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
