#include "probes/redis/tls.h"

#define STAGE "redis"

#ifdef WPB_HAVE_HIREDIS_SSL

#include <arpa/inet.h>
#include <errno.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct wpb_tls {
    SSL_CTX *context;
    SSL *session; /* shared with hiredis, kept to ask why it failed */
    bool is_address;
    char host[];
};

/* OpenSSL's newest complaint; the queue is the thread's and is left empty. */
static const char *complaint(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return text ? text : "no reason given";
}

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 ||
           inet_pton(AF_INET6, host, address) == 1;
}

/* What every session of CONTEXT demands of the certificate. */
static bool demand(SSL_CTX *context, const struct wpb_tls *tls)
{
    X509_VERIFY_PARAM *wanted = SSL_CTX_get0_param(context);

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
    /* Replies say how long they are: an end in the middle is seen without TLS' help. */
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_default_verify_paths(context) == 1 &&
           (tls->is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, tls->host)
                            : X509_VERIFY_PARAM_set1_host(wanted, tls->host, 0)) == 1;
}

struct wpb_tls *wpb_tls_new(const char *host, struct wpb_err *err)
{
    size_t size = strlen(host) + 1;
    struct wpb_tls *tls = calloc(1, sizeof *tls + size);

    if (!tls) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    memcpy(tls->host, host, size);
    tls->is_address = is_address(host);
    ERR_clear_error();
    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context || !demand(tls->context, tls)) {
        wpb_err_set(err, WPB_E_IO, STAGE, "TLS to %s: %s", host, complaint());
        wpb_tls_free(tls);
        return NULL;
    }
    return tls;
}

void wpb_tls_free(struct wpb_tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->session);
    SSL_CTX_free(tls->context);
    free(tls);
}

int wpb_tls_start(struct wpb_tls *tls, redisContext *context, const char *where,
                  struct wpb_err *err)
{
    SSL *session = SSL_new(tls->context);

    if (!session ||
        (!tls->is_address && SSL_set_tlsext_host_name(session, tls->host) != 1)) {
        SSL_free(session);
        return wpb_err_set(err, WPB_E_IO, STAGE, "TLS to %s: %s", tls->host, complaint());
    }
    SSL_free(tls->session);
    tls->session = session;
    /* A near server answers at once, or refuses the connection. */
    errno = 0;
    if (redisInitiateSSL(context, session) != REDIS_OK) {
        int errnum = errno;
        if (wpb_tls_explain(tls, where, false, err))
            return -1;
        return wpb_err_set(err, WPB_E_CONNECT, STAGE, "cannot connect to Redis at %s: %s",
                           where, errnum ? strerror(errnum) : context->errstr);
    }
    /* hiredis frees what it took; ours must outlive it. */
    SSL_up_ref(session);
    return 0;
}

static const char *advice(long verdict)
{
    switch (verdict) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return ": no trusted authority signed it; name a private one's file in "
               "SSL_CERT_FILE";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return ": it is for another host; use the name or address it was made for";
    default:
        return "";
    }
}

bool wpb_tls_explain(struct wpb_tls *tls, const char *where, bool is_ready,
                     struct wpb_err *err)
{
    if (!tls || !tls->session)
        return false;
    long verdict = SSL_get_verify_result(tls->session);
    unsigned long error = ERR_peek_last_error();
    if (verdict != X509_V_OK)
        wpb_err_set(err, WPB_E_DENIED, STAGE, "the certificate of %s is refused (%s)%s",
                    where, X509_verify_cert_error_string(verdict), advice(verdict));
    else if (error != 0 && ERR_GET_LIB(error) != ERR_LIB_SYS)
        wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "TLS with Redis at %s failed: %s", where,
                    complaint());
    else if (!is_ready && BIO_number_read(SSL_get_rbio(tls->session)) > 0)
        wpb_err_set(
            err, WPB_E_DENIED, STAGE,
            "Redis at %s ended the connection after the TLS handshake: it may "
            "demand a client certificate (tls-auth-clients), and wpbloat has none",
            where);
    else
        return false;
    ERR_clear_error();
    return true;
}

#else

struct wpb_tls *wpb_tls_new(const char *host, struct wpb_err *err)
{
    wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                "%s asks for TLS and this build has no hiredis_ssl (Debian 12 ships "
                "none): use the unix socket or loopback, a local stunnel, or build with "
                "hiredis 1.0 or later and OpenSSL",
                host);
    return NULL;
}

void wpb_tls_free(struct wpb_tls *tls)
{
    (void)tls;
}

int wpb_tls_start(struct wpb_tls *tls, redisContext *context, const char *where,
                  struct wpb_err *err)
{
    (void)tls;
    (void)context;
    (void)where;
    return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE, "this build has no TLS");
}

bool wpb_tls_explain(struct wpb_tls *tls, const char *where, bool is_ready,
                     struct wpb_err *err)
{
    (void)tls;
    (void)where;
    (void)is_ready;
    (void)err;
    return false;
}

#endif
