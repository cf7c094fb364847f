#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "probes/redis/batch.h"
#include "probes/redis/cluster.h"
#include "probes/redis/idle.h"
#include "probes/redis/keyspace_post.h"
#include "probes/redis/link.h"
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

/* In a larger database one TTL in so many stands for the others (heavy keys, those
 * with a role and the largest are always asked): a PTTL costs the server a third of
 * the whole pass, and every one counts as a keyspace hit. */
#define TTL_SAMPLE_ABOVE_KEYS 200000
#define TTL_SAMPLE_EVERY 16

/* What a reply is about: tags carry the slot of the batch and the item in it. */
#define TAG(slot, item) ((uint64_t)(slot) << 32 | (uint64_t)(item))
#define TAG_SLOT(tag) ((tag) >> 32)
#define TAG_ITEM(tag) ((uint32_t)(tag))

enum dbsize { DBSIZE_FIRST, DBSIZE_LAST };

/* The keys of one SCAN on their way: found, sent, measured. Replies of one server come in
 * order, so that one slot is measured to its end before the next SCAN's reply needs it;
 * a batch for two servers is waited for to its end. */
struct slot {
    struct wpb_batch keys;
    struct wpb_batch late; /* keys of earlier batches whose TTL is wanted after all */
    size_t server, late_server;
};

/* The time since the last access is asked of one key in so many at most, and of up to
 * WPB_IDLE_SAMPLES_MAX in all: SCAN's order is random, so that these are a fair sample.
 */
#define IDLE_EVERY_MIN 20

/* Of what the orphans are judged by, at most so many values are read in one batch. */
#define CURRENT_PER_BATCH 64

struct keyspace {
    struct wpb_run *run;
    struct wpb_link *link;
    struct wpb_cost *cost;
    struct wpb_redis_scope scope;
    struct wpb_tally *tally;
    struct wpb_pace pace;

    struct slot slots[2];
    int sent;        /* slot that was sent last */
    bool has_found;  /* the other one holds what the last SCAN found, or is the first */
    bool is_mixed;   /* the batch sent last went to more than one server */
    size_t server;   /* that is scanned; of a cluster one after the other */
    bool is_scanned; /* the cursor of the last one came back to 0 */
    size_t sizes;    /* answers to DBSIZE that are still to come */
    uint64_t size;   /* the sum of those that came */
    uint64_t sent_us;
    bool is_noted; /* the pace knows of the batch sent last */
    char cursor[24];

    uint32_t ttl_every; /* ask the TTL of one key in so many */
    uint32_t ttl_phase;
    uint64_t idle_every, idle_phase, idle_asked;
    bool has_no_idle; /* denied, or the server counts accesses instead (LFU) */
    struct wpb_err no_idle;
    uint64_t total, done, forbidden, moved, own_hits;
    uint64_t started_ms;
    struct wpb_err no_memory, no_ttl; /* why they are not asked, once denied */
    struct wpb_err no_current;        /* the same of what the site holds as current */
    bool has_started, is_ending;
    enum wpb_coverage_status status;
    struct wpb_buf reason;
};

static void advance(struct keyspace *probe);

/* ---- the end ---- */

static void on_closed(void *cookie)
{
    struct keyspace *probe = cookie;
    probe->link = NULL;
    wpb_run_end(probe->run, probe->status, "%s", probe->reason.data);
}

static void add_reason(struct keyspace *probe, const char *text)
{
    wpb_buf_printf(&probe->reason, "%s%s", probe->reason.len ? "; " : "", text);
}

/* What of a cluster was not read. */
static void explain_missing(struct keyspace *probe)
{
    struct wpb_buf missing;

    wpb_buf_init(&missing, 0);
    wpb_link_missing(probe->link, &missing);
    if (probe->moved)
        wpb_buf_printf(&missing,
                       "%s%" PRIu64 " keys were on their way to another node of the "
                       "cluster, and may be counted twice or not at all",
                       missing.len ? "; " : "", probe->moved);
    if (missing.len && !wpb_buf_failed(&missing))
        add_reason(probe, missing.data);
    wpb_buf_fini(&missing);
}

