#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "probes/php/memory.h"
#include "probes/redis/link.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"
#include "probes/redis/scope.h"
#include "probes/wordpress/grammar.h"

/* What is known by name. Every request reads the options and adds to the metrics (a
 * zset ordered by time, which only WP-Cron trims), so that what is asked here, though
 * it refreshes a key's LRU clock, changes nothing. */
static const struct watched {
    const char *group, *id;
    bool is_ordered;
    bool is_network; /* multisite only */
} watched[] = {
    {"options", "notoptions", false, false},
    {"options", "alloptions", false, false},
    {"site-options", "1:notoptions", false, true},
    {"redis-cache", "metrics", true, false},
};
#define WATCHED (sizeof watched / sizeof watched[0])

enum question {
    ASK_MEMORY,
    ASK_TTL,
    ASK_LENGTH,
    ASK_HEAD,
    ASK_ENTRIES,
    ASK_OLDEST, /* these two after the others: see are_members_small() */
    ASK_NEWEST,
    QUESTIONS
};
#define HEAD_BYTES 16
/* The oldest member comes whole; one of redis-cache has a few hundred bytes. */
#define MEMBER_BYTES_MAX 4096
/* Scores that can be Unix times: 2001 to 2286. */
#define SCORE_MIN 1e9
#define SCORE_MAX 1e10
/* Clocks of two hosts. */
#define SKEW_SECONDS 60

static const char *const question_names[] = {
    [ASK_MEMORY] = "MEMORY USAGE", [ASK_TTL] = "PTTL",      [ASK_LENGTH] = "STRLEN",
    [ASK_HEAD] = "GETRANGE",       [ASK_ENTRIES] = "ZCARD", [ASK_OLDEST] = "ZRANGE",
    [ASK_NEWEST] = "ZRANGE",
};

/* One key of one site, and what was answered about it. */
struct look {
    const struct wpb_site *site;
    const struct watched *watched;
    struct wpb_buf key;
    bool is_answered[QUESTIONS]; /* with a value */
    int64_t bytes, ttl_ms, length, entries;
    double oldest, newest; /* Unix times; 0: none */
    char head[HEAD_BYTES];
    size_t head_len;
    bool is_absent, is_no_string;
    uint64_t wrong_types; /* lookups that found a key of another type */
};

struct watchlist {
    struct wpb_run *run;
    struct wpb_link *link;
    struct wpb_cost *cost;
    struct wpb_redis_scope scope;
    struct look *looks;
    size_t count;
    struct wpb_err error;
    enum wpb_coverage_status status;
    bool has_asked_ages;
    bool is_ending;
};

/* ---- the end ---- */

static void finish(struct watchlist *probe, enum wpb_coverage_status status)
{
    if (probe->is_ending)
        return;
    probe->is_ending = true;
    probe->status = status;
    wpb_run_progress(probe->run, status == WPB_COVERAGE_UNAVAILABLE ? 0 : probe->count,
                     probe->count, NULL);
    wpb_link_close(probe->link);
}

static void on_closed(void *cookie)
{
    struct watchlist *probe = cookie;
    probe->link = NULL;
    wpb_run_end(probe->run, probe->status, "%s", probe->error.message);
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    struct watchlist *probe = cookie;
    probe->error = *err;
    finish(probe, WPB_COVERAGE_UNAVAILABLE);
}

/* ---- posting ---- */

static void post(const struct watchlist *probe, const struct look *look,
                 enum wpb_metric metric, struct wpb_value value,
                 enum wpb_provenance provenance)
{
    struct wpb_subject subject =
        wpb_redis_scope_key(&probe->scope, wpb_buf_view(&look->key));
    wpb_run_post(probe->run, look->site, &subject, metric, value, provenance);
}

/* What a notoptions costs PHP, judged from its length and first bytes. */
static void post_notoptions(const struct watchlist *probe, const struct look *look)
{
    const struct wpb_site *site = look->site;
    uint64_t length = (uint64_t)look->length, unused, fails_at;
    struct wpb_slice head = wpb_slice_of(look->head, look->head_len);
    struct wpb_php_cost cost;

    if (wpb_php_notoptions_cost(head, length, site->php_version, &cost, NULL) != 0)
        return;
    post(probe, look, WPB_M_PHP_VALUE_BYTES, wpb_value_count(cost.value_bytes),
         WPB_ESTIMATED);
    post(probe, look, WPB_M_PHP_READ_PEAK_BYTES, wpb_value_count(cost.read_peak_bytes),
         WPB_ESTIMATED);
    post(probe, look, WPB_M_PHP_REWRITE_PEAK_BYTES,
         wpb_value_count(cost.rewrite_peak_bytes), WPB_ESTIMATED);
    fails_at = wpb_php_notoptions_fails_at(
        length, cost.entries, wpb_php_sniff(head, length, &unused), site->php_version,
        site->memory_limit_bytes, 0);
    if (fails_at)
        post(probe, look, WPB_M_FAILS_AT_BYTES, wpb_value_count(fails_at), WPB_ESTIMATED);
}

