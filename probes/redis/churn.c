#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "probes/redis/churn_post.h"
#include "probes/redis/churn_watch.h"
#include "probes/redis/link.h"
#include "probes/redis/info.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"

/* With what comes before and after it stays below half a second. */
#define WINDOW_MS 400
/* What a window takes: 40,000 names a second. More than that is no work for a look. */
#define NAMES_MAX 16384
#define NAME_BYTES_MAX (2u << 20)
/* The server is asked so often whether it still tells, and how late it answers. */
#define HEARTBEAT_MS 40
/* For so long names are taken at each of them; in between they wait in the socket. */
#define TAKE_MS 4
/* A pass calls 5 ms late and slows down; beside such a pass, twice that. */
#define LATE_US 10000
#define LATE_MIN 5
/* No answer for so long: it has other troubles. */
#define STALLED_US 200000
#define OTHER_DATABASES_MAX 16

#define CHANNEL "__redis__:invalidate"

enum stage {
    LISTENING,   /* the listener connects, tells its id, subscribes */
    TRACKING,    /* the commander connects and turns tracking on */
    WATCHING,    /* the window */
    MEASURING,   /* sizes of what was written most */
    ATTRIBUTING, /* are there keys of the same name in other databases? */
    ENDING,
};

/* What a reply of the commander is about; the item is in the lower half of the tag. */
enum question {
    ASK_TRACKING_ON,
    ASK_HEARTBEAT,
    ASK_TRACKING_OFF,
    ASK_INFO,
    ASK_COMMANDS,
    ASK_TYPE,
    ASK_MEMORY,
    ASK_SELECT,
    ASK_ELSEWHERE,
};

#define TAG(question, item) ((uint64_t)(question) << 32 | (uint64_t)(item))

struct churn {
    struct wpb_run *run;
    struct wpb_cost *cost;
    struct wpb_redis_scope scope;
    const struct wpb_site *const *sites;
    size_t site_count;
    struct wpb_churn_prefixes prefixes;
    struct wpb_link *listener, *commander; /* NULL: not open, or closing */
    int open;                              /* connections whose closed() has not come */
    enum stage stage;
    int64_t listener_id;

    struct wpb_churn_counts *counts;
    uint64_t names, name_bytes;
    bool was_flushed;
    uint64_t started_us, heartbeat_us; /* 0: none is owed */
    uint32_t heartbeats, late;
    bool is_taking; /* names, from the listener's socket */

    struct wpb_churn_key worst[WPB_CHURN_WORST_MAX];
    size_t worst_count;
    struct wpb_churn_facts facts;
    uint32_t others[OTHER_DATABASES_MAX];
    size_t other_count;
    bool has_unchecked; /* more databases than are asked */

    enum wpb_coverage_status status;
    struct wpb_buf reason;
};

static void on_answer(void *cookie, const struct redisReply *reply, uint64_t tag);

/* ---- the end ---- */

static void add_reason(struct churn *probe, const char *text)
{
    wpb_buf_printf(&probe->reason, "%s%s", probe->reason.len ? "; " : "", text);
}

static void on_closed(void *cookie)
{
    struct churn *probe = cookie;

    if (--probe->open > 0 || probe->stage != ENDING)
        return;
    wpb_run_progress(probe->run, probe->names,
                     probe->status == WPB_COVERAGE_OK ? probe->names : 0, NULL);
    wpb_run_end(probe->run, probe->status, "%s", probe->reason.data);
}

static void close_conn(struct wpb_link **conn)
{
    struct wpb_link *closing = *conn;

    *conn = NULL;
    if (closing)
        wpb_link_close(closing);
}

static void end(struct churn *probe, enum wpb_coverage_status status, const char *why)
{
    if (probe->stage == ENDING)
        return;
    probe->stage = ENDING;
    probe->status = status;
    if (*why)
        add_reason(probe, why);
    close_conn(&probe->listener);
    close_conn(&probe->commander);
}

/* What the reader should know of a look that went well. */
static void add_notes(struct churn *probe, uint64_t seldom)
{
    if (probe->was_flushed)
        add_reason(probe, "a database of this server was flushed meanwhile");
    if (probe->prefixes.unknown)
        wpb_buf_printf(&probe->reason, "%sthe key prefix of %zu site%s is not known",
                       probe->reason.len ? "; " : "", probe->prefixes.unknown,
                       probe->prefixes.unknown == 1 ? "" : "s");
    if (seldom)
        wpb_buf_printf(&probe->reason,
                       "%s%" PRIu64 " key%s changed too seldom for a rate, which needs "
                       "--watch or the agent",
                       probe->reason.len ? "; " : "", seldom, seldom == 1 ? "" : "s");
}

