/*
 * curl_loop.h - libcurl's transfers on libuv's loop.
 *
 * The glue and nothing else: sockets are polled by the loop, libcurl's timeouts are a
 * timer of it. After a while without a transfer its connections are closed and their
 * memory is freed. Loop's thread only. The process must ignore SIGPIPE.
 */
#ifndef WPB_ALERT_CURL_LOOP_H
#define WPB_ALERT_CURL_LOOP_H

#include <curl/curl.h>
#include <uv.h>

struct wpb_curl_loop;

/* A transfer that runs; memory of the caller, which is done with by the time DONE is
 * called. DONE may start another one. */
struct wpb_curl_transfer {
    CURL *easy;
    void (*done)(struct wpb_curl_transfer *transfer, CURLcode result);
};

/* Connections are kept for IDLE_MS. NULL when memory is out. */
struct wpb_curl_loop *wpb_curl_loop_new(uv_loop_t *loop, uint64_t idle_ms);
/* Call off nothing: no transfer may be left. CLOSED is called from a later turn. */
void wpb_curl_loop_close(struct wpb_curl_loop *curl, void (*closed)(void *cookie),
                         void *cookie);

/* Start TRANSFER, whose `easy` has all its options (but CURLOPT_PRIVATE, which is ours).
 * `done` is called from a later turn. -1: it cannot be started. */
int wpb_curl_loop_start(struct wpb_curl_loop *curl, struct wpb_curl_transfer *transfer);
/* End it now; `done` is not called. */
void wpb_curl_loop_cancel(struct wpb_curl_loop *curl, struct wpb_curl_transfer *transfer);

#endif
