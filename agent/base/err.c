#include "wpbloat/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int wpb_err_set(struct wpb_err *err, enum wpb_err_code code, const char *stage,
                const char *format, ...)
{
    va_list args;

    if (!err)
        return -1;
    err->code = code;
    err->stage = stage;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    return -1;
}

static enum wpb_err_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return WPB_E_NOT_FOUND;
    case EACCES:
    case EPERM:
        return WPB_E_DENIED;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return WPB_E_CONNECT;
    case ETIMEDOUT:
        return WPB_E_TIMEOUT;
    case ECONNRESET:
    case EPIPE:
        return WPB_E_CLOSED;
    case ENOMEM:
        return WPB_E_MEMORY;
    default:
        return WPB_E_IO;
    }
}

int wpb_err_errno(struct wpb_err *err, int errnum, const char *stage, const char *format,
                  ...)
{
    char what[200];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return wpb_err_set(err, code_of_errno(errnum), stage, "%s: %s", what,
                       strerror(errnum));
}

const char *wpb_err_name(enum wpb_err_code code)
{
    static const char *const names[] = {
        [WPB_OK] = "ok",
        [WPB_E_ARGUMENT] = "argument",
        [WPB_E_MEMORY] = "memory",
        [WPB_E_IO] = "io",
        [WPB_E_NOT_FOUND] = "not_found",
        [WPB_E_CONNECT] = "connect",
        [WPB_E_TIMEOUT] = "timeout",
        [WPB_E_CLOSED] = "closed",
        [WPB_E_AUTH] = "auth",
        [WPB_E_DENIED] = "denied",
        [WPB_E_PROTOCOL] = "protocol",
        [WPB_E_SYNTAX] = "syntax",
        [WPB_E_BUDGET] = "budget",
        [WPB_E_UNSUPPORTED] = "unsupported",
        [WPB_E_CANCELLED] = "cancelled",
    };
    return names[code];
}