/* Where the keys were read, if not where everybody would think. */
static void explain_place(struct keyspace *probe)
{
    struct wpb_buf place;

    wpb_buf_init(&place, 0);
    wpb_link_explain(probe->link, &place);
    if (place.len && !wpb_buf_failed(&place))
        add_reason(probe, place.data);
    wpb_buf_fini(&place);
}

/* End as STATUS, with what was counted so far. WHY may be "". */
static void finish(struct keyspace *probe, enum wpb_coverage_status status,
                   const char *why)
{
    struct wpb_keyspace_facts facts = {
        .is_complete = status == WPB_COVERAGE_OK,
        .has_bytes = probe->no_memory.code == WPB_OK,
        .has_ttl = probe->no_ttl.code == WPB_OK,
        .is_sampled = probe->ttl_every > 1,
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
    if (probe->no_current.code)
        add_reason(probe, probe->no_current.message);
    if (probe->forbidden) {
        wpb_buf_printf(&probe->reason,
                       "%s%" PRIu64 " keys are outside the ACL's key patterns: add ~*",
                       probe->reason.len ? "; " : "", probe->forbidden);
        facts.is_complete = false;
    }
    if (probe->has_started && status != WPB_COVERAGE_UNAVAILABLE)
        explain_missing(probe);
    if (status == WPB_COVERAGE_OK && probe->reason.len)
        status = WPB_COVERAGE_PARTIAL;
    probe->status = status;
    if (probe->has_started && status != WPB_COVERAGE_UNAVAILABLE) {
        wpb_keyspace_post(probe->run, &probe->scope, probe->tally, &facts);
        wpb_keyspace_notes(probe->run, probe->tally, &probe->reason);
        /* A figure less, but nothing that was counted is in doubt. */
        if (probe->no_idle.code)
            add_reason(probe, probe->no_idle.message);
        explain_place(probe);
    }
    wpb_run_progress(probe->run, probe->done, probe->total, NULL);
    wpb_link_close(probe->link);
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
static void deny(struct wpb_err *reason, const char *command, const char *what,
                 const char *acl, const struct redisReply *reply)
{
    struct wpb_slice text = wpb_slice_head(wpb_reply_text(reply), 80);
    wpb_err_set(reason, WPB_E_DENIED, "redis",
                "%s is refused (\"%.*s\"), so %s are not known: allow %s in the ACL",
                command, (int)text.len, text.data, what, acl);
}

/* An error about one key alone: the ACL's patterns leave it out. */
static bool is_forbidden_key(const struct redisReply *reply)
{
    struct wpb_slice text = wpb_reply_text(reply);
    return wpb_reply_is_code(reply, "NOPERM") && memmem(text.data, text.len, " key", 4);
}

/* An error about one key alone: another node of the cluster has it by now. */
static bool is_moved_key(struct keyspace *probe, const struct redisReply *reply,
                         struct wpb_batch_item *item)
{
    struct wpb_redirection redirection;

    if (!wpb_cluster_redirects(reply, &redirection) &&
        !wpb_reply_is_code(reply, "TRYAGAIN"))
        return false;
    probe->moved += !item->is_gone;
    item->is_gone = true;
    return true;
}

/* All that was asked about item I of SLOT is in. */
static void count_key(struct keyspace *probe, struct slot *slot, uint32_t i,
                      const int64_t *ttl_ms)
{
    struct wpb_batch *keys = &slot->keys;
    const struct wpb_batch_item *item = &keys->items[i];
    struct wpb_batch *late = &probe->slots[probe->sent ^ 1].late;
    struct wpb_tally_key key = {
        .name = wpb_batch_name(keys, i),
        .has_bytes = item->has_bytes,
        .bytes = item->bytes,
        .has_ttl = ttl_ms != NULL,
        .ttl_ms = ttl_ms ? *ttl_ms : 0,
        .weight = probe->no_ttl.code ? 1 : probe->ttl_every,
    };

    probe->done++;
    if (item->is_gone || !wpb_tally_add(probe->tally, &key) || item->asks_ttl ||
        probe->no_ttl.code)
        return;
    probe->slots[probe->sent ^ 1].late_server = slot->server;
    if (wpb_batch_add(late, key.name, false, true) == 0)
        late->items[late->count - 1].bytes = key.bytes;
}

static void on_memory(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct keyspace *probe = cookie;
    struct slot *slot = &probe->slots[TAG_SLOT(tag)];
    struct wpb_batch_item *item = &slot->keys.items[TAG_ITEM(tag)];
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
            deny(&probe->no_memory, "MEMORY USAGE", "sizes", "+memory|usage", reply);
    } else if (!is_moved_key(probe, reply, item)) {
        wpb_reply_unexpected(&err, "MEMORY USAGE", reply);
        fail(probe, &err);
        return;
    }
    if (!item->asks_ttl)
        count_key(probe, slot, TAG_ITEM(tag), NULL);
    advance(probe);
}

/* -1 when REPLY to a PTTL ends the pass. *TTL_MS is set where *HAS_TTL is. */
static int read_ttl(struct keyspace *probe, const struct redisReply *reply,
                    struct wpb_batch_item *item, bool *has_ttl, int64_t *ttl_ms)
{
    struct wpb_err err;

    *has_ttl = false;
    *ttl_ms = wpb_reply_integer(reply, -2);
    if (reply->type == REDIS_REPLY_INTEGER) {
        *has_ttl = *ttl_ms != -2;
        item->is_gone |= !*has_ttl;
        probe->own_hits += *has_ttl;
        probe->cost->keyspace_hits += *has_ttl;
    } else if (is_forbidden_key(reply)) {
        probe->forbidden += !item->is_gone;
        item->is_gone = true;
    } else if (wpb_reply_is_refusal(reply)) {
        if (!probe->no_ttl.code)
            deny(&probe->no_ttl, "PTTL", "times to live", "+pttl", reply);
    } else if (!is_moved_key(probe, reply, item)) {
        wpb_reply_unexpected(&err, "PTTL", reply);
        fail(probe, &err);
        return -1;
    }
    return 0;
}

static void on_ttl(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct keyspace *probe = cookie;
    struct slot *slot = &probe->slots[TAG_SLOT(tag)];
    bool has_ttl;
    int64_t ttl_ms;

    if (read_ttl(probe, reply, &slot->keys.items[TAG_ITEM(tag)], &has_ttl, &ttl_ms) != 0)
        return;
    count_key(probe, slot, TAG_ITEM(tag), has_ttl ? &ttl_ms : NULL);
    advance(probe);
}

static void on_late_ttl(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct keyspace *probe = cookie;
    struct wpb_batch *late = &probe->slots[TAG_SLOT(tag)].late;
    struct wpb_batch_item *item = &late->items[TAG_ITEM(tag)];
    bool has_ttl;
    struct wpb_tally_key key = {.name = wpb_batch_name(late, TAG_ITEM(tag)),
                                .bytes = item->bytes,
                                .has_ttl = true};

    if (read_ttl(probe, reply, item, &has_ttl, &key.ttl_ms) != 0)
        return;
    if (has_ttl)
        wpb_tally_ttl(probe->tally, &key);
    advance(probe);
}

/* What a site holds as current for a group, by which its stamped keys are judged. */
static void on_current(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct keyspace *probe = cookie;
    struct wpb_slice text = wpb_reply_text(reply);

    if (reply->type == REDIS_REPLY_STRING && text.len) {
        probe->own_hits++;
        probe->cost->keyspace_hits++;
    } else if (wpb_reply_is_error(reply)) {
        bool is_found = wpb_reply_is_code(reply, "WRONGTYPE");
        probe->own_hits += is_found;
        probe->cost->keyspace_hits += is_found;
        if (wpb_reply_is_refusal(reply) && !probe->no_current.code)
            deny(&probe->no_current, "GETRANGE", "orphaned entries", "+getrange", reply);
        text = wpb_slice_of("", 0);
    }
    wpb_orphans_current(wpb_tally_orphans(probe->tally), (uint32_t)tag, text);
    advance(probe);
}

static void on_idle(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct keyspace *probe = cookie;
    struct wpb_batch *keys = &probe->slots[TAG_SLOT(tag)].keys;

    if (reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0) {
        probe->own_hits++;
        probe->cost->keyspace_hits++;
        wpb_tally_idle(probe->tally, wpb_batch_name(keys, TAG_ITEM(tag)),
                       (uint64_t)reply->integer);
    } else if (wpb_reply_is_error(reply) && !is_forbidden_key(reply) &&
               !is_moved_key(probe, reply, &keys->items[TAG_ITEM(tag)])) {
        if (wpb_reply_is_refusal(reply) && !probe->has_no_idle)
            deny(&probe->no_idle, "OBJECT IDLETIME", "times since the last access",
                 "+object|idletime", reply);
        probe->has_no_idle = true;
    }
    advance(probe);
}

static bool is_idle_due(struct keyspace *probe)
{
    if (probe->has_no_idle || probe->idle_asked == WPB_IDLE_SAMPLES_MAX)
        return false;
    probe->idle_phase = (probe->idle_phase + 1) % probe->idle_every;
    probe->idle_asked += probe->idle_phase == 0;
    return probe->idle_phase == 0;
}

static void ask_idle(struct keyspace *probe, uint64_t tag)
{
    const struct slot *slot = &probe->slots[TAG_SLOT(tag)];
    const struct wpb_slice words[] = {WPB_SLICE("OBJECT"), WPB_SLICE("IDLETIME"),
                                      wpb_batch_name(&slot->keys, TAG_ITEM(tag))};
    struct wpb_buf command;

    wpb_buf_init(&command, 0);
    wpb_resp_command(&command, words, 3);
    if (!wpb_buf_failed(&command))
        wpb_link_send(probe->link, slot->server, on_idle, tag, wpb_buf_view(&command));
    wpb_buf_fini(&command);
}

/* Is the TTL of the next key asked right away? */
static bool is_ttl_due(struct keyspace *probe)
{
    if (probe->no_ttl.code)
        return false;
    probe->ttl_phase = (probe->ttl_phase + 1) % probe->ttl_every;
    return probe->ttl_phase == 0;
}

/* SCAN answers [cursor, [name, ...]]. */
static int read_scan(struct keyspace *probe, const struct redisReply *reply,
                     struct wpb_err *err)
{
    struct slot *slot = &probe->slots[probe->sent ^ 1];
    struct wpb_batch *found = &slot->keys;
    bool asks_memory = probe->no_memory.code == WPB_OK;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_ARRAY)
        return wpb_reply_unexpected(err, "SCAN", reply);
    struct wpb_slice cursor = wpb_reply_text(reply->element[0]);
    if (cursor.len == 0 || cursor.len > 20 ||
        strspn(cursor.data, "0123456789") != cursor.len)
        return wpb_err_set(err, WPB_E_PROTOCOL, "redis", "SCAN gave no usable cursor");
    memcpy(probe->cursor, cursor.data, cursor.len + 1);
    slot->server = probe->server;
    /* With 0 the next server begins, where there is one. */
    if (wpb_slice_is(cursor, "0"))
        probe->is_scanned = ++probe->server == wpb_link_servers(probe->link);
    wpb_batch_clear(found);
    for (size_t i = 0; i < reply->element[1]->elements; i++) {
        const struct redisReply *name = reply->element[1]->element[i];
        if (name->type != REDIS_REPLY_STRING)
            return wpb_reply_unexpected(err, "SCAN", reply);
        if (wpb_batch_add(found, wpb_reply_text(name), asks_memory, is_ttl_due(probe)) !=
            0)
            return wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
    }
    wpb_pace_names(&probe->pace, found->count, found->name_bytes);
    probe->has_found = true;
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
        advance(probe);
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
    } else if (tag == DBSIZE_LAST) {
        /* Where it is not told, nothing has shrunk. */
        probe->size += (uint64_t)wpb_reply_integer(reply, (int64_t)probe->total);
        if (--probe->sizes == 0)
            check_end(probe, probe->size);
    } else {
        int64_t keys = wpb_reply_integer(reply, 0);
        probe->total += keys > 0 ? (uint64_t)keys : 0;
        if (--probe->sizes > 0)
            return;
        wpb_pace_total(&probe->pace, probe->total);
        if (probe->total > TTL_SAMPLE_ABOVE_KEYS)
            probe->ttl_every = TTL_SAMPLE_EVERY;
        probe->idle_every = probe->total / WPB_IDLE_SAMPLES_MAX;
        if (probe->idle_every < IDLE_EVERY_MIN)
            probe->idle_every = IDLE_EVERY_MIN;
        probe->has_started = probe->has_found = probe->is_noted = true;
        advance(probe);
    }
}

