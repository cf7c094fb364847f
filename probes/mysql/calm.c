#include "probes/mysql/calm.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "probes/mysql/replica.h"

#define STAGE "mysql"
#define HOUR_MS 3600000u
/* Others' page reads: a jump is ten times what they were, and not a trifle. */
#define JUMP_FACTOR 10
#define JUMP_READS_PER_SECOND 500
/* In less time a single visitor on a cold page looks like a storm. */
#define GAP_MS 1000

void wpb_mysql_calm_init(struct wpb_mysql_calm *calm, bool is_local, bool is_replica)
{
    *calm = (struct wpb_mysql_calm){
        .is_local = is_local, .is_replica = is_replica, .calm_rate = -1};
}

struct counters {
    uint64_t threads_running, reads;
};

static void read_counters(const struct wpb_mysql_rows *rows, struct counters *counters)
{
    for (size_t i = 0; rows->columns == 2 && i < rows->rows; i++) {
        const struct wpb_slice *row = &rows->cells[2 * i];
        uint64_t value = row[1].data ? strtoull(row[1].data, NULL, 10) : 0;
        if (row[0].len && (row[0].data[0] == 'T' || row[0].data[0] == 't'))
            counters->threads_running = value;
        else
            counters->reads = value;
    }
}

static int look(struct wpb_mysql_link *link, struct counters *counters,
                struct wpb_err *err)
{
    static const char sql[] = "SHOW GLOBAL STATUS WHERE Variable_name IN "
                              "('Threads_running', 'Innodb_buffer_pool_reads')";
    static const struct wpb_mysql_bounds bounds = {2, 1024, 1000};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_mysql_rows rows;
    unsigned error;
    int status;

    *counters = (struct counters){0, 0};
    if (!arena)
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    status = wpb_mysql_link_run(link, sql, sizeof(sql) - 1, &bounds, arena, &rows, &error,
                                err);
    if (status == 0)
        read_counters(&rows, counters);
    wpb_arena_free(arena);
    return status;
}

/* A replica that may not be asked is taken for one that keeps up. */
static int look_at_lag(struct wpb_mysql_calm *calm, struct wpb_mysql_link *link,
                       struct wpb_err *err)
{
    static const struct wpb_mysql_bounds bounds = {16, 65536, 1000};
    const char *sql =
        wpb_mysql_lag_sql(wpb_mysql_link_dialect(link), wpb_mysql_link_version(link));
    struct wpb_arena *arena = wpb_arena_new();
    enum wpb_mysql_lag lag = WPB_MYSQL_LAG_NONE;
    struct wpb_mysql_rows rows;
    uint64_t seconds = 0;
    unsigned error;
    int status;

    if (!arena)
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    status =
        wpb_mysql_link_run(link, sql, strlen(sql), &bounds, arena, &rows, &error, err);
    if (status == 0)
        lag = wpb_mysql_lag_read(&rows, &seconds);
    wpb_arena_free(arena);
    if (status && !wpb_mysql_link_is_lost(link) && err->code != WPB_E_CANCELLED) {
        calm->hides_lag = true;
        status = 0;
    }
    if (lag == WPB_MYSQL_LAG_STOPPED)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "replication is stopped on the replica; it is left alone");
    if (lag == WPB_MYSQL_LAG_KNOWN && seconds > WPB_MYSQL_LAG_MAX_SECONDS)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "the replica is %" PRIu64
                           " s behind; it is left alone until it has caught up",
                           seconds);
    return status;
}

static uint64_t pages_of(enum wpb_budget budget, enum wpb_look purpose)
{
    static const uint64_t pages[][2] = {
        [WPB_BUDGET_LOW] = {WPB_MYSQL_PAGES_LOW, WPB_MYSQL_PAGES_EXAMINE_LOW},
        [WPB_BUDGET_NORMAL] = {WPB_MYSQL_PAGES_NORMAL, WPB_MYSQL_PAGES_EXAMINE},
        [WPB_BUDGET_FULL] = {UINT64_MAX, UINT64_MAX},
    };

    return pages[budget][purpose];
}

static void refill(struct wpb_mysql_pages *pages, enum wpb_budget budget, uint64_t now_ms)
{
    if (pages->is_filled && now_ms - pages->filled_ms < HOUR_MS)
        return;
    pages->is_filled = true;
    pages->filled_ms = now_ms;
    pages->left = pages_of(budget, pages->purpose);
}

/* Do others read much more from disk than when we came? */
static bool has_jumped(struct wpb_mysql_calm *calm, uint64_t reads, uint64_t now_ms)
{
    uint64_t gap_ms = now_ms - calm->looked_ms;
    uint64_t others = reads - calm->reads;
    double rate;

    if (!calm->has_looked || gap_ms < GAP_MS || reads < calm->reads)
        return false;
    others -= others < calm->own_reads ? others : calm->own_reads;
    rate = (double)others * 1000 / (double)gap_ms;
    if (calm->calm_rate < 0)
        calm->calm_rate = rate;
    return rate > JUMP_READS_PER_SECOND && rate > JUMP_FACTOR * calm->calm_rate;
}

static void note_look(struct wpb_mysql_calm *calm, uint64_t reads, uint64_t now_ms)
{
    if (calm->has_looked && now_ms - calm->looked_ms < GAP_MS)
        return;
    calm->looked_ms = now_ms;
    calm->own_reads = 0;
    calm->reads = reads;
    calm->has_looked = true;
}

static uint64_t cores_of(const struct wpb_mysql_calm *calm)
{
    long cores = calm->is_local ? sysconf(_SC_NPROCESSORS_ONLN) : 0;

    return cores > 0 ? (uint64_t)cores : WPB_MYSQL_REMOTE_CORES;
}

int wpb_mysql_calm_before(struct wpb_mysql_calm *calm, struct wpb_mysql_pages *pages,
                          struct wpb_mysql_link *link, enum wpb_budget budget,
                          struct wpb_err *err)
{
    uint64_t now_ms = wpb_clock_monotonic_ms();
    struct counters counters;
    bool jumped;

    if (pages)
        refill(pages, budget, now_ms);
    if (pages && pages->left == 0)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "the budget of %" PRIu64
                           " page reads is spent; --budget full reads on",
                           pages_of(budget, pages->purpose));
    if (look(link, &counters, err))
        return -1;
    jumped = has_jumped(calm, counters.reads, now_ms);
    note_look(calm, counters.reads, now_ms);
    /* We are one of the threads running. */
    if (counters.threads_running > WPB_MYSQL_BUSY_FACTOR * cores_of(calm) + 1)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "the server is busy: %" PRIu64
                           " statements run at once; try again when it is calm",
                           counters.threads_running - 1);
    if (jumped)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "the server began to read from disk; it is left alone");
    if (calm->is_replica && !calm->hides_lag)
        return look_at_lag(calm, link, err);
    return 0;
}

uint64_t wpb_mysql_calm_after(struct wpb_mysql_calm *calm, struct wpb_mysql_pages *pages,
                              struct wpb_mysql_link *link, uint32_t pages_max)
{
    struct counters counters;
    struct wpb_err err;
    uint64_t known = calm->reads + calm->own_reads, read, charged;

    if (look(link, &counters, &err) || counters.reads < known)
        return 0;
    read = counters.reads - known;
    charged = read < pages_max ? read : pages_max;
    calm->own_reads += read;
    if (pages)
        pages->left -= charged < pages->left ? charged : pages->left;
    return read;
}
