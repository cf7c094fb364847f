#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "probes/redis/batch.h"
#include "probes/redis/conn.h"
#include "probes/redis/keyspace_post.h"
#include "probes/redis/pace.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"

/* A pass under normal or full that is not over by then ends as partial; low, which
 * rests most of the time, may take hours. */
#define QUICK_DEADLINE_MS (10 * 60 * 1000u)
#define LOW_DEADLINE_MS (6 * 3600 * 1000u)
/* A database that lost half of its keys during the pass was emptied. */
#define FLUSH_SUSPECT_KEYS 100

#define DBSIZE_COMMAND "*1\r\n$6\r\nDBSIZE\r\n"

enum tag { TAG_DBSIZE_FIRST, TAG_DBSIZE_LAST, TAG_SCAN };
/* Replies about a key carry its index in the batch. */
#define TAG_KEY(index) ((uint64_t)(index))

struct keyspace {
    struct wpb_run *run;
    struct wpb_conn *conn;
    struct wpb_cost *cost;
    struct wpb_redis_scope scope;
    struct wpb_tally *tally;
    struct wpb_pace pace;

    struct wpb_batch batches[2]; /* being measured, and found by the SCAN beside it */
    int current;
    bool asks_memory, asks_ttl; /* in the batch that is under way */
    uint64_t sent_us;
    char cursor[24];
    bool is_scanned; /* the cursor came back to 0 */

    uint64_t total, done, forbidden, own_hits;
    uint64_t started_ms;
    struct wpb_err no_memory, no_ttl; /* why they are not asked, once denied */
    bool has_started, is_ending;
    enum wpb_coverage_status status;
    struct wpb_buf reason;
};

static void next_batch(struct keyspace *probe);

/* ---- the end ---- */

static void on_closed(void *cookie)
{
    struct keyspace *probe = cookie;
    probe->conn = NULL;
    wpb_run_end(probe->run, probe->status, "%s", probe->reason.data);
}

static void add_reason(struct keyspace *probe, const char *text)
{
    wpb_buf_printf(&probe->reason, "%s%s", probe->reason.len ? "; " : "", text);
}

/* End as STATUS, with what was counted so far. WHY may be "". */
static void finish(struct keyspace *probe, enum wpb_coverage_status status,
                   const char *why)
{
    struct wpb_keyspace_facts facts = {
        .is_complete = status == WPB_COVERAGE_OK,
        .has_bytes = probe->no_memory.code == WPB_OK,
        .has_ttl = probe->no_ttl.code == WPB_OK,
        .own_hits = probe->own_hits,
    };

    if (probe->is_ending)
        return;
    probe->is_ending = true;
    if (*why)
        add_reason(probe, why);
    if (probe->no_memory.code)
        add_reason(probe, probe->no_memory.message);
    if (probe->no_ttl.code)
        add_reason(probe, probe->no_ttl.message);
    if (probe->forbidden) {
        wpb_buf_printf(&probe->reason,
                       "%s%" PRIu64 " keys are outside the ACL's key patterns: add ~*",
                       probe->reason.len ? "; " : "", probe->forbidden);
        facts.is_complete = false;
    }
    if (status == WPB_COVERAGE_OK && probe->reason.len)
        status = WPB_COVERAGE_PARTIAL;
    probe->status = status;
    if (probe->has_started) {
        wpb_keyspace_post(probe->run, &probe->scope, probe->tally, &facts);
        wpb_keyspace_notes(probe->run, probe->tally, &probe->reason);
    }
    wpb_run_progress(probe->run, probe->done, probe->total, NULL);
    wpb_conn_close(probe->conn);
}

/* What was counted stands; without any of it there was no look at all. */
static void fail(struct keyspace *probe, const struct wpb_err *err)
{
    finish(probe, probe->done ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_UNAVAILABLE,
           err->message);
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    fail(cookie, err);
}

/* ---- what the replies say ---- */

