#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "probes/redis/keyspace_post.h"
#include "probes/redis/probes.h"
#include "probes/redis/rdb_open.h"

#define STAGE "rdb"
#define DEADLINE_MS (10 * 60 * 1000u)
#define PROGRESS_MS 100
/* Databases counted one by one; a server has 16 unless told otherwise. */
#define DATABASES_MAX 64
#define VERSION_MAX 32
/* An older file is worth a word. */
#define OLD_MS (3600 * 1000)

struct database {
    uint64_t number, keys, ttlless, bytes;
};

/* The pool's thread has all but `run`, `cancel` and the two counters to itself between
 * uv_queue_work() and after_walk(). */
struct survey {
    struct wpb_run *run;
    uv_work_t work;
    atomic_bool cancel;
    atomic_uint_fast64_t keys_done, bytes_done;

    struct wpb_rdb_file file;
    struct wpb_tally *tally;
    bool is_chosen; /* the database is known: by configuration, or by its first key */
    uint64_t database;
    struct database databases[DATABASES_MAX];
    size_t database_count;
    uint64_t other_keys; /* of databases beyond those */
    char version[VERSION_MAX];
    uint64_t used_memory;
    int64_t written_ms; /* times to live count from here */
    struct wpb_rdb_result result;
    struct wpb_err error;
    int status;
};

/* ---- on the pool's thread ---- */

static uint64_t number_of(struct wpb_slice digits)
{
    uint64_t number = 0;
    for (size_t i = 0; i < digits.len && i < 18; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return 0;
        number = number * 10 + (uint64_t)(digits.data[i] - '0');
    }
    return number;
}

static void on_aux(void *cookie, struct wpb_slice name, struct wpb_slice value)
{
    struct survey *survey = cookie;

    if (wpb_slice_is(name, "redis-ver") || wpb_slice_is(name, "valkey-ver"))
        snprintf(survey->version, sizeof survey->version, "%.*s", (int)value.len,
                 value.data);
    else if (wpb_slice_is(name, "used-mem"))
        survey->used_memory = number_of(value);
    else if (wpb_slice_is(name, "ctime") && number_of(value))
        survey->written_ms = (int64_t)(number_of(value) % INT32_MAX) * 1000;
}

static void count(struct survey *survey, const struct wpb_rdb_key *key)
{
    struct database *database = NULL;

    for (size_t i = survey->database_count; i > 0 && !database; i--)
        if (survey->databases[i - 1].number == key->database)
            database = &survey->databases[i - 1];
    if (!database && survey->database_count == DATABASES_MAX) {
        survey->other_keys++;
        return;
    }
    if (!database) {
        database = &survey->databases[survey->database_count++];
        *database = (struct database){.number = key->database};
    }
    database->keys++;
    database->ttlless += !key->has_expiry;
    database->bytes += key->memory_bytes;
}

static int64_t ttl_of(const struct survey *survey, const struct wpb_rdb_key *key)
{
    if (!key->has_expiry)
        return -1;
    return key->expires_ms > survey->written_ms ? key->expires_ms - survey->written_ms
                                                : 0;
}

static int on_key(void *cookie, const struct wpb_rdb_key *key)
{
    struct survey *survey = cookie;

    if (!survey->is_chosen) {
        survey->is_chosen = true;
        survey->database = key->database;
    }
    count(survey, key);
    if (key->database == survey->database) {
        struct wpb_tally_key counted = {.name = key->name,
                                        .has_bytes = true,
                                        .bytes = key->memory_bytes,
                                        .has_ttl = true,
                                        .ttl_ms = ttl_of(survey, key),
                                        .weight = 1};
        wpb_tally_add(survey->tally, &counted);
    }
    atomic_store_explicit(&survey->keys_done, survey->result.keys, memory_order_relaxed);
    atomic_store_explicit(&survey->bytes_done, survey->result.bytes,
                          memory_order_relaxed);
    return atomic_load_explicit(&survey->cancel, memory_order_relaxed);
}

static void walk(uv_work_t *work)
{
    struct survey *survey = work->data;
    struct wpb_rdb_events events = {on_key, on_aux, survey};

    survey->status = wpb_rdb_walk(&survey->file.source, true, &events, &survey->result,
                                  &survey->error);
}

/* ---- on the loop's thread ---- */

static void post_database(struct survey *survey, const struct wpb_redis_scope *scope,
                          const struct database *database)
{
    char name[24];
    int len = snprintf(name, sizeof name, "db%" PRIu64, database->number);
    struct wpb_subject subject = scope->database;
    enum wpb_provenance provenance = survey->status == 0 ? WPB_EXACT : WPB_ESTIMATED;

    subject.name = wpb_slice_of(name, (size_t)len);
    wpb_run_post(survey->run, NULL, &subject, WPB_M_KEYS, wpb_value_count(database->keys),
                 provenance);
    wpb_run_post(survey->run, NULL, &subject, WPB_M_TTLLESS_KEYS,
                 wpb_value_count(database->ttlless), provenance);
    wpb_run_post(survey->run, NULL, &subject, WPB_M_MEMORY_BYTES,
                 wpb_value_count(database->bytes), WPB_ESTIMATED);
}

static void post(struct survey *survey, const struct wpb_redis_scope *scope)
{
    struct wpb_keyspace_facts facts = {.is_complete = survey->status == 0,
                                       .has_bytes = true,
                                       .has_ttl = true,
                                       .is_modelled = true};

    if (survey->version[0])
        wpb_run_post(survey->run, NULL, &scope->server, WPB_M_VERSION,
                     wpb_value_text(wpb_slice_cstr(survey->version)), WPB_EXACT);
    if (survey->used_memory)
        wpb_run_post(survey->run, NULL, &scope->server, WPB_M_USED_MEMORY_BYTES,
                     wpb_value_count(survey->used_memory), WPB_EXACT);
    for (size_t i = 0; i < survey->database_count; i++)
        if (survey->databases[i].number != survey->database)
            post_database(survey, scope, &survey->databases[i]);
    wpb_keyspace_post(survey->run, scope, survey->tally, &facts);
}

