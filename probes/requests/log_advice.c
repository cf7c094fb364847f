#include "probes/requests/log_advice.h"

#include "agent/base/text.h"
#include "probes/requests/access_format.h"
#include "probes/requests/web_log.h"

/* ptrace(2) stops a worker while FPM walks its stack: not for every request. */
#define SLOW_TIMEOUT "2s"

/* A pool file writes \" for a quote in quotes. */
static void quoted(struct wpb_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"')
            wpb_buf_char(out, '\\');
        wpb_buf_char(out, *text);
    }
}

void wpb_log_advice_access(const struct wpb_fpm_pool *pool, struct wpb_buf *out)
{
    if (!*pool->access_log)
        wpb_buf_text(out, "\naccess.log = /var/log/php-fpm-$pool.access.log");
    wpb_buf_text(out, "\naccess.format = \"");
    quoted(out, WPB_ACCESS_FORMAT);
    wpb_buf_text(out, "\"");
}

void wpb_log_advice_slow(const struct wpb_fpm_pool *pool, struct wpb_buf *out)
{
    if (!*pool->slow_log)
        wpb_buf_text(out, "\nslowlog = /var/log/php-fpm-$pool.slow.log");
    if (!pool->slow_timeout_s)
        wpb_buf_text(out, "\nrequest_slowlog_timeout = " SLOW_TIMEOUT);
}

void wpb_log_advice_errors(const struct wpb_fpm_pool *pool, struct wpb_buf *out)
{
    (void)pool;
    /* Workers open it, as their own user. */
    wpb_buf_text(out, "\ncatch_workers_output = yes"
                      "\nphp_admin_flag[log_errors] = on");
}

void wpb_log_advice_permission(const char *path, struct wpb_buf *out)
{
    struct wpb_slice name = wpb_slice_cstr(path);

    wpb_buf_text(out, "\nchgrp adm ");
    wpb_text_shell(out, name);
    wpb_buf_text(out, " && chmod 640 ");
    wpb_text_shell(out, name);
}

void wpb_log_advice_refused(const struct wpb_err *err, const char *path,
                            struct wpb_buf *reason, struct wpb_buf *lines)
{
    wpb_buf_text(reason, err->message);
    if (err->code != WPB_E_DENIED)
        return;
    wpb_buf_text(reason, "; let the group of those who read logs read it");
    wpb_log_advice_permission(path, lines);
}

void wpb_log_advice_nginx(struct wpb_buf *out)
{
    wpb_buf_text(out, "\n# nginx, in its http { }, and in the site's server { }:"
                      "\nlog_format wpbloat '" WPB_NGINX_FORMAT "';"
                      "\naccess_log /var/log/nginx/wpbloat.log wpbloat;");
}
