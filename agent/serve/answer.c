#include "agent/serve/answer.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    unsigned status;
    const char *header, *value; /* or NULL */
    const char *text;
} fixed[WPB_ANSWERS] = {
    [WPB_ANSWER_BODY] = {MHD_HTTP_BAD_REQUEST, MHD_HTTP_HEADER_CONNECTION, "close",
                         "Nothing is to be sent here: ask without a body.\n"},
    [WPB_ANSWER_TOKEN] = {MHD_HTTP_UNAUTHORIZED, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                          "Bearer realm=\"wpbloat\"",
                          "Show the token that listen_token_file holds: Authorization: "
                          "Bearer TOKEN\n"},
    [WPB_ANSWER_NAME] = {MHD_HTTP_FORBIDDEN, NULL, NULL,
                         "Without a token, ask by address, such as 127.0.0.1, or "
                         "localhost; or set listen_token_file.\n"},
    [WPB_ANSWER_PATH] = {MHD_HTTP_NOT_FOUND, NULL, NULL,
                         "Not here. There are /, /metrics, /healthz and "
                         "/findings.json.\n"},
    [WPB_ANSWER_METHOD] = {MHD_HTTP_METHOD_NOT_ALLOWED, MHD_HTTP_HEADER_ALLOW,
                           "GET, HEAD", "Everything here is only read: GET or HEAD.\n"},
};

static const char not_there[] = "This cannot be told now: nothing was looked at yet, or "
                                "there was no memory for it.\n";

/* ---- making responses ---- */

/* What every answer says to a browser that it should never reach. */
static bool add_headers(struct MHD_Response *response, const char *type)
{
    static const char *const headers[][2] = {
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Cache-Control", "no-store"},
        {"Referrer-Policy", "no-referrer"},
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (MHD_add_response_header(response, headers[i][0], headers[i][1]) != MHD_YES)
            return false;
    }
    return MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) ==
           MHD_YES;
}

/* BYTES become the response's when MODE is MUST_FREE, also when NULL is returned. */
static struct MHD_Response *make(char *bytes, size_t len,
                                 enum MHD_ResponseMemoryMode mode, const char *type)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(len, bytes, mode);

    if (!response) {
        if (mode == MHD_RESPMEM_MUST_FREE)
            free(bytes);
        return NULL;
    }
    if (add_headers(response, type))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

static struct MHD_Response *make_of_text(const char *text, const char *type)
{
    return make((char *)text, strlen(text), MHD_RESPMEM_PERSISTENT, type);
}

static void let_go(struct MHD_Response **response)
{
    if (*response)
        MHD_destroy_response(*response);
    *response = NULL;
}

/* ---- documents ---- */

static bool is_fresh(const struct wpb_serve_document *document, uint64_t now_ms)
{
    return document->response && now_ms - document->made_ms < WPB_SERVE_CACHE_MS;
}

static void make_document(struct wpb_serve_answers *answers, enum wpb_document which,
                          uint64_t now_ms)
{
    struct wpb_serve_document *document = &answers->documents[which];
    struct wpb_buf out;
    char *bytes;
    size_t len;

    wpb_buf_init(&out, WPB_SERVE_DOCUMENT_BYTES_MAX);
    document->is_well = answers->routes.render(answers->routes.cookie, which, &out);
    document->made_ms = now_ms;
    document->status = document->is_well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    bytes = wpb_buf_take(&out, &len);
    wpb_buf_fini(&out);
    if (bytes && (document->is_well || which == WPB_DOCUMENT_HEALTH)) {
        document->response =
            make(bytes, len, MHD_RESPMEM_MUST_FREE, wpb_serve_content_type(which));
        return;
    }
    free(bytes);
    document->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    document->response = make_of_text(not_there, "text/plain; charset=utf-8");
}

static const struct wpb_serve_document *
document_of(struct wpb_serve_answers *answers, enum wpb_document which, uint64_t now_ms)
{
    struct wpb_serve_document *document = &answers->documents[which];

    if (!is_fresh(document, now_ms)) {
        let_go(&document->response);
        make_document(answers, which, now_ms);
    }
    return document;
}

/* ---- answering ---- */

static int queue(struct MHD_Connection *connection, unsigned status,
                 struct MHD_Response *response)
{
    return response && MHD_queue_response(connection, status, response) == MHD_YES ? 0
                                                                                   : -1;
}

static int reply_brief_health(struct wpb_serve_answers *answers,
                              struct MHD_Connection *connection, uint64_t now_ms)
{
    const struct wpb_serve_document *health =
        document_of(answers, WPB_DOCUMENT_HEALTH, now_ms);
    struct MHD_Response **response =
        health->is_well ? &answers->is_well : &answers->is_not_well;

    if (!*response)
        *response = make_of_text(health->is_well ? "{\"status\":\"ok\"}\n"
                                                 : "{\"status\":\"degraded\"}\n",
                                 wpb_serve_content_type(WPB_DOCUMENT_HEALTH));
    return queue(connection, health->status, *response);
}

static int reply_fixed(struct wpb_serve_answers *answers,
                       struct MHD_Connection *connection, enum wpb_serve_answer answer)
{
    struct MHD_Response **response = &answers->fixed[answer];

    if (!*response) {
        *response = make_of_text(fixed[answer].text, "text/plain; charset=utf-8");
        if (*response && fixed[answer].header &&
            MHD_add_response_header(*response, fixed[answer].header,
                                    fixed[answer].value) != MHD_YES)
            let_go(response);
    }
    return queue(connection, fixed[answer].status, *response);
}

int wpb_serve_reply(struct wpb_serve_answers *answers, struct MHD_Connection *connection,
                    enum wpb_serve_answer answer, enum wpb_document which,
                    uint64_t now_ms)
{
    const struct wpb_serve_document *document;

    if (answer == WPB_ANSWER_BRIEF_HEALTH)
        return reply_brief_health(answers, connection, now_ms);
    if (answer != WPB_ANSWER_DOCUMENT)
        return reply_fixed(answers, connection, answer);
    document = document_of(answers, which, now_ms);
    return queue(connection, document->status, document->response);
}

bool wpb_serve_answers_expire(struct wpb_serve_answers *answers, uint64_t now_ms)
{
    bool is_left = false;

    for (size_t i = 0; i < WPB_DOCUMENTS; i++) {
        if (!is_fresh(&answers->documents[i], now_ms))
            let_go(&answers->documents[i].response);
        is_left |= answers->documents[i].response != NULL;
    }
    return is_left;
}

void wpb_serve_answers_forget(struct wpb_serve_answers *answers)
{
    for (size_t i = 0; i < WPB_DOCUMENTS; i++)
        let_go(&answers->documents[i].response);
}

void wpb_serve_answers_fini(struct wpb_serve_answers *answers)
{
    wpb_serve_answers_forget(answers);
    for (size_t i = 0; i < WPB_ANSWERS; i++)
        let_go(&answers->fixed[i]);
    let_go(&answers->is_well);
    let_go(&answers->is_not_well);
}
