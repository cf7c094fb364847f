#include "agent/alert/sink_webhook.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alert/alert_fields.h"
#include "agent/alert/http_post.h"
#include "agent/alert/webhook_signature.h"
#include "agent/base/clock.h"

#define STAGE "webhook"
#define MAGIC 0x686f6f6bu
#define EVENT_TYPE "io.wpbloat.alert."

/* Of a value that is made safe, the first bytes. */
enum { HEADERS_MAX = 12, HEADER_BYTES_MAX = 4096, VALUE_BYTES_MAX = 256 };

/* Lines of a request, one behind the other in `text`. */
struct headers {
    struct wpb_buf text;
    size_t starts[HEADERS_MAX], count;
};

struct webhook {
    unsigned magic;
    struct wpb_http *http;
    struct wpb_http_post *post;
    struct wpb_webhook_key key; /* empty: nothing is signed */
    bool is_cloudevents;

    wpb_sink_done *done; /* NULL: nothing is under way */
    void *done_cookie;
    void (*closed)(void *cookie);
    void *closed_cookie;
};

static struct webhook *cast(void *sink)
{
    struct webhook *webhook = sink;

    assert(webhook->magic == MAGIC);
    return webhook;
}

static void free_webhook(struct webhook *webhook)
{
    explicit_bzero(&webhook->key, sizeof(webhook->key));
    free(webhook);
}

static void on_never_opened(void *cookie)
{
    free_webhook(cookie);
}

static void *open_webhook(struct uv_loop_s *loop,
                          const struct wpb_sink_settings *settings, struct wpb_err *err)
{
    struct webhook *webhook = calloc(1, sizeof(*webhook));

    if (!webhook || !(webhook->http = wpb_http_new(loop))) {
        free(webhook);
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a sink");
        return NULL;
    }
    webhook->magic = MAGIC;
    webhook->is_cloudevents = settings->is_cloudevents;
    if ((settings->secret && wpb_webhook_key_of(&webhook->key, settings->secret, err)) ||
        !(webhook->post =
              wpb_http_post_new(webhook->http, settings->urls[0], "", settings, err))) {
        wpb_http_close(webhook->http, on_never_opened, webhook);
        return NULL;
    }
    return webhook;
}

/* ---- headers */

/* VALUE as a part of a URI: nothing of it can end a header, or be taken for another
 * part. */
static void add_encoded(struct wpb_buf *out, const char *value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~";

    for (size_t i = 0; value[i] && i < VALUE_BYTES_MAX; i++) {
        if (strchr(plain, value[i]))
            wpb_buf_char(out, value[i]);
        else
            wpb_buf_printf(out, "%%%02X", (unsigned char)value[i]);
    }
}

static void begin_header(struct headers *headers, const char *name)
{
    assert(headers->count < HEADERS_MAX);
    if (headers->count)
        wpb_buf_char(&headers->text, '\0');
    headers->starts[headers->count++] = headers->text.len;
    wpb_buf_text(&headers->text, name);
    wpb_buf_text(&headers->text, ": ");
}

static void add_header(struct headers *headers, const char *name, const char *value)
{
    begin_header(headers, name);
    wpb_buf_text(&headers->text, value);
}

static void add_encoded_header(struct headers *headers, const char *name,
                               const char *before, const char *value)
{
    begin_header(headers, name);
    wpb_buf_text(&headers->text, before);
    add_encoded(&headers->text, value);
}

static void add_standard_headers(struct headers *headers, const struct webhook *webhook,
                                 const struct wpb_alert *alert)
{
    int64_t now_s = wpb_clock_now_ms() / 1000;
    char text[WPB_WEBHOOK_SIGNATURE_SIZE];

    add_encoded_header(headers, "webhook-id", "", alert->id);
    snprintf(text, sizeof(text), "%" PRId64, now_s);
    add_header(headers, "webhook-timestamp", text);
    if (webhook->key.len) {
        wpb_webhook_sign(&webhook->key, alert->id, now_s, alert->body, text);
        add_header(headers, "webhook-signature", text);
    }
}

static void add_event_headers(struct headers *headers, const struct wpb_alert *alert)
{
    struct wpb_alert_fields fields;

    wpb_alert_fields_init(&fields, alert->body);
    add_header(headers, "ce-specversion", "1.0");
    add_encoded_header(headers, "ce-id", "", alert->id);
    add_encoded_header(headers, "ce-source", "//", fields.host);
    wpb_buf_text(&headers->text, "/wpbloat/");
    add_encoded(&headers->text, fields.instance);
    add_encoded_header(headers, "ce-type", EVENT_TYPE, fields.code);
    add_encoded_header(headers, "ce-subject", "", alert->fingerprint);
    begin_header(headers, "ce-time");
    wpb_clock_rfc3339(&headers->text, alert->updated_at_ms);
    wpb_alert_fields_fini(&fields);
}

/* ---- sending */

static void on_answer(void *cookie, const struct wpb_http_answer *answer)
{
    struct webhook *webhook = cast(cookie);
    struct wpb_delivery delivery = {.status = wpb_http_answer_means(answer),
                                    .retry_after_ms = answer->retry_after_ms};
    wpb_sink_done *done = webhook->done;

    memcpy(delivery.detail, answer->detail, sizeof(delivery.detail));
    webhook->done = NULL;
    done(webhook->done_cookie, &delivery);
}

static void send_alert(void *cookie, const struct wpb_alert *alert, wpb_sink_done *done,
                       void *done_cookie)
{
    struct webhook *webhook = cast(cookie);
    const char *lines[HEADERS_MAX + 1] = {NULL};
    struct headers headers = {.count = 0};

    assert(!webhook->done);
    webhook->done = done;
    webhook->done_cookie = done_cookie;
    wpb_buf_init(&headers.text, HEADER_BYTES_MAX);
    add_header(&headers, "Content-Type", "application/json");
    add_standard_headers(&headers, webhook, alert);
    if (webhook->is_cloudevents)
        add_event_headers(&headers, alert);
    for (size_t i = 0; i < headers.count; i++)
        lines[i] = headers.text.data + headers.starts[i];
    wpb_http_post_send(webhook->post, lines, alert->body, on_answer, webhook);
    wpb_buf_fini(&headers.text);
}

static void on_closed(void *cookie)
{
    struct webhook *webhook = cast(cookie);
    struct wpb_delivery delivery = {.status = WPB_DELIVERY_FAILED,
                                    .retry_after_ms = -1,
                                    .detail = "called off: the sink is closed"};
    void (*closed)(void *) = webhook->closed;
    void *closed_cookie = webhook->closed_cookie;

    if (webhook->done)
        webhook->done(webhook->done_cookie, &delivery);
    free_webhook(webhook);
    closed(closed_cookie);
}

static void close_webhook(void *cookie, void (*closed)(void *cookie), void *closed_cookie)
{
    struct webhook *webhook = cast(cookie);

    webhook->closed = closed;
    webhook->closed_cookie = closed_cookie;
    wpb_http_close(webhook->http, on_closed, webhook);
}

const struct wpb_sink_type wpb_sink_webhook = {
    .name = "webhook", .open = open_webhook, .send = send_alert, .close = close_webhook};
