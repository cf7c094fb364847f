/* A disk that fails, a process that is killed: nothing that was said to be kept is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/failing_disk.h"
#include "tests/unit/history_look.h"

#define SITE "/var/www/shop"
#define FIRST "fingerprint00001"
#define SECOND "fingerprint00002"
#define MINUTE LOOK_MINUTE_MS
#define HOUR WPB_MS_PER_HOUR

static struct wpb_point points[WPB_STORE_POINTS_MAX];

static void see_refused(struct look *look)
{
    char notice[WPB_STORE_NOTICE_MAX];
    bool is_told = false;

    while (wpb_store_notice(look->store, notice))
        is_told |= strstr(notice, "kept in memory only") != NULL;
    assert_true(is_told);
    assert_non_null(wpb_store_degraded(look->store));
}

/* One judgement: the state of two alerts, a letter for each, and a value. */
struct judgement {
    int64_t id, time_ms;
    uint64_t seq;
};

static int judge(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct judgement *judgement = cookie;

    return look_put_alert(store, FIRST, judgement->seq, judgement->time_ms, err) != 0 ||
                   look_put_alert(store, SECOND, judgement->seq, judgement->time_ms,
                                  err) != 0 ||
                   look_put_letter(store, "pager", FIRST, judgement->seq,
                                   judgement->time_ms, err) != 0 ||
                   look_put_letter(store, "file", SECOND, judgement->seq,
                                   judgement->time_ms, err) != 0 ||
                   wpb_store_note(store, judgement->id, judgement->time_ms,
                                  (double)judgement->seq, err) != 0
               ? -1
               : 0;
}

/* Alert state and letters are those of SEQ. */
static void expect_seq(struct look *look, uint64_t seq)
{
    assert_int_equal(look_alert_seq(look, FIRST), seq);
    assert_int_equal(look_alert_seq(look, SECOND), seq);
    assert_int_equal(look_letter_seq(look, "pager", FIRST), seq);
    assert_int_equal(look_letter_seq(look, "file", SECOND), seq);
}

static void a_commit_is_synced(void **state)
{
    struct look look = {0};
    struct judgement judgement = {.time_ms = LOOK_BEGIN_MS, .seq = 1};

    (void)state;
    look_begin(&look);
    judgement.id = look_series(&look, SITE, "a");
    for (int i = 0; i < 5; i++) {
        failing_disk_heal();
        judgement.seq++;
        judgement.time_ms++;
        assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
        assert_true(failing_disk.count[DISK_SYNC] >= 1);
    }
    look_end(&look);
}

/* Every way to fail at every place: the N-th operation of KIND and all after it. True
 * when it was met. */
static bool fail_at(enum disk_operation kind, int code, int n)
{
    struct look look = {0};
    struct judgement judgement = {.time_ms = LOOK_BEGIN_MS, .seq = 1};
    bool is_met, has_found;

    look_begin(&look);
    judgement.id = look_series(&look, SITE, "a");
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    failing_disk.code[kind] = code;
    failing_disk.after[kind] = n;
    for (judgement.seq = 2; judgement.seq < 60; judgement.seq++) {
        judgement.time_ms += MINUTE;
        look.now_ms = judgement.time_ms;
        if (wpb_store_transact(look.store, judge, &judgement, &look.err) != 0)
            fail_msg("seq %d: %s", (int)judgement.seq, look.err.message);
        look_keep_up(&look);
        expect_seq(&look, judgement.seq);
    }
    judgement.seq--;
    is_met = failing_disk.failed > 0;
    if (is_met)
        see_refused(&look);
    /* While it fails, trying again does no harm. */
    if (is_met) {
        wpb_store_retry(look.store, look.now_ms, &has_found, &look.err);
        expect_seq(&look, judgement.seq);
    }
    failing_disk_heal();
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, &has_found, &look.err), 0);
    assert_null(wpb_store_degraded(look.store));
    assert_false(has_found);
    expect_seq(&look, judgement.seq);
    look_reopen(&look);
    expect_seq(&look, judgement.seq);
    assert_int_equal(look_series(&look, SITE, "a"), judgement.id);
    /* Each minute's value, whether it was on the disk or in memory. */
    {
        size_t count;

        assert_int_equal(wpb_store_recent(look.store, judgement.id, 0, look.now_ms,
                                          points, WPB_STORE_POINTS_MAX, &count, NULL),
                         0);
        assert_int_equal(count, judgement.seq);
        for (size_t i = 0; i < count; i++)
            assert_float_equal(points[i].value, (double)(i + 1), 0);
    }
    assert_true(look_is_sound(&look));
    assert_int_equal(look_files(&look, "history.db.set-aside"), 0);
    look_end(&look);
    return is_met;
}