static void add(struct wpb_buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct wpb_buf *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    wpb_buf_text(out, out->len ? "; " : "");
    wpb_buf_vprintf(out, format, args);
    va_end(args);
}

/* What the reader of the report should know about the file. */
static void explain(struct survey *survey, struct wpb_buf *out)
{
    int64_t age_ms = wpb_run_now_ms(survey->run) - survey->written_ms;

    if (survey->status != 0)
        add(out, "%s",
            survey->error.code == WPB_E_CANCELLED
                ? "stopped before its end; what was counted until then stands"
                : survey->error.message);
    if (survey->result.checksum == WPB_RDB_NONE)
        add(out, "the file has no checksum to verify");
    if (survey->result.trailing_bytes)
        add(out, "%" PRIu64 " bytes after the snapshot (commands) were not read",
            survey->result.trailing_bytes);
    if (survey->other_keys)
        add(out, "%" PRIu64 " keys of further databases were not told apart",
            survey->other_keys);
    if (wpb_rdb_file_has_changed(&survey->file))
        add(out, "the file was written to while it was read");
    if (age_ms > OLD_MS)
        add(out, "the file shows the state of %" PRId64 " hours ago",
            age_ms / (3600 * 1000));
    if (wpb_tally_total(survey->tally).keys == 0 && survey->result.keys) {
        add(out,
            "database %" PRIu64 " of the file has no keys, database %" PRIu64
            " has %" PRIu64,
            survey->database, survey->databases[0].number, survey->databases[0].keys);
    }
}

static enum wpb_coverage_status status_of(const struct survey *survey)
{
    if (survey->status == 0)
        return WPB_COVERAGE_OK;
    return survey->result.keys ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_UNAVAILABLE;
}

static void after_walk(uv_work_t *work, int status)
{
    struct survey *survey = work->data;
    struct wpb_redis_scope scope;
    struct wpb_buf reason;

    if (status == UV_ECANCELED) {
        wpb_run_end(survey->run, WPB_COVERAGE_UNAVAILABLE, "cancelled before it began");
        return;
    }
    wpb_buf_init(&reason, 1000);
    explain(survey, &reason);
    if (status_of(survey) != WPB_COVERAGE_UNAVAILABLE) {
        wpb_redis_scope_init_file(&scope, survey->file.path, (uint32_t)survey->database);
        post(survey, &scope);
        wpb_keyspace_notes(survey->run, survey->tally, &reason);
        wpb_redis_scope_fini(&scope);
    }
    wpb_run_cost(survey->run)->bytes_received += survey->file.bytes_read;
    wpb_run_progress(survey->run, survey->result.keys,
                     survey->status == 0 ? survey->result.keys : 0, NULL);
    wpb_run_end(survey->run, status_of(survey), "%s", reason.data);
    wpb_buf_fini(&reason);
}

static void release(void *state)
{
    struct survey *survey = state;

    if (!survey)
        return;
    wpb_tally_free(survey->tally);
    wpb_rdb_file_close(&survey->file);
    free(survey);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    size_t count_of_sites;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count_of_sites);
    struct survey *survey = calloc(1, sizeof *survey);
    int status;

    if (!survey)
        goto out_memory;
    survey->run = run;
    survey->work.data = survey;
    if (wpb_rdb_file_open(&survey->file, sites[0]->rdb_file, err) != 0)
        goto out_survey;
    survey->is_chosen = sites[0]->has_redis;
    survey->database = sites[0]->has_redis ? sites[0]->redis.database : 0;
    survey->written_ms = survey->file.changed_ms;
    survey->tally = wpb_tally_new(sites, count_of_sites, wpb_run_top(run));
    if (!survey->tally)
        goto out_memory;
    status = uv_queue_work(wpb_run_loop(run), &survey->work, walk, after_walk);
    if (status != 0) {
        wpb_err_set(err, WPB_E_IO, STAGE, "no thread to read on: %s",
                    uv_strerror(status));
        goto out_survey;
    }
    wpb_run_step_in(run, PROGRESS_MS);
    return survey;
out_memory:
    wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
out_survey:
    release(survey);
    return NULL;
}

/* How many keys there will be is guessed from the part of the file that was read. */
static void step(void *state)
{
    struct survey *survey = state;
    uint64_t keys = atomic_load(&survey->keys_done);
    uint64_t bytes = atomic_load(&survey->bytes_done);
    double part =
        survey->file.source.size ? (double)bytes / (double)survey->file.source.size : 0;

    wpb_run_progress(survey->run, keys, part > 0.01 ? (uint64_t)((double)keys / part) : 0,
                     NULL);
    wpb_run_step_in(survey->run, PROGRESS_MS);
}

static void cancel(void *state)
{
    struct survey *survey = state;

    atomic_store(&survey->cancel, true);
    uv_cancel((uv_req_t *)&survey->work);
}

const struct wpb_probe wpb_probe_redis_rdb = {
    .name = "redis.rdb",
    .help = "sizes, groups and times to live of all keys of a database, from an RDB file "
            "that exists; memory is an estimate from the lengths",
    .unit = "keys",
    .needs = "rdb",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = DEADLINE_MS,
    .grants = "read access to the file",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
