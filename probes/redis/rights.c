/* redis.rights: which of the commands that the probes send this user may run. Each is
 * tried once, on a key that does not exist. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "probes/redis/link.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"

/* No site has such a key. */
#define NO_KEY "wpbloat:no-such-key"
#define WORDS_MAX 5

/* A command, the right it needs as packaging/redis-acl.txt has it, and whether a server
 * that does not know it is as good as one that forbids it. */
static const struct trial {
    const char *words[WORDS_MAX + 1];
    const char *right;
    bool is_old; /* known to every Redis that is supported */
} trials[] = {
    {{"INFO", "server"}, "+info", true},
    {{"DBSIZE"}, "+dbsize", true},
    {{"SCAN", "0", "COUNT", "1"}, "+scan", true},
    {{"MEMORY", "USAGE", NO_KEY}, "+memory|usage", true},
    {{"PTTL", NO_KEY}, "+pttl", true},
    {{"STRLEN", NO_KEY}, "+strlen", true},
    {{"GETRANGE", NO_KEY, "0", "0"}, "+getrange", true},
    {{"OBJECT", "IDLETIME", NO_KEY}, "+object|idletime", true},
    {{"TYPE", NO_KEY}, "+type", true},
    {{"ZCARD", NO_KEY}, "+zcard", true},
    {{"ZRANGE", NO_KEY, "0", "0"}, "+zrange", true},
    {{"HLEN", NO_KEY}, "+hlen", true},
    {{"SCARD", NO_KEY}, "+scard", true},
    {{"LLEN", NO_KEY}, "+llen", true},
    {{"XLEN", NO_KEY}, "+xlen", true},
    {{"CLIENT", "ID"}, "+client|id", true},
    {{"CLIENT", "TRACKING", "OFF"}, "+client|tracking", false},
    {{"CLIENT", "TRACKINGINFO"}, "+client|trackinginfo", false},
};
#define TRIALS (sizeof(trials) / sizeof(trials[0]))

struct rights {
    struct wpb_run *run;
    struct wpb_link *link;
    const struct wpb_site *site;
    struct wpb_buf command;
    struct wpb_buf forbidden, unknown; /* " +scan +pttl"; "SCAN, PTTL" */
    bool is_key_forbidden, is_churn_forbidden;
    size_t answered;
    enum wpb_coverage_status status;
    struct wpb_buf reason;
    bool is_ending;
};

static void finish(struct rights *probe, enum wpb_coverage_status status)
{
    if (probe->is_ending)
        return;
    probe->is_ending = true;
    probe->status = status;
    wpb_run_progress(probe->run, probe->answered, TRIALS, NULL);
    wpb_link_close(probe->link);
}

static void advise(struct rights *probe, const char *user)
{
    struct wpb_buf line;

    wpb_buf_init(&line, 0);
    wpb_buf_printf(&line, "\nACL SETUSER %s%s%s", user,
                   probe->is_key_forbidden ? " ~*" : "", probe->forbidden.data);
    wpb_run_advise(probe->run, line.data);
    wpb_buf_fini(&line);
}

static void on_closed(void *cookie)
{
    struct rights *probe = cookie;

    probe->link = NULL;
    wpb_run_end(probe->run, probe->status, "%s", probe->reason.data);
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    struct rights *probe = cookie;

    wpb_buf_clear(&probe->reason);
    wpb_buf_text(&probe->reason, err->message);
    finish(probe, WPB_COVERAGE_UNAVAILABLE);
}

/* A word that stays one in a line of redis-cli. */
static bool is_plain(const char *word)
{
    for (; *word; word++) {
        if (*word <= ' ' || *word > '~' || strchr("'\"\\", *word))
            return false;
    }
    return true;
}

/* A sentence, and the line that opens what is closed. */
static void conclude(struct rights *probe)
{
    const char *user = probe->site->redis.user;

    if (probe->unknown.len)
        wpb_buf_printf(&probe->reason,
                       "this server has renamed, disabled or never known %s",
                       probe->unknown.data);
    if (probe->forbidden.len || probe->is_key_forbidden)
        wpb_buf_printf(&probe->reason, "%sits user may not do all that wpbloat does",
                       probe->unknown.len ? "; " : "");
    if (probe->is_churn_forbidden)
        wpb_buf_text(&probe->forbidden, " +subscribe &__redis__:invalidate");
    if (!*user)
        user = "default";
    if ((probe->forbidden.len || probe->is_key_forbidden) && is_plain(user))
        advise(probe, user);
    finish(probe, probe->reason.len ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_OK);
}

static void on_reply(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct rights *probe = cookie;
    const struct trial *trial = &trials[tag];
    struct wpb_slice text = wpb_reply_text(reply);

    probe->answered++;
    if (wpb_reply_is_code(reply, "NOPERM") && memmem(text.data, text.len, " key", 4)) {
        probe->is_key_forbidden = true;
    } else if (wpb_reply_is_code(reply, "NOPERM")) {
        wpb_buf_printf(&probe->forbidden, " %s", trial->right);
        probe->is_churn_forbidden |= !trial->is_old;
    } else if (wpb_reply_is_refusal(reply) && trial->is_old) {
        wpb_buf_printf(&probe->unknown, "%s%s", probe->unknown.len ? ", " : "",
                       trial->words[0]);
    }
    if (probe->answered == TRIALS)
        conclude(probe);
}

static void on_ready(void *cookie)
{
    struct rights *probe = cookie;

    for (size_t i = 0; i < TRIALS; i++) {
        struct wpb_slice words[WORDS_MAX];
        size_t count = 0;
        for (; trials[i].words[count]; count++)
            words[count] = wpb_slice_cstr(trials[i].words[count]);
        wpb_buf_clear(&probe->command);
        wpb_resp_command(&probe->command, words, count);
        wpb_link_send(probe->link, 0, on_reply, i, wpb_buf_view(&probe->command));
    }
    wpb_link_flush(probe->link, 0);
}

static void release(void *state)
{
    struct rights *probe = state;

    if (!probe)
        return;
    wpb_buf_fini(&probe->command);
    wpb_buf_fini(&probe->forbidden);
    wpb_buf_fini(&probe->unknown);
    wpb_buf_fini(&probe->reason);
    free(probe);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};
    struct rights *probe = calloc(1, sizeof(*probe));
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);

    if (!probe) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        return NULL;
    }
    probe->run = run;
    probe->site = sites[0];
    wpb_buf_init(&probe->command, 0);
    wpb_buf_init(&probe->forbidden, 0);
    wpb_buf_init(&probe->unknown, 0);
    wpb_buf_init(&probe->reason, 0);
    probe->link = wpb_link_open(wpb_run_loop(run), sites, count, WPB_LINK_MASTER, &events,
                                probe, wpb_run_cost(run), err);
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
    struct rights *probe = state;

    wpb_buf_clear(&probe->reason);
    wpb_buf_text(&probe->reason, "stopped before all commands were tried");
    finish(probe, WPB_COVERAGE_PARTIAL);
}

const struct wpb_probe wpb_probe_redis_rights = {
    .name = "redis.rights",
    .help = "which of the commands that the other probes send this user may run",
    .unit = "commands",
    .needs = "redis",
    .after = "redis.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 20000,
    .max_items = TRIALS,
    .grants = "none: it finds out which there are",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