static void no_place_to_fail_loses_alert_state(void **state)
{
    static const struct {
        enum disk_operation kind;
        int code, step;
    } faults[] = {
        {DISK_WRITE, SQLITE_FULL, 1},
        {DISK_WRITE, SQLITE_IOERR_WRITE, 7},
        {DISK_SYNC, SQLITE_IOERR_FSYNC, 3},
        {DISK_WRITE, SQLITE_READONLY, 11},
    };
    int met = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        for (int n = 0; n < 150; n += faults[i].step)
            met += fail_at(faults[i].kind, faults[i].code, n);
    assert_true(met > 200);
}

static void a_disk_that_never_worked_joins_later(void **state)
{
    struct look look = {0};
    struct judgement judgement = {.time_ms = LOOK_BEGIN_MS, .seq = 7};
    bool has_found;
    int64_t old, born;
    struct wpb_err err;

    (void)state;
    /* What an earlier run has left. */
    look_begin(&look);
    old = look_series(&look, SITE, "old");
    judgement.id = old;
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    look_put_alert(look.store, "fingerprint-old", 3, LOOK_BEGIN_MS, NULL);
    look_close(&look);
    /* Not even to be read. */
    failing_disk.code[DISK_OPEN] = SQLITE_CANTOPEN;
    look.now_ms += HOUR;
    look_open(&look);
    see_refused(&look);
    assert_int_equal(look_alert_seq(&look, FIRST), 0);
    born = look_series(&look, SITE, "a");
    look_series(&look, SITE, "b");
    judgement = (struct judgement){born, look.now_ms, 8};
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    look_put_letter(look.store, "pager", "fingerprint-new", 1, look.now_ms, NULL);
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, &has_found, &look.err), -1);
    failing_disk_heal();
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, &has_found, &look.err), 0);
    /* The newer of each, the older where it is the only one, and the caller hears it. */
    assert_true(has_found);
    expect_seq(&look, 8);
    assert_int_equal(look_alert_seq(&look, "fingerprint-old"), 3);
    assert_int_equal(look_letter_seq(&look, "pager", "fingerprint-new"), 1);
    /* Ids from memory are nobody's; the values have moved to the series they are of. */
    assert_int_equal(wpb_store_note(look.store, born, look.now_ms, 1, &err), -1);
    assert_int_equal(err.code, WPB_E_NOT_FOUND);
    assert_int_equal(look_series(&look, SITE, "old"), old);
    born = look_series(&look, SITE, "a");
    assert_int_equal(look_points(&look, born, points), 1);
    assert_float_equal(points[0].value, 8, 0);
    assert_int_equal(look_points(&look, old, points), 1);
    look_end(&look);
}

static int put_large_letter(struct wpb_store *store, const char *fingerprint,
                            int64_t updated_ms)
{
    static char body[WPB_ALERT_BYTES_MAX - 1000];
    struct wpb_store_letter letter = {
        .sink = "large",
        .alert = {.seq = 1, .updated_at_ms = updated_ms, .body = {body, sizeof(body)}}};

    memset(body, 'x', sizeof(body));
    snprintf(letter.alert.fingerprint, sizeof(letter.alert.fingerprint), "%s",
             fingerprint);
    return wpb_store_outbox_put(store, &letter, NULL);
}

static void a_folder_that_cannot_be_made_is_made_later(void **state)
{
    struct look look = {0};
    struct judgement judgement = {.time_ms = LOOK_BEGIN_MS, .seq = 1};
    char folder[80];

    (void)state;
    look_begin(&look);
    look_close(&look);
    snprintf(folder, sizeof(folder), "%s/later", look.folder);
    snprintf(look.state, sizeof(look.state), "%s/state", folder);
    look_open(&look);
    see_refused(&look);
    assert_non_null(strstr(wpb_store_degraded(look.store), "cannot make"));
    judgement.id = look_series(&look, SITE, "a");
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), -1);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), 0);
    look_reopen(&look);
    expect_seq(&look, 1);
    look_end(&look);
}

