#include "probes/redis/tls.h"

#ifdef WPB_HAVE_HIREDIS_SSL

#include <hiredis/hiredis_ssl.h>

/* Where the distributions keep the authorities' certificates. */
#define AUTHORITIES "/etc/ssl/certs"

static redisSSLContext *unwrap(struct wpb_tls *tls)
{
    return (redisSSLContext *)tls;
}

struct wpb_tls *wpb_tls_new(const char *host, struct wpb_err *err)
{
    redisSSLContextError reason = REDIS_SSL_CTX_NONE;
    redisSSLContext *context;

    redisInitOpenSSL();
    context = redisCreateSSLContext(NULL, AUTHORITIES, NULL, NULL, host, &reason);
    if (!context)
        wpb_err_set(err, WPB_E_IO, "redis", "TLS to %s: %s", host,
                    redisSSLContextGetError(reason));
    return (struct wpb_tls *)context;
}

void wpb_tls_free(struct wpb_tls *tls)
{
    if (tls)
        redisFreeSSLContext(unwrap(tls));
}

int wpb_tls_start(struct wpb_tls *tls, redisContext *context, struct wpb_err *err)
{
    if (redisInitiateSSLWithContext(context, unwrap(tls)) != REDIS_OK)
        return wpb_err_set(err, WPB_E_CONNECT, "redis", "TLS: %s", context->errstr);
    return 0;
}

#else

struct wpb_tls *wpb_tls_new(const char *host, struct wpb_err *err)
{
    wpb_err_set(err, WPB_E_UNSUPPORTED, "redis",
                "%s asks for TLS and this build has no hiredis_ssl (Debian 12 ships "
                "none): use the unix socket or loopback, a local stunnel, or build with "
                "hiredis 1.0 or later",
                host);
    return NULL;
}

void wpb_tls_free(struct wpb_tls *tls)
{
    (void)tls;
}

int wpb_tls_start(struct wpb_tls *tls, redisContext *context, struct wpb_err *err)
{
    (void)tls;
    (void)context;
    return wpb_err_set(err, WPB_E_UNSUPPORTED, "redis", "this build has no TLS");
}

#endif
