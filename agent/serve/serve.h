/*
 * serve.h - the agent's documents over HTTP, on the agent's own loop: /metrics,
 * /healthz, /findings.json and the report at /.
 *
 * Read only: GET and HEAD, no parameters, nothing that a reader sends changes anything.
 * What a reader can take is bounded: connections, size of a request, time, requests of a
 * connection, and a document is made at most once a second. The server has no thread of
 * its own; all of it, the routes included, runs on the loop's thread. The process must
 * ignore SIGPIPE.
 */
#ifndef WPB_SERVE_SERVE_H
#define WPB_SERVE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/err.h"

struct uv_loop_s;

/* Connections at once, and those of one address (a unix socket has none). */
#define WPB_SERVE_CONNECTIONS_MAX 32
#define WPB_SERVE_CONNECTIONS_OF_ADDRESS_MAX 16
/* Requests over one connection; then it is closed, and the reader makes another. */
#define WPB_SERVE_REQUESTS_MAX 100
/* From a connection's begin, or the end of its last request, to the end of the answer. */
#define WPB_SERVE_REQUEST_MS 10000
/* A request's line and headers: at least so many bytes are taken, more than twice as many
 * never. */
#define WPB_SERVE_HEADER_BYTES 8192
/* How long a document is handed out again before it is made anew. */
#define WPB_SERVE_CACHE_MS 1000

enum wpb_document {
    WPB_DOCUMENT_REPORT,   /* "/", plain text */
    WPB_DOCUMENT_METRICS,  /* "/metrics", Prometheus' text format */
    WPB_DOCUMENT_HEALTH,   /* "/healthz", JSON */
    WPB_DOCUMENT_FINDINGS, /* "/findings.json" */
    WPB_DOCUMENTS
};

/* Who makes the documents. */
struct wpb_serve_routes {
    /* Append WHICH to OUT, which is empty. False: it cannot be made, as before the first
     * look (503, and OUT does not count), or, of WPB_DOCUMENT_HEALTH, something is wrong
     * (503, and OUT says what). */
    bool (*render)(void *cookie, enum wpb_document which, struct wpb_buf *out);
    void *cookie;
};

/* Read by wpb_serve_open() only. */
struct wpb_serve_settings {
    /* A unix socket, or NULL. Who may write to it may read; its mode is 0660. One that a
     * dead process has left is replaced, one that answers is not. */
    const char *path;
    /* Otherwise: numeric, without brackets, or "localhost", which is 127.0.0.1. */
    const char *host;
    uint16_t port; /* 0: any that is free */
    /* What a reader must show as "Authorization: Bearer TOKEN"; NULL: nothing. /healthz
     * answers without it too, but then says only whether all is well. Without a token the
     * Host of a request must be an address or localhost, so that no page in a browser
     * reads what is here by a name of its own. */
    const char *token;
    const char *cert_file, *key_file; /* PEM, for TLS 1.2 and later; both, or NULL */
    uint32_t request_ms;              /* 0: WPB_SERVE_REQUEST_MS */
};

struct wpb_serve;

/* Listen, and answer by ROUTES (copied) from the loop's next turn on. NULL with ERR:
 * WPB_E_ARGUMENT (the settings), WPB_E_CONNECT (somebody is there already), WPB_E_IO,
 * WPB_E_UNSUPPORTED (built without libmicrohttpd, or that without TLS). */
struct wpb_serve *wpb_serve_open(struct uv_loop_s *loop,
                                 const struct wpb_serve_settings *settings,
                                 const struct wpb_serve_routes *routes,
                                 struct wpb_err *err);
/* The port it listens on; 0 for a unix socket. */
uint16_t wpb_serve_port(const struct wpb_serve *serve);
/* Requests answered so far, of any kind. */
uint64_t wpb_serve_requests(const struct wpb_serve *serve);
/* Make every document anew when it is asked for next. */
void wpb_serve_forget(struct wpb_serve *serve);
/* Close every connection and stop listening, at once: a new server may take the address,
 * and the routes are not called again. The memory goes in later turns of the loop, which
 * must be run until its handles are closed. NULL is a no-op. */
void wpb_serve_close(struct wpb_serve *serve);

#endif
