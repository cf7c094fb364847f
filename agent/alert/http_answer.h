/*
 * http_answer.h - what a receiver's answer to a POST means.
 *
 * The status line decides; what goes wrong after it does not matter. Pure, any thread.
 */
#ifndef WPB_ALERT_HTTP_ANSWER_H
#define WPB_ALERT_HTTP_ANSWER_H

#include <stdbool.h>

#include "agent/base/buf.h"
#include "wpbloat/sink.h"

/* Of an answer's body, what is kept. */
#define WPB_HTTP_EXCERPT_BYTES 1024

struct wpb_http_answer {
    long status;            /* of the answer; 0: there was none */
    int64_t retry_after_ms; /* -1: not said */
    char detail[256];       /* escaped; names the host alone of the URL */
};

/* 2xx is delivered. No answer, 408, 425, 429, 5xx, and a redirect, which is not followed,
 * are failures; any other 4xx is a rejection. */
enum wpb_delivery_status wpb_http_answer_means(const struct wpb_http_answer *answer);

/* Fill `detail` of ANSWER: RECEIVER (as it may be shown) and what it answered, with the
 * beginning of BODY unless all is well or it repeats a part of URL, whose path may be as
 * good as a password. */
void wpb_http_answer_describe(struct wpb_http_answer *answer, const char *receiver,
                              const char *url, struct wpb_slice body);
/* The same where there was no answer: WHY not. */
void wpb_http_answer_fail(struct wpb_http_answer *answer, const char *receiver,
                          const char *why);

#endif
