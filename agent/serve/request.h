/*
 * request.h - what a request is answered with: decided from its line and headers alone.
 *
 * Pure functions; every text is a stranger's.
 */
#ifndef WPB_SERVE_REQUEST_H
#define WPB_SERVE_REQUEST_H

#include "agent/serve/serve.h"

/* How a request is answered. */
enum wpb_serve_answer {
    WPB_ANSWER_DOCUMENT,
    WPB_ANSWER_BRIEF_HEALTH, /* /healthz, to somebody without the token */
    WPB_ANSWER_BODY,         /* 400: there is a body */
    WPB_ANSWER_TOKEN,        /* 401 */
    WPB_ANSWER_NAME,         /* 403: asked for by a name */
    WPB_ANSWER_PATH,         /* 404 */
    WPB_ANSWER_METHOD,       /* 405 */
    WPB_ANSWERS
};

/* Texts are NULL when the request does not have them. */
struct wpb_serve_request {
    const char *method, *url; /* the URL decoded, without its query */
    const char *host, *authorization;
    bool has_body;
};

/* TOKEN: as in the settings. NAMES_COUNT: without a token, who asks must do so by an
 * address. *WHICH is set with WPB_ANSWER_DOCUMENT. */
enum wpb_serve_answer wpb_serve_judge(const struct wpb_serve_request *request,
                                      const char *token, bool names_count,
                                      enum wpb_document *which);

/* A document's path and type; static. */
const char *wpb_serve_path(enum wpb_document which);
const char *wpb_serve_content_type(enum wpb_document which);

/* Can TOKEN be shown in a header? */
bool wpb_serve_is_token(const char *token);

#endif