/* Post what was counted. */
static void conclude(struct churn *probe)
{
    uint64_t seldom;

    if (probe->has_unchecked)
        probe->worst_count = 0;
    seldom = wpb_churn_post(probe->run, &probe->scope, probe->counts, probe->worst,
                            probe->worst_count, &probe->facts);
    if (probe->has_unchecked) {
        probe->status = WPB_COVERAGE_PARTIAL;
        wpb_buf_printf(&probe->reason,
                       "%sRedis does not tell in which database a key was written, and "
                       "not all the others could be asked for it",
                       probe->reason.len ? "; " : "");
    }
    if (probe->prefixes.beyond) {
        probe->status = WPB_COVERAGE_PARTIAL;
        wpb_buf_printf(&probe->reason,
                       "%s%zu more site%s left out: only %d prefixes are watched at once",
                       probe->reason.len ? "; " : "", probe->prefixes.beyond,
                       probe->prefixes.beyond == 1 ? " was" : "s were",
                       WPB_CHURN_PREFIXES_MAX);
    }
    add_notes(probe, seldom);
    end(probe, probe->status, "");
}

/* ---- asking ---- */

static void ask(struct churn *probe, enum question question, size_t item,
                const struct wpb_slice *words, size_t count)
{
    struct wpb_buf command;

    wpb_buf_init(&command, 0);
    wpb_resp_command(&command, words, count);
    if (!wpb_buf_failed(&command))
        wpb_link_send(probe->commander, 0, on_answer, TAG(question, item),
                      wpb_buf_view(&command));
    wpb_buf_fini(&command);
}

#define ASK(probe, question, item, ...)                                                  \
    ask(probe, question, item, (const struct wpb_slice[]){__VA_ARGS__},                  \
        sizeof((const struct wpb_slice[]){__VA_ARGS__}) / sizeof(struct wpb_slice))
#define WORD(literal) ((struct wpb_slice)WPB_SLICE(literal))

static void ask_info(struct churn *probe, bool is_after)
{
    ASK(probe, ASK_INFO, is_after, WORD("INFO"));
    ASK(probe, ASK_COMMANDS, is_after, WORD("INFO"), WORD("commandstats"));
}

static void ask_heartbeat(struct churn *probe, uint64_t now_us)
{
    probe->heartbeat_us = now_us;
    ASK(probe, ASK_HEARTBEAT, 0, WORD("CLIENT"), WORD("TRACKINGINFO"));
}

/* One database after the other, all of the worst keys in each. */
static void attribute(struct churn *probe)
{
    char number[16];

    probe->stage = ATTRIBUTING;
    for (size_t d = 0; d < probe->other_count; d++) {
        int len = snprintf(number, sizeof number, "%u", probe->others[d]);
        ASK(probe, ASK_SELECT, d, WORD("SELECT"), wpb_slice_of(number, (size_t)len));
        for (size_t i = 0; i < probe->worst_count; i++)
            ASK(probe, ASK_ELSEWHERE, i, WORD("MEMORY"), WORD("USAGE"),
                probe->worst[i].name);
    }
    wpb_link_flush(probe->commander, 0);
}

/* The window is over: SECONDS are what its counts are divided by. */
static void measure(struct churn *probe, double seconds)
{
    probe->stage = MEASURING;
    probe->facts.seconds = seconds;
    close_conn(&probe->listener);
    probe->worst_count = wpb_churn_worst(probe->counts, probe->worst);
    ASK(probe, ASK_TRACKING_OFF, 0, WORD("CLIENT"), WORD("TRACKING"), WORD("OFF"));
    ask_info(probe, true);
    for (size_t i = 0; i < probe->worst_count; i++) {
        ASK(probe, ASK_TYPE, i, WORD("TYPE"), probe->worst[i].name);
        ASK(probe, ASK_MEMORY, i, WORD("MEMORY"), WORD("USAGE"), probe->worst[i].name);
    }
    wpb_link_flush(probe->commander, 0);
}

