/*
 * cgi_head.h - what a CGI program says before its body (RFC 3875, section 6).
 *
 *   answer = { name ":" blanks value newline } newline body
 *   newline = CR LF | LF
 *
 * Pure. The slices point into what was parsed.
 */
#ifndef WPB_REQUESTS_CGI_HEAD_H
#define WPB_REQUESTS_CGI_HEAD_H

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

struct wpb_cgi_head {
    unsigned status;               /* 200 when none is said */
    struct wpb_slice content_type; /* without parameters: "application/json" */
    struct wpb_slice body;
};

/* Parse ANSWER. WPB_E_SYNTAX when it has no head that ends. */
int wpb_cgi_head_parse(struct wpb_slice answer, struct wpb_cgi_head *head,
                       struct wpb_err *err);

#endif