static void post_value(const struct watchlist *probe, const struct look *look,
                       enum wpb_key_role role)
{
    uint64_t length = (uint64_t)look->length, entries;
    struct wpb_slice head = wpb_slice_of(look->head, look->head_len);

    post(probe, look, WPB_M_VALUE_BYTES, wpb_value_count(length), WPB_EXACT);
    if (!look->is_answered[ASK_HEAD])
        return;
    enum wpb_php_encoding encoding = wpb_php_sniff(head, length, &entries);
    post(probe, look, WPB_M_ENCODING,
         wpb_value_text(wpb_slice_cstr(wpb_php_encoding_name(encoding))), WPB_EXACT);
    if (entries)
        post(probe, look, WPB_M_ENTRIES, wpb_value_count(entries), WPB_EXACT);
    if (role == WPB_KEY_NOTOPTIONS)
        post_notoptions(probe, look);
}

static void post_age(const struct watchlist *probe, const struct look *look,
                     enum wpb_metric metric, double time)
{
    double age = (double)wpb_run_now_ms(probe->run) / 1000 - time;

    if (time > 0 && age >= -SKEW_SECONDS)
        post(probe, look, metric, wpb_value_integer(age > 0 ? (int64_t)age : 0),
             WPB_EXACT);
}

static void post_ordered(const struct watchlist *probe, const struct look *look)
{
    if (look->is_answered[ASK_ENTRIES])
        post(probe, look, WPB_M_ENTRIES, wpb_value_integer(look->entries), WPB_EXACT);
    post_age(probe, look, WPB_M_OLDEST_SECONDS, look->oldest);
    post_age(probe, look, WPB_M_NEWEST_SECONDS, look->newest);
}

static void post_look(const struct watchlist *probe, const struct look *look)
{
    static const struct wpb_slice not_a_string =
        WPB_SLICE("the key is no string, as a cached value is");
    struct wpb_key_parts parts;
    bool is_present = look->is_answered[ASK_MEMORY] || look->is_answered[ASK_TTL] ||
                      look->length > 0 || look->is_no_string;

    /* Where neither MEMORY nor PTTL could be asked, absence is not known. */
    if (!is_present && !look->is_absent)
        return;
    wpb_key_parse(look->site, wpb_buf_view(&look->key), &parts);
    post(probe, look, WPB_M_PRESENT, wpb_value_integer(is_present), WPB_EXACT);
    if (parts.role != WPB_KEY_PLAIN)
        post(probe, look, WPB_M_KEY_ROLE,
             wpb_value_text(wpb_slice_cstr(wpb_key_role_name(parts.role))), WPB_EXACT);
    post(probe, look, WPB_M_GROUP, wpb_value_text(wpb_slice_cstr(look->watched->group)),
         WPB_EXACT);
    if (!is_present)
        return;
    if (look->is_answered[ASK_MEMORY])
        post(probe, look, WPB_M_MEMORY_BYTES, wpb_value_integer(look->bytes), WPB_EXACT);
    if (look->is_answered[ASK_TTL])
        post(probe, look, WPB_M_TTL_SECONDS,
             wpb_value_integer(look->ttl_ms < 0 ? -1 : look->ttl_ms / 1000), WPB_EXACT);
    if (look->watched->is_ordered)
        post_ordered(probe, look);
    else if (look->is_no_string)
        post(probe, look, WPB_M_FLAW, wpb_value_text(not_a_string), WPB_EXACT);
    else if (look->is_answered[ASK_LENGTH])
        post_value(probe, look, parts.role);
}

/* ---- asking ---- */

/* ZRANGE ... WITHSCORES answers [member, score], or nothing. */
static double time_of(const struct redisReply *reply)
{
    char text[32];
    double score;

    if (reply->elements != 2)
        return 0;
    struct wpb_slice number = wpb_reply_text(reply->element[1]);
    if (number.len == 0 || number.len >= sizeof text)
        return 0;
    memcpy(text, number.data, number.len);
    text[number.len] = '\0';
    score = strtod(text, NULL);
    return score >= SCORE_MIN && score <= SCORE_MAX ? score : 0;
}

