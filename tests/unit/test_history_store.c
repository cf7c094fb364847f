/* The history's file: who has it, what happens to one that cannot be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/history_look.h"

static void files_are_for_us_alone(void **state)
{
    struct look look = {0};
    struct stat status;
    char path[128];

    (void)state;
    look_begin(&look);
    assert_int_equal(stat(look.state, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    look_path(&look, "", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    look_path(&look, "-wal", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_null(wpb_store_degraded(look.store));
    look_end(&look);
}

static void a_second_agent_is_told_who_has_the_folder(void **state)
{
    struct look look = {0};
    struct wpb_store_options options = {.now_ms = LOOK_BEGIN_MS};
    struct wpb_store *second = NULL;
    struct wpb_err err;
    char pid[32];

    (void)state;
    look_begin(&look);
    options.folder = look.state;
    assert_int_equal(wpb_store_open(&options, &second, &err), -1);
    assert_null(second);
    assert_int_equal(err.code, WPB_E_DENIED);
    snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    assert_non_null(strstr(err.message, pid));
    assert_non_null(strstr(err.message, look.state));
    look_close(&look);
    assert_int_equal(wpb_store_open(&options, &second, &err), 0);
    wpb_store_close(second);
    look_end(&look);
}

static void what_was_committed_is_there_after_a_restart(void **state)
{
    struct look look = {0};
    char value[16];
    size_t len;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    assert_int_equal(
        wpb_store_fact_put(look.store, "run", (struct wpb_slice)WPB_SLICE("a\0b"), NULL),
        0);
    assert_int_equal(wpb_store_commit(look.store, NULL), 0);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    assert_int_equal(
        wpb_store_fact_put(look.store, "run", (struct wpb_slice)WPB_SLICE("c"), NULL), 0);
    look_reopen(&look);
    assert_int_equal(wpb_store_fact(look.store, "run", value, sizeof(value), &len, NULL),
                     0);
    assert_int_equal(len, 3);
    assert_memory_equal(value, "a\0b", 3);
    assert_int_equal(wpb_store_fact(look.store, "none", value, sizeof(value), &len, NULL),
                     0);
    assert_int_equal(len, 0);
    assert_int_equal(wpb_store_fact(look.store, "run", value, 2, &len, &look.err), -1);
    assert_int_equal(look.err.code, WPB_E_BUDGET);
    look_end(&look);
}

static void a_rollback_leaves_nothing(void **state)
{
    struct look look = {0};
    char value[16];
    size_t len;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    assert_int_equal(
        wpb_store_fact_put(look.store, "run", (struct wpb_slice)WPB_SLICE("a"), NULL), 0);
    wpb_store_rollback(look.store);
    assert_int_equal(wpb_store_fact(look.store, "run", value, sizeof(value), &len, NULL),
                     0);
    assert_int_equal(len, 0);
    look_end(&look);
}

static int put_then_refuse(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    int *calls = cookie;

    ++*calls;
    wpb_store_fact_put(store, "run", (struct wpb_slice)WPB_SLICE("a"), NULL);
    return wpb_err_set(err, WPB_E_CANCELLED, "test", "no");
}

static void work_that_refuses_is_rolled_back_and_not_called_again(void **state)
{
    struct look look = {0};
    char value[16];
    size_t len;
    int calls = 0;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_transact(look.store, put_then_refuse, &calls, &look.err),
                     -1);
    assert_int_equal(look.err.code, WPB_E_CANCELLED);
    assert_int_equal(calls, 1);
    assert_int_equal(wpb_store_fact(look.store, "run", value, sizeof(value), &len, NULL),
                     0);
    assert_int_equal(len, 0);
    look_end(&look);
}

/* ---- files that cannot be used ---- */

