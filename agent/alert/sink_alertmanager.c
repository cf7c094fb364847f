#include "agent/alert/sink_alertmanager.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alert/alertmanager_json.h"
#include "agent/alert/http_post.h"
#include "agent/alert/told_severity.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"

#define STAGE "alertmanager"
#define MAGIC 0x616d7632u
#define SUFFIX "/api/v2/alerts"
#define EXPIRES_MIN_MS (5 * 60 * 1000)
/* Larger than all alerts that are told again could be. */
#define BODY_BYTES_MAX ((size_t)16 << 20)

static const char *const headers[] = {"Content-Type: application/json", NULL};

/* What is told again to several peers, each at its own pace. */
struct batch {
    struct wpb_buf body;
    size_t holders;
};

struct peer {
    struct alertmanager *sink;
    struct wpb_http_post *send, *resend;
    struct wpb_http_answer answer; /* to what is sent */
    struct batch *batch;           /* under way through `resend`; NULL: none */
    bool is_silent;                /* failed when it was told again */
};

struct alertmanager {
    unsigned magic;
    struct wpb_http *http;
    struct peer *peers;
    size_t peer_count;
    struct wpb_alertmanager_labels labels;
    uint64_t resend_ms;
    struct wpb_told_severity told;

    const struct wpb_alert *alert;
    struct wpb_buf body;
    size_t answers_left;
    wpb_sink_done *done; /* NULL: nothing is under way */
    void *done_cookie;
    void (*closed)(void *cookie);
    void *closed_cookie;
};

static struct alertmanager *cast(void *sink)
{
    struct alertmanager *alertmanager = sink;

    assert(alertmanager->magic == MAGIC);
    return alertmanager;
}

/* ---- life */

static void release_batch(struct peer *peer)
{
    struct batch *batch = peer->batch;

    peer->batch = NULL;
    if (!batch || --batch->holders)
        return;
    wpb_buf_fini(&batch->body);
    free(batch);
}

static void free_sink(struct alertmanager *sink)
{
    for (size_t i = 0; i < sink->peer_count; i++)
        release_batch(&sink->peers[i]);
    wpb_told_severity_fini(&sink->told);
    wpb_buf_fini(&sink->body);
    free(sink->peers);
    free(sink);
}

static void on_never_opened(void *cookie)
{
    free_sink(cookie);
}

static int open_peers(struct alertmanager *sink, const struct wpb_sink_settings *settings,
                      struct wpb_err *err)
{
    if (wpb_alertmanager_labels_check(&sink->labels, err))
        return -1;
    for (size_t i = 0; i < settings->url_count; i++) {
        struct peer *peer = &sink->peers[i];
        const char *url = settings->urls[i];
        peer->sink = sink;
        peer->send = wpb_http_post_new(sink->http, url, SUFFIX, settings, err);
        if (!peer->send)
            return -1;
        peer->resend = wpb_http_post_new(sink->http, url, SUFFIX, settings, err);
        if (!peer->resend)
            return -1;
        sink->peer_count++;
    }
    return 0;
}

static void *open_alertmanager(struct uv_loop_s *loop,
                               const struct wpb_sink_settings *settings,
                               struct wpb_err *err)
{
    struct alertmanager *sink = calloc(1, sizeof(*sink));

    if (sink)
        sink->peers = calloc(settings->url_count + 1, sizeof(struct peer));
    if (!sink || !sink->peers || !(sink->http = wpb_http_new(loop))) {
        if (sink)
            free(sink->peers);
        free(sink);
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a sink");
        return NULL;
    }
    sink->magic = MAGIC;
    sink->labels =
        (struct wpb_alertmanager_labels){settings->labels, settings->label_count};
    sink->resend_ms = settings->resend_ms;
    wpb_buf_init(&sink->body, BODY_BYTES_MAX);
    if (open_peers(sink, settings, err)) {
        wpb_http_close(sink->http, on_never_opened, sink);
        return NULL;
    }
    return sink;
}

/* ---- the body */

static void add_alert(struct alertmanager *sink, struct wpb_buf *body,
                      const struct wpb_alert *alert)
{
    int64_t now_ms = wpb_clock_now_ms();
    int64_t holds_ms = 4 * (int64_t)sink->resend_ms;
    bool is_resolved = alert->status == WPB_ALERT_RESOLVED;
    enum wpb_severity former;

    if (holds_ms < EXPIRES_MIN_MS)
        holds_ms = EXPIRES_MIN_MS;
    if (wpb_told_severity_of(&sink->told, alert, &former) && former != alert->severity) {
        struct wpb_alert ended = *alert;
        if (!is_resolved)
            ended.ends_at_ms = alert->updated_at_ms;
        wpb_alertmanager_json(body, &ended, &sink->labels, former, true, now_ms, 0);
        wpb_buf_char(body, ',');
    }
    wpb_alertmanager_json(body, alert, &sink->labels, alert->severity, is_resolved,
                          now_ms, now_ms + holds_ms);
}

/* ---- sending */

/* What all peers have answered, in one: a peer that fails is tried again, one that will
 * never take it is a dead letter, one that cannot be reached is told later. */
static struct wpb_delivery verdict_of(const struct alertmanager *sink)
{
    struct wpb_delivery delivery = {.status = WPB_DELIVERED, .retry_after_ms = -1};
    const struct wpb_http_answer *worst = NULL;
    size_t taken = 0, failed = 0, rejected = 0;