static void a_disk_that_cannot_even_be_read_loses_what_it_has_until_it_can(void **state)
{
    struct look look = {0};
    struct judgement judgement = {.time_ms = LOOK_BEGIN_MS, .seq = 1};
    struct wpb_err err;
    bool has_found;

    (void)state;
    look_begin(&look);
    judgement.id = look_series(&look, SITE, "a");
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    look_put_alert(look.store, "fingerprint-old", 3, LOOK_BEGIN_MS, NULL);
    look_reopen(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    failing_disk.code[DISK_READ] = SQLITE_IOERR_READ;
    assert_int_equal(look_put_alert(look.store, FIRST, 2, LOOK_BEGIN_MS + 1, &err), -1);
    assert_int_equal(err.code, WPB_E_IO);
    /* The transaction is lost as a whole, and says so at each step. */
    failing_disk_heal();
    assert_int_equal(look_put_alert(look.store, SECOND, 2, LOOK_BEGIN_MS + 1, &err), -1);
    failing_disk.code[DISK_READ] = SQLITE_IOERR_READ;
    assert_int_equal(wpb_store_commit(look.store, &err), -1);
    see_refused(&look);
    assert_int_equal(look_alert_seq(&look, FIRST), 0);
    /* Who keeps alerts has their state, too, and puts it again. */
    judgement = (struct judgement){look_series(&look, SITE, "a"), LOOK_BEGIN_MS + 1, 2};
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    failing_disk_heal();
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, &has_found, &look.err), 0);
    assert_true(has_found);
    expect_seq(&look, 2);
    assert_int_equal(look_alert_seq(&look, "fingerprint-old"), 3);
    look_end(&look);
}

static void a_disk_that_fails_again_on_the_way_back_changes_nothing(void **state)
{
    struct look look = {0};
    struct judgement judgement = {.time_ms = LOOK_BEGIN_MS, .seq = 1};
    int failed = 0;

    (void)state;
    look_begin(&look);
    judgement.id = look_series(&look, SITE, "a");
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    failing_disk.code[DISK_WRITE] = SQLITE_FULL;
    judgement.seq = 2;
    judgement.time_ms += MINUTE;
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    for (int n = 0; n < 200; n++) {
        failing_disk.after[DISK_WRITE] = n;
        if (wpb_store_retry(look.store, look.now_ms, NULL, &look.err) == 0)
            break;
        failed++;
        assert_non_null(wpb_store_degraded(look.store));
        expect_seq(&look, 2);
        assert_int_equal(look_points(&look, judgement.id, points), 1);
    }
    assert_in_range(failed, 8, 199);
    failing_disk_heal();
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), 0);
    look_reopen(&look);
    expect_seq(&look, 2);
    look_end(&look);
}

static void an_outbox_too_large_for_memory_waits_on_the_disk(void **state)
{
    struct look look = {0};
    char fingerprint[32];

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    for (int i = 0; i < 560; i++) {
        snprintf(fingerprint, sizeof(fingerprint), "fingerprint%05d", i);
        assert_int_equal(put_large_letter(look.store, fingerprint, look.now_ms + i), 0);
    }
    assert_int_equal(wpb_store_commit(look.store, NULL), 0);
    assert_int_equal(look_letter_seq(&look, "large", "fingerprint00000"), 1);
    failing_disk.code[DISK_WRITE] = SQLITE_FULL;
    assert_int_equal(look_put_alert(look.store, FIRST, 1, look.now_ms, NULL), 0);
    see_refused(&look);
    /* The newest came along. */
    assert_int_equal(look_letter_seq(&look, "large", "fingerprint00559"), 1);
    assert_int_equal(look_letter_seq(&look, "large", "fingerprint00000"), 0);
    assert_int_equal(
        wpb_store_outbox_remove(look.store, "large", "fingerprint00559", 1, NULL), 0);
    failing_disk_heal();
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), 0);
    assert_int_equal(look_letter_seq(&look, "large", "fingerprint00000"), 1);
    assert_int_equal(look_ask(&look, "SELECT count(*) FROM outbox"), 560);
    assert_int_equal(look_ask(&look, "SELECT count(*) FROM dropped"), 0);
    assert_int_equal(look_alert_seq(&look, FIRST), 1);
    look_end(&look);
}

static void history_on_a_disk_that_cannot_be_written_is_still_read(void **state)
{
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int hour = 0; hour < 30; hour++) {
        look_note(&look, id, look.now_ms, hour);
        look.now_ms += HOUR;
    }
    look.now_ms += 10 * MINUTE;
    look_keep_up(&look);
    assert_int_equal(look_points(&look, id, points), 30);
    failing_disk.code[DISK_WRITE] = SQLITE_FULL;
    look_note(&look, id, look.now_ms, 30);
    see_refused(&look);
    assert_non_null(strstr(wpb_store_degraded(look.store), "no space left"));
    look.now_ms += HOUR;
    look_note(&look, id, look.now_ms, 31);
    look.now_ms += 10 * MINUTE;
    look_keep_up(&look);
    assert_int_equal(look_points(&look, id, points), 32);
    for (int i = 0; i < 32; i++)
        assert_float_equal(points[i].value, i, 0);
    failing_disk_heal();
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), 0);
    look.now_ms += HOUR;
    look_keep_up(&look);
    assert_int_equal(look_points(&look, id, points), 32);
    look_end(&look);
}

