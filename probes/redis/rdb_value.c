#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "probes/redis/probes.h"
#include "probes/redis/rdb_open.h"
#include "probes/redis/value_post.h"

#define STAGE "rdb"
#define DEADLINE_MS (2 * 60 * 1000u)
#define DATABASE_MARK "?db="

/* One value that was asked for. */
struct wanted {
    const struct wpb_request *request;
    const struct wpb_site *site; /* it belongs to; NULL: not known which */
    uint64_t database;
    bool is_found;
    uint64_t offset;
    struct wpb_value_facts facts;
    bool has_examination;
    struct wpb_examination examination;
    struct wpb_err error;
};

/* The pool's thread has all but `run` and `cancel` to itself between uv_queue_work()
 * and after_read(). */
struct value {
    struct wpb_run *run;
    uv_work_t work;
    atomic_bool cancel;
    struct wpb_rdb_file file;
    struct wpb_arena *arena; /* texts of the examinations */
    struct wanted *wanted;
    size_t count, found;
    int64_t written_ms;
    struct wpb_err error;
    int status;
};

/* ---- on the pool's thread ---- */

static void on_aux(void *cookie, struct wpb_slice name, struct wpb_slice value)
{
    struct value *probe = cookie;
    char digits[16];

    if (!wpb_slice_is(name, "ctime"))
        return;
    snprintf(digits, sizeof digits, "%.*s", (int)value.len, value.data);
    if (atol(digits) > 0)
        probe->written_ms = (int64_t)atol(digits) * 1000;
}

static void take(struct value *probe, struct wanted *wanted,
                 const struct wpb_rdb_key *key)
{
    struct wpb_value_facts *facts = &wanted->facts;

    wanted->is_found = true;
    wanted->offset = key->value_offset;
    facts->has_ttl = facts->has_memory = facts->is_modelled = true;
    facts->memory_bytes = key->memory_bytes;
    facts->ttl_ms = !key->has_expiry ? -1
                    : key->expires_ms > probe->written_ms
                        ? key->expires_ms - probe->written_ms
                        : 0;
    facts->is_no_string = key->type != WPB_RDB_STRING;
    facts->has_length = !facts->is_no_string;
    facts->length = key->length;
    facts->has_count = facts->is_no_string && key->has_elements;
    facts->count = key->elements;
    snprintf(facts->type, sizeof facts->type, "%s", wpb_rdb_type_name(key->type));
    probe->found++;
}

/* Stops the walk when all that was asked for is found. */
static int on_key(void *cookie, const struct wpb_rdb_key *key)
{
    struct value *probe = cookie;

    for (size_t i = 0; i < probe->count; i++) {
        struct wanted *wanted = &probe->wanted[i];
        if (key->name_len == wanted->request->subject->name.len && !wanted->is_found &&
            key->database == wanted->database &&
            wpb_slice_equal(key->name, wanted->request->subject->name))
            take(probe, wanted, key);
    }
    return probe->found == probe->count ||
           atomic_load_explicit(&probe->cancel, memory_order_relaxed);
}

struct feeding {
    struct value *probe;
    struct wanted *wanted;
    struct wpb_examiner *examiner;
};

static int feed(void *cookie, struct wpb_slice chunk)
{
    struct feeding *feeding = cookie;

    feeding->wanted->facts.read_bytes += chunk.len;
    return wpb_examiner_feed(feeding->examiner, chunk) != 0 ||
           atomic_load_explicit(&feeding->probe->cancel, memory_order_relaxed);
}

static void examine(struct value *probe, struct wanted *wanted)
{
    struct wpb_slice key = wanted->request->subject->name;
    struct feeding feeding = {
        probe, wanted, wpb_value_examiner(wanted->site, key, wanted->facts.length)};

    if (!feeding.examiner) {
        wpb_err_set(&wanted->error, WPB_E_MEMORY, STAGE, "out of memory");
        return;
    }
    struct wpb_err error;
    if (wpb_rdb_value(&probe->file.source, wanted->offset, wanted->request->byte_cap,
                      feed, &feeding, &error) != 0)
        wanted->error = error;
    else if (atomic_load(&probe->cancel))
        wpb_err_set(&wanted->error, WPB_E_CANCELLED, STAGE,
                    "stopped in the middle of a value");
    wpb_examiner_finish(feeding.examiner, probe->arena, &wanted->examination);
    wanted->has_examination = true;
    wpb_examiner_free(feeding.examiner);
}

static void read_values(uv_work_t *work)
{
    struct value *probe = work->data;
    struct wpb_rdb_events events = {on_key, on_aux, probe};
    struct wpb_rdb_result result;

    /* The survey has verified the checksum. */
    probe->status =
        wpb_rdb_walk(&probe->file.source, false, &events, &result, &probe->error);
    if (probe->found == probe->count)
        probe->status = 0;
    for (size_t i = 0; i < probe->count && !atomic_load(&probe->cancel); i++)
        if (probe->wanted[i].is_found && !probe->wanted[i].facts.is_no_string)
            examine(probe, &probe->wanted[i]);
}

