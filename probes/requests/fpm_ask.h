/*
 * fpm_ask.h - ask one PHP-FPM pool for its status, over FastCGI, with deadlines.
 *
 * Asks pm.status_listen when the pool has one: a worker of its own answers there. Over
 * the pool's own socket the question waits behind the work, exactly when it matters, and
 * stays in the accept queue after we have gone. So a pool whose workers are all taken, as
 * the accept queue tells (accept_queue.h), is not asked at all; and one that does not
 * answer in time is reported as saturated instead of waited for.
 *
 * SCRIPT_FILENAME is a name that no site has and that does not end in .php: where
 * pm.status_path is wrong, PHP-FPM answers 404 or 403 and executes nothing.
 *
 * Loop thread only. One question per pool at a time is the caller's duty. libuv writes
 * without MSG_NOSIGNAL: the process must ignore SIGPIPE.
 */
#ifndef WPB_REQUESTS_FPM_ASK_H
#define WPB_REQUESTS_FPM_ASK_H

#include "probes/requests/accept_queue.h"
#include "probes/requests/fpm_status.h"
#include "wpbloat/probe.h"

#define WPB_FPM_CONNECT_MS 1000
#define WPB_FPM_ANSWER_MS 2000 /* since the beginning */

struct uv_loop_s;
struct wpb_fpm_ask;

/* All that it points to must outlive the ask. */
struct wpb_fpm_question {
    const char *pool; /* its name */
    const struct wpb_listen_address *listen;
    const struct wpb_listen_address *status_listen; /* NULL or WPB_LISTEN_NONE: none */
    const char *status_path;                        /* "": it has none */
    const struct wpb_accept_queue *queue;           /* of `listen`; NULL: not known */
    uint32_t workers;                               /* pm.max_children; 0: not known */
};

enum wpb_fpm_outcome {
    WPB_FPM_ANSWERED,
    WPB_FPM_SATURATED,   /* its workers are all taken: not asked, or no answer in time */
    WPB_FPM_SILENT,      /* connected, and no whole answer in time, for another reason */
    WPB_FPM_UNREACHABLE, /* nobody listens, or we may not connect */
    WPB_FPM_NOT_STATUS,  /* the answer is no status page of this pool */
    WPB_FPM_CANCELLED,
};

struct wpb_fpm_reply {
    enum wpb_fpm_outcome outcome;
    bool is_by_status_listen;
    bool is_left_behind; /* over the pool's own socket, unanswered: it may still be
                            accepted and counted later, see wpb_fpm_status_since() */
    struct wpb_fpm_status status; /* when answered */
    struct wpb_err err;           /* else: what is wrong, what to do */
    uint64_t elapsed_ms;
};

/* Called once, from a later turn of the loop, when nothing of the ask is left: its
 * handles are closed, its memory is freed after the call. REPLY is valid during the call;
 * texts of its status live in the arena of the ask. */
typedef void wpb_fpm_replied(void *cookie, const struct wpb_fpm_reply *reply);

/* Ask. COST is added to. NULL with err when memory is out or the pool has nothing to ask:
 * WPB_E_NOT_FOUND tells which line to add to its file; ON_REPLY is not called then. */
struct wpb_fpm_ask *wpb_fpm_ask(struct uv_loop_s *loop,
                                const struct wpb_fpm_question *question,
                                struct wpb_arena *arena, struct wpb_cost *cost,
                                wpb_fpm_replied *on_reply, void *cookie,
                                struct wpb_err *err);

/* End soon: ON_REPLY follows, as WPB_FPM_CANCELLED unless the answer is there already. */
void wpb_fpm_ask_cancel(struct wpb_fpm_ask *ask);

#endif