/* The window ends early. Divided by its full length, what came is a lower bound. */
static void cut_short(struct churn *probe, const char *why)
{
    if (probe->stage != WATCHING)
        return;
    add_reason(probe, why);
    probe->status = WPB_COVERAGE_PARTIAL;
    measure(probe, WINDOW_MS / 1000.0);
}

/* The same of a server that shall be left alone, or is gone: nothing is asked. */
static void leave(struct churn *probe, const char *why)
{
    add_reason(probe, why);
    if (probe->stage == WATCHING)
        probe->facts.seconds = WINDOW_MS / 1000.0;
    probe->status = WPB_COVERAGE_PARTIAL;
    probe->worst_count = 0;
    conclude(probe);
}

/* ---- the window ---- */

static void on_message(void *cookie, const struct redisReply *payload)
{
    struct churn *probe = cookie;

    if (probe->stage == LISTENING && !payload) {
        wpb_run_step_in(probe->run, 0); /* from where the commander is opened */
        probe->stage = TRACKING;
        return;
    }
    if (probe->stage != WATCHING || !payload)
        return;
    probe->was_flushed |= payload->type == REDIS_REPLY_NIL;
    if (payload->type != REDIS_REPLY_ARRAY)
        return;
    for (size_t i = 0; i < payload->elements; i++) {
        struct wpb_slice name = wpb_reply_text(payload->element[i]);
        if (probe->names == NAMES_MAX || probe->name_bytes + name.len > NAME_BYTES_MAX) {
            cut_short(probe, "stopped, not to burden the server: more keys changed than "
                             "a look takes, 16,384 in 0.4 s or 2 MiB of names");
            return;
        }
        probe->names++;
        probe->name_bytes += name.len;
        wpb_churn_count(probe->counts, name);
    }
}

static void on_heartbeat(struct churn *probe, const struct redisReply *reply)
{
    uint64_t took_us = uv_hrtime() / 1000 - probe->heartbeat_us;

    probe->heartbeat_us = 0;
    probe->heartbeats++;
    probe->late += took_us > LATE_US;
    if (wpb_churn_is_broken(reply))
        cut_short(probe, "Redis stopped telling changed keys: the listener is gone");
}

/* Names are taken at each heartbeat, for a moment. */
static void take_names(struct churn *probe, bool is_taking)
{
    probe->is_taking = is_taking;
    wpb_conn_rest(wpb_link_conn(probe->listener, 0), !is_taking);
}

static void watch(struct churn *probe)
{
    uint64_t now_us = uv_hrtime() / 1000, elapsed_us = now_us - probe->started_us;

    if (probe->heartbeat_us && now_us - probe->heartbeat_us > STALLED_US) {
        leave(probe, "stopped: Redis did not answer for 0.2 s");
    } else if (probe->late >= LATE_MIN && probe->late * 2 > probe->heartbeats) {
        leave(probe, "stopped: Redis is under load, most answers took above 10 ms");
    } else if (probe->is_taking && elapsed_us >= WINDOW_MS * 1000u) {
        measure(probe, (double)elapsed_us / 1e6);
    } else if (probe->is_taking) {
        take_names(probe, false);
        wpb_run_step_in(probe->run, HEARTBEAT_MS - TAKE_MS);
    } else {
        take_names(probe, true);
        if (!probe->heartbeat_us) {
            ask_heartbeat(probe, now_us);
            wpb_link_flush(probe->commander, 0);
        }
        if (probe->stage == WATCHING)
            wpb_run_step_in(probe->run, TAKE_MS);
    }
}

/* ---- answers ---- */

static void refuse(struct churn *probe, const char *command,
                   const struct redisReply *reply)
{
    struct wpb_err err;
    bool is_unknown = wpb_churn_refusal(command, reply, &err);

    end(probe, is_unknown ? WPB_COVERAGE_SKIPPED : WPB_COVERAGE_UNAVAILABLE, err.message);
}

static void take_info(struct churn *probe, struct wpb_slice text, bool is_after)
{
    struct wpb_info info;

    wpb_churn_changes_read(text, is_after ? &probe->facts.after : &probe->facts.before);
    if (is_after)
        return;
    wpb_info_parse(text, &info);
    for (size_t i = 0; i < info.database_count; i++) {
        if (info.databases[i].number == probe->sites[0]->redis.database ||
            info.databases[i].keys == 0)
            continue;
        probe->facts.has_other_databases = true;
        if (probe->other_count == OTHER_DATABASES_MAX)
            probe->has_unchecked = true;
        else
            probe->others[probe->other_count++] = info.databases[i].number;
    }
}