static void ask_dbsize(struct keyspace *probe, enum dbsize which)
{
    probe->sizes = wpb_link_servers(probe->link);
    for (size_t i = 0; i < wpb_link_servers(probe->link); i++)
        wpb_link_send(probe->link, i, on_dbsize, which, wpb_slice_cstr(DBSIZE_COMMAND));
    wpb_link_flush(probe->link, 0);
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
    wpb_link_send(probe->link, probe->server, on_scan, 0, wpb_buf_view(&command));
    wpb_buf_fini(&command);
}

static void send_wanted(struct keyspace *probe)
{
    struct wpb_orphans *orphans = wpb_tally_orphans(probe->tally);
    struct wpb_slice key;
    struct wpb_buf command;
    uint32_t id;

    wpb_buf_init(&command, 0);
    for (int i = 0; i < CURRENT_PER_BATCH && wpb_orphans_next(orphans, &key, &id); i++) {
        const struct wpb_slice words[] = {WPB_SLICE("GETRANGE"), key, WPB_SLICE("0"),
                                          WPB_SLICE("63")};
        wpb_buf_clear(&command);
        wpb_resp_command(&command, words, 4);
        if (probe->no_current.code || wpb_buf_failed(&command))
            wpb_orphans_current(orphans, id, wpb_slice_of("", 0));
        else
            wpb_link_send_key(probe->link, key, on_current, id, wpb_buf_view(&command));
    }
    wpb_buf_fini(&command);
}

