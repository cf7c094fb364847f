#include "probes/mysql/ask.h"

#include <stdlib.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/base/mysql_address.h"
#include "probes/mysql/calm.h"
#include "probes/mysql/client.h"

#define STAGE "mysql"
/* A server that refused is not tried again for each statement of each run. */
#define REFUSED_MS 5000

/* --- what the thread keeps: a connection an address --- */

struct peer {
    struct peer *next;
    char *identity;
    struct wpb_mysql_link *link; /* NULL: not connected */
    struct wpb_mysql_calm calm;
    struct wpb_err refused; /* why it was not, at refused_ms */
    uint64_t refused_ms;
};

struct peers {
    struct peer *first;
};

static void free_peers(void *state)
{
    struct peers *peers = state;
    struct peer *peer;

    while ((peer = peers->first)) {
        peers->first = peer->next;
        wpb_mysql_link_close(peer->link);
        free(peer->identity);
        free(peer);
    }
    free(peers);
    wpb_mysql_client_end_thread();
}

static char *identity_of(const struct wpb_mysql_address *address)
{
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_mysql_address_scope(address, true, &text);
    wpb_buf_printf(&text, " %s %s", address->user, address->password);
    wpb_buf_char(&text, '\0');
    if (wpb_buf_failed(&text))
        wpb_buf_fini(&text);
    return text.data;
}

/* The peer of IDENTITY, made when it is new; NULL when memory is out. */
static struct peer *peer_of(struct wpb_kept *kept, const char *identity, bool is_local)
{
    struct peers *peers = kept->state;
    struct peer *peer;

    if (!peers) {
        peers = calloc(1, sizeof(*peers));
        if (!peers)
            return NULL;
        kept->state = peers;
        kept->free = free_peers;
    }
    for (peer = peers->first; peer; peer = peer->next) {
        if (strcmp(peer->identity, identity) == 0)
            return peer;
    }
    peer = calloc(1, sizeof(*peer));
    if (!peer || !(peer->identity = strdup(identity))) {
        free(peer);
        return NULL;
    }
    wpb_mysql_calm_init(&peer->calm, is_local);
    peer->next = peers->first;
    peers->first = peer;
    return peer;
}

static int connect_peer(struct peer *peer, const struct wpb_mysql_address *address,
                        struct wpb_err *err)
{
    uint64_t now_ms = wpb_clock_monotonic_ms();

    if (peer->link)
        return 0;
    if (peer->refused_ms && now_ms - peer->refused_ms < REFUSED_MS) {
        *err = peer->refused;
        return -1;
    }
    peer->link = wpb_mysql_link_open(address, err);
    if (peer->link)
        return 0;
    peer->refused = *err;
    peer->refused_ms = now_ms;
    return -1;
}

/* --- one question --- */

enum stage { IDLE, QUEUED, RUNNING, OVER };

struct wpb_mysql_ask {
    struct wpb_job job;
    struct wpb_run *run;
    const struct wpb_mysql_address *address;
    char *identity;
    struct wpb_buf sql;
    struct wpb_mysql_question question;
    void (*on_answer)(void *cookie, const struct wpb_mysql_answer *answer);
    void *cookie;

    struct wpb_mysql_answer answer; /* the thread's while QUEUED and RUNNING */
    struct wpb_arena *arena;
    uint64_t pages, elapsed_ms;

    uv_mutex_t mutex; /* guards the three below */
    enum stage stage;
    uint64_t connection; /* while RUNNING */
    bool is_cancelled;

    uv_work_t kill;
    uv_sem_t killed;              /* posted when `kill` has done its work */
    bool is_killing;              /* guarded too */
    bool is_killed_over, is_done; /* the loop's: the answer waits for both */
};

static int run_statement(struct wpb_mysql_ask *ask, struct peer *peer)
{
    struct wpb_mysql_answer *answer = &ask->answer;
    const struct wpb_mysql_question *question = &ask->question;
    int status;

    if (question->pages_max &&
        wpb_mysql_calm_before(&peer->calm, peer->link, wpb_run_budget(ask->run),
                              &answer->err))
        return -1;
    uint64_t begun_ms = wpb_clock_monotonic_ms();
    status =
        wpb_mysql_link_run(peer->link, ask->sql.data, ask->sql.len, &question->bounds,
                           ask->arena, &answer->rows, &answer->error, &answer->err);
    ask->elapsed_ms = wpb_clock_monotonic_ms() - begun_ms;
    if (question->pages_max && !wpb_mysql_link_is_lost(peer->link))
        ask->pages = wpb_mysql_calm_after(&peer->calm, peer->link, question->pages_max);
    return status;
}

/* True when the statement may run: nobody has cancelled it. */
static bool enter(struct wpb_mysql_ask *ask, uint64_t connection)
{
    bool may_run;

    uv_mutex_lock(&ask->mutex);
    may_run = !ask->is_cancelled;
    ask->stage = RUNNING;
    ask->connection = connection;
    uv_mutex_unlock(&ask->mutex);
    return may_run;
}

/* A kill on its way must arrive before this connection runs somebody else's statement. */
static void leave(struct wpb_mysql_ask *ask)
{
    bool is_killing;

    uv_mutex_lock(&ask->mutex);
    ask->stage = OVER;
    is_killing = ask->is_killing;
    uv_mutex_unlock(&ask->mutex);
    if (is_killing)
        uv_sem_wait(&ask->killed);
}

