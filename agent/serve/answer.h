/*
 * answer.h - what is sent back: documents, each kept for a moment, and the fixed answers.
 *
 * Responses are made once and handed to many readers; a reader that is slow keeps its
 * own alive. Loop's thread.
 */
#ifndef WPB_SERVE_ANSWER_H
#define WPB_SERVE_ANSWER_H

#include "agent/serve/request.h"

struct MHD_Connection;
struct MHD_Response;

/* Largest document. */
#define WPB_SERVE_DOCUMENT_BYTES_MAX (8U * 1024 * 1024)

struct wpb_serve_document {
    struct MHD_Response *response; /* NULL: to be made */
    unsigned status;               /* of HTTP */
    bool is_well;                  /* what render() said */
    uint64_t made_ms;
};

struct wpb_serve_answers {
    struct wpb_serve_routes routes;
    struct wpb_serve_document documents[WPB_DOCUMENTS];
    struct MHD_Response *fixed[WPB_ANSWERS]; /* NULL: to be made */
    struct MHD_Response *is_well, *is_not_well;
};

/* Answer CONNECTION's request; NOW_MS on the loop's clock. -1 when it cannot be, so that
 * the connection is to be closed. */
int wpb_serve_reply(struct wpb_serve_answers *answers, struct MHD_Connection *connection,
                    enum wpb_serve_answer answer, enum wpb_document which,
                    uint64_t now_ms);
/* Let go of documents made WPB_SERVE_CACHE_MS before NOW_MS; true when some are left. */
bool wpb_serve_answers_expire(struct wpb_serve_answers *answers, uint64_t now_ms);
/* Let go of all documents; of everything. */
void wpb_serve_answers_forget(struct wpb_serve_answers *answers);
void wpb_serve_answers_fini(struct wpb_serve_answers *answers);

#endif
