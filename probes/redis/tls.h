/*
 * tls.h - TLS for a Redis connection, where this build has hiredis_ssl.
 */
#ifndef WPB_REDIS_TLS_H
#define WPB_REDIS_TLS_H

#include <hiredis/hiredis.h>

#include "wpbloat/err.h"

struct wpb_tls;

/* Certificates are checked against the system's authorities and HOST. NULL with
 * WPB_E_UNSUPPORTED and a way out when this build cannot. */
struct wpb_tls *wpb_tls_new(const char *host, struct wpb_err *err);
void wpb_tls_free(struct wpb_tls *tls);
/* Have CONTEXT, not yet connected, speak TLS. */
int wpb_tls_start(struct wpb_tls *tls, redisContext *context, struct wpb_err *err);

#endif