static void what_was_delivered_while_in_memory_stays_delivered(void **state)
{
    struct look look = {0};
    struct judgement judgement = {.time_ms = LOOK_BEGIN_MS, .seq = 1};

    (void)state;
    look_begin(&look);
    judgement.id = look_series(&look, SITE, "a");
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, NULL), 0);
    failing_disk.code[DISK_WRITE] = SQLITE_FULL;
    assert_int_equal(wpb_store_outbox_remove(look.store, "pager", FIRST, 1, NULL), 0);
    assert_int_equal(wpb_store_alert_delete(look.store, SECOND, NULL), 0);
    see_refused(&look);
    failing_disk_heal();
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), 0);
    look_reopen(&look);
    assert_int_equal(look_letter_seq(&look, "pager", FIRST), 0);
    assert_int_equal(look_letter_seq(&look, "file", SECOND), 1);
    assert_int_equal(look_alert_seq(&look, FIRST), 1);
    assert_int_equal(look_alert_seq(&look, SECOND), 0);
    look_end(&look);
}

static void memory_is_bounded_and_alerts_have_room_in_it(void **state)
{
    struct look look = {.max_bytes = 8 << 20};
    int64_t ids[200];
    char name[32];
    bool is_refused = false;

    (void)state;
    look_begin(&look);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "key:%d", i);
        ids[i] = look_series(&look, SITE, name);
    }
    failing_disk.code[DISK_WRITE] = SQLITE_FULL;
    for (int minute = 0; minute < 600; minute++) {
        assert_int_equal(wpb_store_begin(look.store, NULL), 0);
        for (int i = 0; i < 200; i++)
            is_refused |= wpb_store_note(look.store, ids[i], look.now_ms, minute * 0.7,
                                         &look.err) != 0;
        /* The first of them moves to memory, and is lost: no work to do again. */
        assert_int_equal(wpb_store_commit(look.store, NULL), minute == 0 ? -1 : 0);
        look.now_ms += MINUTE;
        if (minute % 30 == 0)
            look_keep_up(&look);
        assert_true(wpb_store_size_bytes(look.store) <= 1 << 20 || minute == 0);
    }
    assert_true(is_refused);
    assert_int_equal(look_put_alert(look.store, FIRST, 5, look.now_ms, &look.err), 0);
    assert_int_equal(look_alert_seq(&look, FIRST), 5);
    /* Letters of half a megabyte: values go to make room for them. */
    for (int i = 0; i < 64; i++) {
        char fingerprint[32];

        snprintf(fingerprint, sizeof(fingerprint), "fingerprint%05d", i);
        assert_int_equal(put_large_letter(look.store, fingerprint, look.now_ms + i), 0);
        assert_int_equal(look_letter_seq(&look, "large", fingerprint), 1);
    }
    assert_int_equal(look_letter_seq(&look, "large", "fingerprint00000"), 1);
    failing_disk_heal();
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), 0);
    assert_int_equal(look_alert_seq(&look, FIRST), 5);
    assert_true(wpb_store_size_bytes(look.store) <= look.max_bytes);
    look_end(&look);
}

static void another_program_that_locks_the_file_stops_nobody(void **state)
{
    struct look look = {0};
    struct judgement judgement = {.time_ms = LOOK_BEGIN_MS, .seq = 1};
    sqlite3 *other = NULL;
    char path[128];

    (void)state;
    look_begin(&look);
    judgement.id = look_series(&look, SITE, "a");
    look_path(&look, "", path);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(wpb_store_transact(look.store, judge, &judgement, &look.err), 0);
    assert_non_null(strstr(wpb_store_degraded(look.store), "locked"));
    expect_seq(&look, 1);
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), -1);
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(other);
    assert_int_equal(wpb_store_retry(look.store, look.now_ms, NULL, &look.err), 0);
    expect_seq(&look, 1);
    look_end(&look);
}