/* Note that COMMAND is not to be had; the pass goes on without it. */
static void deny(struct wpb_err *reason, const char *command, const char *acl,
                 const struct redisReply *reply)
{
    struct wpb_slice text = wpb_slice_head(wpb_reply_text(reply), 80);
    wpb_err_set(reason, WPB_E_DENIED, "redis",
                "%s is refused (\"%.*s\"), so %s are not known: allow %s in the ACL",
                command, (int)text.len, text.data,
                command[0] == 'M' ? "sizes" : "times to live", acl);
}

/* An error about one key alone: the ACL's patterns leave it out. */
static bool is_forbidden_key(const struct redisReply *reply)
{
    struct wpb_slice text = wpb_reply_text(reply);
    return wpb_reply_is_code(reply, "NOPERM") && memmem(text.data, text.len, " key", 4);
}

/* Both answers about the key of ITEM are in. */
static void count_key(struct keyspace *probe, const struct wpb_batch *batch, size_t i,
                      const int64_t *ttl_ms)
{
    const struct wpb_batch_item *item = &batch->items[i];
    struct wpb_tally_key key = {
        .name = wpb_batch_name(batch, i),
        .has_bytes = item->has_bytes,
        .bytes = item->bytes,
        .has_ttl = ttl_ms != NULL,
        .ttl_ms = ttl_ms ? *ttl_ms : 0,
    };
    probe->done++;
    if (!item->is_gone)
        wpb_tally_add(probe->tally, &key);
}

static void batch_done(struct keyspace *probe)
{
    const struct wpb_batch *batch = &probe->batches[probe->current];
    uint64_t now_us = uv_hrtime() / 1000;

    if (probe->is_ending || wpb_conn_pending(probe->conn) > 0)
        return;
    wpb_pace_note(&probe->pace, now_us, batch->count, batch->name_bytes,
                  now_us - probe->sent_us);
    wpb_run_progress(probe->run, probe->done, probe->total, wpb_pace_text(&probe->pace));
    wpb_batch_clear(&probe->batches[probe->current]);
    probe->current ^= 1;
    if (probe->pace.budget != WPB_BUDGET_LOW &&
        now_us / 1000 - probe->started_ms > QUICK_DEADLINE_MS) {
        finish(probe, WPB_COVERAGE_PARTIAL,
               "stopped after 10 minutes; --budget low has no such limit");
        return;
    }
    next_batch(probe);
}

static void on_memory(void *cookie, const struct redisReply *reply, uint64_t index)
{
    struct keyspace *probe = cookie;
    struct wpb_batch *batch = &probe->batches[probe->current];
    struct wpb_batch_item *item = &batch->items[index];
    struct wpb_err err;

    if (reply->type == REDIS_REPLY_INTEGER) {
        item->has_bytes = true;
        item->bytes = reply->integer > 0 ? (uint64_t)reply->integer : 0;
    } else if (reply->type == REDIS_REPLY_NIL) {
        item->is_gone = true;
    } else if (is_forbidden_key(reply)) {
        item->is_gone = true;
        probe->forbidden++;
    } else if (wpb_reply_is_refusal(reply)) {
        if (!probe->no_memory.code)
            deny(&probe->no_memory, "MEMORY USAGE", "+memory|usage", reply);
    } else {
        wpb_reply_unexpected(&err, "MEMORY USAGE", reply);
        fail(probe, &err);
        return;
    }
    if (!probe->asks_ttl)
        count_key(probe, batch, index, NULL);
    batch_done(probe);
}

static void on_ttl(void *cookie, const struct redisReply *reply, uint64_t index)
{
    struct keyspace *probe = cookie;
    struct wpb_batch *batch = &probe->batches[probe->current];
    struct wpb_batch_item *item = &batch->items[index];
    int64_t ttl_ms = wpb_reply_integer(reply, -2);
    struct wpb_err err;

    if (reply->type == REDIS_REPLY_INTEGER) {
        if (ttl_ms == -2)
            item->is_gone = true;
        else
            probe->own_hits++, probe->cost->keyspace_hits++;
        count_key(probe, batch, index, &ttl_ms);
    } else if (is_forbidden_key(reply)) {
        probe->forbidden += !item->is_gone;
        item->is_gone = true;
        count_key(probe, batch, index, NULL);
    } else if (wpb_reply_is_refusal(reply)) {
        if (!probe->no_ttl.code)
            deny(&probe->no_ttl, "PTTL", "+pttl", reply);
        count_key(probe, batch, index, NULL);
    } else {
        wpb_reply_unexpected(&err, "PTTL", reply);
        fail(probe, &err);
        return;
    }
    batch_done(probe);
}