    for (size_t i = 0; i < sink->peer_count; i++) {
        const struct wpb_http_answer *answer = &sink->peers[i].answer;
        enum wpb_delivery_status means = wpb_http_answer_means(answer);
        taken += means == WPB_DELIVERED;
        failed += means == WPB_DELIVERY_FAILED && answer->status;
        rejected += means == WPB_DELIVERY_REJECTED;
        if (answer->retry_after_ms > delivery.retry_after_ms)
            delivery.retry_after_ms = answer->retry_after_ms;
        /* The first that answered badly, else the first that did not. */
        if (means != WPB_DELIVERED && (!worst || (answer->status && !worst->status)))
            worst = answer;
    }
    if (failed || (!taken && !rejected))
        delivery.status = WPB_DELIVERY_FAILED;
    else if (rejected)
        delivery.status = WPB_DELIVERY_REJECTED;
    if (sink->peer_count == 1)
        snprintf(delivery.detail, sizeof(delivery.detail), "%s",
                 sink->peers[0].answer.detail);
    else
        snprintf(delivery.detail, sizeof(delivery.detail),
                 "%zu of %zu peers took it%s%.190s", taken, sink->peer_count,
                 worst ? "; " : "", worst ? worst->detail : "");
    return delivery;
}

static void on_answer(void *cookie, const struct wpb_http_answer *answer)
{
    struct peer *peer = cookie;
    struct alertmanager *sink = peer->sink;
    struct wpb_delivery delivery;
    wpb_sink_done *done = sink->done;

    peer->answer = *answer;
    if (--sink->answers_left)
        return;
    delivery = verdict_of(sink);
    if (delivery.status == WPB_DELIVERED)
        wpb_told_severity_note(&sink->told, sink->alert);
    wpb_buf_fini(&sink->body);
    sink->done = NULL;
    done(sink->done_cookie, &delivery);
}

static void send_alert(void *cookie, const struct wpb_alert *alert, wpb_sink_done *done,
                       void *done_cookie)
{
    struct alertmanager *sink = cast(cookie);

    assert(!sink->done);
    sink->done = done;
    sink->done_cookie = done_cookie;
    sink->alert = alert;
    wpb_buf_clear(&sink->body);
    wpb_buf_char(&sink->body, '[');
    add_alert(sink, &sink->body, alert);
    wpb_buf_char(&sink->body, ']');
    sink->answers_left = sink->peer_count;
    for (size_t i = 0; i < sink->peer_count; i++)
        wpb_http_post_send(sink->peers[i].send, headers, wpb_buf_view(&sink->body),
                           on_answer, &sink->peers[i]);
}

/* ---- told again */

static void on_told_again(void *cookie, const struct wpb_http_answer *answer)
{
    struct peer *peer = cookie;
    bool is_silent = wpb_http_answer_means(answer) != WPB_DELIVERED;

    if (is_silent && !peer->is_silent)
        wpb_log(WPB_LOG_WARNING, "Alertmanager was not told again what fires: %s",
                answer->detail);
    else if (!is_silent && peer->is_silent)
        wpb_log(WPB_LOG_INFO, "Alertmanager is told again what fires: %s",
                answer->detail);
    peer->is_silent = is_silent;
    release_batch(peer);
}

static void resend(void *cookie, const struct wpb_alert *const *alerts, size_t count)
{
    struct alertmanager *sink = cast(cookie);
    struct batch *batch = calloc(1, sizeof(*batch));

    if (!batch)
        return;
    wpb_buf_init(&batch->body, BODY_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        enum wpb_severity severity;
        wpb_buf_char(&batch->body, i ? ',' : '[');
        add_alert(sink, &batch->body, alerts[i]);
        /* After a restart, this is how it is known there. */
        if (alerts[i]->status == WPB_ALERT_FIRING &&
            !wpb_told_severity_of(&sink->told, alerts[i], &severity))
            wpb_told_severity_note(&sink->told, alerts[i]);
    }
    wpb_buf_char(&batch->body, ']');
    batch->holders = 1; /* this function */
    for (size_t i = 0; i < sink->peer_count && !wpb_buf_failed(&batch->body); i++) {
        struct peer *peer = &sink->peers[i];
        if (wpb_http_post_is_busy(peer->resend))
            continue; /* it has not answered the last time yet */
        peer->batch = batch;
        batch->holders++;
        wpb_http_post_send(peer->resend, headers, wpb_buf_view(&batch->body),
                           on_told_again, peer);
    }
    if (--batch->holders == 0) {
        wpb_buf_fini(&batch->body);
        free(batch);
    }
}

/* ---- the end */

static void on_closed(void *cookie)
{
    struct alertmanager *sink = cast(cookie);
    struct wpb_delivery delivery = {.status = WPB_DELIVERY_FAILED,
                                    .retry_after_ms = -1,
                                    .detail = "called off: the sink is closed"};
    void (*closed)(void *) = sink->closed;
    void *closed_cookie = sink->closed_cookie;

    if (sink->done)
        sink->done(sink->done_cookie, &delivery);
    free_sink(sink);
    closed(closed_cookie);
}

static void close_alertmanager(void *cookie, void (*closed)(void *cookie),
                               void *closed_cookie)
{
    struct alertmanager *sink = cast(cookie);

    sink->closed = closed;
    sink->closed_cookie = closed_cookie;
    wpb_http_close(sink->http, on_closed, sink);
}

const struct wpb_sink_type wpb_sink_alertmanager = {.name = "alertmanager",
                                                    .open = open_alertmanager,
                                                    .send = send_alert,
                                                    .resend = resend,
                                                    .close = close_alertmanager};
