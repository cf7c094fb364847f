/* Which pools a host has: from files, from processes, and from both when they differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/requests/fpm_pools.h"
#include "probes/requests/proc_title.h"

struct host {
    char root[64], proc[80];
    struct wpb_arena *arena;
    struct wpb_fpm_pools pools;
};

static void put(struct host *host, const char *path, const char *content, size_t len)
{
    char full[256];

    snprintf(full, sizeof full, "%s%s", host->root, path);
    for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fwrite(content, 1, len, file);
    fclose(file);
}

static void put_text(struct host *host, const char *path, const char *content)
{
    put(host, path, content, strlen(content));
}

/* A process as /proc tells it; TITLE is followed by what FPM leaves of argv. */
static void put_process(struct host *host, int pid, int parent, const char *title)
{
    char path[64], content[256] = {0};

    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    snprintf(content, sizeof content, "%s", title);
    put(host, path, content, strlen(title) + 40);
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    snprintf(content, sizeof content, "%d (php-fpm) 8.2) S %d 1 1 0 -1 4194304 0 0", pid,
             parent);
    put_text(host, path, content);
}

static int set_up(void **state)
{
    struct host *host = calloc(1, sizeof *host);

    assert_non_null(host);
    strcpy(host->root, "/tmp/wpbloat-test-XXXXXX");
    assert_non_null(mkdtemp(host->root));
    snprintf(host->proc, sizeof host->proc, "%s/proc", host->root);
    host->arena = wpb_arena_new();
    put_process(host, 1, 0, "/sbin/init");
    *state = host;
    return host->arena ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    struct host *host = *state;
    nftw(host->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    wpb_arena_free(host->arena);
    free(host);
    return 0;
}

static const struct wpb_fpm_pool *look(struct host *host, const char *label)
{
    wpb_fpm_pools_read(host->root, host->proc, host->arena, &host->pools);
    for (size_t i = 0; i < host->pools.count; i++) {
        if (strcmp(host->pools.items[i].label, label) == 0)
            return &host->pools.items[i];
    }
    return NULL;
}

/* ---- files ---- */

static void a_pool_is_what_its_file_says(void **state)
{
    struct host *host = *state;

    put_text(host, "/etc/php/8.2/fpm/php-fpm.conf",
             "[global]\nerror_log = /var/log/fpm.log\n"
             "include=/etc/php/8.2/fpm/pool.d/*.conf\n");
    put_text(host, "/etc/php/8.2/fpm/pool.d/shop.conf",
             "[shop]\n"
             "listen = /run/php/$pool/$pool.sock\n"
             "listen.backlog = 1024\n"
             "pm = dynamic\n"
             "pm.max_children = 40 ; enough\n"
             "pm.status_path = /fpm-status\n"
             "pm.status_listen = 127.0.0.1:9001\n"
             "access.log = log/$pool.access.log\n"
             "access.format = \"%R %{micro}d\"\n"
             "slowlog = /var/log/$pool.slow\n"
             "request_slowlog_timeout = 2m\n"
             "php_admin_value[error_log] = /var/log/$pool.php.log\n"
             "php_value[error_log] = /tmp/by-the-site.log\n");
    const struct wpb_fpm_pool *pool = look(host, "shop");
    assert_non_null(pool);
    assert_string_equal(pool->config, "/etc/php/8.2/fpm/php-fpm.conf");
    assert_int_equal(pool->php_version, 80200);
    assert_int_equal(pool->listen.kind, WPB_LISTEN_UNIX);
    assert_string_equal(pool->listen.path, "/run/php/shop/shop.sock");
    assert_int_equal(pool->status_listen.kind, WPB_LISTEN_TCP4);
    assert_int_equal(pool->status_listen.port, 9001);
    assert_int_equal(pool->backlog, 1024);
    assert_int_equal(pool->manager, WPB_FPM_DYNAMIC);
    assert_int_equal(pool->max_children, 40);
    assert_false(pool->is_lower_bound);
    assert_non_null(strstr(pool->max_children_source, "pool.d/shop.conf:5"));
    assert_string_equal(pool->status_path, "/fpm-status");
    assert_string_equal(pool->access_log, "/usr/log/shop.access.log");
    assert_string_equal(pool->access_format, "%R %{micro}d");
    assert_string_equal(pool->slow_log, "/var/log/shop.slow");
    assert_int_equal(pool->slow_timeout_s, 120);
    assert_string_equal(pool->error_log, "/var/log/shop.php.log");
    assert_int_equal(pool->sections, 1);
    assert_int_equal(pool->masters, 0);
    assert_true(host->pools.has_processes);
}

static void what_a_file_does_not_say_is_fpms_default_or_unknown(void **state)
{
    struct host *host = *state;

    put_text(host, "/etc/php-fpm.conf", "[global]\n[www]\npm.max_children = many\n");
    const struct wpb_fpm_pool *pool = look(host, "www");
    assert_non_null(pool);
    assert_int_equal(pool->listen.kind, WPB_LISTEN_NONE);
    assert_int_not_equal(pool->listen_problem[0], '\0');
    assert_int_equal(pool->status_listen.kind, WPB_LISTEN_NONE);
    assert_int_equal(pool->backlog, 511);
    assert_int_equal(pool->manager, WPB_FPM_MANAGER_UNKNOWN);
    assert_int_equal(pool->max_children, 0);
    assert_string_equal(pool->status_path, "");
    assert_string_equal(pool->access_log, "");
    assert_string_equal(pool->access_format, "%R - %u %t \"%m %r\" %s");
    assert_int_equal(pool->slow_timeout_s, 0);
}

/* FPM merges sections of one name; the later line counts. */
static void where_errors_go_is_told_by_three_files(void **state)
{
    struct host *host = *state;

    put_text(host, "/etc/php/8.2/fpm/php-fpm.conf",
             "[global]\nerror_log = log/fpm.log\n"
             "include=/etc/php/8.2/fpm/pool.d/*.conf\n");
    put_text(host, "/etc/php/8.2/fpm/php.ini",
             "[PHP]\nerror_log = /var/log/php.log\n[PATH=/srv]\nerror_log = /no\n");
    put_text(host, "/etc/php/8.2/fpm/conf.d/20-x.ini", "error_log = syslog\n");
    put_text(host, "/etc/php/8.2/fpm/pool.d/shop.conf",
             "[shop]\ncatch_workers_output = Yes\n"
             "php_value[error_log] = /var/log/shop.php\n[plain]\n");
    const struct wpb_fpm_pool *pool = look(host, "shop");
    assert_non_null(pool);
    assert_string_equal(pool->error_log, "/var/log/shop.php");
    assert_string_equal(pool->ini_error_log, "syslog");
    assert_string_equal(pool->fpm_log, "/var/log/fpm.log");
    assert_true(pool->catches_output);
    pool = look(host, "plain");
    assert_string_equal(pool->error_log, "");
    assert_false(pool->catches_output);
}

static void a_pool_named_twice_in_one_fpm_is_one_pool(void **state)
{
    struct host *host = *state;

    put_text(host, "/etc/php/8.2/fpm/pool.d/a.conf",
             "[www]\nlisten = /run/a.sock\npm.max_children = 5\n");
    put_text(host, "/etc/php/8.2/fpm/pool.d/b.conf", "[www]\n\npm.max_children = 7\n");
    const struct wpb_fpm_pool *pool = look(host, "www");
    assert_non_null(pool);
    assert_int_equal(host->pools.count, 1);
    assert_int_equal(pool->sections, 2);
    assert_int_equal(pool->max_children, 7);
    assert_non_null(strstr(pool->max_children_source, "pool.d/b.conf:3"));
    assert_string_equal(pool->listen.path, "/run/a.sock");
}

static void a_name_in_two_fpms_is_two_pools(void **state)
{
    struct host *host = *state;

    put_text(host, "/etc/php/8.1/fpm/pool.d/www.conf", "[www]\npm.max_children = 5\n");
    put_text(host, "/etc/php/8.3/fpm/pool.d/www.conf", "[www]\npm.max_children = 9\n");
    put_process(host, 300, 1, "php-fpm: master process (/etc/php/8.1/fpm/php-fpm.conf)");
    put_process(host, 301, 300, "php-fpm: pool www");
    put_process(host, 400, 1, "php-fpm: master process (/etc/php/8.3/fpm/php-fpm.conf)");
    put_process(host, 401, 400, "php-fpm: pool www");
    put_process(host, 402, 400, "php-fpm: pool www");
    const struct wpb_fpm_pool *pool = look(host, "www (/etc/php/8.3/fpm/php-fpm.conf)");
    assert_non_null(pool);
    assert_int_equal(host->pools.count, 2);
    assert_int_equal(pool->workers, 2);
    assert_int_equal(pool->masters, 1);
    assert_int_equal(pool->max_children, 9);
    pool = look(host, "www (/etc/php/8.1/fpm/php-fpm.conf)");
    assert_non_null(pool);
    assert_int_equal(pool->workers, 1);
}

/* ---- processes ---- */

static void a_panels_pool_is_found_by_its_master(void **state)
{
    struct host *host = *state;

    put_text(
        host, "/opt/panel/php/8.1/etc/php-fpm.conf",
        "include=/opt/panel/php/8.1/etc/php-fpm.d/*.conf\ninclude=etc/more/*.conf\n");
    put_text(host, "/opt/panel/php/8.1/etc/php-fpm.d/a.conf",
             "[a.example]\nlisten = run/a.sock\npm.max_children = 3\n");
    put_text(host, "/opt/panel/php/8.1/etc/more/b.conf",
             "[b.example]\nlisten = 9000\npm.max_children = 4\n");
    put_process(host, 300, 1,
                "php-fpm: master process (/opt/panel/php/8.1/etc/php-fpm.conf)");
    put_process(host, 301, 300, "php-fpm: pool a.example   ");
    const struct wpb_fpm_pool *pool = look(host, "a.example");
    assert_non_null(pool);
    assert_string_equal(pool->listen.path, "/opt/panel/php/8.1/run/a.sock");
    assert_int_equal(pool->max_children, 3);
    assert_int_equal(pool->workers, 1);
    assert_int_equal(pool->owner, getuid());
    pool = look(host, "b.example");
    assert_non_null(pool);
    assert_int_equal(pool->listen.kind, WPB_LISTEN_TCP);
    assert_int_equal(pool->workers, 0);
    assert_int_equal(pool->masters, 1);
}

static void of_a_pool_whose_files_are_closed_the_workers_are_a_lower_bound(void **state)
{
    struct host *host = *state;

    put_process(host, 300, 1, "php-fpm: master process (/in/a/container/php-fpm.conf)");
    put_process(host, 301, 300, "php-fpm: pool www");
    put_process(host, 302, 300, "php-fpm: pool www");
    const struct wpb_fpm_pool *pool = look(host, "www");
    assert_non_null(pool);
    assert_int_equal(pool->workers, 2);
    assert_int_equal(pool->max_children, 2);
    assert_true(pool->is_lower_bound);
    assert_string_equal(pool->max_children_source, "2 workers are seen now");
    assert_string_equal(pool->file, "");
    assert_non_null(strstr(pool->problem, "/in/a/container/php-fpm.conf"));
    assert_int_equal(pool->listen.kind, WPB_LISTEN_NONE);
}

static void the_pool_that_serves_the_status_is_not_a_pool(void **state)
{
    struct host *host = *state;

    put_text(host, "/etc/php/8.2/fpm/pool.d/www.conf",
             "[www]\npm.max_children = 5\npm.status_listen = /run/s.sock\n"
             "[plain]\npm.max_children = 5\n");
    put_process(host, 300, 1, "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)");
    put_process(host, 301, 300, "php-fpm: pool www_status");
    put_process(host, 302, 300, "php-fpm: pool plain_status");
    assert_null(look(host, "www_status"));
    assert_int_equal(look(host, "www")->workers, 0);
    assert_non_null(look(host, "plain_status"));
}

static void two_masters_of_one_file_are_told(void **state)
{
    struct host *host = *state;

    put_text(host, "/usr/local/etc/php-fpm.conf", "[www]\npm.max_children = 2\n");
    put_process(host, 300, 1, "php-fpm: master process (/usr/local/etc/php-fpm.conf)");
    put_process(host, 301, 300, "php-fpm: pool www");
    put_process(host, 400, 1, "php-fpm: master process (/usr/local/etc/php-fpm.conf)");
    put_process(host, 401, 400, "php-fpm: pool www");
    const struct wpb_fpm_pool *pool = look(host, "www");
    assert_int_equal(host->pools.count, 1);
    assert_int_equal(pool->masters, 2);
    assert_int_equal(pool->workers, 2);
}

/* Between its fork and its title a worker looks like its master. */
static void a_worker_that_is_just_forked_is_no_master(void **state)
{
    static const char title[] = "php-fpm: master process (/usr/local/etc/php-fpm.conf)";
    struct host *host = *state;

    put_text(host, "/usr/local/etc/php-fpm.conf", "[www]\npm.max_children = 2\n");
    for (int pid = 290; pid < 320; pid++)
        put_process(host, pid, pid == 300 ? 1 : 300, title);
    put_process(host, 400, 300, "php-fpm: pool www");
    const struct wpb_fpm_pool *pool = look(host, "www");
    assert_int_equal(pool->masters, 1);
    assert_int_equal(pool->workers, 1);
}

static void what_only_looks_like_fpm_is_passed_over(void **state)
{
    struct host *host = *state;

    put_process(host, 300, 1, "/usr/bin/php-fpm: pool www");
    put_process(host, 301, 300, "php-fpm: pool ");
    put_process(host, 302, 300, "php-fpm: master process (relative.conf)");
    put_process(host, 303, 300, "php-fpm: master process (/unfinished");
    /* whose master is none: a worker of a container, or nobody's */
    put_process(host, 304, 300, "php-fpm: pool www");
    put_text(host, "/proc/305/cmdline", "php-fpm: pool www");
    look(host, "");
    assert_int_equal(host->pools.count, 0);
}

static void without_the_first_process_nothing_is_said_of_who_runs(void **state)
{
    struct host *host = *state;
    char path[128];

    snprintf(path, sizeof path, "%s/1/cmdline", host->proc);
    unlink(path);
    snprintf(path, sizeof path, "%s/1/stat", host->proc);
    unlink(path);
    snprintf(path, sizeof path, "%s/1", host->proc);
    assert_int_equal(rmdir(path), 0);
    put_text(host, "/etc/php-fpm.conf", "[www]\npm.max_children = 2\n");
    assert_non_null(look(host, "www"));
    assert_false(host->pools.has_processes);
    wpb_fpm_pools_read(host->root, "/nowhere", host->arena, &host->pools);
    assert_int_equal(host->pools.count, 1);
    assert_false(host->pools.has_processes);
}

/* A file that a title names is read only if the one who runs it could read it. */
static void a_title_does_not_open_files_to_its_owner(void **state)
{
    struct host *host = *state;
    char path[128];

    if (getuid() != 0)
        return; /* nobody else can give a process away */
    put_text(host, "/root/secret.conf", "[secret]\nlisten = 9000\n");
    put_process(host, 300, 1, "php-fpm: master process (/root/secret.conf)");
    put_process(host, 301, 300, "php-fpm: pool secret");
    snprintf(path, sizeof path, "%s/root/secret.conf", host->root);
    assert_int_equal(chmod(path, 0600), 0);
    snprintf(path, sizeof path, "%s/300", host->proc);
    assert_int_equal(chown(path, 65534, 65534), 0);
    const struct wpb_fpm_pool *pool = look(host, "secret");
    assert_non_null(pool);
    assert_string_equal(pool->file, "");
    assert_int_equal(pool->listen.kind, WPB_LISTEN_NONE);
    assert_int_equal(pool->owner, 65534);
}

/* ---- small grammars ---- */

static void seconds_are_read_as_fpm_reads_them(void **state)
{
    static const struct {
        const char *text;
        uint64_t seconds;
    } cases[] = {{"5", 5},   {"5s", 5},  {"10m", 600},      {"2h", 7200}, {"1d", 86400},
                 {"0", 0},   {"", 0},    {"-1", 0},         {"5x", 0},    {"s", 0},
                 {"5 s", 0}, {"5ss", 0}, {"99999999999", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(wpb_fpm_seconds(cases[i].text), cases[i].seconds);
}

static void a_parent_is_found_behind_any_name(void **state)
{
    static const struct {
        const char *text;
        bool is_parent;
    } cases[] = {{"7 (php-fpm8.2) S 42 7 7", true},
                 {"7 (a) R 1) S 42 7", true},
                 {"7 () S 42 ", true},
                 {"7 (x) S 42", false},
                 {"7 (x) S -1 7", false},
                 {"7 (x) S 99999999999 7", false},
                 {"7 (x)", false},
                 {"7 x S 42 7", false},
                 {"", false}};
    uint32_t parent = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(wpb_proc_parent_parse(wpb_slice_cstr(cases[i].text), &parent),
                         cases[i].is_parent);
        if (cases[i].is_parent)
            assert_int_equal(parent, 42);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pool_is_what_its_file_says),
        TEST(what_a_file_does_not_say_is_fpms_default_or_unknown),
        TEST(where_errors_go_is_told_by_three_files),
        TEST(a_pool_named_twice_in_one_fpm_is_one_pool),
        TEST(a_name_in_two_fpms_is_two_pools),
        TEST(a_panels_pool_is_found_by_its_master),
        TEST(of_a_pool_whose_files_are_closed_the_workers_are_a_lower_bound),
        TEST(the_pool_that_serves_the_status_is_not_a_pool),
        TEST(two_masters_of_one_file_are_told),
        TEST(a_worker_that_is_just_forked_is_no_master),
        TEST(what_only_looks_like_fpm_is_passed_over),
        TEST(without_the_first_process_nothing_is_said_of_who_runs),
        TEST(a_title_does_not_open_files_to_its_owner),
        TEST(seconds_are_read_as_fpm_reads_them),
        TEST(a_parent_is_found_behind_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