/* SCAN answers [cursor, [name, ...]]. */
static int read_scan(struct keyspace *probe, const struct redisReply *reply,
                     struct wpb_err *err)
{
    struct wpb_batch *found = &probe->batches[probe->current ^ 1];

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_ARRAY)
        return wpb_reply_unexpected(err, "SCAN", reply);
    struct wpb_slice cursor = wpb_reply_text(reply->element[0]);
    if (cursor.len == 0 || cursor.len > 20 ||
        strspn(cursor.data, "0123456789") != cursor.len)
        return wpb_err_set(err, WPB_E_PROTOCOL, "redis", "SCAN gave no usable cursor");
    memcpy(probe->cursor, cursor.data, cursor.len + 1);
    probe->is_scanned = wpb_slice_is(cursor, "0");
    for (size_t i = 0; i < reply->element[1]->elements; i++) {
        const struct redisReply *name = reply->element[1]->element[i];
        if (name->type != REDIS_REPLY_STRING)
            return wpb_reply_unexpected(err, "SCAN", reply);
        if (wpb_batch_add(found, wpb_reply_text(name)) != 0)
            return wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
    }
    return 0;
}

static void on_scan(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct keyspace *probe = cookie;
    struct wpb_err err;
    (void)tag;

    if (read_scan(probe, reply, &err) != 0)
        fail(probe, &err);
    else
        batch_done(probe);
}

/* ---- the pass ---- */

static void check_end(struct keyspace *probe, uint64_t keys_left)
{
    char why[160] = "";
    enum wpb_coverage_status status = WPB_COVERAGE_OK;

    if (probe->total >= FLUSH_SUSPECT_KEYS && keys_left < probe->total / 2) {
        status = WPB_COVERAGE_PARTIAL;
        snprintf(why, sizeof why,
                 "the database shrank from %" PRIu64 " to %" PRIu64
                 " keys during the pass (a flush?)",
                 probe->total, keys_left);
    }
    finish(probe, status, why);
}

/* DBSIZE only serves the progress and the check for a flush: it may be denied. */
static void on_dbsize(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct keyspace *probe = cookie;
    struct wpb_err err;

    if (wpb_reply_is_error(reply) && !wpb_reply_is_refusal(reply)) {
        wpb_reply_fail(&err, "DBSIZE", reply);
        fail(probe, &err);
    } else if (tag == TAG_DBSIZE_LAST) {
        check_end(probe, (uint64_t)wpb_reply_integer(reply, (int64_t)probe->total));
    } else {
        int64_t keys = wpb_reply_integer(reply, 0);
        probe->total = keys > 0 ? (uint64_t)keys : 0;
        probe->has_started = true;
        next_batch(probe);
    }
}

static void ask_dbsize(struct keyspace *probe, enum tag tag)
{
    wpb_conn_send(probe->conn, on_dbsize, tag, wpb_slice_cstr(DBSIZE_COMMAND));
    wpb_conn_flush(probe->conn, 0);
}

static void send_scan(struct keyspace *probe)
{
    char count[16];
    struct wpb_buf command;
    int len = snprintf(count, sizeof count, "%u", wpb_pace_count(&probe->pace));
    struct wpb_slice words[] = {WPB_SLICE("SCAN"), wpb_slice_cstr(probe->cursor),
                                WPB_SLICE("COUNT"), wpb_slice_of(count, (size_t)len)};

    wpb_buf_init(&command, 0);
    wpb_resp_command(&command, words, 4);
    wpb_conn_send(probe->conn, on_scan, TAG_SCAN, wpb_buf_view(&command));
    wpb_buf_fini(&command);
}

