/*
 * request.h - one GET as `wpbloat load` makes it, bounded whatever answers.
 *
 * No cookies, no proxy, no redirect followed, no body sent; no socket is opened but to an
 * address of the target. What answers may send bytes without end, slowly, or none: the
 * request ends at its timeout or at the bounds of limits.h. A compressed body is counted
 * as it comes and never unpacked. One thread.
 */
#ifndef WPB_LOAD_REQUEST_H
#define WPB_LOAD_REQUEST_H

#include <curl/curl.h>

#include "agent/base/buf.h"
#include "agent/load/step.h"
#include "agent/load/target.h"

struct wpb_load_request {
    CURL *easy;
    const struct wpb_load_target *target;
    struct curl_slist *headers, *resolve;
    uint64_t head_bytes, body_bytes;
    struct wpb_buf *body; /* keeps what its limit allows; NULL: nothing is kept */
};

/* Make REQUEST, which must not move afterwards, for use again and again. -1 when memory
 * is out; it can be ended all the same. */
int wpb_load_request_init(struct wpb_load_request *request, uint64_t timeout_ms,
                          const char *user_agent);
void wpb_load_request_fini(struct wpb_load_request *request);

/* The next one is for URL, a path of TARGET, which outlives it. -1 when memory is out. */
int wpb_load_request_aim(struct wpb_load_request *request,
                         const struct wpb_load_target *target, const char *url);

/* How it ended, when libcurl says RESULT. */
enum wpb_load_outcome wpb_load_request_outcome(const struct wpb_load_request *request,
                                               CURLcode result);

#endif