static void take(struct look *look, enum question question,
                 const struct redisReply *reply)
{
    struct wpb_slice text = wpb_slice_head(wpb_reply_text(reply), HEAD_BYTES);
    int64_t number = wpb_reply_integer(reply, 0);

    look->is_answered[question] = true;
    switch (question) {
    case ASK_MEMORY:
        look->bytes = number;
        break;
    case ASK_TTL:
        look->ttl_ms = number;
        look->is_absent |= number == -2;
        look->is_answered[ASK_TTL] = number != -2;
        break;
    case ASK_LENGTH:
        look->length = number;
        break;
    case ASK_ENTRIES:
        look->entries = number;
        break;
    case ASK_OLDEST:
        look->oldest = time_of(reply);
        break;
    case ASK_NEWEST:
        look->newest = time_of(reply);
        break;
    default:
        memcpy(look->head, text.data, text.len);
        look->head_len = text.len;
    }
}

/* Every lookup of a key that is there counts as a hit, but MEMORY USAGE does not. */
static uint64_t hits(const struct look *look)
{
    if (look->is_absent)
        return 0;
    return (uint64_t)look->is_answered[ASK_TTL] + look->is_answered[ASK_LENGTH] +
           look->is_answered[ASK_HEAD] + look->is_answered[ASK_ENTRIES] +
           look->is_answered[ASK_OLDEST] + look->is_answered[ASK_NEWEST] +
           look->wrong_types;
}

static void conclude(struct watchlist *probe)
{
    /* An error that is no refusal (LOADING, MASTERDOWN, BUSY) answers everything. */
    if (probe->error.code && probe->error.code != WPB_E_DENIED &&
        probe->error.code != WPB_E_UNSUPPORTED) {
        finish(probe, WPB_COVERAGE_UNAVAILABLE);
        return;
    }
    for (size_t i = 0; i < probe->count; i++) {
        post_look(probe, &probe->looks[i]);
        probe->cost->keyspace_hits += hits(&probe->looks[i]);
    }
    finish(probe, probe->error.code ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_OK);
}

static void on_answer(void *cookie, const struct redisReply *reply, uint64_t tag);

static void ask(struct watchlist *probe, size_t index, enum question question)
{
    struct wpb_slice key = wpb_buf_view(&probe->looks[index].key);
    const struct wpb_slice commands[QUESTIONS][5] = {
        [ASK_MEMORY] = {WPB_SLICE("MEMORY"), WPB_SLICE("USAGE"), key},
        [ASK_TTL] = {WPB_SLICE("PTTL"), key},
        [ASK_LENGTH] = {WPB_SLICE("STRLEN"), key},
        [ASK_HEAD] = {WPB_SLICE("GETRANGE"), key, WPB_SLICE("0"), WPB_SLICE("15")},
        [ASK_ENTRIES] = {WPB_SLICE("ZCARD"), key},
        [ASK_OLDEST] = {WPB_SLICE("ZRANGE"), key, WPB_SLICE("0"), WPB_SLICE("0"),
                        WPB_SLICE("WITHSCORES")},
        [ASK_NEWEST] = {WPB_SLICE("ZRANGE"), key, WPB_SLICE("-1"), WPB_SLICE("-1"),
                        WPB_SLICE("WITHSCORES")},
    };
    static const size_t words[QUESTIONS] = {3, 2, 2, 4, 2, 5, 5};
    struct wpb_buf command;

    wpb_buf_init(&command, 0);
    wpb_resp_command(&command, commands[question], words[question]);
    wpb_link_send_key(probe->link, key, on_answer, index * QUESTIONS + question,
                      wpb_buf_view(&command));
    wpb_buf_fini(&command);
}

/* One huge member among small ones is not looked for; the connection bounds a reply. */
static bool are_members_small(const struct look *look)
{
    return look->is_answered[ASK_MEMORY] && look->is_answered[ASK_ENTRIES] &&
           look->entries > 0 && look->bytes / look->entries <= MEMBER_BYTES_MAX;
}

static void ask_ages(struct watchlist *probe)
{
    if (probe->has_asked_ages)
        return;
    probe->has_asked_ages = true;
    for (size_t i = 0; i < probe->count; i++) {
        if (!are_members_small(&probe->looks[i]))
            continue;
        ask(probe, i, ASK_OLDEST);
        ask(probe, i, ASK_NEWEST);
    }
    wpb_link_flush(probe->link, 0);
}