static void send_keys(struct keyspace *probe)
{
    const struct wpb_batch *batch = &probe->batches[probe->current];

    probe->asks_memory = probe->no_memory.code == WPB_OK;
    probe->asks_ttl = probe->no_ttl.code == WPB_OK;
    for (size_t i = 0; i < batch->count; i++) {
        if (probe->asks_memory)
            wpb_conn_send(probe->conn, on_memory, TAG_KEY(i), wpb_batch_memory(batch, i));
        if (probe->asks_ttl)
            wpb_conn_send(probe->conn, on_ttl, TAG_KEY(i), wpb_batch_ttl(batch, i));
        if (!probe->asks_memory && !probe->asks_ttl)
            count_key(probe, batch, i, NULL);
    }
}

/* Measure the keys at hand and find the next ones, in one round trip. */
static void next_batch(struct keyspace *probe)
{
    const struct wpb_batch *batch = &probe->batches[probe->current];
    uint64_t now_us = uv_hrtime() / 1000;
    uint64_t commands = 2 * batch->count + !probe->is_scanned;

    if (batch->count == 0 && probe->is_scanned) {
        ask_dbsize(probe, TAG_DBSIZE_LAST);
        return;
    }
    uint32_t wait_ms = wpb_pace_wait_ms(&probe->pace, now_us, commands);
    if (wait_ms > 0) {
        wpb_run_step_in(probe->run, wait_ms);
        return;
    }
    probe->sent_us = now_us;
    /* First the SCAN: its reply is taken in while the keys are being measured. */
    if (!probe->is_scanned)
        send_scan(probe);
    send_keys(probe);
    if (wpb_conn_pending(probe->conn) > 0)
        wpb_conn_flush(probe->conn, 0);
    else
        batch_done(probe);
}

static void on_ready(void *cookie)
{
    struct keyspace *probe = cookie;
    ask_dbsize(probe, TAG_DBSIZE_FIRST);
}

/* ---- the probe ---- */

static void release(void *state)
{
    struct keyspace *probe = state;

    if (!probe)
        return;
    for (int i = 0; i < 2; i++)
        wpb_batch_fini(&probe->batches[i]);
    wpb_tally_free(probe->tally);
    wpb_redis_scope_fini(&probe->scope);
    wpb_buf_fini(&probe->reason);
    free(probe);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct keyspace *probe = calloc(1, sizeof *probe);
    uint64_t now_us = uv_hrtime() / 1000;

    if (!probe) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        return NULL;
    }
    probe->run = run;
    probe->cost = wpb_run_cost(run);
    probe->started_ms = now_us / 1000;
    strcpy(probe->cursor, "0");
    wpb_buf_init(&probe->reason, 0);
    for (int i = 0; i < 2; i++)
        wpb_batch_init(&probe->batches[i]);
    wpb_redis_scope_init(&probe->scope, &sites[0]->redis);
    wpb_pace_init(&probe->pace, wpb_run_budget(run), now_us);
    probe->tally = wpb_tally_new(sites, count, wpb_run_top(run));
    if (!probe->tally) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        goto out_probe;
    }
    probe->conn = wpb_conn_open(wpb_run_loop(run), &sites[0]->redis, &events, probe,
                                probe->cost, err);
    if (probe->conn)
        return probe;
out_probe:
    release(probe);
    return NULL;
}

static void step(void *state)
{
    struct keyspace *probe = state;
    if (!probe->is_ending)
        next_batch(probe);
}

static void cancel(void *state)
{
    struct keyspace *probe = state;
    finish(probe, probe->done ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_UNAVAILABLE,
           "stopped before its end; what was counted until then stands");
}

const struct wpb_probe wpb_probe_redis_keyspace = {
    .name = "redis.keyspace",
    .help = "sizes, groups and times to live of all keys of a database: SCAN with "
            "pipelined MEMORY USAGE and PTTL, paced by the budget",
    .unit = "keys",
    .needs = "redis",
    .after = "redis.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = LOW_DEADLINE_MS,
    .grants = "~* +select +info +dbsize +scan +memory|usage +pttl",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