static void take_type(struct churn *probe, struct wpb_churn_key *key,
                      const struct redisReply *reply)
{
    struct wpb_slice type = wpb_reply_text(reply);

    /* Of a hash or a zset it is not known how much of it was written. */
    key->is_here = wpb_slice_is(type, "string");
    probe->cost->keyspace_hits +=
        reply->type == REDIS_REPLY_STATUS && !wpb_slice_is(type, "none");
}

/* All that was asked is answered: on to the next stage. */
static void go_on(struct churn *probe)
{
    if (!probe->commander || wpb_link_pending(probe->commander) > 0)
        return;
    if (probe->stage == MEASURING && probe->other_count && probe->worst_count &&
        !probe->has_unchecked)
        attribute(probe);
    else if (probe->stage == MEASURING || probe->stage == ATTRIBUTING)
        conclude(probe);
}

static void begin_window(struct churn *probe)
{
    probe->stage = WATCHING;
    probe->started_us = uv_hrtime() / 1000;
    watch(probe);
}

static void on_answer(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct churn *probe = cookie;
    uint32_t item = (uint32_t)tag;
    struct wpb_churn_key *key = &probe->worst[item < WPB_CHURN_WORST_MAX ? item : 0];

    switch ((enum question)(tag >> 32)) {
    case ASK_TRACKING_ON:
        if (wpb_reply_is_error(reply))
            refuse(probe, "CLIENT TRACKING", reply);
        else if (probe->stage == TRACKING)
            begin_window(probe);
        return;
    case ASK_HEARTBEAT:
        if (probe->stage == WATCHING)
            on_heartbeat(probe, reply);
        return;
    case ASK_TRACKING_OFF:
        break;
    case ASK_INFO:
    case ASK_COMMANDS:
        if (!wpb_reply_is_error(reply))
            take_info(probe, wpb_reply_text(reply), item);
        break;
    case ASK_TYPE:
        take_type(probe, key, reply);
        break;
    case ASK_MEMORY:
        key->has_bytes = reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;
        key->bytes = key->has_bytes ? (uint64_t)reply->integer : 0;
        break;
    case ASK_SELECT:
        /* What follows was then asked of the database before, and is of no use. */
        probe->has_unchecked |= wpb_reply_is_error(reply);
        break;
    case ASK_ELSEWHERE:
        key->is_elsewhere |= reply->type != REDIS_REPLY_NIL;
        break;
    }
    go_on(probe);
}

/* ---- connections ---- */

/* A connection is lost, while WHAT. */
static void lost(struct churn *probe, const struct wpb_err *err)
{
    if (probe->stage == LISTENING || probe->stage == TRACKING)
        end(probe, WPB_COVERAGE_UNAVAILABLE, err->message);
    else if (probe->stage != ENDING)
        leave(probe, err->message);
}

static void on_listener_failed(void *cookie, const struct wpb_err *err)
{
    struct churn *probe = cookie;

    close_conn(&probe->listener);
    if (probe->stage != WATCHING) {
        lost(probe, err);
        return;
    }
    add_reason(probe, "the listener that changed keys are told to was lost, so that not "
                      "all were heard");
    cut_short(probe, err->message);
}

static void on_commander_failed(void *cookie, const struct wpb_err *err)
{
    struct churn *probe = cookie;

    close_conn(&probe->commander);
    lost(probe, err);
}

static void on_listener_id(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct churn *probe = cookie;
    (void)tag;

    if (reply->type != REDIS_REPLY_INTEGER) {
        refuse(probe, "CLIENT ID", reply);
        return;
    }
    probe->listener_id = reply->integer;
    wpb_conn_subscribe(wpb_link_conn(probe->listener, 0), CHANNEL, on_message);
    if (probe->stage == LISTENING)
        wpb_run_step_in(probe->run, WPB_CONN_COMMAND_MS);
}

static void on_listener_ready(void *cookie)
{
    struct churn *probe = cookie;

    wpb_link_send(probe->listener, 0, on_listener_id, 0,
                  WORD("*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n"));
    wpb_link_flush(probe->listener, 0);
}

