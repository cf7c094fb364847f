#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "probes/php/examine.h"
#include "probes/redis/link.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"
#include "probes/redis/value_post.h"

/* One GETRANGE: half a millisecond of the server's time at most. */
#define CHUNK_BYTES (256 * 1024u)
#define CHUNK_DEADLINE_MS 10000
/* Longer chunks are decoded on a thread of the pool. */
#define INLINE_BYTES (64 * 1024u)
#define DEADLINE_MS 60000

enum question {
    ASK_TTL,
    ASK_MEMORY,
    ASK_LENGTH,
    ASK_TYPE,
    ASK_COUNT,
    ASK_CHUNK,
    ASK_AGAIN
};

static const char *const question_names[] = {
    [ASK_TTL] = "PTTL",     [ASK_MEMORY] = "MEMORY USAGE", [ASK_LENGTH] = "STRLEN",
    [ASK_TYPE] = "TYPE",    [ASK_COUNT] = "counting",      [ASK_CHUNK] = "GETRANGE",
    [ASK_AGAIN] = "STRLEN",
};

struct value {
    struct wpb_run *run;
    struct wpb_link *link;
    struct wpb_cost *cost;
    struct wpb_redis_scope scope;
    const struct wpb_request *requests;
    size_t count, at;

    struct wpb_value_facts facts; /* of the key at hand */
    const struct wpb_site *site;  /* it belongs to; NULL: not known which */
    struct wpb_arena *arena;
    struct wpb_examiner *examiner;
    uint64_t wanted; /* bytes to read of it */
    struct wpb_buf chunk;
    uv_work_t work;
    bool is_decoding; /* the thread has examiner and chunk */
    bool is_enough;   /* the examiner needs no more */
    struct wpb_err error;
    uint64_t failures; /* keys that could not be looked into */
    enum wpb_coverage_status status;
    bool is_ending, is_closed;
};

static void next_key(struct value *probe);

/* ---- the end ---- */

static void forget_key(struct value *probe)
{
    wpb_examiner_free(probe->examiner);
    wpb_arena_free(probe->arena);
    probe->examiner = NULL;
    probe->arena = NULL;
}

static void end_run(struct value *probe)
{
    if (probe->is_closed && !probe->is_decoding)
        wpb_run_end(probe->run, probe->status, "%s", probe->error.message);
}

static void on_closed(void *cookie)
{
    struct value *probe = cookie;
    probe->link = NULL;
    probe->is_closed = true;
    end_run(probe);
}

static void finish(struct value *probe, enum wpb_coverage_status status)
{
    if (probe->is_ending)
        return;
    probe->is_ending = true;
    probe->status = status;
    wpb_run_progress(probe->run, probe->at - probe->failures, probe->count, NULL);
    wpb_link_close(probe->link);
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    struct value *probe = cookie;
    probe->error = *err;
    finish(probe, probe->at ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_UNAVAILABLE);
}

/* ---- asking ---- */

static void on_answer(void *cookie, const struct redisReply *reply, uint64_t tag);

static void ask(struct value *probe, enum question question,
                const struct wpb_slice *words, size_t count)
{
    struct wpb_buf command;

    wpb_buf_init(&command, 0);
    wpb_resp_command(&command, words, count);
    wpb_link_send_key(probe->link, probe->requests[probe->at].subject->name, on_answer,
                      question, wpb_buf_view(&command));
    wpb_buf_fini(&command);
}

static void ask_key(struct value *probe, enum question question, const char *verb)
{
    struct wpb_slice words[] = {wpb_slice_cstr(verb),
                                probe->requests[probe->at].subject->name};
    ask(probe, question, words, 2);
}

static void ask_chunk(struct value *probe)
{
    char first[24], last[24];
    uint64_t begin = probe->facts.read_bytes;
    uint64_t end =
        probe->wanted - begin > CHUNK_BYTES ? begin + CHUNK_BYTES : probe->wanted;
    int first_len = snprintf(first, sizeof first, "%" PRIu64, begin);
    int last_len = snprintf(last, sizeof last, "%" PRIu64, end - 1);
    struct wpb_slice words[] = {
        WPB_SLICE("GETRANGE"), probe->requests[probe->at].subject->name,
        wpb_slice_of(first, (size_t)first_len), wpb_slice_of(last, (size_t)last_len)};
    ask(probe, ASK_CHUNK, words, 4);
    wpb_link_flush(probe->link, CHUNK_DEADLINE_MS);
}

