/*
 * fastcgi.h - one FastCGI request and its answer, as bytes. Source: the FastCGI
 * specification 1.0, sections 3 and 5.
 *
 *   record  = version(1) type(1) id(2) content-length(2) padding-length(1) reserved(1)
 *             content padding                     numbers in network order, 65,535 at
 * most request = BEGIN_REQUEST{role(2) flags(1) reserved(5)} PARAMS* PARAMS{} STDIN{}
 *   answer  = ( STDOUT | STDERR | management )* END_REQUEST{status(4) protocol(1) ...}
 *   pair    = length(name) length(value) name value
 *   length  = one byte below 128 | four bytes, the highest bit set
 *
 * The request has no body and asks the server to close. The answer is fed in pieces of
 * any size; its peer is not trusted: everything is bounded. Pure but for memory.
 */
#ifndef WPB_REQUESTS_FASTCGI_H
#define WPB_REQUESTS_FASTCGI_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/err.h"

/* Bytes of STDERR that are kept; the rest is dropped. */
#define WPB_FASTCGI_ERRORS_MAX 1024

struct wpb_fastcgi_param {
    const char *name;
    struct wpb_slice value;
};

/* Append a request with the COUNT params to OUT. */
void wpb_fastcgi_request(const struct wpb_fastcgi_param *params, size_t count,
                         struct wpb_buf *out);

/* Of END_REQUEST: what became of the request. */
enum wpb_fastcgi_protocol {
    WPB_FASTCGI_COMPLETE = 0,
    WPB_FASTCGI_CANNOT_MULTIPLEX = 1,
    WPB_FASTCGI_OVERLOADED = 2,
    WPB_FASTCGI_UNKNOWN_ROLE = 3,
};

struct wpb_fastcgi_answer {
    struct wpb_buf out;    /* STDOUT: a CGI head and a body (cgi_head.h) */
    struct wpb_buf errors; /* the beginning of STDERR */
    bool is_ended;         /* END_REQUEST came; what follows is ignored */
    enum wpb_fastcgi_protocol protocol;
    /* The decoder's. */
    uint64_t received, received_max; /* bytes, of all kinds */
    uint8_t header[8];
    uint8_t header_len;
    uint16_t content_left;
    uint8_t padding_left;
    uint8_t end[8]; /* content of END_REQUEST */
    uint8_t end_len;
};

/* Begin. OUT_MAX: most bytes of STDOUT; a longer answer is an error. */
void wpb_fastcgi_answer_init(struct wpb_fastcgi_answer *answer, size_t out_max);
void wpb_fastcgi_answer_fini(struct wpb_fastcgi_answer *answer);

/* Take the next BYTES of the answer. WPB_E_PROTOCOL when they are no FastCGI,
 * WPB_E_BUDGET when there are too many, WPB_E_MEMORY. After an error feed no more. */
int wpb_fastcgi_answer_feed(struct wpb_fastcgi_answer *answer, struct wpb_slice bytes,
                            struct wpb_err *err);

#endif
