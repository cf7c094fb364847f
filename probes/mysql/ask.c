#include "probes/mysql/ask.h"

#include <stdlib.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "probes/mysql/client.h"
#include "probes/mysql/peers.h"

#define STAGE "mysql"
/* A statement that does not end when it is killed has its connection broken. */
#define KILL_TRIES 3
#define KILL_WAIT_NS 300000000u

enum stage { IDLE, QUEUED, RUNNING, OVER };

struct wpb_mysql_ask {
    struct wpb_job job;
    struct wpb_run *run;
    enum wpb_look purpose; /* of its probe */
    const struct wpb_mysql_address *address;
    char *identity;
    struct wpb_buf sql;
    struct wpb_mysql_question question;
    void (*on_answer)(void *cookie, const struct wpb_mysql_answer *answer);
    void *cookie;

    struct wpb_mysql_answer answer; /* the thread's while QUEUED and RUNNING */
    struct wpb_arena *arena;
    uint64_t pages, elapsed_ms, statements;

    uv_mutex_t mutex; /* guards the four below */
    uv_cond_t is_over;
    enum stage stage;
    uint64_t connection; /* while RUNNING */
    int socket;
    bool is_cancelled;

    uv_work_t kill;
    uv_sem_t killed;              /* posted when `kill` has done its work */
    bool is_killing;              /* guarded too */
    bool is_killed_over, is_done; /* the loop's: the answer waits for both */
};

static int run_statement(struct wpb_mysql_ask *ask, struct wpb_mysql_peer *peer)
{
    struct wpb_mysql_answer *answer = &ask->answer;
    const struct wpb_mysql_question *question = &ask->question;
    struct wpb_mysql_calm *calm = peer->calm;
    struct wpb_mysql_pages *pages =
        question->is_unbudgeted ? NULL : &peer->pages[ask->purpose];
    int status;

    if (question->pages_max &&
        wpb_mysql_calm_before(calm, pages, peer->link, wpb_run_budget(ask->run),
                              &answer->err))
        return -1;
    uint64_t begun_ms = wpb_clock_monotonic_ms();
    status =
        wpb_mysql_link_run(peer->link, ask->sql.data, ask->sql.len, &question->bounds,
                           ask->arena, &answer->rows, &answer->error, &answer->err);
    ask->elapsed_ms = wpb_clock_monotonic_ms() - begun_ms;
    if (question->pages_max && !wpb_mysql_link_is_lost(peer->link))
        ask->pages = wpb_mysql_calm_after(calm, pages, peer->link, question->pages_max);
    return status;
}

static bool is_cancelled(struct wpb_mysql_ask *ask)
{
    bool is;

    uv_mutex_lock(&ask->mutex);
    is = ask->is_cancelled;
    uv_mutex_unlock(&ask->mutex);
    return is;
}

/* True when the statement may run: nobody has cancelled it. */
static bool enter(struct wpb_mysql_ask *ask, const struct wpb_mysql_link *link)
{
    bool may_run;

    uv_mutex_lock(&ask->mutex);
    may_run = !ask->is_cancelled;
    ask->stage = RUNNING;
    ask->connection = wpb_mysql_link_id(link);
    ask->socket = wpb_mysql_link_socket(link);
    uv_mutex_unlock(&ask->mutex);
    return may_run;
}

/* A kill that comes when nothing runs ends the next statement: let that be one of no
 * value. */
static void absorb_kill(struct wpb_mysql_link *link)
{
    static const struct wpb_mysql_bounds bounds = {1, 64, 1000};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_mysql_rows rows;
    struct wpb_err err;
    unsigned error;

    if (arena && !wpb_mysql_link_is_lost(link))
        wpb_mysql_link_run(link, "DO 0", 4, &bounds, arena, &rows, &error, &err);
    wpb_arena_free(arena);
}

