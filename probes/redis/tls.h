/*
 * tls.h - TLS for a Redis connection, where this build has hiredis_ssl and OpenSSL.
 *
 * hiredis carries the session; who is believed is decided here, because hiredis checks
 * that an authority signed the certificate and not for which host. One struct belongs
 * to one connection and its thread.
 */
#ifndef WPB_REDIS_TLS_H
#define WPB_REDIS_TLS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "wpbloat/err.h"

struct wpb_tls;

/* Certificates are checked against HOST, a name or an address, and the authorities that
 * OpenSSL trusts: the system's, or those that SSL_CERT_FILE and SSL_CERT_DIR name. NULL
 * with WPB_E_UNSUPPORTED and a way out when this build cannot. */
struct wpb_tls *wpb_tls_new(const char *host, struct wpb_err *err);
void wpb_tls_free(struct wpb_tls *tls);
/* Have CONTEXT, not yet connected, speak TLS with WHERE, an address for messages. */
int wpb_tls_start(struct wpb_tls *tls, redisContext *context, const char *where,
                  struct wpb_err *err);
/* To be asked when a connection to WHERE is lost: true, and the reason in ERR, when TLS
 * is why. IS_READY: Redis has answered over it. False where TLS is NULL. */
bool wpb_tls_explain(struct wpb_tls *tls, const char *where, bool is_ready,
                     struct wpb_err *err);

#endif