static void a_reader_that_never_ends_does_not_grow_the_log_without_bound(void **state)
{
    struct look look = {.max_bytes = 4 << 20};
    sqlite3 *other = NULL;
    char path[128];
    int64_t id;
    bool is_refused = false;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    look_path(&look, "", path);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(other, "BEGIN; SELECT count(*) FROM alert", NULL, NULL, NULL),
        SQLITE_OK);
    for (int i = 0; i < 3000; i++) {
        look.now_ms += MINUTE;
        is_refused |= wpb_store_note(look.store, id, look.now_ms, i, &look.err) != 0;
        if (i % 60 == 0)
            look_keep_up(&look);
        assert_true(wpb_store_size_bytes(look.store) <= look.max_bytes);
    }
    assert_true(is_refused);
    assert_int_equal(look_put_alert(look.store, FIRST, 5, look.now_ms, &look.err), 0);
    assert_null(wpb_store_degraded(look.store));
    sqlite3_close(other);
    look_put_alert(look.store, FIRST, 6, look.now_ms, &look.err);
    look_note(&look, id, look.now_ms + 1, 1);
    look_end(&look);
}

/* ---- kill -9 ---- */

/* Judge as fast as it goes, and say on FD after each commit which it was. */
static void child_writes(const struct look *look, int fd)
{
    struct look own = *look;
    struct judgement judgement = {.time_ms = own.now_ms, .seq = 1};

    look_open(&own);
    judgement.id = look_series(&own, SITE, "a");
    judgement.seq = look_alert_seq(&own, FIRST) + 1;
    for (;; judgement.seq++) {
        judgement.time_ms += MINUTE;
        own.now_ms = judgement.time_ms;
        if (wpb_store_transact(own.store, judge, &judgement, NULL) != 0 ||
            wpb_store_degraded(own.store))
            _exit(1);
        if (write(fd, &judgement.seq, sizeof(judgement.seq)) != sizeof(judgement.seq))
            _exit(2);
        look_keep_up(&own);
    }
}

/* Let a child write for some time, kill it, and return the last it has acknowledged. */
static uint64_t write_and_kill(const struct look *look, long ns)
{
    struct timespec pause = {ns / 1000000000, ns % 1000000000};
    uint64_t seq, last = 0;
    int fds[2], status;
    pid_t child;

    assert_int_equal(pipe(fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(fds[0]);
        child_writes(look, fds[1]);
    }
    close(fds[1]);
    /* It has begun when it says so. */
    assert_int_equal(read(fds[0], &seq, sizeof(seq)), sizeof(seq));
    last = seq;
    nanosleep(&pause, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(fds[0], &seq, sizeof(seq)) == sizeof(seq))
        last = seq;
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return last;
}

static void killed_at_any_moment_it_has_all_it_acknowledged(void **state)
{
    struct look look = {0};
    uint64_t random = 20261129, last = 0;
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int round = 0; round < 30; round++) {
        uint64_t seq;
        size_t count;

        look_close(&look);
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        last = write_and_kill(&look, (long)((random >> 33) % 40000000));
        look.now_ms += 100 * WPB_MS_PER_DAY;
        look_open(&look);
        assert_null(wpb_store_degraded(look.store));
        seq = look_alert_seq(&look, FIRST);
        assert_in_range(seq, last, last + 1);
        expect_seq(&look, seq);
        assert_true(look_is_sound(&look));
        assert_int_equal(wpb_store_points(look.store, id, 0, look.now_ms, points,
                                          WPB_STORE_POINTS_MAX, &count, NULL),
                         0);
        assert_true(count > 0);
        assert_float_equal(points[count - 1].value, (double)seq, 0);
    }
    assert_int_equal(look_files(&look, "history.db.set-aside"), 0);
    look_end(&look);
}

static int install(void **state)
{
    (void)state;
    failing_disk_install();
    failing_disk_heal();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_commit_is_synced, install),
        cmocka_unit_test_setup(no_place_to_fail_loses_alert_state, install),
        cmocka_unit_test_setup(a_disk_that_never_worked_joins_later, install),
        cmocka_unit_test_setup(a_folder_that_cannot_be_made_is_made_later, install),
        cmocka_unit_test_setup(
            a_disk_that_cannot_even_be_read_loses_what_it_has_until_it_can, install),
        cmocka_unit_test_setup(a_disk_that_fails_again_on_the_way_back_changes_nothing,
                               install),
        cmocka_unit_test_setup(an_outbox_too_large_for_memory_waits_on_the_disk, install),
        cmocka_unit_test_setup(history_on_a_disk_that_cannot_be_written_is_still_read,
                               install),
        cmocka_unit_test_setup(what_was_delivered_while_in_memory_stays_delivered,
                               install),
        cmocka_unit_test_setup(memory_is_bounded_and_alerts_have_room_in_it, install),
        cmocka_unit_test_setup(another_program_that_locks_the_file_stops_nobody, install),
        cmocka_unit_test_setup(
            a_reader_that_never_ends_does_not_grow_the_log_without_bound, install),
        cmocka_unit_test_setup(killed_at_any_moment_it_has_all_it_acknowledged, install),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