static void send_keys(struct keyspace *probe, uint32_t begin, size_t end)
{
    struct slot *slot = &probe->slots[probe->sent];
    struct wpb_batch *keys = &slot->keys;

    for (uint32_t i = begin; i < end; i++) {
        const struct wpb_batch_item *item = &keys->items[i];
        uint64_t tag = TAG(probe->sent, i);
        if (item->asks_memory)
            wpb_link_send(probe->link, slot->server, on_memory, tag,
                          wpb_batch_memory(keys, i));
        if (item->asks_ttl)
            wpb_link_send(probe->link, slot->server, on_ttl, tag, wpb_batch_ttl(keys, i));
        if (!item->asks_memory && !item->asks_ttl)
            count_key(probe, slot, i, NULL);
        if (is_idle_due(probe))
            ask_idle(probe, tag);
    }
}

/* The SCAN goes into the middle: its keys are found while those at hand are being
 * measured, and are still warm in the server's cache when their turn comes. */
static void send_batch(struct keyspace *probe)
{
    probe->sent ^= 1;
    struct slot *slot = &probe->slots[probe->sent];

    if (!probe->has_found)
        wpb_batch_clear(&slot->keys);
    size_t half = slot->keys.count / 2;
    probe->has_found = probe->is_noted = false;
    probe->is_mixed = (!probe->is_scanned && slot->server != probe->server) ||
                      (slot->late.count && slot->late_server != slot->server);
    wpb_batch_clear(&probe->slots[probe->sent ^ 1].late);
    for (uint32_t i = 0; i < slot->late.count; i++)
        wpb_link_send(probe->link, slot->late_server, on_late_ttl, TAG(probe->sent, i),
                      wpb_batch_ttl(&slot->late, i));
    send_wanted(probe);
    send_keys(probe, 0, half);
    if (!probe->is_scanned)
        send_scan(probe);
    send_keys(probe, (uint32_t)half, slot->keys.count);
    if (wpb_link_pending(probe->link) > 0)
        wpb_link_flush(probe->link, 0);
    else
        advance(probe);
}