static void on_answer(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct watchlist *probe = cookie;
    struct look *look = &probe->looks[tag / QUESTIONS];
    enum question question = (enum question)(tag % QUESTIONS);
    int wanted = question == ASK_HEAD     ? REDIS_REPLY_STRING
                 : question >= ASK_OLDEST ? REDIS_REPLY_ARRAY
                                          : REDIS_REPLY_INTEGER;

    if (reply->type == wanted)
        take(look, question, reply);
    else if (wpb_reply_is_code(reply, "WRONGTYPE"))
        look->is_no_string = ++look->wrong_types > 0;
    else if (reply->type == REDIS_REPLY_NIL)
        look->is_absent = true;
    else if (!probe->error.code)
        wpb_reply_unexpected(&probe->error, question_names[question], reply);
    if (wpb_link_pending(probe->link) > 0)
        return;
    ask_ages(probe);
    if (wpb_link_pending(probe->link) == 0)
        conclude(probe);
}

static void on_ready(void *cookie)
{
    struct watchlist *probe = cookie;

    for (size_t i = 0; i < probe->count; i++) {
        ask(probe, i, ASK_MEMORY);
        ask(probe, i, ASK_TTL);
        if (probe->looks[i].watched->is_ordered) {
            ask(probe, i, ASK_ENTRIES);
            continue;
        }
        ask(probe, i, ASK_LENGTH);
        ask(probe, i, ASK_HEAD);
    }
    wpb_link_flush(probe->link, 0);
}

/* ---- the probe ---- */

static void release(void *state)
{
    struct watchlist *probe = state;
    if (!probe)
        return;
    for (size_t i = 0; i < probe->count; i++)
        wpb_buf_fini(&probe->looks[i].key);
    free(probe->looks);
    wpb_redis_scope_fini(&probe->scope);
    free(probe);
}

static int plan(struct watchlist *probe, const struct wpb_site *const *sites,
                size_t count)
{
    probe->looks = calloc(count * WATCHED, sizeof *probe->looks);
    if (!probe->looks)
        return -1;
    for (size_t s = 0; s < count; s++) {
        for (size_t w = 0; w < WATCHED && sites[s]->has_key_prefix; w++) {
            if (watched[w].is_network && !sites[s]->is_multisite)
                continue;
            struct look *look = &probe->looks[probe->count++];
            look->site = sites[s];
            look->watched = &watched[w];
            wpb_buf_init(&look->key, 0);
            if (!wpb_key_build(sites[s], watched[w].group, watched[w].id, &look->key))
                probe->count--; /* the pass over the keys will find it */
            else if (wpb_buf_failed(&look->key))
                return -1;
        }
    }
    return 0;
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct watchlist *probe = calloc(1, sizeof *probe);

    if (!probe) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        return NULL;
    }
    probe->run = run;
    probe->cost = wpb_run_cost(run);
    wpb_redis_scope_init(&probe->scope, &sites[0]->redis);
    if (plan(probe, sites, count) != 0) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        goto out_probe;
    }
    if (probe->count == 0) {
        wpb_run_step_in(run, 0); /* which ends it: nothing is to be asked */
        return probe;
    }
    probe->link = wpb_link_open(wpb_run_loop(run), sites, count, WPB_LINK_MASTER, &events,
                                probe, probe->cost, err);
    if (probe->link)
        return probe;
out_probe:
    release(probe);
    return NULL;
}

static void step(void *state)
{
    struct watchlist *probe = state;
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(probe->run, &count);

    if (probe->is_ending)
        return;
    probe->is_ending = true;
    for (size_t i = 0; i < count; i++) {
        if (!sites[i]->has_key_prefix) {
            wpb_run_end(probe->run, WPB_COVERAGE_SKIPPED,
                        "the key prefix is not known yet");
            return;
        }
    }
    /* Keys that hold more than is known of their site (W3 Total Cache: the host that was
     * asked for) are found by the pass alone. */
    wpb_run_end(probe->run, WPB_COVERAGE_OK, "%s", "");
}

static void cancel(void *state)
{
    struct watchlist *probe = state;
    if (!probe->link) {
        step(state);
        return;
    }
    wpb_err_set(&probe->error, WPB_E_CANCELLED, "redis",
                "stopped before the answers came");
    finish(probe, WPB_COVERAGE_UNAVAILABLE);
}

const struct wpb_probe wpb_probe_redis_watchlist = {
    .name = "redis.watchlist",
    .help = "the keys known by name (notoptions, alloptions, the drop-in's metrics): "
            "length, first 16 bytes, time to live; of the metrics how many and how old",
    .unit = "known keys",
    .needs = "redis",
    .after = "redis.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = 20000,
    .grants = "~* +select +info +memory|usage +pttl +strlen +getrange +zcard +zrange",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