static void write_file(const struct look *look, const void *bytes, size_t len)
{
    char path[128];
    int fd;

    look_path(look, "", path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static size_t read_file(const struct look *look, const char *suffix, char **bytes)
{
    struct stat status;
    char path[128];
    size_t len;
    int fd;

    look_path(look, suffix, path);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    len = (size_t)status.st_size;
    *bytes = malloc(len + 1);
    assert_non_null(*bytes);
    assert_int_equal(read(fd, *bytes, len), (ssize_t)len);
    close(fd);
    return len;
}

/* The store works, on the disk, and has nothing in it; one file was set aside, and the
 * notice says so with EXPECTED. */
static void expect_anew(struct look *look, const char *expected)
{
    char notice[WPB_STORE_NOTICE_MAX];

    assert_null(wpb_store_degraded(look->store));
    assert_true(wpb_store_notice(look->store, notice));
    assert_non_null(strstr(notice, expected));
    assert_non_null(strstr(notice, "history.db.set-aside-20261102T000000Z"));
    assert_false(wpb_store_notice(look->store, notice));
    assert_int_equal(look_alert_seq(look, "fingerprint00001"), 0);
    assert_int_equal(look_put_alert(look->store, "fingerprint00001", 1, 1, NULL), 0);
    assert_true(look_is_sound(look));
}

static void a_file_of_noise_is_set_aside_as_it_is(void **state)
{
    struct look look = {0};
    char noise[5000], *kept;

    (void)state;
    look_begin(&look);
    look_close(&look);
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(i * 7919 >> 3);
    write_file(&look, noise, sizeof(noise));
    look_open(&look);
    expect_anew(&look, "is damaged");
    assert_int_equal(read_file(&look, ".set-aside-20261102T000000Z", &kept),
                     sizeof(noise));
    assert_memory_equal(kept, noise, sizeof(noise));
    free(kept);
    look_end(&look);
}

static void names_of_files_set_aside_do_not_clash(void **state)
{
    struct look look = {0};
    char notice[WPB_STORE_NOTICE_MAX];

    (void)state;
    look_begin(&look);
    for (int i = 0; i < 3; i++) {
        look_close(&look);
        write_file(&look, "noise, much too short", 21);
        look_open(&look);
    }
    assert_int_equal(look_files(&look, "history.db.set-aside-"), 3);
    assert_true(wpb_store_notice(look.store, notice));
    assert_non_null(strstr(notice, "3 such files lie there"));
    look_end(&look);
}

static void an_empty_file_is_no_loss(void **state)
{
    struct look look = {0};
    char notice[WPB_STORE_NOTICE_MAX];

    (void)state;
    look_begin(&look);
    look_close(&look);
    write_file(&look, "", 0);
    look_open(&look);
    assert_null(wpb_store_degraded(look.store));
    assert_false(wpb_store_notice(look.store, notice));
    assert_int_equal(look_put_alert(look.store, "fingerprint00001", 1, 1, NULL), 0);
    look_end(&look);
}

/* Run SQL on the closed file. */
static void change(const struct look *look, const char *sql)
{
    sqlite3 *sqlite = NULL;
    char path[128];

    look_path(look, "", path);
    assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

static void a_file_that_is_not_ours_is_set_aside(void **state)
{
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {"PRAGMA user_version = 2", "was written by a newer wpbloat"},
        {"PRAGMA application_id = 7", "belongs to another program"},
        {"PRAGMA user_version = 0", "is damaged"},
        {"DROP TABLE outbox", "is damaged"},
        {"ALTER TABLE alert ADD COLUMN more", "is damaged"},
        {"CREATE TRIGGER t AFTER INSERT ON alert BEGIN DELETE FROM alert; END",
         "is damaged"},
        {"DROP TABLE fact; CREATE VIEW fact AS SELECT 1 AS name, 2 AS value",
         "is damaged"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct look look = {0};

        look_begin(&look);
        look_put_alert(look.store, "fingerprint00001", 7, 1, NULL);
        look_close(&look);
        change(&look, cases[i].sql);
        look_open(&look);
        expect_anew(&look, cases[i].expected);
        look_end(&look);
    }
}

static void a_log_without_its_file_is_kept(void **state)
{
    struct look look = {0};
    char *log, path[128];
    size_t len;

    (void)state;
    look_begin(&look);
    look_put_alert(look.store, "fingerprint00001", 7, 1, NULL);
    len = read_file(&look, "-wal", &log);
    assert_true(len > 0);
    look_close(&look);
    write_file(&look, "", 0);
    look_path(&look, "-wal", path);
    {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_int_equal(fwrite(log, 1, len, file), len);
        fclose(file);
    }
    free(log);
    look_open(&look);
    expect_anew(&look, "is damaged");
    assert_int_equal(look_files(&look, "history.db.set-aside-20261102T000000Z-wal"), 1);
    look_end(&look);
}

/* ---- damage that shows only later ---- */

/* Values, alerts, letters: enough for some dozens of pages. */
static void fill(struct look *look)
{
    char name[32];

    assert_int_equal(wpb_store_begin(look->store, NULL), 0);
    for (int i = 0; i < 40; i++) {
        int64_t id;

        snprintf(name, sizeof(name), "key:%d", i);
        id = look_series(look, "/var/www/shop", name);
        for (int minute = 0; minute < 180; minute++)
            look_note(look, id, LOOK_BEGIN_MS + minute * LOOK_MINUTE_MS, minute * 3.5);
        snprintf(name, sizeof(name), "fingerprint%05d", i);
        look_put_alert(look->store, name, 1, LOOK_BEGIN_MS, NULL);
        look_put_letter(look->store, "pager", name, 1, LOOK_BEGIN_MS, NULL);
    }
    assert_int_equal(wpb_store_commit(look->store, NULL), 0);
    look->now_ms = LOOK_BEGIN_MS + 4 * WPB_MS_PER_HOUR;
    look_keep_up(look);
    look_close(look);
}

static void ignore_alert(void *cookie, const struct wpb_store_alert *alert)
{
    (void)cookie;
    (void)alert;
}

static void ignore_letter(void *cookie, const struct wpb_store_letter *letter)
{
    (void)cookie;
    (void)letter;
}

static void ignore_series(void *cookie, const struct wpb_store_listed *listed)
{
    (void)cookie;
    (void)listed;
}

/* Everything there is to do; what it says does not matter, but it has to end. */
static void use_all(struct look *look)
{
    struct wpb_point points[WPB_STORE_POINTS_MAX];
    struct wpb_slice none = {"", 0};
    bool has_more = true;
    size_t count;

    wpb_store_alerts(look->store, ignore_alert, NULL, NULL);
    wpb_store_outbox(look->store, ignore_letter, NULL, NULL);
    wpb_store_list(look->store, none, ignore_series, NULL, NULL);
    for (int64_t id = 1; id <= 40; id++) {
        wpb_store_points(look->store, id, 0, look->now_ms, points, WPB_STORE_POINTS_MAX,
                         &count, NULL);
        wpb_store_recent(look->store, id, 0, look->now_ms, points, WPB_STORE_POINTS_MAX,
                         &count, NULL);
        wpb_store_note(look->store, id, look->now_ms, 1, NULL);
    }
    for (int i = 0; has_more && i < 100; i++)
        wpb_store_upkeep(look->store, look->now_ms, &has_more, NULL);
}

static void damage_anywhere_crashes_nothing_and_ends_well(void **state)
{
    struct look look = {0};
    uint64_t random = 4711;
    char *whole;
    size_t len;
    int anew = 0;

    (void)state;
    look_begin(&look);
    fill(&look);
    len = read_file(&look, "", &whole);
    assert_true(len > 20 * 4096);
    for (int round = 0; round < 150; round++) {
        char *bytes = malloc(len);
        size_t cut = len;

        assert_non_null(bytes);
        memcpy(bytes, whole, len);
        /* A quarter each: cut off, bytes of the header, bytes anywhere, noise. */
        for (int i = 0; i < 1 + round % 3; i++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            if (round % 4 == 0)
                cut = (size_t)(random >> 33) % len;
            else if (round % 4 == 1)
                bytes[(random >> 33) % 100] = (char)(random >> 20);
            else if (round % 4 == 2)
                bytes[(random >> 33) % len] = (char)(random >> 20);
            else
                for (size_t b = 0; b < 341; b++)
                    bytes[(random >> 33) % (len - 341) + b] = (char)(random >> (b % 32));
        }
        write_file(&look, bytes, cut);
        free(bytes);
        look_open(&look);
        use_all(&look);
        /* Whatever it was: now there is a store on the disk that works. */
        if (wpb_store_retry(look.store, look.now_ms, NULL, &look.err) != 0)
            fail_msg("round %d: %s", round, look.err.message);
        assert_int_equal(look_put_alert(look.store, "new", 1, 1, &look.err), 0);
        assert_int_equal(look_alert_seq(&look, "new"), 1);
        anew += look_files(&look, "history.db.set-aside-") > 0;
        look_close(&look);
        {
            char command[160];

            snprintf(command, sizeof(command), "rm -f %s/history.db*", look.state);
            assert_int_equal(system(command), 0);
        }
    }
    /* Some of the damage lies in what nobody reads, most does not. */
    assert_in_range(anew, 40, 140);
    free(whole);
    look_end(&look);
}

static void damage_that_shows_later_costs_no_alert_state(void **state)
{
    struct look look = {0};
    char *bytes, notice[WPB_STORE_NOTICE_MAX];
    int64_t page;
    size_t len, count;
    struct wpb_point points[WPB_STORE_POINTS_MAX];

    (void)state;
    look_begin(&look);
    fill(&look);
    page = look_ask(&look, "SELECT rootpage FROM sqlite_master WHERE name = 'raw'");
    len = read_file(&look, "", &bytes);
    memset(bytes + (page - 1) * 4096, 0xa5, 4096);
    write_file(&look, bytes, len);
    free(bytes);
    look_open(&look);
    assert_null(wpb_store_degraded(look.store));
    assert_false(wpb_store_notice(look.store, notice));
    /* The call that meets it fails; all that could be read goes on in a new file. */
    assert_int_equal(wpb_store_recent(look.store, 1, 0, look.now_ms, points,
                                      WPB_STORE_POINTS_MAX, &count, &look.err),
                     -1);
    assert_int_equal(look.err.code, WPB_E_SYNTAX);
    assert_null(wpb_store_degraded(look.store));
    assert_true(wpb_store_notice(look.store, notice));
    assert_non_null(strstr(notice, "is damaged"));
    assert_int_equal(look_alert_seq(&look, "fingerprint00039"), 1);
    assert_int_equal(look_letter_seq(&look, "pager", "fingerprint00039"), 1);
    assert_int_equal(look_series(&look, "/var/www/shop", "key:39"), 40);
    look_reopen(&look);
    assert_int_equal(look_alert_seq(&look, "fingerprint00039"), 1);
    assert_true(look_is_sound(&look));
    look_end(&look);
}

static void tables_that_are_dropped_under_us_are_made_anew(void **state)
{
    struct look look = {0};
    char notice[WPB_STORE_NOTICE_MAX];

    (void)state;
    look_begin(&look);
    assert_int_equal(look_put_alert(look.store, "fingerprint00001", 1, 1, NULL), 0);
    change(&look, "DROP TABLE outbox");
    /* Done at the second try, in the new file, with what could be carried over. */
    assert_int_equal(
        look_put_letter(look.store, "pager", "fingerprint00001", 1, 1, &look.err), 0);
    assert_null(wpb_store_degraded(look.store));
    assert_true(wpb_store_notice(look.store, notice));
    assert_non_null(strstr(notice, "is damaged"));
    assert_int_equal(look_alert_seq(&look, "fingerprint00001"), 1);
    assert_int_equal(look_letter_seq(&look, "pager", "fingerprint00001"), 1);
    assert_true(look_is_sound(&look));
    look_end(&look);
}

/* ---- reading beside an agent ---- */

static void a_reader_sees_what_the_agent_writes_and_writes_nothing(void **state)
{
    struct look look = {0}, reader = {0};
    struct wpb_store_options options = {.now_ms = LOOK_BEGIN_MS, .is_read_only = true};
    struct wpb_point points[WPB_STORE_POINTS_MAX];
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, "/var/www/shop", "key");
    look_note(&look, id, LOOK_BEGIN_MS, 1);
    options.folder = look.state;
    reader.now_ms = LOOK_BEGIN_MS + WPB_MS_PER_HOUR;
    assert_int_equal(wpb_store_open(&options, &reader.store, &reader.err), 0);
    assert_int_equal(look_points(&reader, id, points), 1);
    look_note(&look, id, LOOK_BEGIN_MS + 1, 2);
    assert_int_equal(look_points(&reader, id, points), 1);
    assert_float_equal(points[0].value, 2, 0);
    assert_int_equal(wpb_store_note(reader.store, id, LOOK_BEGIN_MS, 1, &reader.err), -1);
    assert_int_equal(reader.err.code, WPB_E_DENIED);
    wpb_store_close(reader.store);
    assert_null(wpb_store_degraded(look.store));
    look_end(&look);
}

static void a_reader_finds_nothing_where_there_is_nothing(void **state)
{
    struct look look = {0};
    struct wpb_store_options options = {
        .folder = "/tmp/wpb-history-none", .now_ms = LOOK_BEGIN_MS, .is_read_only = true};
    struct wpb_store *store;
    char noise[] = "no database";

    (void)state;
    assert_int_equal(wpb_store_open(&options, &store, &look.err), -1);
    assert_int_equal(look.err.code, WPB_E_NOT_FOUND);
    look_begin(&look);
    look_close(&look);
    write_file(&look, noise, sizeof(noise));
    options.folder = look.state;
    assert_int_equal(wpb_store_open(&options, &store, &look.err), -1);
    assert_int_equal(look.err.code, WPB_E_UNSUPPORTED);
    assert_int_equal(look_files(&look, "history.db.set-aside"), 0);
    look_end(&look);
}

/* ---- audit and facts ---- */

struct sums {
    int rows;
    uint64_t runs, commands;
};

static void see_audit(void *cookie, const struct wpb_store_audit *audit)
{
    struct sums *sums = cookie;

    sums->rows++;
    sums->runs += audit->runs;
    sums->commands += audit->commands;
    assert_int_equal(audit->hour_ms % WPB_MS_PER_HOUR, 0);
    assert_string_equal(audit->probe, "redis.keyspace");
}

static void an_audit_sums_the_runs_of_an_hour(void **state)
{
    struct look look = {0};
    struct wpb_store_audit audit = {.site = WPB_SLICE("/var/www/shop"),
                                    .probe = "redis.keyspace",
                                    .status = "ok",
                                    .runs = 1,
                                    .commands = 100};
    struct sums sums = {0};

    (void)state;
    look_begin(&look);
    for (int minute = 0; minute < 120; minute++) {
        audit.status = minute % 60 ? "ok" : "partial";
        assert_int_equal(wpb_store_audit_note(look.store,
                                              LOOK_BEGIN_MS + minute * LOOK_MINUTE_MS,
                                              &audit, NULL),
                         0);
    }
    assert_int_equal(
        wpb_store_audits(look.store, 0, LOOK_BEGIN_MS * 2, see_audit, &sums, NULL), 0);
    assert_int_equal(sums.rows, 4);
    assert_int_equal(sums.runs, 120);
    assert_int_equal(sums.commands, 12000);
    look_end(&look);
}

static void audits_and_facts_are_bounded(void **state)
{
    struct look look = {0};
    struct wpb_store_audit audit = {.probe = "redis.keyspace", .status = "ok", .runs = 1};
    struct sums sums = {0};
    char name[32];
    int refused = 0;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    for (int i = 0; i < WPB_STORE_AUDIT_ROWS_MAX + 500; i++)
        assert_int_equal(wpb_store_audit_note(look.store,
                                              LOOK_BEGIN_MS + i * WPB_MS_PER_HOUR, &audit,
                                              NULL),
                         0);
    for (int i = 0; i < WPB_STORE_FACTS_MAX + 10; i++) {
        snprintf(name, sizeof(name), "fact %d", i);
        refused += wpb_store_fact_put(look.store, name, (struct wpb_slice){"", 0},
                                      &look.err) != 0;
    }
    assert_int_equal(wpb_store_commit(look.store, NULL), 0);
    assert_int_equal(refused, 10);
    look_keep_up(&look);
    assert_int_equal(
        wpb_store_audits(look.store, 0, INT64_MAX / 2, see_audit, &sums, NULL), 0);
    assert_in_range(sums.rows, WPB_STORE_AUDIT_ROWS_MAX, WPB_STORE_AUDIT_ROWS_MAX + 1);
    look_end(&look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_for_us_alone),
        cmocka_unit_test(a_second_agent_is_told_who_has_the_folder),
        cmocka_unit_test(what_was_committed_is_there_after_a_restart),
        cmocka_unit_test(a_rollback_leaves_nothing),
        cmocka_unit_test(work_that_refuses_is_rolled_back_and_not_called_again),
        cmocka_unit_test(a_file_of_noise_is_set_aside_as_it_is),
        cmocka_unit_test(names_of_files_set_aside_do_not_clash),
        cmocka_unit_test(an_empty_file_is_no_loss),
        cmocka_unit_test(a_file_that_is_not_ours_is_set_aside),
        cmocka_unit_test(a_log_without_its_file_is_kept),
        cmocka_unit_test(damage_anywhere_crashes_nothing_and_ends_well),
        cmocka_unit_test(damage_that_shows_later_costs_no_alert_state),
        cmocka_unit_test(tables_that_are_dropped_under_us_are_made_anew),
        cmocka_unit_test(a_reader_sees_what_the_agent_writes_and_writes_nothing),
        cmocka_unit_test(a_reader_finds_nothing_where_there_is_nothing),
        cmocka_unit_test(an_audit_sums_the_runs_of_an_hour),
        cmocka_unit_test(audits_and_facts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