static void work(struct wpb_job *job, struct wpb_kept *kept)
{
    struct wpb_mysql_ask *ask = (struct wpb_mysql_ask *)job;
    struct wpb_mysql_answer *answer = &ask->answer;
    struct peer *peer =
        peer_of(kept, ask->identity, wpb_mysql_address_is_local(ask->address));

    if (!peer || !ask->arena || wpb_buf_failed(&ask->sql)) {
        wpb_err_set(&answer->err, WPB_E_MEMORY, STAGE, "out of memory");
        return;
    }
    if (connect_peer(peer, ask->address, &answer->err))
        return;
    answer->connection = wpb_mysql_link_id(peer->link);
    answer->dialect = wpb_mysql_link_dialect(peer->link);
    answer->version =
        wpb_arena_cstr(ask->arena, wpb_slice_cstr(wpb_mysql_link_version(peer->link)));
    if (enter(ask, answer->connection))
        answer->is_good = run_statement(ask, peer) == 0;
    else
        wpb_err_set(&answer->err, WPB_E_CANCELLED, STAGE, "stopped");
    leave(ask);
    if (wpb_mysql_link_is_lost(peer->link)) {
        wpb_mysql_link_close(peer->link);
        peer->link = NULL;
    }
}

/* Leave the server alone as long as it worked for us, or longer. */
static uint32_t pause_after(const struct wpb_mysql_ask *ask)
{
    static const uint32_t factor[] = {
        [WPB_BUDGET_LOW] = 4, [WPB_BUDGET_NORMAL] = 1, [WPB_BUDGET_FULL] = 0};

    if (!ask->question.pages_max)
        return 0;
    return (uint32_t)ask->elapsed_ms * factor[wpb_run_budget(ask->run)];
}

static void answer(struct wpb_mysql_ask *ask)
{
    struct wpb_cost *cost = wpb_run_cost(ask->run);
    struct wpb_arena *arena = ask->arena;

    cost->commands++;
    cost->bytes_sent += ask->sql.len;
    cost->bytes_received += ask->answer.rows.bytes;
    cost->rows += ask->answer.rows.rows;
    cost->pages += ask->pages;
    ask->answer.pause_ms = pause_after(ask);
    ask->stage = IDLE;
    ask->arena = NULL;
    /* The callback may ask again. */
    struct wpb_mysql_answer said = ask->answer;
    ask->on_answer(ask->cookie, &said);
    wpb_arena_free(arena);
}

static void on_done(struct wpb_job *job)
{
    struct wpb_mysql_ask *ask = (struct wpb_mysql_ask *)job;

    ask->is_done = true;
    if (ask->stage == QUEUED && !ask->answer.err.code)
        wpb_err_set(&ask->answer.err, WPB_E_MEMORY, STAGE, "cannot make a thread");
    if (!ask->is_killing || ask->is_killed_over)
        answer(ask);
}

static void kill_work(uv_work_t *request)
{
    struct wpb_mysql_ask *ask = request->data;
    struct wpb_err err;

    /* When it fails the statement ends by its own time limit. */
    wpb_mysql_kill(ask->address, ask->connection, &err);
    uv_sem_post(&ask->killed);
}

static void on_killed(uv_work_t *request, int status)
{
    struct wpb_mysql_ask *ask = request->data;
    (void)status;

    ask->is_killed_over = true;
    if (ask->is_done)
        answer(ask);
}

struct wpb_mysql_ask *wpb_mysql_ask_new(struct wpb_run *run,
                                        const struct wpb_mysql_address *address)
{
    struct wpb_mysql_ask *ask = calloc(1, sizeof(*ask));

    wpb_mysql_client_begin();
    if (!ask || !(ask->identity = identity_of(address)))
        goto free_ask;
    if (uv_mutex_init(&ask->mutex))
        goto free_ask;
    if (uv_sem_init(&ask->killed, 0))
        goto destroy_mutex;
    ask->run = run;
    ask->address = address;
    ask->job.work = work;
    ask->job.done = on_done;
    ask->kill.data = ask;
    wpb_buf_init(&ask->sql, 0);
    return ask;

destroy_mutex:
    uv_mutex_destroy(&ask->mutex);
free_ask:
    if (ask)
        free(ask->identity);
    free(ask);
    return NULL;
}

void wpb_mysql_ask_free(struct wpb_mysql_ask *ask)
{
    if (!ask)
        return;
    wpb_buf_fini(&ask->sql);
    uv_sem_destroy(&ask->killed);
    uv_mutex_destroy(&ask->mutex);
    free(ask->identity);
    free(ask);
}

void wpb_mysql_ask(struct wpb_mysql_ask *ask, const struct wpb_mysql_question *question,
                   void (*on_answer)(void *cookie, const struct wpb_mysql_answer *answer),
                   void *cookie)
{
    ask->question = *question;
    wpb_buf_clear(&ask->sql);
    wpb_buf_slice(&ask->sql, wpb_buf_view(&question->sql->text));
    ask->on_answer = on_answer;
    ask->cookie = cookie;
    ask->answer = (struct wpb_mysql_answer){.version = ""};
    ask->arena = wpb_arena_new();
    ask->pages = ask->elapsed_ms = 0;
    ask->is_done = ask->is_killed_over = ask->is_killing = false;
    ask->stage = QUEUED;
    ask->sql.failed |= question->sql->text.failed;
    wpb_run_submit(ask->run, &ask->job);
}

void wpb_mysql_ask_cancel(struct wpb_mysql_ask *ask)
{
    bool must_kill = false;

    uv_mutex_lock(&ask->mutex);
    ask->is_cancelled = true;
    if (ask->stage == RUNNING && !ask->is_killing)
        must_kill = ask->is_killing = true;
    uv_mutex_unlock(&ask->mutex);
    if (must_kill &&
        uv_queue_work(wpb_run_loop(ask->run), &ask->kill, kill_work, on_killed)) {
        ask->is_killed_over = true;
        uv_sem_post(&ask->killed);
    }
}