static uint64_t commands_of(const struct keyspace *probe)
{
    const struct slot *slot = &probe->slots[probe->sent ^ 1];
    uint64_t a_key = probe->ttl_every > 1 ? 1 : 2;
    uint32_t wanted = wpb_orphans_wanted(wpb_tally_orphans(probe->tally));

    if (wanted > CURRENT_PER_BATCH)
        wanted = CURRENT_PER_BATCH;
    return a_key * slot->keys.count + slot->late.count + wanted + !probe->is_scanned;
}

static void note(struct keyspace *probe, uint64_t now_us)
{
    const struct wpb_batch *keys = &probe->slots[probe->sent].keys;

    if (probe->is_noted)
        return;
    probe->is_noted = true;
    wpb_pace_note(&probe->pace, now_us, keys->count, now_us - probe->sent_us);
    wpb_run_progress(probe->run, probe->done, probe->total, wpb_pace_text(&probe->pace));
}

/* What one answer leads to: the next batch once the last is measured, or, at full
 * speed, once its keys are known. */
static void advance(struct keyspace *probe)
{
    struct slot *next = &probe->slots[probe->sent ^ 1];
    bool is_idle = wpb_link_pending(probe->link) == 0;
    bool overlaps = probe->pace.budget == WPB_BUDGET_FULL && probe->has_found &&
                    !probe->is_mixed && next->server == probe->server;
    uint64_t now_us;

    if (probe->is_ending || (!is_idle && !overlaps))
        return;
    now_us = uv_hrtime() / 1000;
    note(probe, now_us);
    if (probe->pace.budget != WPB_BUDGET_LOW &&
        now_us / 1000 - probe->started_ms > QUICK_DEADLINE_MS) {
        finish(probe, WPB_COVERAGE_PARTIAL,
               "stopped after 10 minutes; --budget low has no such limit");
        return;
    }
    if (!probe->has_found && next->late.count == 0 &&
        wpb_orphans_wanted(wpb_tally_orphans(probe->tally)) == 0) {
        ask_dbsize(probe, DBSIZE_LAST);
        return;
    }
    uint32_t wait_ms = wpb_pace_wait_ms(&probe->pace, now_us, commands_of(probe));
    if (wait_ms > 0) {
        wpb_run_step_in(probe->run, wait_ms);
        return;
    }
    probe->sent_us = now_us;
    send_batch(probe);
}