/* A kill on its way must arrive before this connection runs somebody else's statement. */
static void leave(struct wpb_mysql_ask *ask, struct wpb_mysql_link *link)
{
    bool is_killing;

    uv_mutex_lock(&ask->mutex);
    ask->stage = OVER;
    is_killing = ask->is_killing;
    uv_cond_signal(&ask->is_over);
    uv_mutex_unlock(&ask->mutex);
    if (!is_killing)
        return;
    uv_sem_wait(&ask->killed);
    absorb_kill(link);
}

static void run_at(struct wpb_mysql_ask *ask, struct wpb_mysql_peer *peer)
{
    struct wpb_mysql_answer *answer = &ask->answer;

    if (enter(ask, peer->link))
        answer->is_good = run_statement(ask, peer) == 0;
    else
        wpb_err_set(&answer->err, WPB_E_CANCELLED, STAGE, "stopped");
    leave(ask, peer->link);
    answer->connection = wpb_mysql_link_id(peer->link);
    answer->dialect = wpb_mysql_link_dialect(peer->link);
    answer->version =
        wpb_arena_cstr(ask->arena, wpb_slice_cstr(wpb_mysql_link_version(peer->link)));
}

static void work(struct wpb_job *job, struct wpb_kept *kept)
{
    struct wpb_mysql_ask *ask = (struct wpb_mysql_ask *)job;
    struct wpb_err *err = &ask->answer.err;
    struct wpb_mysql_peer *peer = wpb_mysql_peer_of(kept, ask->identity, ask->address);

    if (!peer || !ask->arena || wpb_buf_failed(&ask->sql)) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return;
    }
    if (is_cancelled(ask)) {
        wpb_err_set(err, WPB_E_CANCELLED, STAGE, "stopped");
        return;
    }
    if (wpb_mysql_peer_connect(peer, ask->address, err))
        return;
    run_at(ask, peer);
    ask->statements = wpb_mysql_link_statements(peer->link) - peer->charged;
    peer->charged += ask->statements;
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
    return (uint32_t)(ask->elapsed_ms * factor[wpb_run_budget(ask->run)]);
}

static void answer(struct wpb_mysql_ask *ask)
{
    struct wpb_cost *cost = wpb_run_cost(ask->run);
    struct wpb_arena *arena = ask->arena;

    cost->commands += ask->statements;
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

/* Has the statement ended, or does it within a while? */
static bool ends_soon(struct wpb_mysql_ask *ask)
{
    bool is_over;

    uv_mutex_lock(&ask->mutex);
    if (ask->stage != OVER)
        uv_cond_timedwait(&ask->is_over, &ask->mutex, KILL_WAIT_NS);
    is_over = ask->stage == OVER;
    uv_mutex_unlock(&ask->mutex);
    return is_over;
}

/* A kill may come before the server has begun the statement, and is lost then. */
static void kill_work(uv_work_t *request)
{
    struct wpb_mysql_ask *ask = request->data;
    struct wpb_err err;
    bool is_over = false;

    for (int i = 0; !is_over && i < KILL_TRIES; i++) {
        if (wpb_mysql_kill(ask->address, ask->connection, &err))
            break;
        is_over = ends_soon(ask);
    }
    if (!is_over)
        wpb_mysql_break(ask->socket);
    wpb_mysql_client_end_thread();
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
    size_t requests;

    wpb_mysql_client_begin();
    if (!ask || !(ask->identity = wpb_mysql_peer_identity(address)))
        goto free_ask;
    if (uv_mutex_init(&ask->mutex))
        goto free_ask;
    if (uv_cond_init(&ask->is_over))
        goto destroy_mutex;
    if (uv_sem_init(&ask->killed, 0))
        goto destroy_cond;
    ask->run = run;
    wpb_run_requests(run, &requests);
    ask->purpose = requests ? WPB_LOOK_EXAMINE : WPB_LOOK_SURVEY;
    ask->address = address;
    ask->job.work = work;
    ask->job.done = on_done;
    ask->kill.data = ask;
    wpb_buf_init(&ask->sql, 0);
    return ask;

destroy_cond:
    uv_cond_destroy(&ask->is_over);
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
    uv_cond_destroy(&ask->is_over);
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
    ask->pages = ask->elapsed_ms = ask->statements = 0;
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