static void on_commander_ready(void *cookie)
{
    struct churn *probe = cookie;
    struct wpb_buf command;

    ask_info(probe, false);
    wpb_buf_init(&command, 0);
    wpb_churn_tracking_on(&probe->prefixes, probe->listener_id, &command);
    if (!wpb_buf_failed(&command))
        wpb_link_send(probe->commander, 0, on_answer, TAG(ASK_TRACKING_ON, 0),
                      wpb_buf_view(&command));
    wpb_buf_fini(&command);
    wpb_link_flush(probe->commander, 0);
}

static void open_commander(struct churn *probe)
{
    static const struct wpb_conn_events events = {on_commander_ready, on_commander_failed,
                                                  on_closed};
    struct wpb_err err;

    probe->commander =
        wpb_link_open(wpb_run_loop(probe->run), probe->sites, probe->site_count,
                      WPB_LINK_MASTER, &events, probe, probe->cost, &err);
    if (probe->commander)
        probe->open++;
    else
        end(probe, WPB_COVERAGE_UNAVAILABLE, err.message);
}

/* ---- the probe ---- */

static void release(void *state)
{
    struct churn *probe = state;

    if (!probe)
        return;
    wpb_churn_counts_free(probe->counts);
    wpb_redis_scope_fini(&probe->scope);
    wpb_buf_fini(&probe->reason);
    free(probe);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    static const struct wpb_conn_events events = {on_listener_ready, on_listener_failed,
                                                  on_closed};
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct churn *probe = calloc(1, sizeof *probe);

    if (!probe) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        return NULL;
    }
    probe->run = run;
    probe->cost = wpb_run_cost(run);
    probe->sites = sites;
    probe->site_count = count;
    wpb_buf_init(&probe->reason, 0);
    wpb_redis_scope_init(&probe->scope, &sites[0]->redis);
    wpb_churn_prefixes_of(sites, count, &probe->prefixes);
    probe->counts = wpb_churn_counts_new(sites, count);
    if (!probe->counts) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        goto out_probe;
    }
    if (probe->prefixes.count == 0 || sites[0]->redis.is_cluster) {
        wpb_run_step_in(run, 0); /* which ends it: there is nothing to watch */
        return probe;
    }
    probe->listener = wpb_link_open(wpb_run_loop(run), sites, count, WPB_LINK_MASTER,
                                    &events, probe, probe->cost, err);
    if (probe->listener) {
        probe->open = 1;
        return probe;
    }
out_probe:
    release(probe);
    return NULL;
}

static void step(void *state)
{
    struct churn *probe = state;

    if (probe->stage == WATCHING) {
        watch(probe);
    } else if (probe->stage == TRACKING && !probe->commander) {
        open_commander(probe);
    } else if (probe->stage == LISTENING && probe->open) {
        end(probe, WPB_COVERAGE_UNAVAILABLE,
            "the subscription to " CHANNEL " was not confirmed within 2 s");
    } else if (probe->stage == LISTENING) {
        probe->stage = ENDING;
        wpb_run_end(probe->run, WPB_COVERAGE_SKIPPED,
                    probe->sites[0]->redis.is_cluster
                        ? "each node of a cluster would have to be watched, which is not "
                          "done"
                        : "the key prefix is not known yet");
    }
}

static void cancel(void *state)
{
    struct churn *probe = state;

    if (probe->stage == LISTENING && !probe->open)
        step(state);
    else if (probe->stage == LISTENING || probe->stage == TRACKING)
        end(probe, WPB_COVERAGE_UNAVAILABLE, "stopped before the look began");
    else if (probe->stage != ENDING)
        leave(probe, "stopped before its end");
}

const struct wpb_probe wpb_probe_redis_churn = {
    .name = "redis.churn",
    .help =
        "which keys of the sites are rewritten, how often and how many bytes a second, "
        "at least: names told by CLIENT TRACKING for 0.4 s, never a value",
    .unit = "names",
    .needs = "redis",
    .after = "redis.server",
    .look = WPB_LOOK_SURVEY,
    .is_glimpse = true,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = 20000,
    .max_items = NAMES_MAX,
    .max_bytes = NAME_BYTES_MAX,
    .grants = "~* &" CHANNEL " +select +info +client|id +client|tracking "
              "+client|trackinginfo +subscribe +type +memory|usage",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