/* ---- on the loop's thread ---- */

/* A key that a whole walk did not find is absent; of one that a walk did not get to,
 * nothing is known. */
static void post(struct value *probe)
{
    for (size_t i = 0; i < probe->count; i++) {
        struct wanted *wanted = &probe->wanted[i];
        struct wpb_redis_scope scope;
        bool is_read = wanted->has_examination || wanted->facts.is_no_string;
        if (wanted->is_found ? !is_read : probe->status != 0)
            continue;
        wanted->facts.is_absent = !wanted->is_found;
        wanted->facts.is_cut_short = wanted->error.code != WPB_OK;
        wpb_redis_scope_init_file(&scope, probe->file.path, (uint32_t)wanted->database);
        wpb_value_post(probe->run, &scope, wanted->site, wanted->request->subject,
                       &wanted->facts,
                       wanted->has_examination ? &wanted->examination : NULL);
        wpb_redis_scope_fini(&scope);
    }
}

static void after_read(uv_work_t *work, int status)
{
    struct value *probe = work->data;
    const struct wpb_err *error = &probe->error;
    size_t done = 0;

    if (status == UV_ECANCELED) {
        wpb_run_end(probe->run, WPB_COVERAGE_UNAVAILABLE, "cancelled before it began");
        return;
    }
    post(probe);
    if (probe->status == 0)
        probe->error = (struct wpb_err){0};
    for (size_t i = 0; i < probe->count; i++) {
        done += probe->wanted[i].is_found && !probe->wanted[i].error.code;
        if (probe->wanted[i].error.code)
            error = &probe->wanted[i].error;
    }
    wpb_run_cost(probe->run)->bytes_received += probe->file.bytes_read;
    wpb_run_progress(probe->run, done, probe->count, NULL);
    wpb_run_end(probe->run,
                error->code == WPB_OK ? WPB_COVERAGE_OK
                : done                ? WPB_COVERAGE_PARTIAL
                                      : WPB_COVERAGE_UNAVAILABLE,
                "%s", error->message);
}

static void release(void *state)
{
    struct value *probe = state;

    if (!probe)
        return;
    wpb_rdb_file_close(&probe->file);
    wpb_arena_free(probe->arena);
    free(probe->wanted);
    free(probe);
}

/* The database in a scope that the survey has posted. */
static uint64_t database_of(struct wpb_slice scope)
{
    uint64_t number = 0;
    size_t at = scope.len;

    while (at > 0 && scope.data[at - 1] >= '0' && scope.data[at - 1] <= '9')
        at--;
    if (!wpb_slice_ends(wpb_slice_head(scope, at), wpb_slice_cstr(DATABASE_MARK)))
        return 0;
    for (; at < scope.len; at++)
        number = number * 10 + (uint64_t)(scope.data[at] - '0');
    return number;
}

static bool list_wanted(struct value *probe)
{
    const struct wpb_request *requests = wpb_run_requests(probe->run, &probe->count);

    probe->wanted = calloc(probe->count + 1, sizeof *probe->wanted);
    for (size_t i = 0; probe->wanted && i < probe->count; i++) {
        const struct wpb_subject *subject = requests[i].subject;
        probe->wanted[i].request = &requests[i];
        probe->wanted[i].site = wpb_value_site(probe->run, subject->name);
        probe->wanted[i].database = database_of(subject->scope);
    }
    return probe->wanted != NULL;
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    size_t count;
    struct value *probe = calloc(1, sizeof *probe);
    int status;

    if (!probe)
        goto out_memory;
    probe->run = run;
    probe->work.data = probe;
    if (wpb_rdb_file_open(&probe->file, wpb_run_sites(run, &count)[0]->rdb_file, err) !=
        0)
        goto out_probe;
    probe->written_ms = probe->file.changed_ms;
    probe->arena = wpb_arena_new();
    if (!probe->arena || !list_wanted(probe))
        goto out_memory;
    status = uv_queue_work(wpb_run_loop(run), &probe->work, read_values, after_read);
    if (status == 0)
        return probe;
    wpb_err_set(err, WPB_E_IO, STAGE, "no thread to read on: %s", uv_strerror(status));
    goto out_probe;
out_memory:
    wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
out_probe:
    release(probe);
    return NULL;
}

static void step(void *state)
{
    (void)state;
}

static void cancel(void *state)
{
    struct value *probe = state;

    atomic_store(&probe->cancel, true);
    uv_cancel((uv_req_t *)&probe->work);
}

const struct wpb_probe wpb_probe_redis_rdb_value = {
    .name = "redis.rdb_value",
    .help =
        "one value read from an RDB file and taken apart: encoding, entries, heaviest "
        "paths, families of names, PHP memory",
    .unit = "values",
    .needs = "rdb",
    .look = WPB_LOOK_EXAMINE,
    .examines = WPB_SUBJECT_REDIS_KEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = DEADLINE_MS,
    .grants = "read access to the file",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
