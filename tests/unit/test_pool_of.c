/* The pool of a site: found by what the site says, read again when its files change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/requests/pool_of.h"

struct look {
    char folder[64], file[96];
    struct wpb_pool_of *of;
    struct wpb_err err;
};

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static int set_up(void **state)
{
    struct look *look = calloc(1, sizeof *look);

    assert_non_null(look);
    strcpy(look->folder, "/tmp/wpbloat-test-XXXXXX");
    assert_non_null(mkdtemp(look->folder));
    snprintf(look->file, sizeof look->file, "%s/shop.conf", look->folder);
    *state = look;
    return 0;
}

static int tear_down(void **state)
{
    struct look *look = *state;

    wpb_pool_of_free(look->of);
    unlink(look->file);
    rmdir(look->folder);
    free(look);
    return 0;
}

static void begin(struct look *look, const char *name, const char *file,
                  const char *status)
{
    struct wpb_site site = {.pool_name = name, .pool_file = file, .pool_status = status};

    look->of = wpb_pool_of_new(&site);
    assert_non_null(look->of);
}

static void a_pool_outside_the_distributions_folders_is_read(void **state)
{
    struct look *look = *state;

    write_file(look->file, "[other]\npm.max_children = 2\n"
                           "[shop]\nlisten = /run/shop.sock\npm = static\n"
                           "pm.max_children = 40\naccess.log = /var/log/$pool.access\n");
    begin(look, "shop", look->file, NULL);
    const struct wpb_fpm_pool *pool = wpb_pool_of_look(look->of, 1000, &look->err);
    assert_non_null(pool);
    assert_string_equal(pool->name, "shop");
    assert_int_equal(pool->max_children, 40);
    assert_string_equal(pool->listen.path, "/run/shop.sock");
    assert_string_equal(pool->access_log, "/var/log/shop.access");
    struct wpb_subject subject = wpb_pool_of_subject(pool);
    assert_int_equal(subject.kind, WPB_SUBJECT_POOL);
    assert_true(wpb_slice_is(subject.scope, look->file));
    assert_true(wpb_slice_is(subject.name, "shop"));
}

static void a_file_that_changes_is_read_again(void **state)
{
    struct look *look = *state;

    write_file(look->file, "[shop]\npm.max_children = 40\n");
    begin(look, "shop", look->file, NULL);
    assert_int_equal(wpb_pool_of_look(look->of, 1000, NULL)->max_children, 40);
    write_file(look->file, "[shop]\npm.max_children = 160\n");
    assert_int_equal(wpb_pool_of_look(look->of, 1001, NULL)->max_children, 160);
}

static void a_pool_that_is_not_there_is_looked_for_again_after_a_minute(void **state)
{
    struct look *look = *state;

    begin(look, "shop", look->file, NULL);
    assert_null(wpb_pool_of_look(look->of, 1000, &look->err));
    assert_int_equal(look->err.code, WPB_E_NOT_FOUND);
    write_file(look->file, "[shop]\npm.max_children = 40\n");
    memset(&look->err, 0, sizeof look->err);
    assert_null(wpb_pool_of_look(look->of, 2000, &look->err));
    assert_int_equal(look->err.code, WPB_E_NOT_FOUND);
    assert_non_null(wpb_pool_of_look(look->of, 61000, &look->err));
}

static void a_file_without_the_pool_says_what_to_set(void **state)
{
    struct look *look = *state;

    write_file(look->file, "[other]\npm.max_children = 2\n");
    begin(look, "shop", look->file, NULL);
    assert_null(wpb_pool_of_look(look->of, 1000, &look->err));
    assert_non_null(strstr(look->err.message, "no pool shop of PHP-FPM in /tmp/"));
    assert_non_null(strstr(look->err.message, "pool_file"));
}

static void of_an_address_alone_the_status_is_known(void **state)
{
    struct look *look = *state;

    begin(look, "127.0.0.1:9", "", "127.0.0.1:9");
    const struct wpb_fpm_pool *pool = wpb_pool_of_look(look->of, 1000, &look->err);
    assert_non_null(pool);
    assert_int_equal(pool->status_listen.kind, WPB_LISTEN_TCP4);
    assert_string_equal(pool->status_path, "/status");
    assert_string_equal(pool->access_log, "");
    assert_true(wpb_slice_is(wpb_pool_of_subject(pool).scope, "127.0.0.1:9"));
}

static void the_operators_status_address_counts(void **state)
{
    struct look *look = *state;

    write_file(look->file, "[shop]\npm.status_listen = 127.0.0.1:7\n");
    begin(look, "shop", look->file, "127.0.0.1:8");
    assert_int_equal(wpb_pool_of_look(look->of, 1000, NULL)->status_listen.port, 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_pool_outside_the_distributions_folders_is_read),
        TEST(a_file_that_changes_is_read_again),
        TEST(a_pool_that_is_not_there_is_looked_for_again_after_a_minute),
        TEST(a_file_without_the_pool_says_what_to_set),
        TEST(of_an_address_alone_the_status_is_known),
        TEST(the_operators_status_address_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
