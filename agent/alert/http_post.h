/*
 * http_post.h - POSTs to receivers, each bounded in time and in what is read.
 *
 * Names are resolved on libuv's pool, connections verified against the system's or a
 * given authority; redirects are not followed and proxies of the environment not used, so
 * that an alert goes where the configuration says or nowhere. Of an answer at most
 * WPB_HTTP_ANSWER_MAX bytes are read. Loop's thread only.
 */
#ifndef WPB_ALERT_HTTP_POST_H
#define WPB_ALERT_HTTP_POST_H

#include <uv.h>

#include "agent/alert/http_answer.h"
#include "wpbloat/err.h"

#define WPB_HTTP_ANSWER_MAX ((size_t)64 << 10)

struct wpb_http;      /* what a sink's POSTs share: connections that are kept */
struct wpb_http_post; /* one receiver, one POST at a time; lives as long as the former */

typedef void wpb_http_done(void *cookie, const struct wpb_http_answer *answer);

/* NULL when memory is out. */
struct wpb_http *wpb_http_new(uv_loop_t *loop);
/* End what is under way, without calling its DONE, and free all; CLOSED is called from a
 * later turn. */
void wpb_http_close(struct wpb_http *http, void (*closed)(void *cookie), void *cookie);

/* A receiver: URL, with SUFFIX added to its path ("": nothing), and the files and the
 * timeout of SETTINGS, which outlives it. NULL with ERR when the URL makes no sense. */
struct wpb_http_post *wpb_http_post_new(struct wpb_http *http, const char *url,
                                        const char *suffix,
                                        const struct wpb_sink_settings *settings,
                                        struct wpb_err *err);
/* Its host, with the port when the URL has one: what may be shown. */
const char *wpb_http_post_receiver(const struct wpb_http_post *post);
bool wpb_http_post_is_busy(const struct wpb_http_post *post);

/* POST BODY with HEADERS ("name: value", ended by NULL; copied). BODY lives until DONE is
 * called, from a later turn. It must not be busy. */
void wpb_http_post_send(struct wpb_http_post *post, const char *const *headers,
                        struct wpb_slice body, wpb_http_done *done, void *cookie);

#endif