static void on_ready(void *cookie)
{
    struct keyspace *probe = cookie;
    ask_dbsize(probe, DBSIZE_FIRST);
}

/* ---- the probe ---- */

static void release(void *state)
{
    struct keyspace *probe = state;

    if (!probe)
        return;
    for (int i = 0; i < 2; i++) {
        wpb_batch_fini(&probe->slots[i].keys);
        wpb_batch_fini(&probe->slots[i].late);
    }
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
    for (int i = 0; i < 2; i++) {
        wpb_batch_init(&probe->slots[i].keys);
        wpb_batch_init(&probe->slots[i].late);
    }
    probe->ttl_every = 1;
    probe->idle_every = IDLE_EVERY_MIN;
    wpb_redis_scope_init(&probe->scope, &sites[0]->redis);
    wpb_pace_init(&probe->pace, wpb_run_budget(run), now_us);
    probe->tally = wpb_tally_new(sites, count, wpb_run_top(run));
    if (!probe->tally) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        goto out_probe;
    }
    probe->link = wpb_link_open(wpb_run_loop(run), sites, count, WPB_LINK_REPLICA,
                                &events, probe, probe->cost, err);
    if (probe->link)
        return probe;
out_probe:
    release(probe);
    return NULL;
}

static void step(void *state)
{
    struct keyspace *probe = state;
    if (!probe->is_ending)
        advance(probe);
}

static void cancel(void *state)
{
    struct keyspace *probe = state;
    finish(probe, probe->done ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_UNAVAILABLE,
           "stopped before its end; what was counted until then stands");
}

const struct wpb_probe wpb_probe_redis_keyspace = {
    .name = "redis.keyspace",
    .help = "sizes, groups, families, times to live and proven orphans of all keys of a "
            "database: SCAN with pipelined MEMORY USAGE and PTTL, paced by the budget",
    .unit = "keys",
    .needs = "redis",
    .after = "redis.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = LOW_DEADLINE_MS,
    .grants = "~* +select +info +dbsize +scan +memory|usage +pttl +getrange "
              "+object|idletime; +cluster|slots +readonly +asking in a cluster",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
