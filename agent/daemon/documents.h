/*
 * documents.h - what the agent shows of itself and its sites: the report, the findings,
 * the metrics, and whether it is well.
 *
 * Made when somebody asks, from what is known then: nothing of it is kept. Loop's thread.
 */
#ifndef WPB_DAEMON_DOCUMENTS_H
#define WPB_DAEMON_DOCUMENTS_H

#include "agent/daemon/judge.h"
#include "agent/output/agent_numbers.h"
#include "agent/serve/serve.h"

/* From where they are made; borrowed for the call. */
struct wpb_documents {
    const char *host;
    struct wpb_fleet *fleet; /* NULL: not found yet */
    const struct wpb_looks *looks;
    const struct wpb_judge *judge;
    struct wpb_agent_numbers numbers;
    /* What is wrong with the agent itself, sentences ended by NULL. */
    const char *const *troubles;
    int64_t now_ms;
};

/* As wpb_serve_routes.render. */
bool wpb_documents_render(const struct wpb_documents *documents, enum wpb_document which,
                          struct wpb_buf *out);

#endif