/* The command that counts the elements of a key of TYPE, or NULL. */
static const char *counting_command(struct wpb_slice type)
{
    static const struct {
        const char *type, *command;
    } rows[] = {
        {"zset", "ZCARD"}, {"hash", "HLEN"},   {"set", "SCARD"},
        {"list", "LLEN"},  {"stream", "XLEN"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (wpb_slice_is(type, rows[i].type))
            return rows[i].command;
    return NULL;
}

/* ---- one key ---- */

static void key_done(struct value *probe)
{
    struct wpb_examination examination = {0};

    if (probe->examiner)
        wpb_examiner_finish(probe->examiner, probe->arena, &examination);
    wpb_value_post(probe->run, &probe->scope, probe->site,
                   probe->requests[probe->at].subject, &probe->facts,
                   probe->examiner ? &examination : NULL);
    forget_key(probe);
    probe->at++;
    next_key(probe);
}

/* This key is given up; the others go on. */
static void key_failed(struct value *probe)
{
    forget_key(probe);
    probe->failures++;
    probe->at++;
    next_key(probe);
}

static void chunk_done(struct value *probe)
{
    bool is_last = probe->facts.read_bytes >= probe->wanted;

    if (probe->is_ending)
        return;
    if (probe->is_enough || is_last || probe->facts.is_cut_short) {
        ask_key(probe, ASK_AGAIN, "STRLEN");
        wpb_link_flush(probe->link, 0);
    } else {
        ask_chunk(probe);
    }
}

static void decode(struct value *probe)
{
    probe->is_enough =
        wpb_examiner_feed(probe->examiner, wpb_buf_view(&probe->chunk)) != 0;
}

static void on_work(uv_work_t *work)
{
    decode(work->data);
}

static void on_decoded(uv_work_t *work, int status)
{
    struct value *probe = work->data;
    (void)status;

    probe->is_decoding = false;
    if (probe->is_ending)
        end_run(probe);
    else
        chunk_done(probe);
}

static void take_chunk(struct value *probe, struct wpb_slice bytes)
{
    bytes = wpb_slice_head(bytes, probe->wanted - probe->facts.read_bytes);
    probe->facts.read_bytes += bytes.len;
    probe->cost->keyspace_hits++;
    /* Shorter than asked for: the value was rewritten or removed meanwhile. */
    probe->facts.is_cut_short =
        bytes.len < CHUNK_BYTES && probe->facts.read_bytes < probe->wanted;
    wpb_buf_clear(&probe->chunk);
    wpb_buf_slice(&probe->chunk, bytes);
    if (wpb_buf_failed(&probe->chunk)) {
        wpb_err_set(&probe->error, WPB_E_MEMORY, "redis", "out of memory");
        key_failed(probe);
        return;
    }
    if (bytes.len > INLINE_BYTES &&
        uv_queue_work(wpb_run_loop(probe->run), &probe->work, on_work, on_decoded) == 0) {
        probe->is_decoding = true;
        return;
    }
    decode(probe);
    chunk_done(probe);
}

static void begin_reading(struct value *probe)
{
    uint64_t cap = probe->requests[probe->at].byte_cap;
    struct wpb_slice key = probe->requests[probe->at].subject->name;

    probe->wanted = probe->facts.length < cap ? probe->facts.length : cap;
    probe->arena = wpb_arena_new();
    probe->examiner = wpb_value_examiner(probe->site, key, probe->facts.length);
    if (!probe->arena || !probe->examiner) {
        wpb_err_set(&probe->error, WPB_E_MEMORY, "redis", "out of memory");
        key_failed(probe);
    } else if (probe->wanted == 0) {
        key_done(probe);
    } else {
        ask_chunk(probe);
    }
}

/* The three first answers are in. */
static void after_facts(struct value *probe)
{
    struct wpb_value_facts *facts = &probe->facts;

    if (facts->is_absent) {
        key_done(probe);
    } else if (facts->is_no_string) {
        ask_key(probe, ASK_TYPE, "TYPE");
        wpb_link_flush(probe->link, 0);
    } else if (!facts->has_length) {
        key_failed(probe); /* the error says why */
    } else {
        begin_reading(probe);
    }
}

static void take_type(struct value *probe, struct wpb_slice type)
{
    const char *command = counting_command(type);

    snprintf(probe->facts.type, sizeof probe->facts.type, "%.*s", (int)type.len,
             type.data);
    probe->cost->keyspace_hits++;
    if (command) {
        ask_key(probe, ASK_COUNT, command);
        wpb_link_flush(probe->link, 0);
    } else {
        key_done(probe);
    }
}

static void take_fact(struct value *probe, enum question question,
                      const struct redisReply *reply)
{
    struct wpb_value_facts *facts = &probe->facts;
    int64_t number = wpb_reply_integer(reply, 0);

    switch (question) {
    case ASK_TTL:
        facts->is_absent |= number == -2;
        facts->has_ttl = number != -2;
        facts->ttl_ms = number;
        probe->cost->keyspace_hits += number != -2;
        break;
    case ASK_MEMORY:
        facts->has_memory = true;
        facts->memory_bytes = number > 0 ? (uint64_t)number : 0;
        break;
    case ASK_LENGTH:
        facts->has_length = true;
        facts->length = number > 0 ? (uint64_t)number : 0;
        probe->cost->keyspace_hits += number > 0;
        break;
    case ASK_COUNT:
        facts->has_count = true;
        facts->count = number > 0 ? (uint64_t)number : 0;
        probe->cost->keyspace_hits++;
        break;
    default:
        facts->length_after = number > 0 ? (uint64_t)number : 0;
        facts->has_changed = facts->length_after != facts->length;
        probe->cost->keyspace_hits += number > 0;
    }
}

/* The lookup found a key all the same. */
static void take_wrong_type(struct value *probe)
{
    probe->facts.is_no_string = true;
    probe->cost->keyspace_hits++;
}

/* Go on after the answer to QUESTION, whatever it was. */
static void proceed(struct value *probe, enum question question)
{
    if (question <= ASK_LENGTH) {
        if (wpb_link_pending(probe->link) == 0)
            after_facts(probe);
    } else if (question == ASK_COUNT || question == ASK_AGAIN) {
        key_done(probe);
    } else {
        key_failed(probe); /* no type, no chunk: nothing more to learn */
    }
}

static void on_answer(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct value *probe = cookie;
    enum question question = (enum question)tag;
    struct wpb_slice text = wpb_reply_text(reply);

    if (question == ASK_CHUNK && reply->type == REDIS_REPLY_STRING) {
        take_chunk(probe, text);
        return;
    }
    if (question == ASK_TYPE && reply->type == REDIS_REPLY_STATUS) {
        take_type(probe, text);
        return;
    }
    if (reply->type == REDIS_REPLY_INTEGER)
        take_fact(probe, question, reply);
    else if (wpb_reply_is_code(reply, "WRONGTYPE"))
        take_wrong_type(probe);
    else if (reply->type == REDIS_REPLY_NIL)
        probe->facts.is_absent |= question == ASK_MEMORY;
    else if (!probe->error.code)
        wpb_reply_unexpected(&probe->error, question_names[question], reply);
    proceed(probe, question);
}

static void next_key(struct value *probe)
{
    wpb_run_progress(probe->run, probe->at - probe->failures, probe->count, NULL);
    if (probe->at == probe->count) {
        if (probe->failures == probe->count && probe->count)
            finish(probe, WPB_COVERAGE_UNAVAILABLE);
        else
            finish(probe, probe->error.code ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_OK);
        return;
    }
    struct wpb_slice key = probe->requests[probe->at].subject->name;
    struct wpb_slice memory[] = {WPB_SLICE("MEMORY"), WPB_SLICE("USAGE"), key};
    probe->facts = (struct wpb_value_facts){0};
    probe->site = wpb_value_site(probe->run, key);
    probe->is_enough = false;
    ask_key(probe, ASK_TTL, "PTTL");
    ask(probe, ASK_MEMORY, memory, 3);
    ask_key(probe, ASK_LENGTH, "STRLEN");
    wpb_link_flush(probe->link, 0);
}

static void on_ready(void *cookie)
{
    next_key(cookie);
}

/* ---- the probe ---- */

static void release(void *state)
{
    struct value *probe = state;
    if (!probe)
        return;
    forget_key(probe);
    wpb_buf_fini(&probe->chunk);
    wpb_redis_scope_fini(&probe->scope);
    free(probe);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct value *probe = calloc(1, sizeof *probe);

    if (!probe) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        return NULL;
    }
    probe->run = run;
    probe->cost = wpb_run_cost(run);
    probe->requests = wpb_run_requests(run, &probe->count);
    probe->work.data = probe;
    wpb_buf_init(&probe->chunk, 0);
    wpb_redis_scope_init(&probe->scope, &sites[0]->redis);
    probe->link = wpb_link_open(wpb_run_loop(run), sites, count, WPB_LINK_REPLICA,
                                &events, probe, probe->cost, err);
    if (probe->link)
        return probe;
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
    wpb_err_set(&probe->error, WPB_E_CANCELLED, "redis",
                "stopped after %zu of %zu values", probe->at, probe->count);
    finish(probe, probe->at ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_UNAVAILABLE);
}

const struct wpb_probe wpb_probe_redis_value = {
    .name = "redis.value",
    .help = "one value read in chunks and taken apart: encoding, entries, heaviest "
            "paths, families of names, PHP memory",
    .unit = "values",
    .needs = "redis",
    .look = WPB_LOOK_EXAMINE,
    .examines = WPB_SUBJECT_REDIS_KEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = DEADLINE_MS,
    .grants = "~* +select +info +pttl +memory|usage +strlen +getrange +type +zcard +hlen "
              "+scard +llen +xlen",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
