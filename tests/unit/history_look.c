#include "tests/unit/history_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/failing_disk.h"

void look_begin(struct look *look)
{
    failing_disk_install();
    *look = (struct look){.now_ms = LOOK_BEGIN_MS, .max_bytes = look->max_bytes};
    strcpy(look->folder, "/tmp/wpb-history-XXXXXX");
    assert_non_null(mkdtemp(look->folder));
    snprintf(look->state, sizeof(look->state), "%s/state", look->folder);
    look_open(look);
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void look_end(struct look *look)
{
    look_close(look);
    assert_int_equal(nftw(look->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void look_open(struct look *look)
{
    struct wpb_store_options options = {
        .folder = look->state, .max_bytes = look->max_bytes, .now_ms = look->now_ms};

    if (wpb_store_open(&options, &look->store, &look->err) != 0)
        fail_msg("open: %s", look->err.message);
}

void look_close(struct look *look)
{
    wpb_store_close(look->store);
    look->store = NULL;
}

void look_reopen(struct look *look)
{
    look_close(look);
    look_open(look);
}

void look_path(const struct look *look, const char *suffix, char path[128])
{
    snprintf(path, 128, "%s/history.db%s", look->state, suffix);
}

int64_t look_series(struct look *look, const char *site, const char *name)
{
    struct wpb_store_key key = {.site = wpb_slice_cstr(site),
                                .kind = WPB_SUBJECT_REDIS_KEY,
                                .scope = WPB_SLICE("redis://127.0.0.1:6379/0"),
                                .name = wpb_slice_cstr(name),
                                .metric = WPB_SLICE("value_bytes"),
                                .unit = WPB_SLICE("bytes")};
    int64_t id = 0;

    if (wpb_store_series(look->store, &key, look->now_ms, &id, &look->err) != 0)
        fail_msg("series: %s", look->err.message);
    return id;
}

void look_note(struct look *look, int64_t id, int64_t time_ms, double value)
{
    if (wpb_store_note(look->store, id, time_ms, value, &look->err) != 0)
        fail_msg("note: %s", look->err.message);
}

void look_keep_up(struct look *look)
{
    bool has_more = true;

    for (int i = 0; has_more; i++) {
        if (wpb_store_upkeep(look->store, look->now_ms, &has_more, &look->err) != 0)
            fail_msg("upkeep: %s", look->err.message);
        assert_true(i < 100000);
    }
}

size_t look_points(struct look *look, int64_t id,
                   struct wpb_point points[WPB_STORE_POINTS_MAX])
{
    size_t count = 0;

    if (wpb_store_points(look->store, id, 0, look->now_ms, points, WPB_STORE_POINTS_MAX,
                         &count, &look->err) != 0)
        fail_msg("points: %s", look->err.message);
    for (size_t i = 1; i < count; i++)
        assert_true(points[i - 1].time_ms < points[i].time_ms);
    return count;
}

int look_put_alert(struct wpb_store *store, const char *fingerprint, uint64_t seq,
                   int64_t updated_ms, struct wpb_err *err)
{
    struct wpb_store_alert alert = {.fingerprint = fingerprint,
                                    .site = WPB_SLICE("/var/www/shop"),
                                    .code = "cache.notoptions_bloat",
                                    .status = "firing",
                                    .seq = seq,
                                    .updated_ms = updated_ms,
                                    .state = WPB_SLICE("3 of 5\0and more")};

    return wpb_store_alert_put(store, &alert, err);
}

int look_put_letter(struct wpb_store *store, const char *sink, const char *fingerprint,
                    uint64_t seq, int64_t updated_ms, struct wpb_err *err)
{
    struct wpb_store_letter letter = {.sink = sink,
                                      .alert = {.id = "01J00000000000000000000000",
                                                .seq = seq,
                                                .status = WPB_ALERT_FIRING,
                                                .severity = WPB_WARNING,
                                                .starts_at_ms = updated_ms - 1000,
                                                .updated_at_ms = updated_ms,
                                                .body = WPB_SLICE("{\"schema\":\"\"}")}};

    snprintf(letter.alert.fingerprint, sizeof(letter.alert.fingerprint), "%s",
             fingerprint);
    return wpb_store_outbox_put(store, &letter, err);
}

struct wanted {
    const char *sink, *fingerprint;
    uint64_t seq;
};

static void see_alert(void *cookie, const struct wpb_store_alert *alert)
{
    struct wanted *wanted = cookie;

    if (strcmp(alert->fingerprint, wanted->fingerprint) != 0)
        return;
    wanted->seq = alert->seq;
    assert_string_equal(alert->code, "cache.notoptions_bloat");
    assert_int_equal(alert->state.len, sizeof("3 of 5\0and more") - 1);
}

static void see_letter(void *cookie, const struct wpb_store_letter *letter)
{
    struct wanted *wanted = cookie;

    if (strcmp(letter->sink, wanted->sink) == 0 &&
        strcmp(letter->alert.fingerprint, wanted->fingerprint) == 0)
        wanted->seq = letter->alert.seq;
}

uint64_t look_alert_seq(struct look *look, const char *fingerprint)
{
    struct wanted wanted = {.fingerprint = fingerprint};

    if (wpb_store_alerts(look->store, see_alert, &wanted, &look->err) != 0)
        fail_msg("alerts: %s", look->err.message);
    return wanted.seq;
}

uint64_t look_letter_seq(struct look *look, const char *sink, const char *fingerprint)
{
    struct wanted wanted = {.sink = sink, .fingerprint = fingerprint};

    if (wpb_store_outbox(look->store, see_letter, &wanted, &look->err) != 0)
        fail_msg("outbox: %s", look->err.message);
    return wanted.seq;
}

static sqlite3 *connect_beside(const struct look *look)
{
    sqlite3 *sqlite = NULL;
    char path[128];

    look_path(look, "", path);
    assert_int_equal(sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    return sqlite;
}

int64_t look_ask(const struct look *look, const char *sql)
{
    sqlite3 *sqlite = connect_beside(look);
    sqlite3_stmt *statement = NULL;
    int64_t answer;

    assert_int_equal(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return answer;
}

bool look_is_sound(const struct look *look)
{
    sqlite3 *sqlite = connect_beside(look);
    sqlite3_stmt *statement = NULL;
    bool is_sound = false;

    assert_int_equal(
        sqlite3_prepare_v2(sqlite, "PRAGMA integrity_check", -1, &statement, NULL),
        SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        is_sound = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return is_sound;
}

size_t look_files(const struct look *look, const char *prefix)
{
    DIR *listing = opendir(look->state);
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(listing);
    while ((entry = readdir(listing)) != NULL)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    closedir(listing);
    return count;
}
