/*
 * err.h - why a call failed: a code to branch on, a sentence for the reader.
 *
 * Functions that can fail return 0 or -1 and fill a struct wpb_err of the
 * caller. The struct is plain memory: nothing to free, any thread. The message
 * is logged or shown once, at the layer that decides what the failure means.
 */
#ifndef WPBLOAT_ERR_H
#define WPBLOAT_ERR_H

enum wpb_err_code {
    WPB_OK = 0,
    WPB_E_ARGUMENT,    /* the caller's input is wrong: usage, option, URI */
    WPB_E_MEMORY,      /* the allocator said no */
    WPB_E_IO,          /* a file could not be read or written */
    WPB_E_NOT_FOUND,   /* the thing asked for does not exist */
    WPB_E_CONNECT,     /* the peer refused, or no such socket */
    WPB_E_TIMEOUT,     /* no answer within the deadline */
    WPB_E_CLOSED,      /* the peer went away in the middle */
    WPB_E_AUTH,        /* credentials are missing or wrong */
    WPB_E_DENIED,      /* the peer or the kernel forbids this operation */
    WPB_E_PROTOCOL,    /* the peer's bytes make no sense */
    WPB_E_SYNTAX,      /* a document or value is malformed */
    WPB_E_BUDGET,      /* stopped by our own byte, depth, element or time budget */
    WPB_E_UNSUPPORTED, /* understood, and this build or version cannot do it */
    WPB_E_CANCELLED,   /* stopped because somebody asked */
};

struct wpb_err {
    enum wpb_err_code code;
    const char *stage; /* static text naming the part that failed, such as "redis" */
    char message[256]; /* one sentence, no newline; cut, never overflowed */
};

/* Fill ERR (which may be NULL) and return -1, so that callers can write
 * `return wpb_err_set(err, ...)`. STAGE must be static text. Bytes in the
 * message outside printable ASCII and UTF-8 are for the output stage to escape. */
int wpb_err_set(struct wpb_err *err, enum wpb_err_code code, const char *stage,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* As wpb_err_set(), with ": " and strerror(ERRNUM) appended, the code derived
 * from ERRNUM (ENOENT is WPB_E_NOT_FOUND, EACCES WPB_E_DENIED, ...). */
int wpb_err_errno(struct wpb_err *err, int errnum, const char *stage, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

/* The lower-case name of CODE, such as "timeout"; static. */
const char *wpb_err_name(enum wpb_err_code code);

#endif
