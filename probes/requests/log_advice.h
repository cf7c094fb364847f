/*
 * log_advice.h - the lines to add where a log is missing, unreadable or says too little.
 *
 * Each function appends to OUT a newline and a line, again and again (wpb_run_advise()).
 * A path in them is a stranger's and quoted for the shell. Pure.
 */
#ifndef WPB_REQUESTS_LOG_ADVICE_H
#define WPB_REQUESTS_LOG_ADVICE_H

#include "agent/base/buf.h"
#include "probes/requests/fpm_pools.h"

/* For the section of POOL in its file: access.log, where it has none, and our
 * access.format. */
void wpb_log_advice_access(const struct wpb_fpm_pool *pool, struct wpb_buf *out);
/* The same: slowlog and request_slowlog_timeout. */
void wpb_log_advice_slow(const struct wpb_fpm_pool *pool, struct wpb_buf *out);
/* The same: PHP's error log. */
void wpb_log_advice_errors(const struct wpb_fpm_pool *pool, struct wpb_buf *out);
/* For a shell: what lets us read PATH. */
void wpb_log_advice_permission(const char *path, struct wpb_buf *out);
/* PATH was refused with ERR: that to REASON, and what helps to both. */
void wpb_log_advice_refused(const struct wpb_err *err, const char *path,
                            struct wpb_buf *reason, struct wpb_buf *lines);
/* For nginx: our log_format, and how a server uses it. */
void wpb_log_advice_nginx(struct wpb_buf *out);

#endif
